//! SQL described and spelled: types, schema, expressions, statements, compiler. No connection.

pub mod exc;
