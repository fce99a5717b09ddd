//! Commands about what loading costs: the notices so far, strategies side by side, time over many runs.
//!
//! Owns running the same code under other loading strategies, in a session of its own that is thrown away. Must not
//! know how a strategy loads.

use std::time::Instant;

use crate::orm::query::cache;
use crate::orm::relationship::Lazy;
use crate::python::value::{Host, R, Value, intern};
use crate::python::vm::Mode;
use crate::ui::footer::{Cost, duration};
use crate::ui::table::{Cell, Table};
use crate::ui::text::{Label, Text};

use super::super::catalog::Catalog;
use super::super::session::{CONSOLE, Output, Shell};
use super::display::{on_or_off, say, switch};

/// `%n1`, `%n1 off`
pub fn n_plus_one(shell: &mut Shell, argument: &str) -> Output {
    if !argument.is_empty() {
        return match switch(argument, shell.settings.n_plus_one) {
            Some(on) => {
                shell.settings.n_plus_one = on;
                say("the notice about N+1", on)
            }
            None => on_or_off(argument),
        };
    }
    if shell.repeated.is_empty() {
        return Output::remark("nothing was read again and again so far");
    }
    let mut out = Text::new();
    for repeated in &shell.repeated {
        out.push(if repeated.is_relation { Label::Warning } else { Label::Dim }, &repeated.subject);
        let place = repeated.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
        out.push(Label::Dim, format!(" {} times{place}", repeated.times)).line();
        for code in &repeated.cure {
            out.plain("   ").append(crate::ui::highlight::python(code)).line();
        }
    }
    Output::text(out)
}

/// What one strategy cost, or how it ended.
struct Trial {
    name: &'static str,
    cost: Cost,
    ended: Option<String>,
}

/// `%compare [s.mentor.name for s in Student.query]`
pub fn compare(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::remark("%compare CODE that starts from a query and walks a relation");
    }
    if shell.standing().is_uncommitted() {
        return Output::remark(
            "there is work that is not committed: db.session.commit() or rollback() first",
        );
    }
    let own = match trial(shell, argument, "as it is") {
        Ok(trial) => trial,
        Err(output) => return output,
    };
    let walked = walked(shell);
    if walked.is_empty() {
        return Output::remark("no relation was loaded lazily here: start from a query and walk one");
    }
    let mut trials = vec![own];
    let strategies = [
        ("select", Lazy::Select),
        ("selectin", Lazy::SelectIn),
        ("joined", Lazy::Joined),
        ("subquery", Lazy::Subquery),
        ("raise", Lazy::Raise),
    ];
    for (name, lazy) in strategies {
        let before: Vec<Lazy> =
            walked.iter().map(|(_, property)| relationship(property).lazy.get()).collect();
        if before.iter().all(|own| *own == lazy) {
            trials[0].name = name;
            continue;
        }
        set_strategy(&walked, |_| lazy);
        let result = trial(shell, argument, name);
        set_strategy(&walked, |index| before[index]);
        match result {
            Ok(trial) => trials.push(trial),
            Err(output) => return output,
        }
    }
    Output::text(drawn(&trials, shell.settings.width))
}

type Walked = (std::rc::Rc<crate::orm::mapper::Mapper>, std::rc::Rc<crate::orm::property::Property>);

/// The relations that the last trial loaded one by one, dynamic ones left out: no strategy reads those.
fn walked(shell: &Shell) -> Vec<Walked> {
    let catalog = Catalog::read();
    let mut found: Vec<Walked> = Vec::new();
    for (spot, _) in shell.watch.loads() {
        if spot.what != "lazy load" {
            continue;
        }
        let Some(index) = catalog.named(&spot.class) else { continue };
        let mapper = catalog.models[index].mapper.clone();
        let Some(property) = mapper.property(&spot.key) else { continue };
        if !found.iter().any(|(_, known)| std::rc::Rc::ptr_eq(known, &property)) {
            found.push((mapper, property));
        }
    }
    found
}

fn relationship(property: &crate::orm::property::Property) -> &crate::orm::relationship::Relationship {
    property.as_relationship().expect("only relationships are walked")
}

fn set_strategy(walked: &[Walked], lazy: impl Fn(usize) -> Lazy) {
    for (index, (_, property)) in walked.iter().enumerate() {
        relationship(property).lazy.set(lazy(index));
    }
    cache::forget_all();
    for model in Catalog::read().models {
        *model.mapper.query_cache.borrow_mut() = None;
    }
}

