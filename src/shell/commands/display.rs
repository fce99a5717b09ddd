//! Commands that switch how things are shown.
//!
//! Owns reading `on` and `off`, the row mode and the echo. Must not know what is shown.

use crate::pylib::sqlalchemy::connection::connection_of;
use crate::python::value::{Host, Value, intern};
use crate::ui::table::Mode;

use super::super::session::{Expanded, Output, RowsTo, Shell};

/// Reads `on`, `off` or nothing (the other state); None for anything else.
pub fn switch(argument: &str, now: bool) -> Option<bool> {
    match argument {
        "" => Some(!now),
        "on" | "1" | "yes" => Some(true),
        "off" | "0" | "no" => Some(false),
        _ => None,
    }
}

pub fn say(what: &str, on: bool) -> Output {
    Output::remark(format!("{what} {}", if on { "on" } else { "off" }))
}

pub fn on_or_off(argument: &str) -> Output {
    Output::remark(format!("on or off, not {argument}"))
}

pub fn preview(shell: &mut Shell, argument: &str) -> Output {
    match switch(argument, shell.settings.preview) {
        Some(on) => {
            shell.settings.preview = on;
            say("preview", on)
        }
        None => on_or_off(argument),
    }
}

pub fn timing(shell: &mut Shell, argument: &str) -> Output {
    match switch(argument, shell.settings.footer) {
        Some(on) => {
            shell.settings.footer = on;
            say("timing", on)
        }
        None => on_or_off(argument),
    }
}

pub fn expanded(shell: &mut Shell, argument: &str) -> Output {
    if argument == "auto" {
        shell.settings.expanded = Expanded::Auto;
        return Output::remark("expanded display where a table is wider than the window");
    }
    match switch(argument, shell.settings.expanded != Expanded::Off) {
        Some(on) => {
            shell.settings.expanded = if on { Expanded::On } else { Expanded::Off };
            say("expanded display", on)
        }
        None => Output::remark(format!("on, off or auto, not {argument}")),
    }
}

/// `.once rows.csv`, `\\o rows.csv`: where the rows of SQL go; nothing brings them back to the screen.
pub fn once(shell: &mut Shell, argument: &str) -> Output {
    rows_to(shell, argument, true)
}

pub fn output(shell: &mut Shell, argument: &str) -> Output {
    rows_to(shell, argument, false)
}

fn rows_to(shell: &mut Shell, argument: &str, once: bool) -> Output {
    if matches!(argument, "" | "stdout") {
        shell.settings.rows_to = None;
        return Output::remark("rows come to the screen");
    }
    let file = std::path::PathBuf::from(argument);
    if file.exists() {
        return Output::remark(format!("{argument} is there already; choose another name"));
    }
    // Found out now, not after a long statement.
    if let Err(why) = std::fs::write(&file, "") {
        return Output::remark(format!("{argument}: {why}"));
    }
    shell.settings.rows_to = Some(RowsTo { file, once });
    let mode = shell.settings.mode.name();
    let what = if once { "the next rows go" } else { "rows go" };
    Output::remark(format!("{what} to {argument} as {mode}; %mode csv and the like choose the form"))
}

/// `%last`, `%last json`: the last rows again, in another form.
pub fn last(shell: &mut Shell, argument: &str) -> Output {
    let mode = if argument.is_empty() { Some(shell.settings.mode) } else { Mode::parse(argument) };
    let Some(mode) = mode else { return Output::remark(format!("one of {}", Mode::NAMES.join(", "))) };
    match &shell.last_rows {
        Some(rows) => Output::text(crate::ui::table::render(rows, mode, shell.settings.width, "rows")),
        None => Output::remark("no rows so far"),
    }
}

pub fn mode(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::remark(format!("{} (of {})", shell.settings.mode.name(), Mode::NAMES.join(", ")));
    }
    match Mode::parse(argument) {
        Some(mode) => {
            shell.settings.mode = mode;
            Output::remark(format!("rows are shown as {argument}"))
        }
        None => Output::remark(format!("one of {}", Mode::NAMES.join(", "))),
    }
}

/// `on` is SQLAlchemy's own echo, `short` the shell's.
pub fn echo(shell: &mut Shell, argument: &str) -> Output {
    let was_on = shell.watch.short_echo.get() || engine_echo(shell);
    let (long, short) = match argument {
        "short" => (false, true),
        other => match switch(other, was_on) {
            Some(on) => (on, false),
            None => return Output::remark(format!("on, off or short, not {argument}")),
        },
    };
    shell.watch.short_echo.set(short);
    if set_engine_echo(shell, long).is_none() && long {
        return Output::remark("there is no engine to echo: no db in this session");
    }
    match short {
        true => Output::remark("echo short"),
        false => say("echo", long),
    }
}

fn engine_echo(shell: &mut Shell) -> bool {
    let Some(engine) = engine(shell) else { return false };
    matches!(shell.project.vm.get_attr(&engine, &intern("echo")), Ok(Value::Bool(true)))
}

/// Switches the engine's echo, and that of the connection that the session holds already: SQLAlchemy's own switch
/// reaches later connections only, and whoever asks at the prompt means the next statement.
fn set_engine_echo(shell: &mut Shell, on: bool) -> Option<()> {
    let engine = engine(shell)?;
    let vm = &mut shell.project.vm;
    vm.set_attr(&engine, &intern("echo"), Value::Bool(on)).ok()?;
    let db = shell.database()?;
    let vm = &mut shell.project.vm;
    let session = vm.get_attr(&db, &intern("session")).ok()?;
    let session = vm.call_values(&session, &[]).ok()?;
    if let Ok(Value::Bool(true)) = vm.call_method(&session, "in_transaction", &[]) {
        let connection = vm.call_method(&session, "connection", &[]).ok()?;
        if let Some(connection) = connection_of(&connection) {
            connection.set_echo(on);
        }
    }
    Some(())
}

fn engine(shell: &mut Shell) -> Option<Value> {
    let db = shell.database()?;
    shell.project.vm.get_attr(&db, &intern("engine")).ok()
}
