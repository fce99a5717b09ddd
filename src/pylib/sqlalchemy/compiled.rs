//! `str(statement)`, `statement.compile()` and what it gives.
//!
//! Owns the object of a compiled statement and which dialect an argument means. Must not know spelling.

use super::objects::{StatementObject, expr_of, expr_value, statement_value};
use crate::python::value::{
    Dict, Gc, Getter, Host, Native, NativeType, R, Row, Slots, Str, Value, intern, param,
};
use crate::sql::compile::{self, Compiled, DEFAULT, Dialect, Options, SQLITE, SlotSource};
use crate::sql::entity::{Element, element_of};
use crate::sql::errors;
use crate::sql::expr::{ExprKind, ExprNode};
use crate::sql::statement::Statement;
use crate::sql::{operate, traverse};

pub struct CompiledObject {
    compiled: Compiled,
    text: Str,
    of: Value,
}

impl Native for CompiledObject {
    fn trace(&self, visitor: &mut crate::python::value::Visitor<'_>) {
        self.of.trace(visitor);
    }
}

pub static SQL_COMPILER: NativeType = NativeType {
    doc: "A statement as text with parameters.",
    methods: &[Row::method(
        "construct_params",
        &[param::opt("params", crate::python::value::ParamDefault::None), param::kwargs("kw")],
        "The parameters.",
        "",
        |host, args| params(host, &args[0]),
    )],
    getters: &[
        Getter {
            name: "string",
            doc: "The text.",
            get: |_, value| Ok(own(value).map_or(Value::None, |own| Value::Str(own.text.clone()))),
            set: None,
        },
        Getter { name: "params", doc: "The parameters.", get: params, set: None },
        Getter {
            name: "statement",
            doc: "What was compiled.",
            get: |_, value| Ok(own(value).map_or(Value::None, |own| own.of.clone())),
            set: None,
        },
        Getter {
            name: "positiontup",
            doc: "The names of the parameters in order.",
            get: |_, value| {
                let names = own(value)
                    .map(|own| own.compiled.slots.iter().map(|slot| Value::Str(slot.name.clone())).collect());
                Ok(Value::list(names.unwrap_or_default()))
            },
            set: None,
        },
        Getter {
            name: "dialect",
            doc: "The dialect.",
            get: |_, value| {
                Ok(match own(value) {
                    Some(own) => Value::native(&DIALECT, DialectObject(own.compiled.dialect)),
                    None => Value::None,
                })
            },
            set: None,
        },
    ],
    slots: Slots {
        str: Some(|_, value| Ok(own(value).map_or_else(|| Str::new(""), |own| own.text.clone()))),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("SQLCompiler", "sqlalchemy.sql.compiler")
};

/// SQLite's compilers are classes of their own.
pub static STR_SQL_COMPILER: NativeType = NativeType {
    bases: &[&SQL_COMPILER],
    has_dict: true,
    ..NativeType::plain("StrSQLCompiler", "sqlalchemy.sql.compiler")
};

pub static SQLITE_COMPILER: NativeType = NativeType {
    bases: &[&SQL_COMPILER],
    has_dict: true,
    ..NativeType::plain("SQLiteCompiler", "sqlalchemy.dialects.sqlite.base")
};

/// A dialect as an object: `sqlite.dialect()`.
pub struct DialectObject(pub &'static dyn Dialect);

impl Native for DialectObject {}

pub static DIALECT: NativeType = NativeType {
    doc: "How one database spells SQL.",
    getters: &[
        Getter {
            name: "name",
            doc: "The name.",
            get: |_, value| {
                Ok(value.payload::<DialectObject>().map_or(Value::None, |own| Value::str(own.0.name())))
            },
            set: None,
        },
        Getter { name: "driver", doc: "The driver.", get: |_, _| Ok(Value::str("pysqlite")), set: None },
        Getter {
            name: "paramstyle",
            doc: "How parameters stand in the text.",
            get: |_, value| {
                Ok(match value.payload::<DialectObject>() {
                    Some(own) if own.0.is_default() => Value::str("named"),
                    _ => Value::str("qmark"),
                })
            },
            set: None,
        },
    ],
    slots: Slots { new: Some(|_, _, _| Ok(sqlite_dialect())), ..Slots::NONE },
    has_dict: true,
    ..NativeType::plain("SQLiteDialect_pysqlite", "sqlalchemy.dialects.sqlite.pysqlite")
};

pub static DEFAULT_DIALECT: NativeType = NativeType {
    bases: &[&DIALECT],
    slots: Slots {
        new: Some(|_, _, _| Ok(Value::native(&DEFAULT_DIALECT, DialectObject(&DEFAULT)))),
        ..Slots::NONE
    },
    has_dict: true,
    ..NativeType::plain("DefaultDialect", "sqlalchemy.engine.default")
};

pub fn sqlite_dialect() -> Value {
    Value::native(&DIALECT, DialectObject(&SQLITE))
}

fn own(value: &Value) -> Option<&CompiledObject> {
    value.payload::<CompiledObject>()
}

/// The dialect that an engine, a connection or a dialect object means.
pub fn dialect_of(host: &mut dyn Host, value: &Value) -> R<Option<&'static dyn Dialect>> {
    match value {
        Value::None | Value::Unset => return Ok(None),
        _ => {}
    }
    if let Some(dialect) = value.payload::<DialectObject>() {
        return Ok(Some(dialect.0));
    }
    let dialect = match host.find_attr(value, &intern("dialect"))? {
        Some(dialect) if !matches!(dialect, Value::None) => dialect,
        _ => value.clone(),
    };
    let name = match host.find_attr(&dialect, &intern("name"))? {
        Some(Value::Str(name)) => name,
        _ => return Ok(Some(&SQLITE)),
    };
    Ok(Some(compile::dialect_named(&name).unwrap_or(&DEFAULT)))
}

/// Whether an object is one that only its own dialect can spell.
fn natural_dialect(statement: &Statement) -> &'static dyn Dialect {
    match statement {
        Statement::Insert(insert) if insert.dialect == Some("sqlite") => &SQLITE,
        _ => &DEFAULT,
    }
}

