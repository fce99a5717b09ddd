//! Python's regular-expression syntax as `fancy_regex` reads it.
//!
//! Owns the differences between the two, and CPython's messages about patterns that are none. Must not know matching.

/// What is wrong with a pattern, and where, in characters.
pub struct Fault {
    pub message: String,
    pub at: usize,
}

pub const IGNORE_CASE: i64 = 2;
pub const MULTILINE: i64 = 8;
pub const DOT_ALL: i64 = 16;
pub const UNICODE: i64 = 32;
pub const VERBOSE: i64 = 64;
pub const ASCII: i64 = 256;

/// The translated pattern, and the flags with those that stand inside the pattern.
pub fn translate(pattern: &str, flags: i64) -> Result<(String, i64), Fault> {
    let mut flags = flags;
    let mut body = pattern;
    // Flags for the whole pattern stand at its start.
    if let Some(rest) = pattern.strip_prefix("(?")
        && let Some(end) = rest.find(')')
        && end > 0
        && rest[..end].chars().all(|c| "aiLmsux".contains(c))
    {
        for c in rest[..end].chars() {
            flags |= match c {
                'i' => IGNORE_CASE,
                'm' => MULTILINE,
                's' => DOT_ALL,
                'x' => VERBOSE,
                'a' => ASCII,
                _ => 0,
            };
        }
        body = &rest[end + 1..];
    }
    let skipped = pattern.chars().count() - body.chars().count();
    let mut translator = Translator {
        chars: body.chars().collect(),
        at: 0,
        out: String::new(),
        flags,
        open: Vec::new(),
        skipped,
        repeatable: false,
    };
    translator.run()?;
    let mut prefix = String::new();
    for (flag, letter) in [(IGNORE_CASE, 'i'), (MULTILINE, 'm'), (DOT_ALL, 's'), (VERBOSE, 'x')] {
        if flags & flag != 0 {
            prefix.push(letter);
        }
    }
    let out = if prefix.is_empty() { translator.out } else { format!("(?{prefix}){}", translator.out) };
    if flags & ASCII == 0 {
        flags |= UNICODE;
    }
    Ok((out, flags))
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    flags: i64,
    open: Vec<usize>,
    skipped: usize,
    /// Whether something stands before that a quantifier can repeat.
    repeatable: bool,
}

