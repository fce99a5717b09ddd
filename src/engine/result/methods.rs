//! The result classes and their methods.
//!
//! Owns the rows that users call. Must not know how rows are taken out of a source.

use super::errors;
use super::mapping::key_view;
use super::state::{CursorInfo, ResultView, Shape, Uniqueness};
use crate::python::value::{
    Gc, Getter, Host, NativeIter, NativeType, ParamDefault, R, Row as FunctionRow, Set, Slots, Value,
    Visitor, param,
};

fn view(value: &Value) -> &ResultView {
    value.payload::<ResultView>().expect("methods of a result are called with results")
}

const SLOTS: Slots = Slots {
    iter: Some(|_, value| Ok(Value::iter(ResultIter(value.clone())))),
    next: Some(|host, value| view(value).next_value(host)),
    enter: Some(|_, value| Ok(value.clone())),
    exit: Some(|_, value, _| {
        view(value).close(true);
        Ok(false)
    }),
    ..Slots::NONE
};

const CLOSED: Getter =
    Getter { name: "closed", doc: "Whether the result was closed.", get: get_closed, set: None };
const SOFT_CLOSED: Getter =
    Getter { name: "_soft_closed", doc: "Whether all rows are used up.", get: get_soft_closed, set: None };

const ALL: FunctionRow = FunctionRow::method("all", &[], "All rows that are left, as a list.", "", all);
const FETCHALL: FunctionRow =
    FunctionRow::method("fetchall", &[], "All rows that are left, as a list.", "", all);
const FETCHMANY: FunctionRow = FunctionRow::method(
    "fetchmany",
    &[param::opt("size", ParamDefault::None)],
    "At most that many rows, as a list.",
    "",
    fetchmany,
);
const FIRST: FunctionRow =
    FunctionRow::method("first", &[], "The first row, or None; the result is closed.", "", first);
const ONE: FunctionRow = FunctionRow::method("one", &[], "The only row; anything else raises.", "", one);
const ONE_OR_NONE: FunctionRow =
    FunctionRow::method("one_or_none", &[], "The only row, or None; several raise.", "", one_or_none);
const PARTITIONS: FunctionRow = FunctionRow::method(
    "partitions",
    &[param::opt("size", ParamDefault::None)],
    "Lists of at most that many rows.",
    "",
    partitions,
);
const UNIQUE: FunctionRow = FunctionRow::method(
    "unique",
    &[param::opt("strategy", ParamDefault::None)],
    "Leaves out rows that came before.",
    "",
    unique,
);
const CLOSE: FunctionRow = FunctionRow::method("close", &[], "Closes the result.", "", close);
const YIELD_PER: FunctionRow = FunctionRow::method(
    "yield_per",
    &[param::req("num")],
    "How many rows to fetch at a time.",
    "",
    yield_per,
);
const KEYS: FunctionRow = FunctionRow::method("keys", &[], "The names of the columns.", "", keys);
const COLUMNS: FunctionRow = FunctionRow::method(
    "columns",
    &[param::args("col_expressions")],
    "Leaves only these columns, by place, name or expression.",
    "",
    columns,
);
const FETCHONE: FunctionRow = FunctionRow::method("fetchone", &[], "The next row, or None.", "", fetchone);

/// What connections and sessions give for a statement.
pub static RESULT: NativeType = NativeType {
    doc: "The rows of a statement.",
    methods: &[
        ALL,
        FETCHALL,
        FETCHONE,
        FETCHMANY,
        FIRST,
        ONE,
        ONE_OR_NONE,
        FunctionRow::method("scalar", &[], "The first column of the first row, or None.", "", scalar),
        FunctionRow::method("scalar_one", &[], "The first column of the only row.", "", scalar_one),
        FunctionRow::method(
            "scalar_one_or_none",
            &[],
            "The first column of the only row, or None.",
            "",
            scalar_one_or_none,
        ),
        FunctionRow::method(
            "scalars",
            &[param::opt("index", ParamDefault::Int(0))],
            "One column instead of rows.",
            "",
            scalars,
        ),
        FunctionRow::method("mappings", &[], "Mappings instead of rows.", "", mappings),
        FunctionRow::method("tuples", &[], "The result itself, typed as tuples.", "", itself),
        PARTITIONS,
        UNIQUE,
        COLUMNS,
        KEYS,
        YIELD_PER,
        CLOSE,
    ],
    getters: &[
        CLOSED,
        SOFT_CLOSED,
        Getter { name: "t", doc: "The result itself.", get: |_, value| Ok(value.clone()), set: None },
    ],
    slots: SLOTS,
    has_dict: true,
    is_base: false,
    ..NativeType::plain("Result", "sqlalchemy.engine.result")
};