fn compile_value(
    host: &mut dyn Host,
    value: &Value,
    dialect: Option<&'static dyn Dialect>,
    options: &Options<'_>,
) -> R<Compiled> {
    match element_of(host, value)? {
        Some(Element::Statement(statement)) => {
            let dialect = dialect.unwrap_or_else(|| natural_dialect(&statement));
            compile::compile(host, &statement, dialect, options)
        }
        Some(Element::Expr(expression)) => {
            compile::compile_expression(host, &expression, dialect.unwrap_or(&DEFAULT), options)
        }
        Some(Element::From(from)) => compile::compile_from(host, &from, dialect.unwrap_or(&DEFAULT), options),
        Some(Element::Entity(entity)) => {
            compile::compile_from(host, &entity.selectable(), dialect.unwrap_or(&DEFAULT), options)
        }
        _ => Err(errors::argument_error("this object cannot be compiled")),
    }
}

/// `str()` of any element.
pub fn to_str(host: &mut dyn Host, value: &Value) -> R<Str> {
    let compiled = compile_value(host, value, None, &Options::default())?;
    Ok(compiled.text)
}

/// `element.compile(bind, dialect=, compile_kwargs=)`.
pub fn compile_method(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut dialect = dialect_of(host, &args[1])?;
    if let Some(given) = dialect_of(host, &args[2])? {
        dialect = Some(given);
    }
    let mut options = Options::default();
    let mut keys: Option<Vec<Str>> = None;
    if let Value::Dict(keywords) = &args[3] {
        if let Some(Value::Dict(inner)) = keywords.get("compile_kwargs") {
            for (name, slot) in [("literal_binds", true), ("render_postcompile", false)] {
                if let Some(flag) = inner.get(name) {
                    let flag = host.truth(&flag)?;
                    if slot {
                        options.literal_binds = flag;
                    } else {
                        options.render_postcompile = flag;
                    }
                }
            }
        }
        if let Some(given) = keywords.get("column_keys")
            && !given.is_none()
        {
            let mut names = Vec::new();
            for key in host.collect(&given)? {
                names.push(host.str(&key)?);
            }
            keys = Some(names);
        }
    }
    options.column_keys = keys.as_deref();
    let compiled = compile_value(host, &args[0], dialect, &options)?;
    let mut text = compiled.text.clone();
    if options.render_postcompile && compiled.expands {
        let raw = compiled.raw_values(host, None, &|_| None)?;
        text = compiled.fill(host, raw)?.text;
    }
    let kind = if compiled.dialect.is_default() { &STR_SQL_COMPILER } else { &SQLITE_COMPILER };
    Ok(Value::native(kind, CompiledObject { compiled, text, of: args[0].clone() }))
}

