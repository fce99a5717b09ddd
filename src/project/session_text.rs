//! Console sessions as text: reading what was typed, and blanking what differs between two runs.
//!
//! Owns the recorder's format (`>>> `, `... `, answers) and its normalisation. Must not know how answers come about.

use std::sync::LazyLock;

use fancy_regex::Regex;

/// One typed statement of a session, with the answer that stood under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub source: String,
    pub answer: String,
}

/// A session: its description and its statements.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub header: Vec<String>,
    pub statements: Vec<Statement>,
}

impl Session {
    /// Reads a session. A `>>> ` line begins a statement, `... ` lines right behind it go on with it, and everything
    /// else is an answer.
    pub fn parse(text: &str) -> Session {
        let mut session = Session::default();
        let mut typed: Vec<&str> = Vec::new();
        let mut said: Vec<&str> = Vec::new();
        for line in text.lines() {
            let continued = line == "..." || line.starts_with("... ");
            if line == ">>>" || line.starts_with(">>> ") {
                session.close(&mut typed, &mut said);
                typed.push(line.get(4..).unwrap_or(""));
            } else if continued && !typed.is_empty() && said.is_empty() {
                typed.push(line.get(4..).unwrap_or(""));
            } else if typed.is_empty() {
                if line.starts_with('#') && session.statements.is_empty() {
                    session.header.push(line.to_string());
                }
            } else {
                said.push(line);
            }
        }
        session.close(&mut typed, &mut said);
        session
    }

    fn close(&mut self, typed: &mut Vec<&str>, said: &mut Vec<&str>) {
        if !typed.is_empty() {
            self.statements.push(Statement { source: typed.join("\n"), answer: said.join("\n") });
        }
        typed.clear();
        said.clear();
    }

    /// Whether a text looks like a console session rather than a program.
    pub fn looks_like_one(text: &str) -> bool {
        let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
        first.is_some_and(|line| line.starts_with(">>> "))
    }
}

/// The typed lines of a statement with their prompts, trailing blanks cut.
pub fn prompted(source: &str) -> String {
    let mut out = String::new();
    for (index, line) in source.split('\n').enumerate() {
        let prompt = if index == 0 { ">>> " } else { "... " };
        out.push_str(format!("{prompt}{line}").trim_end());
        out.push('\n');
    }
    out
}

/// Whether every line of a statement is blank or a comment, which a console takes without a word.
pub fn says_nothing(source: &str) -> bool {
    source.split('\n').all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    })
}

macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).expect("a fixed pattern"));
    };
}

pattern!(STAMP, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ (INFO|DEBUG) ");
pattern!(
    CACHE,
    r"(?m)^(INFO sqlalchemy\.engine\.Engine )\[(?:generated in|cached since|no key|raw sql|dialect [^\]]*|insertmanyvalues[^\]]*?)[^\]]*\] ?"
);
pattern!(ADDRESS, r"0x[0-9a-f]{6,}|(?<=\(transient )\d{6,}(?=\))|(?<=\(pending )\d{6,}(?=\))");
pattern!(BACKGROUND, r"(?m)^\(Background on this error at: .*\)\n?");

/// Blanks what differs between two runs: addresses, echo time stamps and cache notes, trailing blanks.
pub fn normalise(text: &str) -> String {
    let text = STAMP.replace_all(text, "$1 ");
    let text = CACHE.replace_all(&text, "${1}[] ");
    let text = ADDRESS.replace_all(&text, "0x...");
    let text = BACKGROUND.replace_all(&text, "");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_splits_into_statements_and_answers() {
        let text = "# What it is.\n>>> 1 + 1\n2\n>>> for x in []:\n...     x\n...\n>>> print('... ')\n... \n";
        let session = Session::parse(text);
        assert_eq!(session.header, ["# What it is."]);
        let sources: Vec<&str> = session.statements.iter().map(|s| s.source.as_str()).collect();
        assert_eq!(sources, ["1 + 1", "for x in []:\n    x\n", "print('... ')\n"]);
        assert_eq!(session.statements[0].answer, "2");
    }

    #[test]
    fn what_differs_between_runs_is_blanked() {
        let echo = "2026-01-02 03:04:05,678 INFO sqlalchemy.engine.Engine [cached since 1.5s ago] (1,)";
        assert_eq!(normalise(echo), "INFO sqlalchemy.engine.Engine [] (1,)");
        assert_eq!(normalise("<Student (transient 139995550827344)>  "), "<Student (transient 0x...)>");
        assert_eq!(normalise("<X object at 0x7f00aa>"), "<X object at 0x...>");
    }
}
