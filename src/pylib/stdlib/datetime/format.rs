//! `strftime` and `strptime` in the C locale.
//!
//! Owns the directives. Must not know values.

use super::calendar::{
    MICROS, check_clock, check_date, day_of_year, from_iso_calendar, from_ordinal, iso_calendar, ordinal,
    weekday,
};
use crate::python::builtins::errors::value_error;
use crate::python::builtins::text::quote;
use crate::python::value::{Clock, DateData, R};

pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What `%z` and `%Z` show.
pub struct ZoneText {
    pub offset: String,
    pub name: String,
}

/// `strftime`.
pub fn strftime(date: DateData, clock: Clock, zone: &ZoneText, format: &str) -> String {
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let Some(mut code) = chars.next() else {
            text.push('%');
            break;
        };
        let mut plain = false;
        if code == '-' {
            plain = true;
            let Some(next) = chars.next() else { break };
            code = next;
        }
        let piece = directive(date, clock, zone, code);
        if plain {
            let trimmed = piece.trim_start_matches(['0', ' ']);
            text.push_str(if trimmed.is_empty() { "0" } else { trimmed });
        } else {
            text.push_str(&piece);
        }
    }
    text
}

fn directive(date: DateData, clock: Clock, zone: &ZoneText, code: char) -> String {
    let again = |format: &str| strftime(date, clock, zone, format);
    let day = weekday(date);
    let half = if clock.hour.is_multiple_of(12) { 12 } else { clock.hour % 12 };
    let year_day = day_of_year(date);
    match code {
        'a' => DAYS[day as usize][..3].into(),
        'A' => DAYS[day as usize].into(),
        'b' | 'h' => MONTHS[date.month as usize - 1][..3].into(),
        'B' => MONTHS[date.month as usize - 1].into(),
        'c' => again("%a %b %e %H:%M:%S %Y"),
        'C' => format!("{:02}", date.year / 100),
        'd' => format!("{:02}", date.day),
        'D' | 'x' => again("%m/%d/%y"),
        'e' => format!("{:>2}", date.day),
        'f' => format!("{:06}", clock.microsecond),
        'F' => again("%Y-%m-%d"),
        'g' => format!("{:02}", iso_calendar(date).0 % 100),
        'G' => format!("{:04}", iso_calendar(date).0),
        'H' => format!("{:02}", clock.hour),
        'I' => format!("{half:02}"),
        'j' => format!("{year_day:03}"),
        'k' => format!("{:>2}", clock.hour),
        'l' => format!("{half:>2}"),
        'm' => format!("{:02}", date.month),
        'M' => format!("{:02}", clock.minute),
        'n' => "\n".into(),
        'p' => if clock.hour < 12 { "AM" } else { "PM" }.into(),
        'P' => if clock.hour < 12 { "am" } else { "pm" }.into(),
        'r' => again("%I:%M:%S %p"),
        'R' => again("%H:%M"),
        's' => {
            let seconds = (super::calendar::instant(date, clock) - super::calendar::epoch()) / MICROS;
            (seconds - i128::from(super::calendar::local_offset(date, clock))).to_string()
        }
        'S' => format!("{:02}", clock.second),
        't' => "\t".into(),
        'T' | 'X' => again("%H:%M:%S"),
        'u' => (day + 1).to_string(),
        'U' => format!("{:02}", (year_day + 6 - (day + 1) % 7) / 7),
        'V' => format!("{:02}", iso_calendar(date).1),
        'w' => ((day + 1) % 7).to_string(),
        'W' => format!("{:02}", (year_day + 6 - day) / 7),
        'y' => format!("{:02}", date.year % 100),
        'Y' => date.year.to_string(),
        'z' => zone.offset.clone(),
        'Z' => zone.name.clone(),
        '%' => "%".into(),
        other => format!("%{other}"),
    }
}

/// What `strptime` read.
#[derive(Default, Clone)]
pub struct Parsed {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    hour12: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    microsecond: i64,
    year_day: Option<i64>,
    weekday: Option<i64>,
    week: Option<(char, i64)>,
    iso_year: Option<i64>,
    /// Microseconds east of Greenwich.
    pub offset: Option<i128>,
    pub zone_name: Option<String>,
}

