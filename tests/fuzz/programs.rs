//! Random programs, written from a grammar so that most of them run.
//!
//! Owns the grammar and the names that programs use. Must not know how they are run.

use super::{Dice, literal};

struct Writer<'d> {
    dice: &'d mut Dice,
    text: String,
    /// Statements that may still be written.
    left: usize,
}

const NAMES: &[&str] = &["a", "b", "c", "d", "e"];
const METHODS: &[&str] = &[
    "append",
    "pop",
    "sort",
    "upper",
    "split",
    "join",
    "keys",
    "items",
    "get",
    "update",
    "add",
    "index",
    "count",
    "strip",
    "replace",
    "format",
    "encode",
    "bit_length",
    "copy",
    "clear",
    "extend",
    "insert",
    "remove",
    "reverse",
    "setdefault",
    "union",
    "send",
    "close",
    "throw",
    "__class__",
    "__dict__",
    "__len__",
    "m",
    "x",
    "y",
    "hex",
    "as_integer_ratio",
    "to_bytes",
    "ljust",
    "zfill",
    "expandtabs",
    "title",
    "partition",
    "rsplit",
    "splitlines",
    "translate",
    "popitem",
    "discard",
    "symmetric_difference",
    "__getitem__",
    "__next__",
    "__iter__",
    "__name__",
];
const FUNCTIONS: &[&str] = &[
    "len",
    "repr",
    "str",
    "int",
    "float",
    "list",
    "tuple",
    "dict",
    "set",
    "frozenset",
    "sorted",
    "reversed",
    "sum",
    "min",
    "max",
    "any",
    "all",
    "zip",
    "map",
    "filter",
    "enumerate",
    "range",
    "iter",
    "next",
    "hash",
    "id",
    "type",
    "isinstance",
    "issubclass",
    "getattr",
    "setattr",
    "hasattr",
    "delattr",
    "vars",
    "dir",
    "callable",
    "abs",
    "round",
    "divmod",
    "pow",
    "chr",
    "ord",
    "hex",
    "bin",
    "oct",
    "ascii",
    "format",
    "bytes",
    "bool",
    "complex",
    "slice",
    "object",
    "super",
    "property",
    "staticmethod",
    "classmethod",
    "print",
    "f",
    "g",
    "K",
    "L",
    "eval",
    "exec",
    "compile",
    "globals",
    "locals",
    "ValueError",
    "KeyError",
    "StopIteration",
    "Exception",
    "json.dumps",
    "json.loads",
    "itertools.chain",
    "itertools.islice",
    "itertools.product",
    "itertools.groupby",
    "functools.reduce",
    "functools.partial",
    "collections.Counter",
    "collections.deque",
    "collections.defaultdict",
    "collections.namedtuple",
    "re.match",
    "re.sub",
    "re.findall",
    "decimal.Decimal",
    "datetime.date",
    "datetime.timedelta",
    "copy.deepcopy",
    "copy.copy",
    "math.sqrt",
    "math.factorial",
    "operator.add",
    "textwrap.fill",
];
const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>", "<", ">", "<=", ">=", "==", "!=",
    "in", "not in", "is", "is not", "and", "or",
];

