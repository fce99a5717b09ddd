//! The modules of SQL itself: `sqlalchemy.types`, `sqlalchemy.schema`, `sqlalchemy.sql` and the dialects' own.
//!
//! Owns which of their names stand in which module. Must not know behaviour.

use super::{
    collection, compiled, constraints, constructors, ddl, defaults, dml, elements, functions, indexes,
    metadata, operators, refine, schema, select, selectable, table, text, typeface,
};
use crate::python::value::{Constant, NativeModule, NativeType, Row, param};
use crate::sql::statement::LabelStyle;

/// Names that stand for other names.
const LABEL_STYLES: &[Constant] = &[
    ("LABEL_STYLE_NONE", |_| Ok(refine::label_style_value(LabelStyle::None))),
    ("LABEL_STYLE_TABLENAME_PLUS_COL", |_| Ok(refine::label_style_value(LabelStyle::TablenamePlusCol))),
    ("LABEL_STYLE_DISAMBIGUATE_ONLY", |_| Ok(refine::label_style_value(LabelStyle::DisambiguateOnly))),
    ("LABEL_STYLE_DEFAULT", |_| Ok(refine::label_style_value(LabelStyle::DisambiguateOnly))),
    ("func", functions::func),
    ("modifier", functions::func),
];

static SCHEMA_TYPES: &[&NativeType] = &[
    &schema::SCHEMA_ITEM,
    &schema::COLUMN,
    &table::TABLE,
    &metadata::META_DATA,
    &constraints::FOREIGN_KEY,
    &constraints::CONSTRAINT,
    &constraints::PRIMARY_KEY_CONSTRAINT,
    &constraints::UNIQUE_CONSTRAINT,
    &constraints::CHECK_CONSTRAINT,
    &constraints::FOREIGN_KEY_CONSTRAINT,
    &indexes::INDEX,
    &defaults::COLUMN_DEFAULT,
    &defaults::SCALAR,
    &defaults::CALLABLE,
    &defaults::ELEMENT,
    &defaults::FETCHED_VALUE,
    &defaults::DEFAULT_CLAUSE,
    &defaults::SEQUENCE,
    &defaults::COMPUTED,
    &defaults::IDENTITY,
];

static SELECT_TYPES: &[&NativeType] = &[
    &select::SELECT_BASE,
    &select::GENERATIVE_SELECT,
    &select::SELECT,
    &select::COMPOUND_SELECT,
    &select::TEXTUAL_SELECT,
    &select::STATEMENT_GROUPING,
    &select::SCALAR_SELECT,
    &select::EXISTS_OBJECT,
];

static DML_TYPES: &[&NativeType] = &[&dml::UPDATE_BASE, &dml::INSERT, &dml::UPDATE, &dml::DELETE];

static OTHER_ELEMENTS: &[&NativeType] = &[&text::TEXT_CLAUSE, &operators::COLUMN_OPERATORS];

static COMPILERS: &[&NativeType] = &[&compiled::SQL_COMPILER, &compiled::STR_SQL_COMPILER];

const fn types_of(
    name: &'static str,
    doc: &'static str,
    types: &'static [&'static NativeType],
) -> NativeModule {
    NativeModule { types, ..NativeModule::new(name, doc) }
}

const fn written(name: &'static str, prelude: &'static str) -> NativeModule {
    NativeModule { prelude: Some(prelude), ..NativeModule::new(name, "A part of sqlalchemy.") }
}

pub static ELEMENTS: NativeModule =
    types_of("sqlalchemy.sql._elements", "The classes of expressions.", elements::ALL);

static SQLITE_ROWS: &[Row] = &[Row::function(
    "insert",
    &[param::req("table")],
    "An INSERT of SQLite, with ON CONFLICT.",
    "",
    dml::new_sqlite_insert,
)];

const SQLITE_PRELUDE: &str = "from sqlalchemy.types import BLOB, BOOLEAN, CHAR, DATE, DATETIME, DECIMAL, FLOAT, INTEGER, JSON, NUMERIC, REAL, SMALLINT, TEXT, TIME, TIMESTAMP, VARCHAR\nfrom sqlalchemy.dialects.sqlite._dml import insert, Insert\nfrom sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as dialect\n";

const POSTGRESQL_PRELUDE: &str = "from sqlalchemy.types import *\nfrom sqlalchemy.types import UUID, ARRAY, JSON\nfrom sqlalchemy.dialects.postgresql._types import *\nfrom sqlalchemy.dialects.sqlite._dml import insert\nENUM = Enum\nTIMESTAMP = TIMESTAMP\narray = ARRAY\n";

const EXPRESSION_PRELUDE: &str = "from sqlalchemy.sql._constructors import *\nfrom sqlalchemy.sql._elements import *\nfrom sqlalchemy.sql._selectables import *\nfrom sqlalchemy.sql._selects import *\nfrom sqlalchemy.sql._dml import *\nfrom sqlalchemy.sql._others import *\nfrom sqlalchemy.sql.functions import Function, FunctionElement\n";

