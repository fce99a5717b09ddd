//! Text to tree; completeness; what is refused; wording. The only importer of ruff_python_parser.

mod anchors;
pub mod later;
pub mod parse;
pub mod reject;
pub mod tokens;
pub mod wording;

pub use anchors::anchors;
pub use parse::{Completeness, completeness, parse, parse_own, statement_range, with_room};
pub use wording::Fault;
