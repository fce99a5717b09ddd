//! `datetime`.
//!
//! Owns the module: date, time, datetime, timedelta, tzinfo and timezone. Their data stands in `value::temporal`.
//! Must not know columns.

pub mod calendar;
mod clock;
mod date;
mod delta;
pub mod format;
mod iso;
mod moment;
mod zone;

pub use clock::TIME;
pub use date::DATE;
pub use delta::TIMEDELTA;
pub use moment::DATETIME;
pub use zone::{TIMEZONE, TZINFO};

use super::time::FIELDS_BY_NAME;
use crate::python::builtins::TUPLE;
use crate::python::value::{NativeModule, NativeType, Slots, Value};

/// What `isocalendar()` returns.
pub static ISO_CALENDAR_DATE: NativeType = NativeType {
    bases: &[&TUPLE],
    slots: Slots { repr: Some(super::time::named_repr), get_attr: Some(FIELDS_BY_NAME), ..Slots::NONE },
    ..NativeType::plain("IsoCalendarDate", "datetime")
};

pub static MODULE: NativeModule = NativeModule {
    types: &[&DATE, &TIME, &DATETIME, &TIMEDELTA, &TZINFO, &TIMEZONE],
    constants: &[
        ("MINYEAR", |_| Ok(Value::Int(1))),
        ("MAXYEAR", |_| Ok(Value::Int(9999))),
        ("UTC", |_| Ok(zone::utc())),
    ],
    ..NativeModule::new("datetime", "Dates and times.")
};