pub static ITERATOR_RESULT: NativeType = NativeType {
    bases: &[&RESULT],
    is_base: false,
    has_dict: true,
    ..NativeType::plain("IteratorResult", "sqlalchemy.engine.result")
};

pub static CHUNKED_ITERATOR_RESULT: NativeType = NativeType {
    bases: &[&ITERATOR_RESULT],
    is_base: false,
    has_dict: true,
    ..NativeType::plain("ChunkedIteratorResult", "sqlalchemy.engine.result")
};

pub static CURSOR_RESULT: NativeType = NativeType {
    bases: &[&RESULT],
    methods: &[
        FunctionRow::method(
            "last_inserted_params",
            &[],
            "What the INSERT was compiled with.",
            "",
            inserted_params,
        ),
        FunctionRow::method(
            "last_updated_params",
            &[],
            "What the UPDATE was compiled with.",
            "",
            updated_params,
        ),
        FunctionRow::method("supports_sane_rowcount", &[], "True.", "", yes),
        FunctionRow::method("supports_sane_multi_rowcount", &[], "True.", "", yes),
    ],
    getters: &[
        Getter { name: "rowcount", doc: "How many rows were changed.", get: rowcount, set: None },
        Getter { name: "lastrowid", doc: "The id of the row inserted last.", get: lastrowid, set: None },
        Getter {
            name: "inserted_primary_key",
            doc: "The primary key of the inserted row.",
            get: inserted_primary_key,
            set: None,
        },
        Getter {
            name: "inserted_primary_key_rows",
            doc: "The primary keys of the inserted rows.",
            get: inserted_primary_key_rows,
            set: None,
        },
        Getter {
            name: "returned_defaults",
            doc: "What the database filled in.",
            get: returned_defaults,
            set: None,
        },
        Getter {
            name: "returned_defaults_rows",
            doc: "What the database filled in, row by row.",
            get: |_, value| Ok(Value::list(info(value).returned_defaults.clone())),
            set: None,
        },
        Getter {
            name: "returns_rows",
            doc: "Whether the statement gives rows.",
            get: |_, value| Ok(Value::Bool(view(value).state.returns_rows)),
            set: None,
        },
        Getter {
            name: "is_insert",
            doc: "Whether the statement is an INSERT.",
            get: |_, value| Ok(Value::Bool(info(value).is_insert)),
            set: None,
        },
    ],
    slots: Slots::NONE,
    is_base: false,
    has_dict: true,
    ..NativeType::plain("CursorResult", "sqlalchemy.engine.cursor")
};

pub static SCALAR_RESULT: NativeType = NativeType {
    doc: "One column of a result.",
    methods: &[ALL, FETCHALL, FETCHMANY, FIRST, ONE, ONE_OR_NONE, PARTITIONS, UNIQUE, CLOSE, YIELD_PER],
    getters: &[CLOSED, SOFT_CLOSED],
    slots: SLOTS,
    is_base: false,
    ..NativeType::plain("ScalarResult", "sqlalchemy.engine.result")
};

pub static MAPPING_RESULT: NativeType = NativeType {
    doc: "The rows of a result as mappings.",
    methods: &[
        ALL,
        FETCHALL,
        FETCHONE,
        FETCHMANY,
        FIRST,
        ONE,
        ONE_OR_NONE,
        PARTITIONS,
        UNIQUE,
        COLUMNS,
        KEYS,
        CLOSE,
        YIELD_PER,
    ],
    getters: &[CLOSED, SOFT_CLOSED],
    slots: SLOTS,
    is_base: false,
    ..NativeType::plain("MappingResult", "sqlalchemy.engine.result")
};

struct ResultIter(Value);

impl NativeIter for ResultIter {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        view(&self.0).next_value(host)
    }
    fn type_name(&self) -> &'static str {
        "generator"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }
}

fn all(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::list(view(&args[0]).all(host)?))
}

fn fetchone(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).next_value(host)?.unwrap_or_default())
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Int(size) => usize::try_from(*size).ok(),
        _ => None,
    }
}

fn fetchmany(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::list(view(&args[0]).many(host, size(&args[1]))?))
}

fn first(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).only(host, false, false, false)?.unwrap_or_default())
}

fn one(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).only(host, true, true, false)?.unwrap_or_default())
}

