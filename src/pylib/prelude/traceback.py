"""`traceback`: what an exception looks like as text."""
import sys


def format_exception_only(exc, value=None, /):
    exc = value if value is not None else exc
    cls = type(exc)
    name = cls.__qualname__
    if cls.__module__ not in ("builtins", "__main__"):
        name = f"{cls.__module__}.{name}"
    text = str(exc)
    lines = [f"{name}: {text}\n" if text else f"{name}\n"]
    lines.extend(f"{note}\n" for note in getattr(exc, "__notes__", ()))
    return lines


def format_exception(exc, value=None, tb=None, limit=None, chain=True):
    exc = value if value is not None else exc
    if exc is None:
        return ["NoneType: None\n"]
    return ["Traceback (most recent call last):\n", *format_exception_only(exc)]


def _current():
    return sys.exc_info()[1]


def format_exc(limit=None, chain=True):
    return "".join(format_exception(_current()))


def print_exc(limit=None, file=None, chain=True):
    print_exception(_current(), file=file)


def print_exception(exc, value=None, tb=None, limit=None, file=None, chain=True):
    print("".join(format_exception(exc, value)), end="", file=file if file is not None else sys.stderr)


def format_tb(tb, limit=None):
    return []


def extract_tb(tb, limit=None):
    return []


def extract_stack(f=None, limit=None):
    return []


def format_stack(f=None, limit=None):
    return []


def print_stack(f=None, limit=None, file=None):
    pass


def format_list(extracted_list):
    return [str(item) for item in extracted_list]
