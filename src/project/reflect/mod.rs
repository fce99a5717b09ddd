//! Any database as models: a Flask-SQLAlchemy models file, written from what reflection finds.
//!
//! Owns the rules by which tables become classes, foreign keys become relationships, and pure join tables vanish
//! behind `secondary`. The file is then run like anybody's. Must not know how models are mapped.
//!
//! | in the database | in the models |
//! | --- | --- |
//! | table `users` | class `User` |
//! | foreign key `author_id` | `.author`, and back `.posts`; `.author_posts` where two keys lead to one table |
//! | a foreign key to its own table | `.parent` (`.manager` for `manager_id`), and back `.children` |
//! | a table of two foreign keys that are its primary key | `secondary=` of a many-to-many |
//! | no primary key | mapped by `rowid`, or for a view by its first column, read-only |

mod names;
mod write;

pub use write::{join_tables, made_by_people, models_source};
