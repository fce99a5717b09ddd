//! `gc`: the collector of cycles, asked for by name.
//!
//! Owns the module's functions. Must not know how garbage is found.

use crate::python::value::param::opt;
use crate::python::value::{NativeModule, ParamDefault, Row, Value, heap};

pub static MODULE: NativeModule = NativeModule {
    functions: &[
        Row::function(
            "collect",
            &[opt("generation", ParamDefault::Int(2))],
            "Run the garbage collector. The number of unreachable objects is returned.",
            "",
            |_, _| {
                let found = heap::collect_all();
                // What was put off (`__del__`, generators with work left to do) has its turn at the next call.
                heap::ask_attention();
                Ok(Value::from(found))
            },
        ),
        Row::function("enable", &[], "Enable automatic garbage collection.", "", |_, _| {
            heap::set_enabled(true);
            Ok(Value::None)
        }),
        Row::function("disable", &[], "Disable automatic garbage collection.", "", |_, _| {
            heap::set_enabled(false);
            Ok(Value::None)
        }),
        Row::function(
            "isenabled",
            &[],
            "Returns true if automatic garbage collection is enabled.",
            "",
            |_, _| Ok(Value::Bool(heap::is_enabled())),
        ),
    ],
    prelude: Some(
        "def get_objects(generation=None):\n    return []\n\n\ndef get_referrers(*objs):\n    return []\n",
    ),
    ..NativeModule::new("gc", "The collector of reference cycles.")
};
