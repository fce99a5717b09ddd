//! `%tree`: walks several relations at once.
//!
//! Owns the walk and the drawing. Loading is left to the attributes themselves, so that the footer tells its cost.
//! Must not know how relations load.

use crate::orm::mapper::Mapper;
use crate::python::value::{Host, R, Value, intern};
use crate::python::vm::Mode;
use crate::ui::text::{Label, Text, cut};

use super::super::session::{CONSOLE, Output, Shell};

/// Entries of one relation shown at most.
const MOST: usize = 10;

/// `%tree Raccoon.query.first() trashcans.business`
pub fn tree(shell: &mut Shell, argument: &str) -> Output {
    let Some((code, path)) = argument.rsplit_once(char::is_whitespace).filter(|(_, path)| is_path(path))
    else {
        return Output::remark(
            "%tree OBJECT RELATION.RELATION, for example %tree Student.query.first() excuses",
        );
    };
    shell.watch.begin();
    let source = std::rc::Rc::new(crate::diag::Source::new(CONSOLE, code.trim()));
    let names = shell.project.names.clone();
    let path: Vec<&str> = path.split('.').collect();
    let made = shell.project.vm.run_source(&source, &names, Mode::Eval);
    let drawn = made.and_then(|root| {
        let mut out = Text::new();
        entry(shell, &mut out, &root)?;
        out.line();
        branches(shell, &mut out, &root, &path, "")?;
        Ok(out)
    });
    match drawn {
        Ok(mut out) => {
            let cost = shell.watch.cost();
            out.append(shell.footer(cost, argument));
            Output::text(out)
        }
        Err(raised) => shell.failed(raised, &source),
    }
}

fn is_path(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

fn branches(shell: &mut Shell, out: &mut Text, parent: &Value, path: &[&str], indent: &str) -> R<()> {
    let Some((key, rest)) = path.split_first() else { return Ok(()) };
    let found = shell.project.vm.get_attr(parent, &intern(key))?;
    let items = match &found {
        Value::None => Vec::new(),
        one if Mapper::of_value(one).is_some() => vec![found.clone()],
        many => shell.project.vm.collect(many)?,
    };
    out.push(Label::Dim, format!("{indent}└─ ")).data(Label::Name, key);
    out.push(Label::Dim, format!(" ({})\n", items.len()));
    let shown = items.len().min(MOST);
    for (index, item) in items.iter().take(MOST).enumerate() {
        let is_last = index + 1 == shown && items.len() <= MOST;
        let (head, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        out.push(Label::Dim, format!("{indent}   {head}"));
        entry(shell, out, item)?;
        out.line();
        branches(shell, out, item, rest, &format!("{indent}   {below}"))?;
    }
    if items.len() > MOST {
        out.push(Label::Dim, format!("{indent}   … {} more\n", items.len() - MOST));
    }
    Ok(())
}

fn entry(shell: &mut Shell, out: &mut Text, value: &Value) -> R<()> {
    let repr = shell.project.vm.repr(value)?;
    out.data(Label::Entity, &cut(&repr, shell.settings.width.saturating_sub(16)));
    Ok(())
}
