//! Days and times as SQLite keeps them.
//!
//! Owns the text formats and the arithmetic from the epoch. Must not know types.

use crate::python::value::{Clock, DateData, DeltaData};

pub fn date_text(date: DateData) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

pub fn clock_text(clock: Clock) -> String {
    format!("{:02}:{:02}:{:02}.{:06}", clock.hour, clock.minute, clock.second, clock.microsecond)
}

pub fn moment_text(date: DateData, clock: Clock) -> String {
    format!("{} {}", date_text(date), clock_text(clock))
}

/// The text of `isoformat`, with a space between the parts.
pub fn iso_moment(date: DateData, clock: Clock) -> String {
    format!("{} {}", date_text(date), iso_clock(clock))
}

pub fn iso_clock(clock: Clock) -> String {
    let text = format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second);
    if clock.microsecond == 0 { text } else { format!("{text}.{:06}", clock.microsecond) }
}

fn digits(text: &[u8]) -> Option<u32> {
    let mut number = 0;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(byte - b'0');
    }
    Some(number)
}

fn month_length(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Option<DateData> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..])?);
    let date = DateData { year: year as i32, month: month as u8, day: day as u8 };
    let real =
        year >= 1 && (1..=12).contains(&month) && day >= 1 && date.day <= month_length(date.year, date.month);
    real.then_some(date)
}

/// `HH:MM:SS` with up to six digits behind a point.
pub fn parse_clock(text: &str) -> Option<Clock> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[2] != b':' || bytes[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (digits(&bytes[..2])?, digits(&bytes[3..5])?, digits(&bytes[6..8])?);
    let microsecond = match &bytes[8..] {
        [] => 0,
        [b'.', fraction @ ..] if fraction.len() == 6 => digits(fraction)?,
        [b'.', fraction @ ..] if fraction.len() == 3 => digits(fraction)? * 1000,
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(Clock { hour: hour as u8, minute: minute as u8, second: second as u8, microsecond })
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`, or a day alone.
pub fn parse_moment(text: &str) -> Option<(DateData, Clock)> {
    if text.len() == 10 {
        return parse_date(text).map(|date| (date, Clock::default()));
    }
    if !matches!(text.as_bytes().get(10), Some(b' ' | b'T')) {
        return None;
    }
    Some((parse_date(text.get(..10)?)?, parse_clock(text.get(11..)?)?))
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar.
fn days_from_civil(date: DateData) -> i64 {
    let year = i64::from(date.year) - i64::from(date.month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = i64::from(date.month);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(date.day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> DateData {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    DateData { year: year as i32, month: month as u8, day: day as u8 }
}

/// The moment that lies a duration after the epoch.
pub fn after_epoch(delta: DeltaData) -> (DateData, Clock) {
    let seconds = delta.seconds;
    let clock = Clock {
        hour: (seconds / 3600) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        microsecond: delta.microseconds as u32,
    };
    (civil_from_days(delta.days), clock)
}

/// The duration from the epoch to a moment.
pub fn since_epoch(date: DateData, clock: Clock) -> DeltaData {
    DeltaData {
        days: days_from_civil(date),
        seconds: i32::from(clock.hour) * 3600 + i32::from(clock.minute) * 60 + i32::from(clock.second),
        microseconds: clock.microsecond as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_moment_after_the_epoch_and_back() {
        let delta = DeltaData { days: 10, seconds: 21_600, microseconds: 5 };
        let (date, clock) = after_epoch(delta);
        assert_eq!(moment_text(date, clock), "1970-01-11 06:00:00.000005");
        assert_eq!(since_epoch(date, clock), delta);
        let (date, clock) = after_epoch(DeltaData { days: -1, seconds: 0, microseconds: 0 });
        assert_eq!(moment_text(date, clock), "1969-12-31 00:00:00.000000");
    }
}