const TYPES_PRELUDE: &str =
    "from sqlalchemy.sql._types import *\nfrom sqlalchemy.sql._types import _Binary\nINT = INTEGER\n";

pub static MODULES: &[&NativeModule] = &[
    &ELEMENTS,
    &types_of("sqlalchemy.sql._types", "Column types.", typeface::ALL),
    &types_of("sqlalchemy.sql._schema", "Tables and their parts.", SCHEMA_TYPES),
    &types_of("sqlalchemy.sql._ddl", "Statements that shape the database.", ddl::ALL),
    &types_of("sqlalchemy.sql._selectables", "What is selected from.", selectable::ALL),
    &types_of("sqlalchemy.sql._selects", "Statements that give rows.", SELECT_TYPES),
    &types_of("sqlalchemy.sql._dml", "Statements that change rows.", DML_TYPES),
    &types_of("sqlalchemy.sql._others", "Operators and text.", OTHER_ELEMENTS),
    &NativeModule {
        functions: constructors::FUNCTIONS,
        constants: LABEL_STYLES,
        ..NativeModule::new("sqlalchemy.sql._constructors", "Functions that make expressions and statements.")
    },
    &const { written("sqlalchemy.types", TYPES_PRELUDE) },
    &const { written("sqlalchemy.sql.sqltypes", TYPES_PRELUDE) },
    &const { written("sqlalchemy.sql.type_api", TYPES_PRELUDE) },
    &const {
        written(
            "sqlalchemy.schema",
            "from sqlalchemy.sql._schema import *\nfrom sqlalchemy.sql._ddl import *\n",
        )
    },
    &const { written("sqlalchemy.sql.schema", "from sqlalchemy.sql._schema import *\n") },
    &const { written("sqlalchemy.sql.ddl", "from sqlalchemy.sql._ddl import *\n") },
    &const { written("sqlalchemy.sql.expression", EXPRESSION_PRELUDE) },
    &const {
        written(
            "sqlalchemy.sql.elements",
            "from sqlalchemy.sql._elements import *\nfrom sqlalchemy.sql._others import TextClause\nfrom sqlalchemy.sql._constructors import quoted_name\n",
        )
    },
    &const {
        written(
            "sqlalchemy.sql.selectable",
            "from sqlalchemy.sql._selectables import *\nfrom sqlalchemy.sql._selects import *\nfrom sqlalchemy.sql._constructors import LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL, LABEL_STYLE_DISAMBIGUATE_ONLY, LABEL_STYLE_DEFAULT\n",
        )
    },
    &const { written("sqlalchemy.sql.dml", "from sqlalchemy.sql._dml import *\n") },
    &const { written("sqlalchemy.sql.operators", include_str!("../prelude/sqlalchemy_operators.py")) },
    &types_of("sqlalchemy.sql.base", "Collections of columns.", &[&collection::COLUMN_COLLECTION]),
    &types_of("sqlalchemy.sql.compiler", "Compiled statements.", COMPILERS),
    &NativeModule {
        types: &[&functions::FUNCTION_ELEMENT, &functions::FUNCTION, &functions::GENERIC_FUNCTION],
        constants: &[("func", functions::func)],
        ..NativeModule::new("sqlalchemy.sql.functions", "Functions of SQL.")
    },
    &const {
        written(
            "sqlalchemy.sql",
            "from sqlalchemy.sql.expression import *\nfrom sqlalchemy.sql._constructors import func\nimport sqlalchemy.sql.expression\nimport sqlalchemy.sql.functions\nimport sqlalchemy.sql.sqltypes\n",
        )
    },
    &NativeModule {
        functions: SQLITE_ROWS,
        types: &[&dml::SQLITE_INSERT],
        ..NativeModule::new("sqlalchemy.dialects.sqlite._dml", "INSERT of SQLite.")
    },
    &types_of("sqlalchemy.dialects.sqlite.pysqlite", "The dialect of SQLite.", &[&compiled::DIALECT]),
    &const { written("sqlalchemy.dialects.sqlite", SQLITE_PRELUDE) },
    &const { written("sqlalchemy.dialects.sqlite.base", SQLITE_PRELUDE) },
    &const {
        written(
            "sqlalchemy.dialects.sqlite.dml",
            "from sqlalchemy.dialects.sqlite._dml import insert, Insert\n",
        )
    },
    &types_of("sqlalchemy.dialects.postgresql._types", "Types of PostgreSQL.", typeface::FOREIGN),
    &const { written("sqlalchemy.dialects.postgresql", POSTGRESQL_PRELUDE) },
    &const { written("sqlalchemy.dialects.postgresql.base", POSTGRESQL_PRELUDE) },
    &const { written("sqlalchemy.dialects.mysql", "from sqlalchemy.types import *\n") },
    &const { written("sqlalchemy.dialects", "import sqlalchemy.dialects.sqlite\n") },
    &const { written("sqlalchemy.engine._reflection", include_str!("../prelude/sqlalchemy_reflection.py")) },
    &types_of("sqlalchemy.engine.default", "The default dialect.", &[&compiled::DEFAULT_DIALECT]),
];
