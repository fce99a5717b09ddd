//! `db upgrade` and its like, typed at the prompt.
//!
//! Owns the way from the line to `migrate` and what of its answer is remark. Must not know what a command does.

use crate::diag::{Error, Source};
use crate::migrate::{self, Audience, Command, Context};
use crate::python::value::{R, Raised};
use crate::ui::text::{Label, Text};

use super::super::screen::Screen;
use super::super::session::{CONSOLE, Output, Shell};

/// Keeps what is said, and asks on the terminal.
struct Prompt {
    screen: Screen,
    said: Text,
}

impl Prompt {
    /// Everything said so far stands above the question.
    fn question(&mut self, question: &str) -> Option<String> {
        if !self.screen.is_terminal() {
            return None;
        }
        self.screen.show(&std::mem::take(&mut self.said));
        self.screen.show(&Text::of(Label::Plain, format!("{question} ")));
        Some(self.screen.ask().trim().to_string())
    }
}

impl Audience for Prompt {
    fn line(&mut self, text: &str) {
        self.said.plain(text).line();
    }

    fn note(&mut self, text: &str) {
        self.said.push(Label::Dim, text).line();
    }

    fn yes(&mut self, question: &str) -> Option<bool> {
        let answer = self.question(&format!("{question} [y/N]"))?;
        Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    fn value(&mut self, question: &str) -> Option<String> {
        self.question(question)
    }
}

/// Runs a command of `db`.
pub fn db(shell: &mut Shell, argument: &str) -> Output {
    let mut prompt = Prompt { screen: shell.screen.clone(), said: Text::new() };
    let done = run(shell, argument, &mut prompt);
    let said = std::mem::take(&mut prompt.said);
    match done {
        Ok(Some(path)) => match super::super::line::open_editor(&path) {
            Ok(()) => Output::text(said),
            Err(why) => Output::remark(format!("{}: {why}", path.display())),
        },
        Ok(None) => Output::text(said),
        Err(raised) => {
            let source = Source::new(CONSOLE, format!("db {argument}"));
            let mut output = shell.failed(raised, &source);
            let mut text = said;
            text.append(output.text);
            output.text = text;
            output
        }
    }
}

fn run(shell: &mut Shell, argument: &str, prompt: &mut Prompt) -> R<Option<std::path::PathBuf>> {
    let words: Vec<String> = words(argument);
    let command = Command::parse(&words).map_err(Raised::from)?;
    let engine = shell.project.engine()?;
    let metadata = shell.project.metadata()?;
    let Some(engine) = engine else {
        let none: Error = crate::project::errors::no_database();
        return Err(none.into());
    };
    let directory = migrate::directory_beside(&shell.project.root);
    let _quiet = shell.watch.clone();
    let _quiet = _quiet.quietly();
    let mut context = Context {
        host: &mut shell.project.vm,
        engine,
        metadata,
        directory,
        date: chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string(),
        audience: prompt,
    };
    migrate::run(&command, &mut context).map(|outcome| outcome.edit)
}

/// Words as a shell splits them: blanks part, quotes hold together.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_with(String::new);
            }
            (None, c) if c.is_whitespace() => out.extend(word.take()),
            (_, c) => word.get_or_insert_with(String::new).push(c),
        }
    }
    out.extend(word);
    out
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(
            words("migrate -m \"a new mood\" --fill pet.x=''"),
            ["migrate", "-m", "a new mood", "--fill", "pet.x="]
        );
    }
}
