//! Rows and results, as connections and sessions hand them out.
//!
//! Owns `Row`, `RowMapping` and the result classes with all their methods, whatever the rows are made of.
//! Must not know where rows come from: a source gives them one by one.

mod errors;
mod fetch;
mod keys;
mod mapping;
mod methods;
mod row;
mod state;

pub use keys::{KeyResolver, KeyStyle, RowKeys};
pub use mapping::{KEY_VIEW, ROW_MAPPING};
pub use methods::{
    CHUNKED_ITERATOR_RESULT, CURSOR_RESULT, ITERATOR_RESULT, MAPPING_RESULT, RESULT, SCALAR_RESULT,
};
pub use row::{ROW, RowData, make_row, make_row_of, row_class};
pub use state::{
    BufferedRows, CursorInfo, ResultBuilder, ResultState, ResultView, RowSource, Shape, UniqueBy,
};
