# Logging to the error stream.
#
# Owns loggers, levels and handlers as far as programs configure them. Nothing is written to files.

import sys

CRITICAL = FATAL = 50
ERROR = 40
WARNING = WARN = 30
INFO = 20
DEBUG = 10
NOTSET = 0
_NAMES = {50: "CRITICAL", 40: "ERROR", 30: "WARNING", 20: "INFO", 10: "DEBUG", 0: "NOTSET"}
BASIC_FORMAT = "%(levelname)s:%(name)s:%(message)s"


def getLevelName(level):
    if isinstance(level, str):
        return {name: number for number, name in _NAMES.items()}.get(level, f"Level {level}")
    return _NAMES.get(level, f"Level {level}")


def _level(level):
    if isinstance(level, str):
        for number, name in _NAMES.items():
            if name == level:
                return number
        raise ValueError(f"Unknown level: {level!r}")
    return level


class LogRecord:
    def __init__(self, name, level, msg, args, exc_info=None):
        self.name, self.levelno, self.msg, self.args, self.exc_info = name, level, msg, args, exc_info
        self.levelname = getLevelName(level)
        self.pathname = self.filename = self.module = self.funcName = ""
        self.lineno = 0

    def getMessage(self):
        return str(self.msg) % self.args if self.args else str(self.msg)


class Formatter:
    def __init__(self, fmt=None, datefmt=None, style="%", **kwargs):
        self._fmt = fmt or "%(message)s"
        self.datefmt = datefmt

    def format(self, record):
        from datetime import datetime

        values = dict(record.__dict__)
        values["message"] = record.getMessage()
        if "%(asctime)" in self._fmt:
            now = datetime.now()
            values["asctime"] = now.strftime(self.datefmt) if self.datefmt else now.strftime("%Y-%m-%d %H:%M:%S") + ",000"
        return self._fmt % values


class Filter:
    def __init__(self, name=""):
        self.name = name


class Handler:
    def __init__(self, level=NOTSET):
        self.level = _level(level)
        self.formatter = None

    def setLevel(self, level):
        self.level = _level(level)

    def setFormatter(self, fmt):
        self.formatter = fmt

    def addFilter(self, filter):
        pass

    def format(self, record):
        return (self.formatter or Formatter()).format(record)

    def handle(self, record):
        if record.levelno >= self.level:
            self.emit(record)

    def emit(self, record):
        pass

    def close(self):
        pass


class StreamHandler(Handler):
    def __init__(self, stream=None):
        super().__init__()
        self.stream = stream

    def emit(self, record):
        (self.stream or sys.stderr).write(self.format(record) + "\n")


class NullHandler(Handler):
    pass


class FileHandler(Handler):
    """Accepted; nothing is written to files."""

    def __init__(self, filename, *args, **kwargs):
        super().__init__()
        self.baseFilename = filename


class Logger:
    def __init__(self, name, level=NOTSET):
        self.name = name
        self.level = level
        self.handlers = []
        self.propagate = True
        self.disabled = False
        self.parent = None

    def setLevel(self, level):
        self.level = _level(level)

    def getEffectiveLevel(self):
        logger = self
        while logger is not None:
            if logger.level:
                return logger.level
            logger = logger.parent
        return NOTSET

    def isEnabledFor(self, level):
        return level >= self.getEffectiveLevel()

    def addHandler(self, handler):
        if handler not in self.handlers:
            self.handlers.append(handler)

    def removeHandler(self, handler):
        if handler in self.handlers:
            self.handlers.remove(handler)

    def addFilter(self, filter):
        pass

    def hasHandlers(self):
        return bool(self.handlers)

    def log(self, level, msg, *args, exc_info=None, **kwargs):
        if not self.isEnabledFor(level):
            return
        record = LogRecord(self.name, level, msg, args, exc_info)
        logger, found = self, False
        while logger is not None:
            for handler in logger.handlers:
                found = True
                handler.handle(record)
            logger = logger.parent if logger.propagate else None
        if not found and level >= WARNING:
            sys.stderr.write(record.getMessage() + "\n")

    def debug(self, msg, *args, **kwargs):
        self.log(DEBUG, msg, *args, **kwargs)

    def info(self, msg, *args, **kwargs):
        self.log(INFO, msg, *args, **kwargs)

    def warning(self, msg, *args, **kwargs):
        self.log(WARNING, msg, *args, **kwargs)

    warn = warning

    def error(self, msg, *args, **kwargs):
        self.log(ERROR, msg, *args, **kwargs)

    def exception(self, msg, *args, **kwargs):
        self.log(ERROR, msg, *args, **kwargs)

    def critical(self, msg, *args, **kwargs):
        self.log(CRITICAL, msg, *args, **kwargs)

    def getChild(self, suffix):
        return getLogger(f"{self.name}.{suffix}")

    def __repr__(self):
        return f"<Logger {self.name} ({getLevelName(self.getEffectiveLevel())})>"


root = Logger("root", WARNING)
_loggers = {}


def getLogger(name=None):
    if not name or name == "root":
        return root
    if name not in _loggers:
        logger = Logger(name)
        parent = name.rpartition(".")[0]
        logger.parent = getLogger(parent) if parent else root
        _loggers[name] = logger
        if name == "sqlalchemy.engine" or name.startswith("sqlalchemy.engine."):
            logger.setLevel = _echo_setter(logger)
    return _loggers[name]


def _echo_setter(logger):
    def setLevel(level):
        logger.level = _level(level)
        try:
            from sqlalchemy.engine import _set_default_echo
        except ImportError:
            return
        _set_default_echo(logger.level)

    return setLevel


def basicConfig(**kwargs):
    if root.handlers and not kwargs.get("force"):
        return
    handler = StreamHandler(kwargs.get("stream"))
    handler.setFormatter(Formatter(kwargs.get("format", BASIC_FORMAT), kwargs.get("datefmt")))
    root.addHandler(handler)
    if "level" in kwargs:
        root.setLevel(kwargs["level"])


def disable(level=CRITICAL):
    pass


def captureWarnings(capture):
    pass


def debug(msg, *args, **kwargs): _rooted(DEBUG, msg, args)
def info(msg, *args, **kwargs): _rooted(INFO, msg, args)
def warning(msg, *args, **kwargs): _rooted(WARNING, msg, args)
def error(msg, *args, **kwargs): _rooted(ERROR, msg, args)
def exception(msg, *args, **kwargs): _rooted(ERROR, msg, args)
def critical(msg, *args, **kwargs): _rooted(CRITICAL, msg, args)


def _rooted(level, msg, args):
    if not root.handlers:
        basicConfig()
    root.log(level, msg, *args)