impl Translator {
    fn fault<T>(&self, message: impl Into<String>, at: usize) -> Result<T, Fault> {
        Err(Fault { message: message.into(), at: at + self.skipped })
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn run(&mut self) -> Result<(), Fault> {
        while let Some(c) = self.peek(0) {
            let here = self.at;
            self.at += 1;
            match c {
                '\\' => {
                    self.escape(false)?;
                    self.repeatable = true;
                }
                '[' => {
                    self.class(here)?;
                    self.repeatable = true;
                }
                '(' => self.group(here)?,
                ')' => {
                    if self.open.pop().is_none() {
                        return self.fault("unbalanced parenthesis", here);
                    }
                    self.out.push(')');
                    self.repeatable = true;
                }
                '$' if self.flags & MULTILINE == 0 => {
                    self.out.push_str("(?=\\n?\\z)");
                    self.repeatable = true;
                }
                '|' => {
                    self.out.push('|');
                    self.repeatable = false;
                }
                '*' | '+' | '?' => {
                    if !self.repeatable {
                        return self.fault("nothing to repeat", here);
                    }
                    self.quantifier(c.to_string(), here)?;
                }
                '{' => self.braces(here)?,
                '#' if self.flags & VERBOSE != 0 => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                c if self.flags & VERBOSE != 0 && c.is_whitespace() => self.out.push(c),
                '}' | ']' => {
                    self.out.push('\\');
                    self.out.push(c);
                    self.repeatable = true;
                }
                c => {
                    self.out.push(c);
                    self.repeatable = true;
                }
            }
        }
        match self.open.pop() {
            Some(at) => self.fault("missing ), unterminated subpattern", at),
            None => Ok(()),
        }
    }

    fn quantifier(&mut self, text: String, here: usize) -> Result<(), Fault> {
        self.out.push_str(&text);
        if let Some(c @ ('?' | '+')) = self.peek(0) {
            self.out.push(c);
            self.at += 1;
        }
        if matches!(self.peek(0), Some('*' | '+' | '?')) {
            let _ = here;
            return self.fault("multiple repeat", self.at);
        }
        self.repeatable = false;
        // A group or character behind it may be repeated again; a quantifier itself may not.
        Ok(())
    }

    /// `{m,n}`, or a brace that stands for itself.
    fn braces(&mut self, here: usize) -> Result<(), Fault> {
        let rest: String = self.chars[self.at..].iter().take_while(|c| **c != '}').collect();
        let closed = self.chars.get(self.at + rest.chars().count()) == Some(&'}');
        let (low, high) = rest.split_once(',').unwrap_or((&rest, &rest));
        let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
        let counts = closed
            && digits(low)
            && digits(high)
            && (!low.is_empty() || (rest.contains(',') && !high.is_empty()));
        if !counts {
            self.out.push_str("\\{");
            self.repeatable = true;
            return Ok(());
        }
        if !self.repeatable {
            return self.fault("nothing to repeat", here);
        }
        if let (Ok(low), Ok(high)) = (low.parse::<u64>(), high.parse::<u64>())
            && low > high
        {
            return self.fault("min repeat greater than max repeat", here + 1);
        }
        self.at += rest.chars().count() + 1;
        let low = if low.is_empty() { "0" } else { low };
        let text = if rest.contains(',') { format!("{{{low},{high}}}") } else { format!("{{{low}}}") };
        self.quantifier(text, here)
    }

    fn group(&mut self, here: usize) -> Result<(), Fault> {
        self.repeatable = false;
        if self.peek(0) != Some('?') {
            self.open.push(here);
            self.out.push('(');
            return Ok(());
        }
        match (self.peek(1), self.peek(2)) {
            (Some('#'), _) => {
                while let Some(c) = self.peek(0) {
                    self.at += 1;
                    if c == ')' {
                        return Ok(());
                    }
                }
                self.fault("missing ), unterminated comment", here)
            }
            (Some('P'), Some('=')) => {
                self.at += 3;
                let name: String = self.chars[self.at..].iter().take_while(|c| **c != ')').collect();
                self.at += name.chars().count() + 1;
                self.out.push_str(&format!("\\k<{name}>"));
                self.repeatable = true;
                Ok(())
            }
            (Some('P'), Some('<')) => {
                self.at += 3;
                let name: String = self.chars[self.at..].iter().take_while(|c| **c != '>').collect();
                if name.is_empty() {
                    return self.fault("missing group name", self.at);
                }
                if !super::is_identifier(&name) {
                    let shown = crate::python::builtins::text::quote(&name);
                    return self.fault(format!("bad character in group name {shown}"), self.at);
                }
                self.at += name.chars().count() + 1;
                self.out.push_str(&format!("(?P<{name}>"));
                self.open.push(here);
                Ok(())
            }
            (Some('P'), Some(other)) => self.fault(format!("unknown extension ?P{other}"), here + 1),
            (Some(':' | '=' | '!' | '>' | '('), _) | (Some('<'), Some('=' | '!')) => {
                self.open.push(here);
                self.out.push_str("(?");
                self.at += 1;
                if self.peek(0) == Some('(') {
                    // A condition: everything up to its own parenthesis is a name or number.
                    while let Some(c) = self.peek(0) {
                        self.out.push(c);
                        self.at += 1;
                        if c == ')' {
                            break;
                        }
                    }
                    return Ok(());
                }
                while let Some(c @ (':' | '=' | '!' | '>' | '<')) = self.peek(0) {
                    self.out.push(c);
                    self.at += 1;
                    if c != '<' {
                        break;
                    }
                }
                Ok(())
            }
            (Some(c), _) if "aiLmsux-".contains(c) => {
                self.open.push(here);
                self.out.push_str("(?");
                self.at += 1;
                while let Some(c) = self.peek(0) {
                    self.at += 1;
                    if !matches!(c, 'a' | 'L' | 'u') {
                        self.out.push(c);
                    }
                    if c == ':' {
                        return Ok(());
                    }
                    if c == ')' {
                        return self.fault("global flags not at the start of the expression", here);
                    }
                }
                self.fault("missing ), unterminated subpattern", here)
            }
            (Some(other), next) => {
                let more =
                    if other == '<' { next.map_or(String::new(), String::from) } else { String::new() };
                self.fault(format!("unknown extension ?{other}{more}"), here + 1)
            }
            (None, _) => self.fault("unexpected end of pattern", here + 2),
        }
    }

    /// Behind a backslash, in a class or outside.
    fn escape(&mut self, in_class: bool) -> Result<(), Fault> {
        let here = self.at - 1;
        let Some(c) = self.peek(0) else { return self.fault("bad escape (end of pattern)", here) };
        self.at += 1;
        let ascii = self.flags & ASCII != 0;
        match c {
            'Z' if !in_class => self.out.push_str("\\z"),
            'A' | 'b' | 'B' if !in_class => {
                self.out.push('\\');
                self.out.push(c);
            }
            'b' => self.out.push_str("\\x08"),
            'd' if ascii => self.out.push_str(if in_class { "0-9" } else { "[0-9]" }),
            'w' if ascii => self.out.push_str(if in_class { "a-zA-Z0-9_" } else { "[a-zA-Z0-9_]" }),
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' | 'a' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'x' | 'u' | 'U' => {
                let len = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits: String = self.chars[self.at..].iter().take(len).collect();
                let Ok(code) = u32::from_str_radix(&digits, 16) else {
                    return self.fault(format!("incomplete escape \\{c}{digits}"), here);
                };
                self.at += len;
                self.out.push_str(&format!("\\x{{{code:x}}}"));
            }
            '0' => {
                let digits: String =
                    self.chars[self.at..].iter().take(2).take_while(|c| ('0'..='7').contains(*c)).collect();
                self.at += digits.len();
                let code = u32::from_str_radix(&format!("0{digits}"), 8).unwrap_or(0);
                self.out.push_str(&format!("\\x{{{code:x}}}"));
            }
            '1'..='9' if !in_class => {
                let mut digits = c.to_string();
                if let Some(next @ '0'..='9') = self.peek(0) {
                    digits.push(next);
                    self.at += 1;
                }
                self.out.push_str(&format!("(?:\\{digits})"));
            }
            c if c.is_ascii_alphanumeric() => return self.fault(format!("bad escape \\{c}"), here),
            c if c.is_ascii_punctuation() || c == ' ' => {
                self.out.push('\\');
                self.out.push(c);
            }
            c => self.out.push(c),
        }
        Ok(())
    }

    fn class(&mut self, here: usize) -> Result<(), Fault> {
        self.out.push('[');
        if self.peek(0) == Some('^') {
            self.out.push('^');
            self.at += 1;
        }
        let mut first = true;
        loop {
            let Some(c) = self.peek(0) else { return self.fault("unterminated character set", here) };
            self.at += 1;
            match c {
                ']' if !first => break,
                '\\' => self.escape(true)?,
                '[' | ']' | '&' | '~' | '#' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                c if c.is_whitespace() && self.flags & VERBOSE != 0 => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '-' if first || self.peek(0) == Some(']') => self.out.push_str("\\-"),
                c => self.out.push(c),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }
}