/// `strptime`; None where the text does not follow the format.
pub fn strptime(text: &str, format: &str) -> R<(DateData, Clock, Parsed)> {
    let mut expanded = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            expanded.push(c);
            continue;
        }
        match chars.next() {
            Some('c') => expanded.push_str("%a %b %d %H:%M:%S %Y"),
            Some('x') => expanded.push_str("%m/%d/%y"),
            Some('X') => expanded.push_str("%H:%M:%S"),
            Some(code) if "aAbBdfGHIjmMpSuUVwWyYzZ%".contains(code) => {
                expanded.push('%');
                expanded.push(code);
            }
            Some(code) => {
                return Err(value_error(format!("'{code}' is a bad directive in format {}", quote(format))));
            }
            None => return Err(value_error(format!("stray %% in format {}", quote(format)))),
        }
    }
    let pattern: Vec<char> = expanded.chars().collect();
    let input: Vec<char> = text.chars().collect();
    let mut furthest = None;
    let found = matching(&pattern, &input, 0, Parsed::default(), &mut furthest);
    let Some((parsed, end)) = found else {
        return Err(value_error(format!(
            "time data {} does not match format {}",
            quote(text),
            quote(format)
        )));
    };
    if end < input.len() {
        let rest: String = input[end..].iter().collect();
        return Err(value_error(format!("unconverted data remains: {rest}")));
    }
    let (date, clock) = finish(&parsed)?;
    Ok((date, clock, parsed))
}

/// Matches greedily, going back where a shorter number lets the rest match.
fn matching(
    pattern: &[char],
    input: &[char],
    at: usize,
    parsed: Parsed,
    furthest: &mut Option<usize>,
) -> Option<(Parsed, usize)> {
    let Some(&first) = pattern.first() else { return Some((parsed, at)) };
    if first.is_whitespace() {
        let rest = pattern.iter().position(|c| !c.is_whitespace()).unwrap_or(pattern.len());
        let blanks = input[at..].iter().take_while(|c| c.is_whitespace()).count();
        if blanks == 0 {
            return None;
        }
        return matching(&pattern[rest..], input, at + blanks, parsed, furthest);
    }
    if first != '%' {
        let same = input.get(at).is_some_and(|c| c.to_lowercase().eq(first.to_lowercase()));
        return if same { matching(&pattern[1..], input, at + 1, parsed, furthest) } else { None };
    }
    let code = pattern[1];
    let rest = &pattern[2..];
    for (len, parsed) in readings(code, &input[at..], &parsed) {
        *furthest = Some(at + len);
        if let Some(found) = matching(rest, input, at + len, parsed, furthest) {
            return Some(found);
        }
    }
    None
}

/// The ways to read a directive here, the longest first.
fn readings(code: char, input: &[char], parsed: &Parsed) -> Vec<(usize, Parsed)> {
    let mut ways = Vec::new();
    let mut number = |most: usize, least: usize, low: i64, high: i64, set: &dyn Fn(&mut Parsed, i64)| {
        let digits = input.iter().take(most).take_while(|c| c.is_ascii_digit()).count();
        for len in (least..=digits).rev() {
            let value: i64 = input[..len].iter().collect::<String>().parse().unwrap_or(-1);
            if (low..=high).contains(&value) {
                let mut next = parsed.clone();
                set(&mut next, value);
                ways.push((len, next));
            }
        }
    };
    match code {
        'Y' => number(4, 4, 0, 9999, &|p, n| p.year = Some(n)),
        'G' => number(4, 4, 0, 9999, &|p, n| p.iso_year = Some(n)),
        'y' => number(2, 2, 0, 99, &|p, n| p.year = Some(if n < 69 { 2000 + n } else { 1900 + n })),
        'm' => number(2, 1, 1, 12, &|p, n| p.month = Some(n)),
        'd' => number(2, 1, 1, 31, &|p, n| p.day = Some(n)),
        'H' => number(2, 1, 0, 23, &|p, n| p.hour = Some(n)),
        'I' => number(2, 1, 1, 12, &|p, n| p.hour12 = Some(n)),
        'M' => number(2, 1, 0, 59, &|p, n| p.minute = n),
        'S' => number(2, 1, 0, 61, &|p, n| p.second = n),
        'j' => number(3, 1, 1, 366, &|p, n| p.year_day = Some(n)),
        'u' => number(1, 1, 1, 7, &|p, n| p.weekday = Some(n - 1)),
        'w' => number(1, 1, 0, 6, &|p, n| p.weekday = Some((n + 6) % 7)),
        'U' | 'W' => number(2, 1, 0, 53, &|p, n| p.week = Some((code, n))),
        'V' => number(2, 1, 1, 53, &|p, n| p.week = Some(('V', n))),
        'f' => {
            let digits = input.iter().take(6).take_while(|c| c.is_ascii_digit()).count();
            for len in (1..=digits).rev() {
                let text: String = input[..len].iter().collect();
                let mut next = parsed.clone();
                next.microsecond = format!("{text:0<6}").parse().unwrap_or(0);
                ways.push((len, next));
            }
        }
        'a' | 'A' => named(&DAYS, code == 'a', input, parsed, &mut ways, |p, n| p.weekday = Some(n)),
        'b' | 'B' => named(&MONTHS, code == 'b', input, parsed, &mut ways, |p, n| p.month = Some(n + 1)),
        'p' => named(&["AM", "PM"], false, input, parsed, &mut ways, |p, n| p.afternoon = Some(n == 1)),
        'z' => {
            if let Some((len, offset)) = offset(input) {
                let mut next = parsed.clone();
                next.offset = Some(offset);
                ways.push((len, next));
            }
        }
        'Z' => {
            for name in ["UTC", "GMT"] {
                let here: String = input.iter().take(name.len()).collect();
                if here.eq_ignore_ascii_case(name) {
                    let mut next = parsed.clone();
                    next.zone_name = Some(here);
                    ways.push((name.len(), next));
                }
            }
        }
        '%' if input.first() == Some(&'%') => ways.push((1, parsed.clone())),
        _ => {}
    }
    ways
}

