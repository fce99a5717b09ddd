//! ISO 8601: what `fromisoformat` reads and `isoformat` writes.
//!
//! Owns the text forms. Must not know values.

use super::calendar::{check_clock, check_date, from_iso_calendar};
use crate::python::value::{Clock, DateData, R};

fn digits(text: &str, at: usize, len: usize) -> Option<i64> {
    let part = text.get(at..at + len)?;
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
}

/// A date at the start of a text, and its length.
fn leading_date(text: &str) -> Option<(R<DateData>, usize)> {
    let year = digits(text, 0, 4)?;
    let dash = text.as_bytes().get(4) == Some(&b'-');
    let at = 4 + usize::from(dash);
    if text.as_bytes().get(at) == Some(&b'W') {
        let week = digits(text, at + 1, 2)?;
        let day_at = at + 3 + usize::from(dash);
        if (!dash || text.as_bytes().get(at + 3) == Some(&b'-'))
            && let Some(day) = digits(text, day_at, 1)
        {
            return Some((from_iso_calendar(year, week, day), day_at + 1));
        }
        return Some((from_iso_calendar(year, week, 1), at + 3));
    }
    let month = digits(text, at, 2)?;
    if dash && text.as_bytes().get(at + 2) != Some(&b'-') {
        return None;
    }
    let at = at + 2 + usize::from(dash);
    let day = digits(text, at, 2)?;
    Some((check_date(year, month, day), at + 2))
}

/// `date.fromisoformat`; None where the text has another form.
pub fn date(text: &str) -> Option<R<DateData>> {
    if !matches!(text.len(), 7 | 8 | 10) || !text.is_ascii() {
        return None;
    }
    let (date, len) = leading_date(text)?;
    (len == text.len()).then_some(date)
}

/// A clock without its zone; hours alone are enough.
fn clock(text: &str) -> Option<R<Clock>> {
    let hour = digits(text, 0, 2)?;
    let mut parts = [0i64; 2];
    let mut at = 2;
    let colon = text.as_bytes().get(2) == Some(&b':');
    let mut count = 0;
    while at < text.len() && count < 2 {
        if colon {
            if text.as_bytes()[at] != b':' {
                break;
            }
            at += 1;
        }
        if !text.as_bytes().get(at)?.is_ascii_digit() {
            break;
        }
        parts[count] = digits(text, at, 2)?;
        at += 2;
        count += 1;
    }
    let mut micros = 0;
    if at < text.len() {
        if count < 2 || !matches!(text.as_bytes()[at], b'.' | b',') {
            return None;
        }
        let fraction = &text[at + 1..];
        if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let kept: String = fraction.chars().take(6).collect();
        micros = format!("{kept:0<6}").parse().ok()?;
    }
    Some(check_clock(hour, parts[0], parts[1], micros))
}

/// A clock with an optional zone: the clock and microseconds east of Greenwich.
pub fn time(text: &str) -> Option<(R<Clock>, Option<i128>)> {
    if !text.is_ascii() {
        return None;
    }
    let zone_at = text.find(['+', '-', 'Z']);
    let (clock_text, zone) = text.split_at(zone_at.unwrap_or(text.len()));
    let offset = match zone {
        "" => None,
        "Z" => Some(0),
        zone => {
            let offset = match clock(&zone[1..])? {
                Ok(offset) => super::calendar::clock_micros(offset),
                Err(_) => return None,
            };
            Some(if zone.starts_with('-') { -offset } else { offset })
        }
    };
    Some((clock(clock_text)?, offset))
}

/// `datetime.fromisoformat`.
pub fn date_time(text: &str) -> Option<(R<DateData>, R<Clock>, Option<i128>)> {
    let (date, len) = leading_date(text)?;
    if len == text.len() {
        return Some((date, Ok(Clock::default()), None));
    }
    let separator = text[len..].chars().next()?;
    let (clock, offset) = time(text.get(len + separator.len_utf8()..)?)?;
    Some((date, clock, offset))
}

pub fn date_text(date: DateData) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// The clock by a `timespec`; None for one that there is not.
pub fn clock_text(clock: Clock, timespec: &str) -> Option<String> {
    let Clock { hour, minute, second, microsecond } = clock;
    let spec = match timespec {
        "auto" if microsecond == 0 => "seconds",
        "auto" => "microseconds",
        other => other,
    };
    Some(match spec {
        "hours" => format!("{hour:02}"),
        "minutes" => format!("{hour:02}:{minute:02}"),
        "seconds" => format!("{hour:02}:{minute:02}:{second:02}"),
        "milliseconds" => format!("{hour:02}:{minute:02}:{second:02}.{:03}", microsecond / 1000),
        "microseconds" => format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}"),
        _ => return None,
    })
}
