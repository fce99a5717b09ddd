//! The data of dates and times, as payloads of `datetime`'s types and as what temporal columns store.
//!
//! Owns the fields. Must not know parsing, formatting, arithmetic or methods.

use super::{Known, Native, Value, Visitor};

/// A day of the proleptic Gregorian calendar, year 1 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DateData {
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

/// A time of day without its zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Clock {
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub microsecond: u32,
}

/// `datetime.time`.
pub struct TimeData {
    pub clock: Clock,
    /// None, or a tzinfo object.
    pub tzinfo: Value,
    pub fold: u8,
}

/// `datetime.datetime`.
pub struct DateTimeData {
    pub date: DateData,
    pub clock: Clock,
    /// None, or a tzinfo object.
    pub tzinfo: Value,
    pub fold: u8,
}

/// `datetime.timedelta`, normalised: seconds in 0..86400, microseconds in 0..1_000_000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DeltaData {
    pub days: i64,
    pub seconds: i32,
    pub microseconds: i32,
}

impl Native for DateData {}
impl Native for DeltaData {}
impl Native for TimeData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.tzinfo.trace(visitor);
    }
}
impl Native for DateTimeData {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.tzinfo.trace(visitor);
    }
}

impl DateData {
    pub fn into_value(self) -> Value {
        Value::native(Known::Date.native_type(), self)
    }
}

impl Clock {
    /// A naive `datetime.time`.
    pub fn into_value(self) -> Value {
        Value::native(Known::Time.native_type(), TimeData { clock: self, tzinfo: Value::None, fold: 0 })
    }

    /// A naive `datetime.datetime` on that day.
    pub fn on(self, date: DateData) -> Value {
        let data = DateTimeData { date, clock: self, tzinfo: Value::None, fold: 0 };
        Value::native(Known::DateTime.native_type(), data)
    }
}

impl DeltaData {
    pub fn into_value(self) -> Value {
        Value::native(Known::Timedelta.native_type(), self)
    }
}
