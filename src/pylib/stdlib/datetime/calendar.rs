//! Days of the proleptic Gregorian calendar as numbers.
//!
//! Owns ordinals, weeks and the checks of fields. Must not know values.

use chrono::{Datelike, Local, TimeZone, Timelike, Utc};

use crate::python::builtins::errors::{overflow, value_error};
use crate::python::value::{Clock, DateData, DeltaData, R};

pub const DAY: i64 = 86_400;
pub const MICROS: i128 = 1_000_000;
const MOST_DAYS: i128 = 999_999_999;
pub const MOST_ORDINAL: i64 = 3_652_059;

pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before_month(year: i32, month: u8) -> i64 {
    (1..month).map(|month| i64::from(days_in_month(year, month))).sum()
}

fn days_before_year(year: i64) -> i64 {
    let year = year - 1;
    year * 365 + year / 4 - year / 100 + year / 400
}

/// 1 for January 1 of year 1.
pub fn ordinal(date: DateData) -> i64 {
    days_before_year(i64::from(date.year)) + days_before_month(date.year, date.month) + i64::from(date.day)
}

pub fn from_ordinal(ordinal: i64) -> R<DateData> {
    if !(1..=MOST_ORDINAL).contains(&ordinal) {
        return Err(overflow("date value out of range"));
    }
    let mut year = (ordinal * 400 / 146_097 + 1) as i32;
    while days_before_year(i64::from(year)) >= ordinal {
        year -= 1;
    }
    while days_before_year(i64::from(year) + 1) < ordinal {
        year += 1;
    }
    let mut left = ordinal - days_before_year(i64::from(year));
    let mut month = 1;
    while left > i64::from(days_in_month(year, month)) {
        left -= i64::from(days_in_month(year, month));
        month += 1;
    }
    Ok(DateData { year, month, day: left as u8 })
}

/// 0 for Monday.
pub fn weekday(date: DateData) -> i64 {
    (ordinal(date) + 6).rem_euclid(7)
}

pub fn day_of_year(date: DateData) -> i64 {
    days_before_month(date.year, date.month) + i64::from(date.day)
}

fn first_iso_monday(year: i64) -> i64 {
    let first = days_before_year(year) + 1;
    let weekday = (first + 6).rem_euclid(7);
    let monday = first - weekday;
    if weekday > 3 { monday + 7 } else { monday }
}

/// ISO year, week and weekday.
pub fn iso_calendar(date: DateData) -> (i64, i64, i64) {
    let today = ordinal(date);
    let mut year = i64::from(date.year);
    let mut monday = first_iso_monday(year);
    if today < monday {
        year -= 1;
        monday = first_iso_monday(year);
    } else if today >= first_iso_monday(year + 1) {
        year += 1;
        monday = first_iso_monday(year);
    }
    (year, (today - monday) / 7 + 1, (today - monday) % 7 + 1)
}

pub fn from_iso_calendar(year: i64, week: i64, day: i64) -> R<DateData> {
    if !(1..=9999).contains(&year) {
        return Err(value_error(format!("Year is out of range: {year}")));
    }
    let weeks = (first_iso_monday(year + 1) - first_iso_monday(year)) / 7;
    if !(1..=weeks).contains(&week) {
        return Err(value_error(format!("Invalid week: {week}")));
    }
    if !(1..=7).contains(&day) {
        return Err(value_error(format!("Invalid weekday: {day} (range is [1, 7])")));
    }
    from_ordinal(first_iso_monday(year) + (week - 1) * 7 + day - 1)
}

pub fn check_date(year: i64, month: i64, day: i64) -> R<DateData> {
    if !(1..=9999).contains(&year) {
        return Err(value_error(format!("year {year} is out of range")));
    }
    if !(1..=12).contains(&month) {
        return Err(value_error("month must be in 1..12"));
    }
    let (year, month) = (year as i32, month as u8);
    if day < 1 || day > i64::from(days_in_month(year, month)) {
        return Err(value_error("day is out of range for month"));
    }
    Ok(DateData { year, month, day: day as u8 })
}

