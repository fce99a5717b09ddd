//! `retort TARGET schema`: the schema in the form that was asked for.
//!
//! Owns choosing the form and what it is taken from. Must not know how a form looks: `project::schema` describes,
//! `ui::diagram` draws.

use super::args::{Options, SchemaForm};
use super::open;
use crate::diag::Error;
use crate::project::schema::{Schema, describe};
use crate::project::target::Target;
use crate::project::{Project, database, errors};
use crate::python::value::Raised;
use crate::python::vm::last_line;
use crate::ui::diagram;

pub fn run(what: &Target, form: SchemaForm, options: &Options) -> Result<u8, Error> {
    if let Some(found) = open::reflected(what, options)? {
        // A database tells its own statements, and the models are those that were written for it.
        if form.sql {
            super::print(&statements(&found.statements));
            return Ok(0);
        }
        if form.models {
            super::print(&found.models);
            return Ok(0);
        }
    }
    let streams = Box::new(super::streams::Streams::new(false));
    let (opened, _) = open::target(what, options, streams)?;
    let mut project = match opened {
        Ok(project) => project,
        Err(status) => return Ok(status),
    };
    let failed = |project: &mut Project, mut raised: Raised| {
        let error = match raised.error() {
            Some(error) => error.clone(),
            None => errors::app_failed(&last_line(&mut project.vm, &mut raised)),
        };
        super::complain(&error);
        Ok(1)
    };
    let schema = match describe(&mut project) {
        Ok(schema) => schema,
        Err(raised) => return failed(&mut project, raised),
    };
    let text = if form.models {
        match models(&mut project) {
            Ok(models) => models,
            Err(raised) => return failed(&mut project, raised),
        }
    } else {
        draw(&schema, form)
    };
    super::print(&text);
    Ok(0)
}

fn draw(schema: &Schema, form: SchemaForm) -> String {
    if form.sql {
        let all = schema.tables.iter().flat_map(|table| {
            std::iter::once(&table.create).chain(&table.create_indexes).map(|sql| sql.trim().to_string())
        });
        // SQLAlchemy leaves blanks at the ends of lines; a script need not.
        let all: Vec<String> = all
            .map(|sql| sql.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").replace('\t', "    "))
            .collect();
        statements(&all)
    } else if form.json {
        format!("{}\n", schema.to_json())
    } else if form.mermaid {
        diagram::mermaid(schema)
    } else if form.dot {
        diagram::dot(schema)
    } else if form.svg {
        diagram::svg(schema)
    } else {
        diagram::outline(schema)
    }
}

fn statements(all: &[String]) -> String {
    all.iter().map(|sql| format!("{sql};\n\n")).collect::<String>().trim_end().to_string() + "\n"
}

/// Flask-SQLAlchemy models for what the app describes, written as for a database that has just these tables.
fn models(project: &mut Project) -> Result<String, Raised> {
    let uri = match project.engine()? {
        Some(engine) => engine.url.render(true),
        None => "sqlite:///app.db".to_string(),
    };
    let Some(metadata) = project.metadata()? else { return Err(errors::no_database().into()) };
    database::models_of(&mut project.vm, &metadata, &uri)
}
