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


_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


class FrameSummary:
    def __init__(self, filename, lineno, name, line=""):
        self.filename, self.lineno, self.name, self.line = filename, lineno, name, line

    def __iter__(self):
        return iter((self.filename, self.lineno, self.name, self.line))

    def __getitem__(self, index):
        return (self.filename, self.lineno, self.name, self.line)[index]

    def __len__(self):
        return 4

    def __repr__(self):
        return f"<FrameSummary file {self.filename}, line {self.lineno} in {self.name}>"


def format_exception(exc, value=None, tb=None, limit=None, chain=True):
    exc = value if value is not None else exc
    if exc is None:
        return ["NoneType: None\n"]
    lines = []
    if chain:
        if exc.__cause__ is not None:
            lines += [*format_exception(exc.__cause__), _CAUSE]
        elif exc.__context__ is not None and not exc.__suppress_context__:
            lines += [*format_exception(exc.__context__), _CONTEXT]
    if exc.__traceback__ is not None:
        lines += ["Traceback (most recent call last):\n", *format_tb(exc.__traceback__, limit)]
    return lines + format_exception_only(exc)


def _current():
    return sys.exc_info()[1]


def format_exc(limit=None, chain=True):
    return "".join(format_exception(_current()))


def print_exc(limit=None, file=None, chain=True):
    print_exception(_current(), file=file)


def print_exception(exc, value=None, tb=None, limit=None, file=None, chain=True):
    print("".join(format_exception(exc, value)), end="", file=file if file is not None else sys.stderr)


def extract_tb(tb, limit=None):
    frames = []
    while tb is not None and (limit is None or len(frames) < limit):
        code = tb.tb_frame.f_code
        frames.append(FrameSummary(code.co_filename, tb.tb_lineno, code.co_name))
        tb = tb.tb_next
    return frames


def format_tb(tb, limit=None):
    return format_list(extract_tb(tb, limit))


def print_tb(tb, limit=None, file=None):
    print("".join(format_tb(tb, limit)), end="", file=file if file is not None else sys.stderr)


def walk_tb(tb):
    while tb is not None:
        yield tb.tb_frame, tb.tb_lineno
        tb = tb.tb_next


def extract_stack(f=None, limit=None):
    return []


def format_stack(f=None, limit=None):
    return []


def print_stack(f=None, limit=None, file=None):
    pass


def format_list(extracted_list):
    return [f'  File "{file}", line {line}, in {name}\n' for file, line, name, _ in extracted_list]