fn one_or_none(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).only(host, true, false, false)?.unwrap_or_default())
}

fn scalar(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).only(host, false, false, true)?.unwrap_or_default())
}

fn scalar_one(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).only(host, true, true, true)?.unwrap_or_default())
}

fn scalar_one_or_none(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(view(&args[0]).only(host, true, false, true)?.unwrap_or_default())
}

fn scalars(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let result = view(&args[0]);
    let place = result.row_keys()?.index(host, &args[1])?;
    Ok(Value::native(&SCALAR_RESULT, result.scalars_at(place)))
}

fn mappings(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::native(&MAPPING_RESULT, view(&args[0]).reshaped(Shape::Mappings)))
}

fn itself(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(args[0].clone())
}

fn columns(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let result = view(&args[0]);
    let keys = result.row_keys()?;
    let mut places = Vec::new();
    for key in host.collect(&args[1])? {
        places.push(keys.index(host, &key)?);
    }
    result.narrow(&places);
    Ok(args[0].clone())
}

fn keys(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(key_view(&view(&args[0]).row_keys()?))
}

fn unique(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let strategy = (!args[1].is_none()).then(|| args[1].clone());
    let unique = Uniqueness { seen: Gc::new(Set::new(false)), strategy };
    *view(&args[0]).unique.borrow_mut() = Some(unique);
    Ok(args[0].clone())
}

fn close(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    view(&args[0]).close(true);
    Ok(Value::None)
}

fn yield_per(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let result = view(&args[0]);
    if let Some(count) = size(&args[1]) {
        result.state.yield_per.set(Some(count));
        if let Some(source) = &mut *result.state.source.borrow_mut() {
            source.set_chunk(count);
        }
    }
    Ok(args[0].clone())
}

struct Partitions {
    result: Value,
    size: Option<usize>,
}

impl NativeIter for Partitions {
    fn next(&mut self, host: &mut dyn Host) -> R<Option<Value>> {
        let rows = view(&self.result).many(host, self.size)?;
        Ok((!rows.is_empty()).then(|| Value::list(rows)))
    }
    fn type_name(&self) -> &'static str {
        "generator"
    }
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.result.trace(visitor);
    }
}

fn partitions(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    Ok(Value::iter(Partitions { result: args[0].clone(), size: size(&args[1]) }))
}

fn yes(_host: &mut dyn Host, _args: &[Value]) -> R<Value> {
    Ok(Value::Bool(true))
}

fn get_closed(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Bool(view(value).state.hard_closed.get()))
}

fn get_soft_closed(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Bool(view(value).state.soft_closed.get()))
}

fn info(value: &Value) -> &CursorInfo {
    &view(value).state.info
}

fn rowcount(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::Int(info(value).rowcount.unwrap_or(-1)))
}

fn lastrowid(_host: &mut dyn Host, value: &Value) -> R<Value> {
    Ok(Value::from(info(value).lastrowid))
}

fn check_insert(info: &CursorInfo) -> R<()> {
    if !info.compiled {
        return Err(errors::not_compiled().into());
    }
    if !info.is_insert {
        return Err(errors::not_that_kind("insert").into());
    }
    Ok(())
}

fn inserted_primary_key_rows(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let info = info(value);
    check_insert(info)?;
    if info.explicit_returning {
        return Err(errors::returning_used().into());
    }
    Ok(Value::list(info.inserted_primary_keys.clone()))
}

fn inserted_primary_key(host: &mut dyn Host, value: &Value) -> R<Value> {
    if info(value).executemany {
        return Err(errors::was_executemany(false).into());
    }
    inserted_primary_key_rows(host, value)?;
    Ok(info(value).inserted_primary_keys.first().cloned().unwrap_or_default())
}

fn returned_defaults(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let info = info(value);
    if info.executemany {
        return Err(errors::was_executemany(true).into());
    }
    Ok(info.returned_defaults.first().cloned().unwrap_or_default())
}

fn parameters(info: &CursorInfo) -> Value {
    if info.executemany {
        Value::list(info.compiled_parameters.clone())
    } else {
        info.compiled_parameters.first().cloned().unwrap_or_default()
    }
}

fn inserted_params(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    check_insert(info(&args[0]))?;
    Ok(parameters(info(&args[0])))
}

fn updated_params(_host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let info = info(&args[0]);
    if !info.compiled {
        return Err(errors::not_compiled().into());
    }
    if !info.is_update {
        return Err(errors::not_that_kind("update").into());
    }
    Ok(parameters(info))
}
