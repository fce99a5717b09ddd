//! The house rules that a compiler does not hold: which layer may import which, which module may name which crate,
//! headers, lengths, and that what is written about the tree is true.
//!
//! Owns the two tables. Must not know what any module does.

use std::path::{Path, PathBuf};

use crate::harness::project;

/// From the ground up: a module imports only what stands above it in this list, or its own layer.
const LAYERS: [&str; 16] = [
    "util",
    "diag",
    "python::value",
    "python::syntax",
    "python::compile",
    "python::builtins",
    "python::vm",
    "sql",
    "engine",
    "orm",
    "pylib",
    "project",
    "migrate",
    "ui",
    "shell",
    "cli",
];

/// Of the language, these layers may name `python::value` alone.
const VALUE_ONLY: [&str; 5] = ["sql", "engine", "orm", "migrate", "ui"];

/// A crate, and the only places that may name it.
const CRATES: [(&str, &[&str]); 12] = [
    ("ruff_python_parser", &["python/syntax"]),
    ("ruff_python_ast", &["python/syntax", "python/compile"]),
    ("ruff_text_size", &["python/syntax", "python/compile"]),
    ("rusqlite", &["engine"]),
    ("refinery", &["migrate"]),
    ("refinery_core", &["migrate"]),
    ("nu_ansi_term", &["ui/style.rs"]),
    ("rustyline", &["shell/line.rs"]),
    ("comfy_table", &["ui"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
];

const MOST_LINES: usize = 800;

/// The one file that may be longer: the arms of the dispatch loop share its registers (`pc`, `sp`, `base`).
const DISPATCH_LOOP: &str = "python/vm/run.rs";

struct File {
    /// Below `src/`, with forward slashes.
    name: String,
    text: String,
    /// The text with comments and string contents blanked, line breaks kept.
    code: String,
}

fn sources() -> Vec<File> {
    let root = project("src");
    let mut paths = Vec::new();
    rust_files(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file can be read");
            let name = path.strip_prefix(&root).expect("found below it").to_string_lossy().replace('\\', "/");
            File { name, code: blank(&text), text }
        })
        .collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Blanks comments, strings and characters, so that only names are left to look at.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let keep_break = |c: char| if c == '\n' { '\n' } else { ' ' };
    let mut at = 0;
    while at < chars.len() {
        let (c, next) = (chars[at], chars.get(at + 1).copied());
        let before = at.checked_sub(1).map(|index| chars[index]);
        let word_before = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if c == '/' && next == Some('/') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if c == '/' && next == Some('*') {
            while at < chars.len() && !(chars[at] == '*' && chars.get(at + 1) == Some(&'/')) {
                out.push(keep_break(chars[at]));
                at += 1;
            }
            at += 2;
        } else if let Some(hashes) = raw_string(&chars, at).filter(|_| !word_before) {
            at = chars[at..].iter().position(|c| *c == '"').map_or(chars.len(), |found| at + found + 1);
            let ends = |at: usize| {
                chars[at] == '"' && (1..=hashes).all(|offset| chars.get(at + offset) == Some(&'#'))
            };
            while at < chars.len() && !ends(at) {
                out.push(keep_break(chars[at]));
                at += 1;
            }
            at += 1 + hashes;
        } else if c == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += usize::from(chars[at] == '\\');
                out.push(chars.get(at).copied().map_or(' ', keep_break));
                at += 1;
            }
            at += 1;
        } else if c == '\'' && (next == Some('\\') || chars.get(at + 2) == Some(&'\'')) {
            at += if next == Some('\\') { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else {
            out.push(c);
            at += 1;
        }
    }
    out
}

/// The number of hashes where a raw string begins here.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let start = if chars[at] == 'b' { at + 1 } else { at };
    if chars.get(start) != Some(&'r') {
        return None;
    }
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(start + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The layer of a path such as `["python", "vm", "frame"]`.
fn layer(path: &[String]) -> Option<usize> {
    let one = path.first()?;
    let two = path.get(1).map(|second| format!("{one}::{second}"));
    LAYERS.iter().position(|layer| layer == one || two.as_deref() == Some(*layer))
}

/// The module path of a file: `orm/flush/mod.rs` is `["orm", "flush"]`.
fn module_of(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = name.trim_end_matches(".rs").split('/').map(str::to_string).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Every path that begins with `crate::` or `super::`, made absolute, groups in braces spelled out.
fn imports(file: &File) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let module = module_of(&file.name);
    // Inside a test module `super` is the file's own module, which is of the same layer anyhow.
    let end = file.code.find("#[cfg(test)]").unwrap_or(file.code.len());
    for (root, code) in [("crate::", &file.code[..]), ("super::", &file.code[..end])] {
        let mut from = 0;
        while let Some(at) = code[from..].find(root).map(|at| at + from) {
            from = at + root.len();
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let (mut base, mut rest) = (Vec::new(), &code[at..]);
            if let Some(after) = rest.strip_prefix("crate::") {
                rest = after;
            } else {
                base = module.clone();
                while let Some(after) = rest.strip_prefix("super::") {
                    base.pop();
                    rest = after;
                }
            }
            let line = code[..at].matches('\n').count() + 1;
            expand(rest, &base, &mut |path| found.push((line, path)));
        }
    }
    found
}

/// Reads one use tree (`a::{b, c::d}`) and reports its leaves; returns what is left behind it.
fn expand<'a>(text: &'a str, base: &[String], found: &mut dyn FnMut(Vec<String>)) -> &'a str {
    let mut path = base.to_vec();
    let mut rest = text.trim_start();
    loop {
        if let Some(mut inside) = rest.strip_prefix('{') {
            loop {
                inside = expand(inside, &path, found).trim_start();
                match inside.strip_prefix(',') {
                    Some(after) if !after.trim_start().starts_with('}') => inside = after,
                    Some(after) => return after.trim_start().strip_prefix('}').unwrap_or(""),
                    None => return inside.strip_prefix('}').unwrap_or(inside),
                }
            }
        }
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        if !word.is_empty() && word != "self" {
            path.push(word.to_string());
        }
        match after.strip_prefix("::") {
            Some(after) if !word.is_empty() => rest = after,
            _ => {
                found(path);
                return after.strip_prefix('*').unwrap_or(after);
            }
        }
    }
}