fn named(
    names: &[&str],
    short: bool,
    input: &[char],
    parsed: &Parsed,
    ways: &mut Vec<(usize, Parsed)>,
    set: impl Fn(&mut Parsed, i64),
) {
    for (number, name) in names.iter().enumerate() {
        let name = if short { &name[..3] } else { name };
        let here: String = input.iter().take(name.len()).collect();
        if here.eq_ignore_ascii_case(name) {
            let mut next = parsed.clone();
            set(&mut next, number as i64);
            ways.push((name.len(), next));
        }
    }
    ways.sort_by_key(|(len, _)| std::cmp::Reverse(*len));
}

/// `Z`, `+hhmm`, `+hh:mm[:ss[.ffffff]]`: its length and microseconds.
fn offset(input: &[char]) -> Option<(usize, i128)> {
    if input.first() == Some(&'Z') {
        return Some((1, 0));
    }
    let sign = match input.first()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let two = |at: usize| -> Option<i128> {
        let (a, b) = (input.get(at)?.to_digit(10)?, input.get(at + 1)?.to_digit(10)?);
        Some(i128::from(a * 10 + b))
    };
    let hours = two(1)?;
    let colon = usize::from(input.get(3) == Some(&':'));
    let minutes = two(3 + colon)?;
    let mut len = 5 + colon;
    let mut total = (hours * 3600 + minutes * 60) * MICROS;
    let next = if colon == 1 { (input.get(len) == Some(&':')).then_some(len + 1) } else { Some(len) };
    if let Some(at) = next
        && let Some(seconds) = two(at)
    {
        total += seconds * MICROS;
        len = at + 2;
    }
    Some((len, sign * total))
}

fn finish(parsed: &Parsed) -> R<(DateData, Clock)> {
    let hour = match (parsed.hour, parsed.hour12) {
        (Some(hour), _) => hour,
        (None, Some(hour)) => hour % 12 + if parsed.afternoon == Some(true) { 12 } else { 0 },
        _ => 0,
    };
    let clock = check_clock(hour, parsed.minute, parsed.second.min(59), parsed.microsecond)?;
    if let (Some(year), Some(('V', week)), Some(day)) = (parsed.iso_year, parsed.week, parsed.weekday) {
        return Ok((from_iso_calendar(year, week, day + 1)?, clock));
    }
    if let Some(year_day) = parsed.year_day {
        let first = check_date(parsed.year.unwrap_or(1900), 1, 1)?;
        return Ok((from_ordinal(ordinal(first) + year_day - 1)?, clock));
    }
    if let (Some(year), Some((code, week)), Some(day)) = (parsed.year, parsed.week, parsed.weekday)
        && code != 'V'
    {
        let first = check_date(year, 1, 1)?;
        let (start, day) =
            if code == 'U' { ((weekday(first) + 1) % 7, (day + 1) % 7) } else { (weekday(first), day) };
        let days = if week == 0 { day - start } else { (7 - start) % 7 + 7 * (week - 1) + day };
        return Ok((from_ordinal(ordinal(first) + days)?, clock));
    }
    let (month, day) = (parsed.month.unwrap_or(1), parsed.day.unwrap_or(1));
    let leap_day = parsed.year.is_none() && month == 2 && day == 29;
    let year = parsed.year.unwrap_or(if leap_day { 1904 } else { 1900 });
    let mut date = check_date(year, month, day)?;
    if leap_day {
        date.year = 1900;
    }
    Ok((date, clock))
}