/// Runs the code in a session of its own.
fn trial(shell: &mut Shell, code: &str, name: &'static str) -> Result<Trial, Output> {
    let source = std::rc::Rc::new(crate::diag::Source::new(CONSOLE, code));
    let own = match other_session(shell) {
        Ok(own) => own,
        Err(raised) => return Err(shell.failed(raised, &source)),
    };
    let names = shell.project.names.clone();
    shell.watch.begin();
    let watch = shell.watch.clone();
    let result = watch.unseen(|| shell.project.vm.run_source(&source, &names, Mode::Eval));
    let cost = shell.watch.cost();
    if let Err(raised) = own_session(shell, own) {
        return Err(shell.failed(raised, &source));
    }
    let ended = match result {
        Ok(_) => None,
        Err(mut raised) if name == "raise" => {
            Some(crate::python::vm::last_line(&mut shell.project.vm, &mut raised))
        }
        Err(raised) => return Err(shell.failed(raised, &source)),
    };
    Ok(Trial { name, cost, ended })
}

/// Puts a new session in the place of the app's, which it gives.
fn other_session(shell: &mut Shell) -> R<Option<Value>> {
    let Some(db) = shell.database() else { return Ok(None) };
    let vm = &mut shell.project.vm;
    let scoped = vm.get_attr(&db, &intern("session"))?;
    let registry = vm.get_attr(&scoped, &intern("registry"))?;
    let own = vm.call_values(&registry, &[])?;
    // A read transaction would stay open in the session that waits.
    let factory = vm.get_attr(&scoped, &intern("session_factory"))?;
    let other = vm.call_values(&factory, &[])?;
    vm.call_method(&registry, "set", &[other])?;
    Ok(Some(own))
}

/// Puts the app's session back.
fn own_session(shell: &mut Shell, own: Option<Value>) -> R<()> {
    let (Some(own), Some(db)) = (own, shell.database()) else { return Ok(()) };
    let vm = &mut shell.project.vm;
    let scoped = vm.get_attr(&db, &intern("session"))?;
    let registry = vm.get_attr(&scoped, &intern("registry"))?;
    let other = vm.call_values(&registry, &[])?;
    vm.call_method(&registry, "set", &[own])?;
    vm.call_method(&other, "close", &[])?;
    Ok(())
}

fn drawn(trials: &[Trial], width: usize) -> Text {
    let mut table = Table::new(["lazy", "statements", "rows", "time", ""]);
    for trial in trials {
        let ended = trial.ended.as_ref().map(|why| why.lines().next().unwrap_or("").to_string());
        table.row(vec![
            Cell::Text(trial.name.to_string()),
            Cell::Int(trial.cost.statements() as i64),
            Cell::Int(trial.cost.rows as i64),
            Cell::Text(duration(trial.cost.milliseconds)),
            Cell::Text(ended.map_or(String::new(), |why| format!("stops: {why}"))),
        ]);
    }
    crate::ui::table::render(&table, crate::ui::table::Mode::Column, width, "")
}

/// `%timeit CODE`: the best of several runs.
pub fn timeit(shell: &mut Shell, argument: &str) -> Output {
    if argument.is_empty() {
        return Output::remark("%timeit CODE");
    }
    let source = std::rc::Rc::new(crate::diag::Source::new(CONSOLE, argument));
    let names = shell.project.names.clone();
    let watch = shell.watch.clone();
    let once = |shell: &mut Shell, loops: u64| -> R<f64> {
        let started = Instant::now();
        for _ in 0..loops {
            watch.unseen(|| shell.project.vm.run_source(&source, &names, Mode::Eval))?;
        }
        Ok(started.elapsed().as_secs_f64())
    };
    // As many loops as take a fifth of a second.
    let mut loops = 1;
    let timed = loop {
        match once(shell, loops) {
            Ok(seconds) if seconds >= 0.1 || loops >= 1_000_000 => break Ok(seconds),
            Ok(_) => loops *= 10,
            Err(raised) => break Err(raised),
        }
    };
    let mut runs = match timed {
        Ok(seconds) => vec![seconds],
        Err(raised) => return shell.failed(raised, &source),
    };
    for _ in 0..4 {
        match once(shell, loops) {
            Ok(seconds) => runs.push(seconds),
            Err(raised) => return shell.failed(raised, &source),
        }
    }
    let best = runs.iter().copied().fold(f64::INFINITY, f64::min) / loops as f64;
    let count = if loops == 1 { "1 loop".to_string() } else { format!("{loops} loops") };
    Output::text(Text::of(
        Label::Plain,
        format!("{} a loop, best of {} runs of {count}\n", short(best), runs.len()),
    ))
}

fn short(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