/// What one file imports against the table of layers.
fn broken_layers(file: &File) -> Vec<String> {
    let Some(own) = layer(&module_of(&file.name)) else { return Vec::new() };
    let mut broken = Vec::new();
    for (line, path) in imports(file) {
        let Some(other) = layer(&path) else { continue };
        let (own_name, other_name) = (LAYERS[own], LAYERS[other]);
        let value_only = VALUE_ONLY.contains(&own_name)
            && other_name.starts_with("python::")
            && other_name != "python::value";
        if other > own {
            broken.push(format!(
                "src/{}:{line}: {own_name} stands above {other_name} and may not import it",
                file.name
            ));
        } else if value_only {
            broken.push(format!(
                "src/{}:{line}: {own_name} may name python::value alone, not {other_name}",
                file.name
            ));
        }
    }
    broken
}

/// The large crates that one file names without being their place.
fn broken_crates(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, places) in CRATES {
        let allowed = places.iter().any(|place| {
            file.name == *place || file.name.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
        });
        if !allowed && names_crate(&file.code, name) {
            broken.push(format!("src/{}: only {} may name {name}", file.name, places.join(" and ")));
        }
    }
    broken
}

/// A header that says what a file owns, and a length that one can read.
fn broken_shape(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    if !file.text.starts_with("//! ") {
        broken.push(format!("src/{}: no header (//!)", file.name));
    }
    let lines = file.text.lines().count();
    if lines > MOST_LINES && file.name != DISPATCH_LOOP {
        broken.push(format!("src/{}: {lines} lines, {MOST_LINES} at most", file.name));
    }
    broken
}

fn complain(rule: fn(&File) -> Vec<String>) {
    let broken: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn layers_import_only_what_stands_above_them() {
    complain(broken_layers);
}

#[test]
fn each_large_crate_is_named_in_its_place_only() {
    complain(broken_crates);
}

#[test]
fn every_file_says_what_it_owns_and_none_is_too_long() {
    complain(broken_shape);
}

/// Whether a crate is named as a path's first segment.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            && (after.starts_with("::") || (after.starts_with(';') && code[..at].ends_with("use ")))
    })
}

