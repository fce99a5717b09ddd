//! Commands about this session: what is pending, what was typed, names, time, the last traceback.
//!
//! Owns reading them off the shell. Must not know how the session writes.

use std::time::Instant;

use crate::orm::mapper::Mapper;
use crate::python::value::{Host, R, Value};
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
    for attribute in mapper.attributes() {
        let Some(slot) = attribute.slot().filter(|_| attribute.property.as_relationship().is_some()) else {
            continue;
        };
        let related = instance.slot(slot);
        if matches!(related, Value::Instance(_)) && Mapper::of_value(&related).is_some() {
            parts.push(format!("{}=<{}>", attribute.key, title(&related).trim_end()));
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
    let Some(session) = shell.orm_session() else { return Ok(out) };
    let kinds = [
        ("new", "+", Label::Added, session.new_instances()),
        ("dirty", "~", Label::Changed, session.dirty_instances()),
        ("deleted", "-", Label::Removed, session.deleted_instances()),
    ];
    for (name, mark, label, instances) in kinds {
        for instance in instances {
            let value = Value::Instance(instance);
            let (what, verb) = match name {
                "new" => (entity(shell, &value), "INSERT into"),
                "dirty" => (changes(shell, &value)?, "UPDATE"),
                _ => (title(&value), "DELETE from"),
            };
            let table = Mapper::of_value(&value).and_then(|mapper| mapper.table());
            let table = table.map(|table| table.key.to_string()).unwrap_or_default();
            let room = shell.settings.width.saturating_sub(16 + verb.len() + table.len());
            out.push(Label::Dim, format!("{name:<8}")).push(label, format!("{mark} "));
            out.data(Label::Plain, &cut(&what, room.max(20)));
            out.push(Label::Dim, format!("   {verb} ")).data(Label::Dim, &table).line();
        }
    }
    if session.has_open_writes() {
        out.push(Label::Dim, "what was flushed waits for db.session.commit()\n");
    }
    if !session.is_active() {
        out.push(Label::Warning, "the transaction is on hold: db.session.rollback()\n");
    }
    Ok(out)
}

/// `Raccoon 1`
fn title(value: &Value) -> String {
    let (Some(mapper), Value::Instance(instance)) = (Mapper::of_value(value), value) else {
        return String::new();
    };
    let key = crate::orm::attribute::state_of(instance).key();
    let key = key.map(|key| key.values().iter().map(short_value).collect::<Vec<_>>().join(", "));
    format!("{} {}", mapper.class_name, key.unwrap_or_default())
}

fn short_value(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Str(text) => text.to_string(),
        _ => "?".to_string(),
    }
}

/// `Raccoon 1  age: 3 -> 9`
fn changes(shell: &mut Shell, value: &Value) -> R<String> {
    let (Some(mapper), Value::Instance(instance)) = (Mapper::of_value(value), value) else {
        return Ok(String::new());
    };
    let state = crate::orm::attribute::state_of(instance);
    let mut parts = Vec::new();
    for slot in state.changed_slots() {
        let Some(attribute) = mapper.attribute_at(slot) else { continue };
        if attribute.is_collection() {
            parts.push(format!("{} changed", attribute.key));
            continue;
        }
        let before = match state.committed(slot) {
            None => continue,
            Some(Value::Unset) => "?".to_string(),
            Some(value) => in_line(shell, &value),
        };
        let now = in_line(shell, &instance.slot(slot));
        if before != now {
            parts.push(format!("{}: {before} -> {now}", attribute.key));
        }
    }
    Ok(format!("{}   {}", title(value), parts.join(", ")))
}

fn in_line(shell: &mut Shell, value: &Value) -> String {
    match value {
        Value::Unset => "?".to_string(),
        value if Mapper::of_value(value).is_some() => title(value),
        value => cell(&mut shell.project.vm, value).literal(),
    }
}

/// `%reload`
pub fn reload(shell: &mut Shell, _argument: &str) -> Output {
    shell.reload()
}

/// `%autoreload on`
pub fn autoreload(shell: &mut Shell, argument: &str) -> Output {
    match super::display::switch(argument, shell.files.automatic) {
        Some(on) => {
            shell.files.automatic = on;
            super::display::say("autoreload", on)
        }
        None => super::display::on_or_off(argument),
    }
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
