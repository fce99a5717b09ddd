//! The built-in lessons: each an ordinary app with its migrations, a guided session and a script.
//!
//! Owns their texts, which are part of the binary. Must not know how migrations run or what the lessons teach.

/// A lesson's files.
pub struct Lesson {
    pub name: &'static str,
    /// The app, as a user would have it in app.py.
    pub app: &'static str,
    /// SQL migrations by file name, in order.
    pub migrations: &'static [(&'static str, &'static str)],
    /// A console session to follow.
    pub guided: &'static str,
    /// A script to pipe in.
    pub script: &'static str,
}

macro_rules! lesson {
    ($name:literal) => {
        Lesson {
            name: $name,
            app: include_str!(concat!("../../fixtures/", $name, "/app.py")),
            migrations: &[
                (
                    "V0001__create_tables.sql",
                    include_str!(concat!("../../migrations/", $name, "/V0001__create_tables.sql")),
                ),
                (
                    "V0002__sample_data.sql",
                    include_str!(concat!("../../migrations/", $name, "/V0002__sample_data.sql")),
                ),
            ],
            guided: include_str!(concat!("../../fixtures/", $name, "/guided.pycon")),
            script: include_str!(concat!("../../fixtures/", $name, "/script.py")),
        }
    };
}

pub static LESSONS: [Lesson; 5] =
    [lesson!("excuses"), lesson!("raccoons"), lesson!("tasks"), lesson!("hello_books"), lesson!("library")];

pub fn find(name: &str) -> Option<&'static Lesson> {
    LESSONS.iter().find(|lesson| lesson.name == name)
}
