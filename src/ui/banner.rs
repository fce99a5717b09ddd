//! What stands above the first prompt: flask shell's lines, and which database is open.
//!
//! Owns the wording. Must not know how any of it was found out.

use super::text::{Label, Text};

/// What the banner tells.
#[derive(Clone, Debug, Default)]
pub struct Banner {
    pub version: String,
    /// The app's import name.
    pub app: String,
    pub instance: Option<String>,
    /// The database's URI, the password masked.
    pub database: Option<String>,
    pub tables: Option<usize>,
    pub foreign_keys: bool,
    pub readonly: bool,
    pub sandbox: bool,
    /// Told in a line each: imports that do nothing, a database that stands in for another.
    pub remarks: Vec<String>,
}

pub fn render(banner: &Banner) -> Text {
    let mut out = Text::new();
    out.push(Label::Heading, format!("Retort {}", banner.version));
    out.plain(" (speaks Python 3.11 and SQLAlchemy 2.1; help for help)\n");
    out.plain("App: ").data(Label::Plain, &banner.app).line();
    if let Some(instance) = &banner.instance {
        out.plain("Instance: ").data(Label::Plain, instance).line();
    }
    if let Some(database) = &banner.database {
        out.plain("Database: ").data(Label::Plain, database);
        let mut facts = Vec::new();
        match banner.tables {
            Some(1) => facts.push("1 table".to_string()),
            Some(count) => facts.push(format!("{count} tables")),
            None => {}
        }
        facts.push(format!("foreign keys {}", if banner.foreign_keys { "on" } else { "off" }));
        if banner.readonly {
            facts.push("read-only".to_string());
        }
        if banner.sandbox {
            facts.push("a copy, thrown away at the end".to_string());
        }
        out.push(Label::Dim, format!(" ({})", facts.join(", "))).line();
    }
    for remark in &banner.remarks {
        out.data(Label::Dim, remark).line();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_has_flask_shells_shape() {
        let banner = Banner {
            version: "0.1.0".into(),
            app: "app".into(),
            instance: Some("/home/ada/school/instance".into()),
            database: Some("sqlite:////home/ada/school/instance/school.db".into()),
            tables: Some(5),
            ..Banner::default()
        };
        insta::assert_snapshot!(render(&banner).to_plain());
    }
}
