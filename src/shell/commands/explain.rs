//! How SQLite would run a query, and how the models hang together.
//!
//! Owns the plan as a tree and the relations as a drawing in one line each. Must not know how queries are compiled:
//! it asks for their text.

use crate::project::schema::describe;
use crate::python::value::{Host, R, Value};
use crate::python::vm::Mode;
use crate::ui::table::Cell;
use crate::ui::text::{Label, Text};
use crate::ui::{diagram, highlight};

use super::super::catalog::Catalog;
use super::super::session::{CONSOLE, Output, Shell};

/// `%explain SELECT ...`, `%explain Student.query.filter_by(name='Ada')`
pub fn explain(shell: &mut Shell, argument: &str) -> Output {
    let argument = argument.trim_end_matches(';');
    if argument.is_empty() {
        return Output::remark("%explain QUERY, or %explain SELECT ...");
    }
    let sql = match super::begins_sql(argument) {
        true => argument.to_string(),
        false => match sql_of(shell, argument) {
            Ok(sql) => sql,
            Err(output) => return output,
        },
    };
    match shell.own_rows(&format!("EXPLAIN QUERY PLAN {}", without_parameters(&sql))) {
        Ok(rows) => {
            let steps: Vec<(i64, i64, String)> = rows
                .rows
                .iter()
                .filter_map(|row| match &row[..] {
                    [Cell::Int(id), Cell::Int(parent), _, Cell::Text(detail)] => {
                        Some((*id, *parent, detail.clone()))
                    }
                    _ => None,
                })
                .collect();
            let mut out = Text::new();
            append_steps(&mut out, &steps, 0, "");
            Output::text(out)
        }
        Err(raised) => {
            let source = crate::diag::Source::new(CONSOLE, argument);
            shell.failed(raised, &source)
        }
    }
}

/// The text of a query or a statement that an expression makes; nothing is run.
fn sql_of(shell: &mut Shell, code: &str) -> Result<String, Output> {
    let source = std::rc::Rc::new(crate::diag::Source::new(CONSOLE, code));
    let names = shell.project.names.clone();
    let made = shell.project.vm.run_source(&source, &names, Mode::Eval);
    let text = made.and_then(|value| match value {
        Value::Str(text) => Ok(text),
        value => shell.project.vm.str(&value),
    });
    match text {
        Ok(text) if super::begins_sql(&text) => Ok(text.to_string()),
        Ok(_) => Err(Output::remark("that is no query: leave all(), first() and the like away")),
        Err(raised) => Err(shell.failed(raised, &source)),
    }
}

/// Parameters become NULL: a plan does not depend on their values.
fn without_parameters(sql: &str) -> String {
    let text = highlight::sql(sql);
    let piece = |(label, text): &(Label, String)| match label {
        Label::Parameter => "NULL".to_string(),
        _ => text.clone(),
    };
    text.pieces().iter().map(piece).collect()
}

fn append_steps(out: &mut Text, steps: &[(i64, i64, String)], parent: i64, indent: &str) {
    let children: Vec<&(i64, i64, String)> =
        steps.iter().filter(|step| step.1 == parent && step.0 != parent).collect();
    for (index, (id, _, detail)) in children.iter().enumerate() {
        let is_last = index + 1 == children.len();
        out.push(Label::Dim, format!("{indent}{}", if is_last { "└─ " } else { "├─ " }));
        // A scan of a whole table is what an index would mend.
        let is_scan = detail.starts_with("SCAN ") && !detail.contains(" USING ");
        out.data(if is_scan { Label::Warning } else { Label::Plain }, detail).line();
        let indent = format!("{indent}{}", if is_last { "   " } else { "│  " });
        append_steps(out, steps, *id, &indent);
    }
}

/// `%erd mermaid`, `%erd svg`: the picture as `retort schema` draws it.
fn picture(shell: &mut Shell, form: &str) -> Output {
    let draw = match form {
        "mermaid" => diagram::mermaid,
        "dot" => diagram::dot,
        "svg" => diagram::svg,
        "outline" => diagram::outline,
        _ => return Output::remark(format!("one of {}", PICTURES.join(", "))),
    };
    match describe(&mut shell.project) {
        Ok(schema) => Output::text(Text::of(Label::Plain, draw(&schema))),
        Err(raised) => shell.failed(raised, &crate::diag::Source::new(CONSOLE, "%erd")),
    }
}

