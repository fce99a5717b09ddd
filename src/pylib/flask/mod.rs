//! `flask` and the parts of `werkzeug` that it shows: apps, configuration, contexts, HTTP errors.
//!
//! Owns the module rows; the modules themselves are written in the language. Must not know databases or the shell.

use crate::python::value::NativeModule;

pub static FLASK: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/flask.py")),
    ..NativeModule::new("flask", "Apps, configuration and contexts.")
};

pub static EXCEPTIONS: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/werkzeug_exceptions.py")),
    ..NativeModule::new("werkzeug.exceptions", "HTTP errors as exceptions.")
};

pub static LOCAL: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/werkzeug_local.py")),
    ..NativeModule::new("werkzeug.local", "Objects that stand for others.")
};

/// Names that Flask's own submodules are imported by: all of them are found in `flask`.
const SUBMODULE: &str = "from flask import *\nfrom flask import _app, _app_stack, _request_stack\n";

const fn submodule(name: &'static str) -> NativeModule {
    NativeModule { prelude: Some(SUBMODULE), ..NativeModule::new(name, "A part of Flask.") }
}

/// `flask_migrate`: the commands are Retort's own (`retort db`); the extension is accepted.
pub static FLASK_MIGRATE: NativeModule = NativeModule {
    prelude: Some(include_str!("../prelude/flask_migrate.py")),
    ..NativeModule::new("flask_migrate", "Accepted; migrations are `retort db`.")
};

pub static WERKZEUG: NativeModule = NativeModule::new("werkzeug", "The parts of Werkzeug that models meet.");

pub static MODULES: &[&NativeModule] = &[
    &FLASK,
    &EXCEPTIONS,
    &LOCAL,
    &WERKZEUG,
    &FLASK_MIGRATE,
    &NativeModule {
        prelude: Some(
            "from flask import *\nfrom flask import _Commands\n\nAppGroup = FlaskGroup = _Commands\n\n\ndef with_appcontext(f):\n    return f\n",
        ),
        ..NativeModule::new("flask.cli", "Commands, accepted.")
    },
    &const { submodule("flask.globals") },
    &const { submodule("flask.app") },
    &const { submodule("flask.ctx") },
    &const { submodule("flask.config") },
    &const { submodule("flask.wrappers") },
    &const { submodule("flask.helpers") },
    &const { submodule("flask.blueprints") },
    &const { submodule("flask.json") },
];
