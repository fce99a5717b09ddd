//! The sessions recorded from the real thing: Retort types them again and must answer the same, byte for byte.
//!
//! Owns nothing but the way to the cases; `tests/sessions/README.md` says what a case is.

use std::path::{Path, PathBuf};

use retort::project::session_text::{Session, prompted};

use crate::harness::cases::{Case, check, first_difference};
use crate::harness::{Home, copy_app, project};

#[test]
fn recorded_sessions_are_answered_alike() {
    let root = project("tests/sessions");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let cases = files.into_iter().map(|file| {
        let name = file.strip_prefix(&root).expect("found below it").with_extension("");
        case(format!("sessions/{}", name.display()), file)
    });
    check("sessions/", cases.collect());
}

/// A case that replays one recorded session over the app beside or above it.
pub fn case(name: String, file: PathBuf) -> Case {
    Case { name, run: Box::new(move || replay(&file)) }
}

fn replay(file: &Path) -> Result<(), String> {
    let recorded = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let app = file.ancestors().skip(1).find(|folder| folder.join("app.py").is_file());
    let app = app.ok_or("no app.py beside or above it")?;
    let home = Home::new();
    copy_app(app, &home.app());
    let copy = home.app().join(file.strip_prefix(app).map_err(|error| error.to_string())?);
    std::fs::write(&copy, typed_only(&recorded)).map_err(|error| error.to_string())?;
    let done = home.run(&["transcript", &copy.to_string_lossy()], "");
    if done.stdout == recorded {
        return Ok(());
    }
    let trouble = match (done.status, done.stderr.lines().last()) {
        (Some(0), _) => String::new(),
        (None, _) => "it took too long\n".to_string(),
        (Some(code), said) => format!("exit {code}: {}\n", said.unwrap_or("")),
    };
    Err(trouble + &first_difference(&recorded, &done.stdout))
}

/// A session without its answers, so that nothing can be copied from them.
fn typed_only(recorded: &str) -> String {
    let session = Session::parse(recorded);
    let header: String = session.header.iter().map(|line| format!("{line}\n")).collect();
    header + &session.statements.iter().map(|statement| prompted(&statement.source)).collect::<String>()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of sessions can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "pycon") {
            files.push(path);
        }
    }
}
