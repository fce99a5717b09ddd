//! What the tests share: places in the project, a private home for each case, running the binary.
//!
//! Owns hermetic runs: the environment is cleared, home and temporary files lie inside the case's own folder.
//! Must not know what any test is about.

pub mod cases;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A folder of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a run of the binary left.
pub struct Done {
    pub stdout: String,
    pub stderr: String,
    /// None where it was stopped because it took too long.
    pub status: Option<i32>,
}

/// A private folder that holds the home, the temporary files and the app of one case.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["home", "tmp", "app"] {
            std::fs::create_dir(folder.path().join(name)).expect("a fresh folder takes sub-folders");
        }
        Home { folder }
    }

    /// Where the case's app lies; commands run there.
    pub fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// The binary, with nothing of the caller's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retort"));
        command
            .args(arguments)
            .current_dir(self.app())
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .env("TMPDIR", self.folder.path().join("tmp"))
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1");
        command
    }

    /// Runs the binary to its end, with `input` on its standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let input = input.as_bytes().to_vec();
        // A child that never reads its input closes the pipe; that is its own business.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = read_all(child.stdout.take().expect("standard output is piped"));
        let stderr = read_all(child.stderr.take().expect("standard error is piped"));
        let limit = Instant::now() + Duration::from_secs(30);
        let status = loop {
            match child.try_wait().expect("a child can be waited for") {
                Some(status) => break status.code(),
                None if Instant::now() > limit => {
                    child.kill().expect("a running child can be stopped");
                    child.wait().expect("a stopped child can be waited for");
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let text = |reader: std::thread::JoinHandle<Vec<u8>>| {
            String::from_utf8_lossy(&reader.join().expect("the reader ends with the pipe")).into_owned()
        };
        Done { stdout: text(stdout), stderr: text(stderr), status }
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// Copies a folder, without recorded sessions, databases and caches.
pub fn copy_app(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the app's folder can be read") {
        let entry = entry.expect("an entry can be read");
        let (path, name) = (entry.path(), entry.file_name());
        let text = name.to_string_lossy();
        if text.ends_with(".pycon") || text == "instance" || text == "__pycache__" {
            continue;
        }
        let target = to.join(&name);
        if path.is_dir() {
            std::fs::create_dir_all(&target).expect("a sub-folder can be made");
            copy_app(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}
