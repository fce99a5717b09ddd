//! Reading a changed app anew while the session goes on.
//!
//! Owns noticing that files changed, and the exchange of the app: the database stays, objects that the session's
//! names hold are fetched again, plain values are carried over. Must not know how an app is found.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::orm::attribute::state_of;
use crate::orm::mapper::Mapper;
use crate::orm::registry::Registry;
use crate::project::Project;
use crate::python::value::{Host, Value, intern};
use crate::python::vm::{last_line, render_traceback};
use crate::ui::text::{Label, Text};

use super::session::{Output, Shell, file_line, names_of};

/// The app's own files with the time of their last change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    times: Vec<(PathBuf, Option<SystemTime>)>,
    /// The change was told already.
    told: bool,
    /// Read a changed app without being asked.
    pub automatic: bool,
}

impl Files {
    pub fn of(project: &Project) -> Files {
        let root = project.root.canonicalize().unwrap_or_else(|_| project.root.clone());
        let mut times = Vec::new();
        for module in project.vm.modules().values() {
            let Value::Module(module) = module else { continue };
            let Some(file) = module.dict.get("__file__") else { continue };
            let Some(path) = file.as_str().map(PathBuf::from) else { continue };
            if path.canonicalize().is_ok_and(|path| path.starts_with(&root)) {
                let time = changed_at(&path);
                times.push((path, time));
            }
        }
        Files { times, told: false, automatic: false }
    }

    /// The names of the files that changed since they were read.
    pub fn changed(&self) -> Vec<String> {
        let changed = self.times.iter().filter(|(path, time)| changed_at(path) != *time);
        changed
            .map(|(path, _)| {
                path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
            })
            .collect()
    }
}

fn changed_at(path: &std::path::Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// What a name of the session becomes in the app that was read anew.
enum Kept {
    Plain(Value),
    /// An object of the database: its class and its key.
    Entity {
        class: String,
        key: Vec<Value>,
    },
}

/// What is carried over as it is: values that hold nothing of the old app.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bytes(_) => {
            true
        }
        Value::List(list) => list.to_vec().iter().all(is_plain),
        Value::Tuple(items) => items.as_slice().iter().all(is_plain),
        Value::Dict(dict) => dict.to_vec().iter().all(|(key, value)| is_plain(key) && is_plain(value)),
        _ => false,
    }
}

fn kept(value: &Value) -> Option<Kept> {
    if is_plain(value) {
        return Some(Kept::Plain(value.clone()));
    }
    let Value::Instance(instance) = value else { return None };
    let mapper = Mapper::of_value(value)?;
    let key = state_of(instance).key()?.values().to_vec();
    Some(Kept::Entity { class: mapper.class_name.to_string(), key })
}

impl Shell {
    /// Says once that a file changed, or reads it where that was asked for.
    pub fn look_at_files(&mut self) -> Text {
        if self.files.told && !self.files.automatic {
            return Text::new();
        }
        let changed = self.files.changed();
        if changed.is_empty() {
            return Text::new();
        }
        if self.files.automatic && !self.standing().is_uncommitted() {
            return self.reload().text;
        }
        self.files.told = true;
        Text::of(Label::Dim, format!("{} changed: %reload reads the app anew\n", changed.join(", ")))
    }

    /// Reads the app anew.
    pub fn reload(&mut self) -> Output {
        let Some(source) = self.project.source.clone() else {
            return Output::remark("there is no app file behind this session");
        };
        if self.standing().is_uncommitted() {
            return Output::remark(
                "there is work that is not committed: db.session.commit() or rollback() first",
            );
        }
        let made = self.project.names.to_vec().into_iter().filter_map(|(key, value)| {
            let name = key.as_str()?.to_string();
            (!name.starts_with("__") && !self.given.contains(&name)).then(|| Some((name, kept(&value)?)))?
        });
        let made: Vec<(String, Kept)> = made.collect();
        let before = Registry::exchange(Vec::new());
        let mut project = match Project::load(&source, Box::new(self.screen.clone())) {
            Ok(project) => project,
            Err(mut failed) => {
                Registry::exchange(before);
                // Told again when it changes once more.
                let automatic = self.files.automatic;
                self.files = Files { told: false, automatic, ..Files::of(&self.project) };
                let mut text =
                    Text::of(Label::Plain, last_line(&mut failed.vm, &mut failed.raised)).to_owned();
                text.line();
                let trace = render_traceback(&mut failed.vm, &mut failed.raised, &mut file_line);
                let places: Vec<&str> = trace.lines().filter(|line| line.starts_with("  File")).collect();
                if let Some(place) = places.last() {
                    text.push(Label::Dim, format!("{place}\n"));
                }
                text.push(Label::Hint, "the app as it was before goes on\n");
                return Output::text(text);
            }
        };
        project.folders = std::mem::take(&mut self.project.folders);
        project.vm.share_interrupt_flag(self.project.vm.interrupt_flag());
        self.project = project;
        let automatic = self.files.automatic;
        self.files = Files { automatic, ..Files::of(&self.project) };
        self.given = names_of(&self.project);
        let mut lost = Vec::new();
        for (name, kept) in made {
            match self.fetched(kept) {
                Some(value) => self.project.names.set(&name, value),
                None => lost.push(name),
            }
        }
        let count = super::catalog::Catalog::read().models.len();
        let mut said = format!("read anew: {count} models");
        if !lost.is_empty() {
            said.push_str(&format!("; gone: {}", lost.join(", ")));
        }
        Output::remark(said)
    }

    fn fetched(&mut self, kept: Kept) -> Option<Value> {
        match kept {
            Kept::Plain(value) => Some(value),
            Kept::Entity { class, key } => {
                let watch = self.watch.clone();
                let _quiet = watch.quietly();
                let class = self.project.names.get(&class)?;
                let db = self.database()?;
                let vm = &mut self.project.vm;
                let session = vm.get_attr(&db, &intern("session")).ok()?;
                let key = if let [one] = &key[..] { one.clone() } else { Value::tuple(key) };
                let found = vm.call_method(&session, "get", &[class, key]).ok()?;
                (!found.is_none()).then_some(found)
            }
        }
    }
}