pub fn check_clock(hour: i64, minute: i64, second: i64, microsecond: i64) -> R<Clock> {
    if !(0..24).contains(&hour) {
        return Err(value_error("hour must be in 0..23"));
    }
    if !(0..60).contains(&minute) {
        return Err(value_error("minute must be in 0..59"));
    }
    if !(0..60).contains(&second) {
        return Err(value_error("second must be in 0..59"));
    }
    if !(0..1_000_000).contains(&microsecond) {
        return Err(value_error("microsecond must be in 0..999999"));
    }
    Ok(Clock {
        hour: hour as u8,
        minute: minute as u8,
        second: second as u8,
        microsecond: microsecond as u32,
    })
}

/// Microseconds since the start of the day.
pub fn clock_micros(clock: Clock) -> i128 {
    let seconds = i128::from(clock.hour) * 3600 + i128::from(clock.minute) * 60 + i128::from(clock.second);
    seconds * MICROS + i128::from(clock.microsecond)
}

/// Microseconds since the start of year 1.
pub fn instant(date: DateData, clock: Clock) -> i128 {
    i128::from(ordinal(date)) * i128::from(DAY) * MICROS + clock_micros(clock)
}

pub fn from_instant(micros: i128) -> R<(DateData, Clock)> {
    let day = i128::from(DAY) * MICROS;
    let date = from_ordinal(i64::try_from(micros.div_euclid(day)).unwrap_or(0))?;
    Ok((date, micros_clock(micros.rem_euclid(day))))
}

pub fn micros_clock(micros: i128) -> Clock {
    let seconds = micros / MICROS;
    Clock {
        hour: (seconds / 3600) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        microsecond: (micros % MICROS) as u32,
    }
}

pub fn delta_micros(delta: DeltaData) -> i128 {
    (i128::from(delta.days) * i128::from(DAY) + i128::from(delta.seconds)) * MICROS
        + i128::from(delta.microseconds)
}

pub fn micros_delta(micros: i128) -> R<DeltaData> {
    let day = i128::from(DAY) * MICROS;
    let days = micros.div_euclid(day);
    if days.abs() > MOST_DAYS {
        return Err(overflow(format!("days={days}; must have magnitude <= 999999999")));
    }
    let rest = micros.rem_euclid(day);
    Ok(DeltaData { days: days as i64, seconds: (rest / MICROS) as i32, microseconds: (rest % MICROS) as i32 })
}

fn split(moment: &impl Datelike, time: &impl Timelike) -> (DateData, Clock) {
    let date = DateData { year: moment.year(), month: moment.month() as u8, day: moment.day() as u8 };
    let clock = Clock {
        hour: time.hour() as u8,
        minute: time.minute() as u8,
        second: time.second() as u8,
        microsecond: time.nanosecond() / 1000 % 1_000_000,
    };
    (date, clock)
}

pub fn now_local() -> (DateData, Clock) {
    let now = Local::now();
    split(&now, &now)
}

pub fn now_utc() -> (DateData, Clock) {
    let now = Utc::now();
    split(&now, &now)
}

/// What the local clock shows at a number of microseconds since 1970.
pub fn local_at(micros: i128) -> R<(DateData, Clock)> {
    let seconds = i64::try_from(micros.div_euclid(MICROS)).map_err(|_| out_of_range())?;
    let nanos = (micros.rem_euclid(MICROS) * 1000) as u32;
    match Local.timestamp_opt(seconds, nanos).single() {
        Some(moment) if (1..=9999).contains(&moment.year()) => Ok(split(&moment, &moment)),
        _ => Err(out_of_range()),
    }
}

fn out_of_range() -> crate::python::value::Raised {
    value_error("year is out of range")
}

/// Seconds east of Greenwich of the local clock at a naive moment.
pub fn local_offset(date: DateData, clock: Clock) -> i64 {
    let naive = chrono::NaiveDate::from_ymd_opt(date.year, date.month.into(), date.day.into())
        .and_then(|day| day.and_hms_opt(clock.hour.into(), clock.minute.into(), clock.second.into()));
    naive
        .and_then(|naive| Local.from_local_datetime(&naive).earliest())
        .map_or(0, |moment| i64::from(moment.offset().local_minus_utc()))
}

/// The instant of 1970 on the scale of `instant`.
pub fn epoch() -> i128 {
    instant(DateData { year: 1970, month: 1, day: 1 }, Clock::default())
}
