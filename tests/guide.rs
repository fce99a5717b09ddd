//! The guide: every block that begins with a prompt is typed into a shell, and must say what the page says.
//!
//! Owns the comparison. One shell lives as long as its page. `UPDATE=1` writes what the shell says into the pages,
//! to be read before it is kept.

use retort::cli::lesson;
use retort::orm::registry::Registry;
use retort::project::Project;
use retort::shell::config::KEYS;
use retort::shell::{Screen, Shell};

use crate::harness::project;

struct Page {
    shell: Shell,
    screen: Screen,
    _folder: tempfile::TempDir,
}

impl Page {
    fn open() -> Page {
        let (app, folder) = lesson::open("excuses").expect("the lesson opens");
        // The models of the page before are not of this one.
        Registry::exchange(Vec::new());
        let screen = Screen::buffer();
        let loaded =
            Project::load(&app, Box::new(screen.clone())).unwrap_or_else(|_| panic!("the lesson loads"));
        let mut shell = Shell::new(loaded, screen.clone());
        shell.settings.width = 110;
        Page { shell, screen, _folder: folder }
    }

    /// What the block looks like when its inputs are typed.
    fn play(&mut self, block: &str) -> String {
        let mut shown = String::new();
        for input in block.lines().filter_map(|line| line.strip_prefix(">>> ")) {
            let output = self.shell.feed(input);
            self.screen.show(&output.text);
            shown.push_str(&format!(">>> {input}\n{}", self.screen.take()));
        }
        steady(&shown)
    }
}

/// Times and addresses differ from run to run.
fn steady(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        // A column of times is as wide as the longest.
        let is_time = line.contains(" ms");
        let words: Vec<&str> = line.split(' ').filter(|word| !(is_time && word.is_empty())).collect();
        let mut kept: Vec<String> = words.iter().map(ToString::to_string).collect();
        for index in 1..words.len() {
            let is_number = words[index - 1].trim_start_matches('<').parse::<f64>().is_ok();
            if words[index].trim_end_matches('.') == "ms" && is_number {
                kept[index - 1] = "0.1".to_string();
            }
        }
        out.push_str(kept.join(" ").trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn every_block_of_the_guide_is_true() {
    let mut differing = String::new();
    let mut pages: Vec<_> = std::fs::read_dir(project("docs/guide"))
        .expect("the guide is there")
        .map(|entry| entry.expect("a page").path())
        .collect();
    pages.sort();
    assert!(!pages.is_empty());
    for path in pages {
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        let mut page = Page::open();
        let mut rewritten = String::new();
        for (index, part) in text.split("```").enumerate() {
            if index > 0 {
                rewritten.push_str("```");
            }
            let block =
                part.strip_prefix("text\n").filter(|block| index % 2 == 1 && block.starts_with(">>> "));
            let Some(block) = block else {
                rewritten.push_str(part);
                continue;
            };
            let played = page.play(block);
            if steady(block) != played {
                differing
                    .push_str(&format!("{}\n--- the page\n{block}--- the shell\n{played}", path.display()));
            }
            rewritten.push_str(&format!("text\n{played}"));
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, rewritten).expect("a page can be written");
            differing.clear();
        }
    }
    assert!(differing.is_empty(), "{differing}");
}

#[test]
fn every_setting_is_in_the_guide() {
    let page = std::fs::read_to_string(project("docs/guide/4-settings.md")).expect("the page is there");
    for (key, takes) in KEYS {
        assert!(page.contains(&format!("| `{key}` | {takes} |")), "{key}");
    }
}
