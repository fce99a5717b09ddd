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
static SITE_BUILTINS: NativeModule = module(
    "_sitebuiltins",
    "What a console adds to the builtins.",
    include_str!("../prelude/sitebuiltins.py"),
);
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
static HMAC: NativeModule = module("hmac", "Keyed hashing.", include_str!("../prelude/hmac.py"));
static SECRETS: NativeModule =
    module("secrets", "Secure random numbers.", include_str!("../prelude/secrets.py"));
static BASE64: NativeModule = module("base64", "Base16, 32 and 64.", include_str!("../prelude/base64.py"));
static BINASCII: NativeModule =
    module("binascii", "Binary and ASCII.", include_str!("../prelude/binascii.py"));
static IO: NativeModule = module("io", "Streams in memory.", include_str!("../prelude/io.py"));
static CSV: NativeModule = module("csv", "Comma separated values.", include_str!("../prelude/csv.py"));
static STATISTICS: NativeModule =
    module("statistics", "Statistics.", include_str!("../prelude/statistics.py"));
static PPRINT: NativeModule = module("pprint", "Pretty printing.", include_str!("../prelude/pprint.py"));
static PATHLIB: NativeModule = module("pathlib", "Paths as objects.", include_str!("../prelude/pathlib.py"));
static TRACEBACK: NativeModule =
    module("traceback", "Exceptions as text.", include_str!("../prelude/traceback.py"));
static WEAKREF: NativeModule =
    module("weakref", "Weak references, by name.", include_str!("../prelude/weakref.py"));
static INSPECT: NativeModule = module("inspect", "What an object is.", include_str!("../prelude/inspect.py"));
static HEAPQ: NativeModule = module("heapq", "Heaps.", include_str!("../prelude/heapq.py"));
static BISECT: NativeModule = module("bisect", "Sorted lists.", include_str!("../prelude/bisect.py"));
static FNMATCH: NativeModule =
    module("fnmatch", "File name patterns.", include_str!("../prelude/fnmatch.py"));
static HTML: NativeModule = module("html", "Escaping for HTML.", include_str!("../prelude/html.py"));
static URLLIB_PARSE: NativeModule =
    module("urllib.parse", "URLs.", include_str!("../prelude/urllib_parse.py"));
static WERKZEUG_SECURITY: NativeModule =
    module("werkzeug.security", "Password hashes.", include_str!("../prelude/werkzeug_security.py"));
static WERKZEUG_UTILS: NativeModule =
    module("werkzeug.utils", "Helpers.", include_str!("../prelude/werkzeug_utils.py"));
static FLASK_LOGIN: NativeModule =
    module("flask_login", "Users and logins.", include_str!("../prelude/flask_login.py"));
static BCRYPT: NativeModule = module("bcrypt", "Password hashes.", include_str!("../prelude/bcrypt.py"));
static FLASK_BCRYPT: NativeModule =
    module("flask_bcrypt", "Password hashes.", include_str!("../prelude/flask_bcrypt.py"));
static SQLALCHEMY_SERIALIZER: NativeModule = module(
    "sqlalchemy_serializer",
    "Models as dictionaries.",
    include_str!("../prelude/sqlalchemy_serializer.py"),
);
static DOTENV: NativeModule = module("dotenv", "Settings from a file.", include_str!("../prelude/dotenv.py"));
static ATEXIT: NativeModule = module(
    "atexit",
    "What runs at the end: nothing does.",
    "def register(func, *args, **kwargs):\n    return func\n\n\ndef unregister(func):\n    pass\n",
);
static URLLIB: NativeModule = module("urllib", "URLs.", "");
static PLATFORM: NativeModule = module(
    "platform",
    "The platform that is shown.",
    "def system():\n    return 'Linux'\n\n\ndef python_version():\n    return '3.11.7'\n\n\ndef platform(aliased=False, terse=False):\n    return 'Linux'\n\n\ndef machine():\n    return 'x86_64'\n\n\ndef node():\n    return 'localhost'\n",
);
static NUMBERS: NativeModule = module(
    "numbers",
    "Abstract numbers.",
    "from abc import ABCMeta\nfrom decimal import Decimal\n\n\nclass Number(metaclass=ABCMeta):\n    pass\n\n\nclass Complex(Number):\n    pass\n\n\nclass Real(Complex):\n    pass\n\n\nclass Rational(Real):\n    pass\n\n\nclass Integral(Rational):\n    pass\n\n\nComplex.register(complex)\nReal.register(float)\nIntegral.register(int)\nNumber.register(Decimal)\n",
);
static FRACTIONS: NativeModule = module(
    "fractions",
    "Not there.",
    "raise ImportError(\"No module named 'fractions': Retort does not have it; use decimal\")\n",
);

pub static MODULES: &[&NativeModule] = &[
    &TYPING,
    &FUNCTOOLS,
    &ITERTOOLS,
    &super::operator::MODULE,
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
    &SITE_BUILTINS,
    &TYPING_EXTENSIONS,
    &FUTURE,
    &LOGGING_HANDLERS,
    &HMAC,
    &SECRETS,
    &BASE64,
    &BINASCII,
    &IO,
    &CSV,
    &STATISTICS,
    &PPRINT,
    &PATHLIB,
    &TRACEBACK,
    &WEAKREF,
    &INSPECT,
    &HEAPQ,
    &BISECT,
    &FNMATCH,
    &HTML,
    &URLLIB_PARSE,
    &WERKZEUG_SECURITY,
    &WERKZEUG_UTILS,
    &FLASK_LOGIN,
    &BCRYPT,
    &FLASK_BCRYPT,
    &SQLALCHEMY_SERIALIZER,
    &DOTENV,
    &ATEXIT,
    &URLLIB,
    &PLATFORM,
    &NUMBERS,
    &FRACTIONS,
];
