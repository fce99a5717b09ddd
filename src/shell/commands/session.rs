//! Commands about this session: what is pending, what was typed, names, time, the last traceback.
//!
//! Owns reading them off the shell. Must not know how the session writes.

use std::time::Instant;

use crate::orm::mapper::Mapper;
use crate::python::value::{Host, R, Value, intern};
use crate::ui::error;
use crate::ui::footer::duration;
use crate::ui::text::{Label, Text, cut};

use super::super::preview::cell;
use super::super::session::{CONSOLE, Output, Shell};

pub fn traceback(shell: &mut Shell, _argument: &str) -> Output {
    let Some(view) = &shell.last_error else { return Output::remark("no error so far") };
    Output::text(error::traceback(view))
}

pub fn time(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::remark("%time CODE");
    }
    let started = Instant::now();
    let mut output = shell.python(argument);
    let took = duration(started.elapsed().as_secs_f64() * 1000.0);
    output.text.push(Label::Dim, format!("-- {took} in all\n"));
    output
}

pub fn history(shell: &mut Shell, argument: &str) -> Output {
    let wanted = argument.trim_start_matches("-n").trim().parse().unwrap_or(usize::MAX);
    let skipped = (shell.inputs.len() - 1).saturating_sub(wanted);
    let mut out = Text::new();
    // The command itself is the last input.
    for input in shell.inputs.iter().take(shell.inputs.len() - 1).skip(skipped) {
        for (number, line) in input.lines().enumerate() {
            out.push(Label::Prompt, if number == 0 { ">>> " } else { "... " });
            out.append(crate::ui::highlight::python(&crate::ui::text::escape_line(line))).line();
        }
    }
    Output::text(out)
}

/// The names that the session made, in the order in which it made them.
fn made(shell: &Shell) -> Vec<(String, Value)> {
    let pairs = shell.project.names.to_vec().into_iter().filter_map(|(key, value)| {
        let name = key.as_str()?.to_string();
        (!name.starts_with("__") && !shell.given.contains(&name)).then_some((name, value))
    });
    pairs.collect()
}

pub fn who(shell: &mut Shell, _argument: &str) -> Output {
    let names: Vec<String> = made(shell).into_iter().map(|(name, _)| name).collect();
    if names.is_empty() {
        return Output::remark("nothing yet");
    }
    Output::text(Text::of(Label::Plain, format!("{}\n", names.join("  "))))
}

pub fn whos(shell: &mut Shell, _argument: &str) -> Output {
    let names = made(shell);
    if names.is_empty() {
        return Output::remark("nothing yet");
    }
    let width = names.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut out = Text::new();
    for (name, value) in names {
        let class = shell.project.vm.class_of(&value).name.borrow().to_string();
        out.data(Label::Name, &format!("{name:<width$}")).push(Label::Type, format!("  {class}"));
        if let Some(short) = in_short(shell, &value) {
            let room = shell.settings.width.saturating_sub(width + class.len() + 4).max(10);
            out.plain("  ").data(Label::Plain, &cut(&short, room));
        }
        out.line();
    }
    Output::text(out)
}

/// A value in a few words, without a statement: entities by what is loaded, containers by their length.
fn in_short(shell: &mut Shell, value: &Value) -> Option<String> {
    if Mapper::of_value(value).is_some() && matches!(value, Value::Instance(_)) {
        return Some(entity(shell, value));
    }
    match value {
        Value::List(list) => Some(format!("{} items", list.to_vec().len())),
        Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            shell.project.vm.repr(value).ok().map(|repr| repr.to_string())
        }
        _ => None,
    }
}

/// `Student(first_name='Ada', grade=10)`, from the slots that are loaded.
fn entity(shell: &mut Shell, value: &Value) -> String {
    let Some(mapper) = Mapper::of_value(value) else { return String::new() };
    let Value::Instance(instance) = value else { return String::new() };
    let mut parts = Vec::new();
    for attribute in mapper.column_attributes() {
        let Some(slot) = attribute.slot() else { continue };
        match instance.slot(slot) {
            Value::Unset | Value::None => {}
            value => {
                parts.push(format!("{}={}", attribute.key, cell(&mut shell.project.vm, &value).literal()))
            }
        }
    }
    format!("{}({})", mapper.class_name, parts.join(", "))
}

/// `%session`
pub fn pending(shell: &mut Shell, _argument: &str) -> Output {
    let watch = shell.watch.clone();
    let _quiet = watch.quietly();
    match pending_text(shell) {
        Ok(text) if text.is_empty() => Output::remark("nothing is waiting to be written"),
        Ok(text) => Output::text(text),
        Err(raised) => {
            let source = crate::diag::Source::new(CONSOLE, "%session");
            shell.failed(raised, &source)
        }
    }
}

fn pending_text(shell: &mut Shell) -> R<Text> {
    let mut out = Text::new();
    let Some(db) = shell.database() else { return Ok(out) };
    let session = shell.project.vm.get_attr(&db, &intern("session"))?;
    for (name, mark, label) in
        [("new", "+", Label::Added), ("dirty", "~", Label::Changed), ("deleted", "-", Label::Removed)]
    {
        let set = shell.project.vm.get_attr(&session, &intern(name))?;
        for object in shell.project.vm.collect(&set)? {
            let line = cut(&entity(shell, &object), shell.settings.width.saturating_sub(12)).into_owned();
            out.push(Label::Dim, format!("{name:<8}"))
                .push(label, format!("{mark} "))
                .data(Label::Plain, &line)
                .line();
        }
    }
    Ok(out)
}

/// `%next`: the next line of a lesson, with what is said before it.
pub fn next(shell: &mut Shell, _argument: &str) -> Output {
    let mut out = Text::new();
    while let Some(statement) = shell.guide.pop() {
        if crate::project::session_text::says_nothing(&statement) {
            out.push(Label::Comment, statement.trim_start_matches(['#', ' '])).line();
            continue;
        }
        for (number, line) in statement.lines().enumerate() {
            out.push(Label::Prompt, if number == 0 { ">>> " } else { "... " });
            out.append(crate::ui::highlight::python(line)).line();
        }
        return Output::text(out);
    }
    if out.is_empty() {
        return Output::remark(
            "nothing more; retort lesson NAME opens another: excuses, raccoons, tasks, hello_books, library",
        );
    }
    Output::text(out)
}