pub const PICTURES: &[&str] = &["mermaid", "dot", "svg", "outline"];

/// `%save_models models.py`: Flask-SQLAlchemy code for the models of this session.
pub fn save_models(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::remark("%save_models FILE");
    }
    if std::path::Path::new(argument).exists() {
        return Output::remark(format!("{argument} is there already; choose another name"));
    }
    let written = models(shell);
    match written.map(|code| std::fs::write(argument, code)) {
        Ok(Ok(())) => Output::remark(format!("models written to {argument}")),
        Ok(Err(why)) => Output::remark(format!("{argument}: {why}")),
        Err(raised) => shell.failed(raised, &crate::diag::Source::new(CONSOLE, "%save_models")),
    }
}

fn models(shell: &mut Shell) -> R<String> {
    let project = &mut shell.project;
    let uri = match project.engine()? {
        Some(engine) => engine.url.render(true),
        None => "sqlite:///app.db".to_string(),
    };
    let Some(metadata) = project.metadata()? else {
        return Err(crate::project::errors::no_database().into());
    };
    crate::project::database::models_of(&mut project.vm, &metadata, &uri)
}

/// `%erd`: `Student 10 ──< Excuse 27`
pub fn relations(shell: &mut Shell, argument: &str) -> Output {
    if !argument.is_empty() {
        return picture(shell, argument);
    }
    let catalog = Catalog::read();
    let mut counts = Vec::new();
    for model in &catalog.models {
        let table = model.table.as_ref().map(|table| table.key.to_string()).unwrap_or_default();
        let count = shell.own_rows(&format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\"")));
        let count = count.ok().and_then(|rows| match rows.rows.first()?.first()? {
            Cell::Int(count) => Some(*count),
            _ => None,
        });
        counts.push(count);
    }
    let mut out = Text::new();
    let mut drawn: Vec<(String, String)> = Vec::new();
    let name = |out: &mut Text, index: usize| {
        out.push(Label::Entity, &catalog.models[index].name);
        if let Some(count) = counts[index] {
            out.push(Label::Dim, format!(" {count}"));
        }
    };
    for (index, model) in catalog.models.iter().enumerate() {
        for relation in &model.relations {
            let Some(target) = catalog.named(&relation.target) else { continue };
            let back = relation.back.as_ref().and_then(|back| catalog.models[target].relation(back));
            let reverse = (relation.target.clone(), relation.back.clone().unwrap_or_default());
            // Drawn from the side that holds many, once.
            if drawn.contains(&reverse) || (!relation.is_list && back.is_some_and(|back| back.is_list)) {
                continue;
            }
            drawn.push((model.name.clone(), relation.key.clone()));
            let far_is_list = back.is_some_and(|back| back.is_list);
            let line = match (far_is_list, relation.is_list) {
                (true, true) => " >──< ",
                (false, true) => " ──< ",
                (true, false) => " >── ",
                (false, false) => " ── ",
            };
            name(&mut out, index);
            out.plain(line);
            name(&mut out, target);
            let back = relation.back.as_ref().map(|back| format!(" / .{back}")).unwrap_or_default();
            out.push(Label::Dim, format!("   .{}{back}", relation.key)).line();
        }
    }
    if out.is_empty() {
        return Output::remark("no relations");
    }
    Output::text(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_give_way_and_texts_stay() {
        assert_eq!(
            without_parameters("SELECT '?' WHERE a = ? AND b = :b_1"),
            "SELECT '?' WHERE a = NULL AND b = NULL"
        );
    }

    #[test]
    fn a_plan_is_a_tree() {
        let mut out = Text::new();
        let step = |id, parent, detail: &str| (id, parent, detail.to_string());
        append_steps(
            &mut out,
            &[step(2, 0, "COMPOUND"), step(3, 2, "SCAN a"), step(5, 2, "SEARCH b"), step(6, 0, "SORT")],
            0,
            "",
        );
        assert_eq!(out.to_plain(), "├─ COMPOUND\n│  ├─ SCAN a\n│  └─ SEARCH b\n└─ SORT\n");
    }
}