fn params(_host: &mut dyn Host, value: &Value) -> R<Value> {
    let dict = Dict::new();
    if let Some(own) = own(value) {
        for slot in &own.compiled.slots {
            let given = match &slot.source {
                SlotSource::Bind(bind) => bind.value.clone(),
                _ => Value::None,
            };
            dict.set_str(&slot.name, given);
        }
    }
    Ok(Value::Dict(Gc::new(dict)))
}

/// `element.params(name=value)`: the same with other values for its named parameters.
pub fn params_method(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let mut given: Vec<(Str, Value)> = Vec::new();
    for group in &args[1..] {
        match group {
            Value::Dict(dict) => {
                for (key, value) in dict.to_vec() {
                    given.push((host.str(&key)?, value));
                }
            }
            Value::Tuple(groups) => {
                for dict in groups.as_slice() {
                    if let Value::Dict(dict) = dict {
                        for (key, value) in dict.to_vec() {
                            given.push((host.str(&key)?, value));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut swap = |part: &crate::sql::expr::Expr| -> Option<crate::sql::expr::Expr> {
        let ExprKind::Bind(bind) = &part.kind else { return None };
        let (_, value) = given.iter().find(|(name, _)| *name == bind.key)?;
        let mut copy = operate::copy_bind(bind);
        copy.value = value.clone();
        copy.required = false;
        Some(copy.into_expr(part.ty()))
    };
    if let Some(object) = args[0].payload::<StatementObject>() {
        let replaced = crate::sql::select::replace_in_statement(&object.0, &mut swap);
        return Ok(replaced.map_or_else(|| args[0].clone(), statement_value));
    }
    match expr_of(host, &args[0])? {
        Some(expression) => {
            if let ExprKind::Text(text) = &expression.kind {
                let binds = text
                    .binds
                    .iter()
                    .map(|(name, bind)| (name.clone(), traverse::replace(bind, &mut swap)))
                    .collect();
                let clause =
                    std::rc::Rc::new(crate::sql::expr::TextClause { text: text.text.clone(), binds });
                return Ok(expr_value(&ExprNode::new(ExprKind::Text(clause), expression.ty())));
            }
            Ok(expr_value(&traverse::replace(&expression, &mut swap)))
        }
        None => Ok(args[0].clone()),
    }
}

/// `element.compare(other)`: the same structure with the same values.
pub fn compare_method(host: &mut dyn Host, args: &[Value]) -> R<Value> {
    let key = |element: &Option<Element>| match element {
        Some(Element::Expr(expression)) => Some(crate::sql::key::Key::of_expression(expression)),
        Some(Element::Statement(statement)) => Some(crate::sql::key::Key::of(statement)),
        _ => None,
    };
    let (one, other) = (element_of(host, &args[0])?, element_of(host, &args[1])?);
    let (Some(one), Some(other)) = (key(&one), key(&other)) else {
        return Ok(Value::Bool(args[0].is(&args[1])));
    };
    if one.tokens != other.tokens || one.binds.len() != other.binds.len() {
        return Ok(Value::Bool(false));
    }
    for (left, right) in one.binds.iter().zip(&other.binds) {
        if !host.eq(&left.value, &right.value)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}