impl Writer<'_> {
    fn name(&mut self) -> &'static str {
        self.dice.pick(NAMES)
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.dice.below(4) {
                0 => literal(self.dice, 1),
                1 => (self.dice.below(7) as i64 - 2).to_string(),
                _ => self.name().to_string(),
            };
        }
        let down = depth - 1;
        match self.dice.below(22) {
            0 | 1 => {
                let operator = self.dice.pick(OPERATORS);
                format!("({} {operator} {})", self.expression(down), self.expression(down))
            }
            2 => format!("{}({})", self.dice.pick(FUNCTIONS), self.arguments(down)),
            3 => format!("{}.{}({})", self.expression(down), self.dice.pick(METHODS), self.arguments(down)),
            4 => format!("{}.{}", self.expression(down), self.dice.pick(METHODS)),
            5 => format!("{}[{}]", self.expression(down), self.subscript(down)),
            6 => format!("[{}]", self.list(down)),
            7 => format!("({},)", self.expression(down)),
            8 => format!("{{{}: {}}}", self.expression(down), self.expression(down)),
            9 => format!("{{{}}}", self.expression(down)),
            10 => {
                let (open, close) = *self.dice.pick::<(&str, &str)>(&[&("[", "]"), &("{", "}"), &("(", ")")]);
                let condition = if self.dice.chance(2) {
                    format!(" if {}", self.expression(down))
                } else {
                    String::new()
                };
                let target = self.target();
                format!(
                    "{open}{} for {target} in {}{condition}{close}",
                    self.expression(down),
                    self.iterable(down)
                )
            }
            11 => format!("(lambda {}: {})", self.parameters(), self.expression(down)),
            12 => format!(
                "({} if {} else {})",
                self.expression(down),
                self.expression(down),
                self.expression(down)
            ),
            13 => format!("(not {})", self.expression(down)),
            14 => format!("({}{})", self.dice.pick(&["-", "+", "~"]), self.expression(down)),
            15 => {
                let spec = self.dice.pick(&["", "!r", "!s", ":>5", ":05", ":.2f", ":,", "!r:^9", ":x", "="]);
                format!("f'{{({}){spec}}}'", self.expression(0).replace(['\'', '\\', '"'], ""))
            }
            16 => format!("({} := {})", self.name(), self.expression(down)),
            17 => format!(
                "'{}' % {}",
                self.dice.pick(&["%s", "%d", "%r %s", "%05.1f", "%(a)s", "%x"]),
                self.expression(down)
            ),
            18 => format!("{}({})", self.expression(down), self.arguments(down)),
            19 => format!("{{**{}, {}: 1}}", self.expression(down), self.expression(0)),
            20 => format!("[*{}]", self.expression(down)),
            _ => self.iterable(down),
        }
    }

    fn iterable(&mut self, depth: usize) -> String {
        match self.dice.below(4) {
            0 => format!("range({})", self.dice.below(9)),
            1 => format!("[{}]", self.list(depth)),
            2 => "'abc'".into(),
            _ => self.expression(depth),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        let count = self.dice.below(4);
        (0..count)
            .map(|_| if self.dice.chance(8) { format!("*{}", self.name()) } else { self.expression(depth) })
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn arguments(&mut self, depth: usize) -> String {
        let mut parts = Vec::new();
        for _ in 0..self.dice.below(4) {
            parts.push(match self.dice.below(12) {
                0 => format!("*{}", self.expression(0)),
                1 => format!("**{}", self.expression(0)),
                2 => format!(
                    "{}={}",
                    self.dice.pick(&["key", "x", "a", "default", "reverse"]),
                    self.expression(depth)
                ),
                _ => self.expression(depth),
            });
        }
        parts.join(", ")
    }

    fn parameters(&mut self) -> &'static str {
        self.dice.pick(&["", "a", "a, b=1", "*a", "a, *, b=2", "**c", "a, /, b=3", "a=1, *b, c=2, **d"])
    }

    fn subscript(&mut self, depth: usize) -> String {
        match self.dice.below(4) {
            0 => format!("{}:{}", self.expression(0), self.expression(0)),
            1 => "::-1".into(),
            _ => self.expression(depth),
        }
    }

    fn target(&mut self) -> String {
        match self.dice.below(8) {
            0 => format!("{}, {}", self.name(), self.name()),
            1 => format!("{}, *{}", self.name(), self.name()),
            _ => self.name().to_string(),
        }
    }

    fn block(&mut self, indent: usize, depth: usize) {
        for _ in 0..1 + self.dice.below(3) {
            self.statement(indent, depth);
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&"    ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn statement(&mut self, indent: usize, depth: usize) {
        if self.left == 0 || depth == 0 {
            self.line(indent, "pass");
            return;
        }
        self.left -= 1;
        let down = depth - 1;
        match self.dice.below(24) {
            0..=5 => {
                let text = format!("{} = {}", self.target(), self.expression(2));
                self.line(indent, &text);
            }
            6 => {
                let operator = self.dice.pick(&["+=", "-=", "*=", "//=", "%=", "|=", "&=", "<<="]);
                let text = format!("{} {operator} {}", self.name(), self.expression(1));
                self.line(indent, &text);
            }
            7 => {
                let text = format!("{}[{}] = {}", self.name(), self.subscript(1), self.expression(1));
                self.line(indent, &text);
            }
            8 => {
                let text =
                    format!("{}.{} = {}", self.name(), self.dice.pick(&["x", "y", "m"]), self.expression(1));
                self.line(indent, &text);
            }
            9 | 10 => {
                let text = self.expression(3);
                self.line(indent, &text);
            }
            11 => {
                let text = format!("if {}:", self.expression(2));
                self.line(indent, &text);
                self.block(indent + 1, down);
                if self.dice.chance(2) {
                    self.line(indent, "else:");
                    self.block(indent + 1, down);
                }
            }
            12 => {
                let text = format!("for {} in {}:", self.target(), self.iterable(2));
                self.line(indent, &text);
                self.block(indent + 1, down);
                let text = self.dice.pick(&["break", "continue", "pass"]);
                self.line(indent + 1, text);
            }
            13 => {
                let text = format!("while {}:", self.expression(2));
                self.line(indent, &text);
                self.block(indent + 1, down);
                if !self.dice.chance(6) {
                    self.line(indent + 1, "break");
                }
            }
            14 | 15 => {
                let text = format!("def {}({}):", self.dice.pick(&["f", "g"]), self.parameters());
                self.line(indent, &text);
                if self.dice.chance(4) {
                    let text =
                        self.dice.pick(&["global a", "global b, c", "yield 1", "return f()", "return g(1)"]);
                    self.line(indent + 1, text);
                }
                self.block(indent + 1, down);
                let text = format!("return {}", self.expression(2));
                self.line(indent + 1, &text);
            }
            16 => {
                let bases = self.dice.pick(&[
                    "",
                    "(K)",
                    "(list)",
                    "(dict)",
                    "(Exception)",
                    "(int)",
                    "(str)",
                    "(L, K)",
                    "(a)",
                ]);
                let text = format!("class {}{bases}:", self.dice.pick(&["K", "L"]));
                self.line(indent, &text);
                for _ in 0..1 + self.dice.below(3) {
                    let method = self.dice.pick(&[
                        "m",
                        "__init__",
                        "__eq__",
                        "__hash__",
                        "__repr__",
                        "__len__",
                        "__iter__",
                        "__getitem__",
                        "__getattr__",
                        "__call__",
                        "__add__",
                        "__bool__",
                        "__enter__",
                        "__exit__",
                        "__del__",
                        "__lt__",
                        "__next__",
                        "__contains__",
                        "__set_name__",
                        "__get__",
                        "__new__",
                        "__str__",
                    ]);
                    let text = format!("def {method}(self, *a):");
                    self.line(indent + 1, &text);
                    self.block(indent + 2, down.min(1));
                    let text = format!("return {}", self.expression(2));
                    self.line(indent + 2, &text);
                }
            }
            17 | 18 => {
                self.line(indent, "try:");
                self.block(indent + 1, down);
                if self.dice.chance(3) {
                    self.line(indent, "finally:");
                } else {
                    let text = self.dice.pick(&[
                        "except Exception as e:",
                        "except:",
                        "except (TypeError, a):",
                        "except ValueError:",
                    ]);
                    self.line(indent, text);
                }
                self.block(indent + 1, down);
            }
            19 => {
                let text = format!("with {} as {}:", self.expression(1), self.name());
                self.line(indent, &text);
                self.block(indent + 1, down);
            }
            20 => {
                let text = format!("del {}", self.name());
                self.line(indent, &text);
            }
            21 => {
                let text = format!("raise {}", self.expression(1));
                self.line(indent, &text);
            }
            22 => {
                let text = format!("match {}:", self.expression(1));
                self.line(indent, &text);
                for _ in 0..1 + self.dice.below(2) {
                    let pattern = self.dice.pick(&[
                        "[x, *_]",
                        "{'a': y, **d}",
                        "int(a)",
                        "K(x=1)",
                        "1 | 2 | None",
                        "(a, b) if a",
                        "'s'",
                        "str() as e",
                    ]);
                    let text = format!("case {pattern}:");
                    self.line(indent + 1, &text);
                    self.block(indent + 2, down);
                }
            }
            _ => {
                let text = format!("assert {}, {}", self.expression(1), self.expression(1));
                self.line(indent, &text);
            }
        }
    }
}

/// Statements one after the other; what one raises does not keep the next from running.
pub fn program(dice: &mut Dice) -> Vec<String> {
    let mut writer = Writer { dice, text: String::new(), left: 30 };
    writer.text.push_str(
        "import json, itertools, functools, collections, re, decimal, datetime, copy, math, operator, textwrap\n\
         a = 1; b = 'two'; c = [3, 4]; d = {'k': 5}; e = None\n\
         def f(*a, **k): return a\ndef g(x=0): yield x\n\
         class K:\n    def __init__(self, *a): self.x = a\n    def m(self): return self\n\
         class L(K): pass\n",
    );
    let mut texts = vec![std::mem::take(&mut writer.text)];
    for _ in 0..4 + writer.dice.below(8) {
        writer.statement(0, 3);
        texts.push(std::mem::take(&mut writer.text));
    }
    texts
}