#[test]
fn nothing_panics_or_prints_by_the_way() {
    let mut broken = Vec::new();
    for file in sources() {
        let prints = ["ui/", "cli/", "shell/line.rs"].iter().any(|place| file.name.starts_with(place));
        let code = file.code.split("#[cfg(test)]").next().unwrap_or("");
        for (number, line) in code.lines().enumerate() {
            let bare = |word: &str| {
                line.match_indices(word).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == ':')
                })
            };
            let complaint = if line.contains(".unwrap()") {
                "unwrap(): say the invariant with expect"
            } else if ["todo!(", "unimplemented!("].iter().any(|word| bare(word)) {
                "an unfinished branch would panic"
            } else if line.contains("#[allow(") || line.contains("#![allow(") {
                "#[expect(.., reason)] instead of #[allow]"
            } else if !prints
                && ["println!(", "eprintln!(", "print!(", "eprint!("].iter().any(|word| bare(word))
            {
                "only ui and cli print"
            } else {
                continue;
            };
            broken.push(format!("src/{}:{}: {complaint}", file.name, number + 1));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn what_the_architecture_names_is_there() {
    let Ok(text) = std::fs::read_to_string(project("ARCHITECTURE.md")) else { return };
    let mut missing = Vec::new();
    for word in text.split('`').skip(1).step_by(2) {
        let path = word.trim_end_matches('/');
        let is_path =
            path.contains('/') && !path.contains(char::is_whitespace) && !path.contains(['<', '*', ':', '{']);
        if is_path && !project(path).exists() && !project("src").join(path).exists() {
            missing.push(format!("ARCHITECTURE.md names `{word}`, which does not exist"));
        }
    }
    let folders = ["src", "src/python"].map(|folder| {
        let entries = std::fs::read_dir(project(folder)).expect("the folder can be read");
        let folders = entries.flatten().filter(|entry| entry.path().is_dir());
        folders.map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy())).collect::<Vec<_>>()
    });
    for folder in folders.concat() {
        if folder != "src/python" && !text.contains(&format!("`{folder}`")) {
            missing.push(format!("ARCHITECTURE.md does not say what `{folder}` owns"));
        }
    }
    assert!(text.lines().count() <= 150, "ARCHITECTURE.md is longer than 150 lines");
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_test_file_is_declared() {
    let mut files = Vec::new();
    rust_files(&project("tests"), &mut files);
    let mut lost = Vec::new();
    for file in &files {
        let stem = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let folder = file.parent().expect("a file lies in a folder");
        // `mod.rs` is declared by the folder above it, a file of the top folder by `main.rs`.
        let (name, parent) = match stem.as_str() {
            "main" => continue,
            "mod" => (
                folder.file_name().expect("a folder has a name").to_string_lossy().into_owned(),
                folder.parent().expect("a folder of tests lies in tests").join("main.rs"),
            ),
            _ if folder.join("mod.rs").is_file() => (stem, folder.join("mod.rs")),
            _ => (stem, folder.join("main.rs")),
        };
        let declared = std::fs::read_to_string(&parent).unwrap_or_default();
        if !declared.lines().any(|line| line.trim_start_matches("pub ") == format!("mod {name};")) {
            lost.push(format!("{} is not declared in {}", file.display(), parent.display()));
        }
    }
    assert!(lost.is_empty(), "\n{}", lost.join("\n"));
}

#[test]
fn the_blanking_of_comments_and_strings_leaves_names() {
    let code =
        blank("let a = \"crate::x\"; // crate::y\nuse crate::{sql::{A, B}, engine}; 'c' r#\"crate::z\"#");
    let file = File { name: "cli/mod.rs".into(), text: String::new(), code };
    let paths: Vec<String> = imports(&file).into_iter().map(|(_, path)| path.join("::")).collect();
    assert_eq!(paths, ["sql::A", "sql::B", "engine"]);
}

/// A file that is made up, to see that the rules find what they are for.
fn made_up(name: &str, text: &str) -> File {
    File { name: name.into(), code: blank(text), text: text.into() }
}

#[test]
fn a_broken_rule_is_found() {
    let good = made_up("sql/new.rs", "//! Owns.\nuse crate::python::value::Value;\nuse crate::util;\n");
    assert!(
        broken_layers(&good).is_empty() && broken_crates(&good).is_empty() && broken_shape(&good).is_empty()
    );

    let upwards = made_up("sql/new.rs", "use crate::{\n    util,\n    orm::mapper::Mapper,\n};\n");
    assert_eq!(broken_layers(&upwards), ["src/sql/new.rs:1: sql stands above orm and may not import it"]);
    let inline = made_up("orm/flush/new.rs", "fn f() {\n    crate::shell::start();\n}\n");
    assert_eq!(
        broken_layers(&inline),
        ["src/orm/flush/new.rs:2: orm stands above shell and may not import it"]
    );
    let relative = made_up("python/value/new.rs", "use super::super::vm::Vm;\n");
    assert_eq!(broken_layers(&relative).len(), 1);
    let machine = made_up("orm/new.rs", "use crate::python::vm::Vm;\n");
    assert_eq!(
        broken_layers(&machine),
        ["src/orm/new.rs:1: orm may name python::value alone, not python::vm"]
    );

    let foreign = made_up("orm/new.rs", "use rusqlite::Connection;\n");
    assert_eq!(broken_crates(&foreign), ["src/orm/new.rs: only engine may name rusqlite"]);
    assert!(broken_crates(&made_up("engine/new.rs", "use rusqlite::Connection;\n")).is_empty());

    assert_eq!(broken_shape(&made_up("sql/new.rs", "fn f() {}\n")), ["src/sql/new.rs: no header (//!)"]);
    let long = made_up("sql/new.rs", &format!("//! Owns.\n{}", "\n".repeat(MOST_LINES)));
    assert_eq!(broken_shape(&long).len(), 1);
}
