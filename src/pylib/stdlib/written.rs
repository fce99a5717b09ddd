//! Modules of the standard library that are written in the language itself; they cost nothing until imported.
//!
//! Owns their list. Must not know what they do.

use crate::python::value::NativeModule;

const fn module(name: &'static str, doc: &'static str, prelude: &'static str) -> NativeModule {
    NativeModule { prelude: Some(prelude), ..NativeModule::new(name, doc) }
}

static TYPING: NativeModule = module("typing", "Type hints.", include_str!("../prelude/typing.py"));
static FUNCTOOLS: NativeModule =
    module("functools", "Functions about functions.", include_str!("../prelude/functools.py"));
static ITERTOOLS: NativeModule =
    module("itertools", "Iterators about iterators.", include_str!("../prelude/itertools.py"));
static OPERATOR: NativeModule =
    module("operator", "Operators as functions.", include_str!("../prelude/operator.py"));
static CONTEXTLIB: NativeModule =
    module("contextlib", "Context managers.", include_str!("../prelude/contextlib.py"));
static COLLECTIONS: NativeModule =
    module("collections", "Containers beyond the builtin ones.", include_str!("../prelude/collections.py"));
static COLLECTIONS_ABC: NativeModule =
    module("collections.abc", "Abstract collections.", include_str!("../prelude/collections_abc.py"));
static ENUM: NativeModule = module("enum", "Enumerations.", include_str!("../prelude/enum.py"));
static DATACLASSES: NativeModule =
    module("dataclasses", "Classes made from annotations.", include_str!("../prelude/dataclasses.py"));
static TYPES: NativeModule =
    module("types", "Names of the interpreter's types.", include_str!("../prelude/types.py"));
static COPY: NativeModule = module("copy", "Copies.", include_str!("../prelude/copy.py"));
static STRING: NativeModule = module("string", "Constants of text.", include_str!("../prelude/string.py"));
static TEXTWRAP: NativeModule = module("textwrap", "Text in lines.", include_str!("../prelude/textwrap.py"));
static ABC: NativeModule = module("abc", "Abstract classes.", include_str!("../prelude/abc.py"));
static WARNINGS: NativeModule = module("warnings", "Warnings.", include_str!("../prelude/warnings.py"));
static LOGGING: NativeModule =
    module("logging", "Logging to the error stream.", include_str!("../prelude/logging.py"));
static KEYWORD: NativeModule = module("keyword", "Reserved words.", include_str!("../prelude/keyword.py"));
static TYPING_EXTENSIONS: NativeModule =
    module("typing_extensions", "Type hints.", "from typing import *\nfrom typing import _GenericAlias\n");
static FUTURE: NativeModule = module(
    "__future__",
    "Features that are on.",
    "annotations = division = print_function = generator_stop = absolute_import = unicode_literals = with_statement = nested_scopes = generators = True\n",
);
static LOGGING_HANDLERS: NativeModule = module(
    "logging.handlers",
    "Handlers, accepted.",
    "from logging import FileHandler, Handler\n\n\nclass RotatingFileHandler(FileHandler):\n    pass\n\n\nTimedRotatingFileHandler = WatchedFileHandler = RotatingFileHandler\n\n\nclass SMTPHandler(Handler):\n    def __init__(self, *args, **kwargs):\n        super().__init__()\n\n\nSysLogHandler = SMTPHandler\n",
);
pub static MODULES: &[&NativeModule] = &[
    &TYPING,
    &FUNCTOOLS,
    &ITERTOOLS,
    &OPERATOR,
    &CONTEXTLIB,
    &COLLECTIONS,
    &COLLECTIONS_ABC,
    &ENUM,
    &DATACLASSES,
    &TYPES,
    &COPY,
    &STRING,
    &TEXTWRAP,
    &ABC,
    &WARNINGS,
    &LOGGING,
    &KEYWORD,
    &TYPING_EXTENSIONS,
    &FUTURE,
    &LOGGING_HANDLERS,
];
