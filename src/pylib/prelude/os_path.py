# Paths as text.
#
# Owns splitting and joining as POSIX does. Must not know what lies at a path, except through os.

import os as _os

sep = "/"
curdir = "."
pardir = ".."
extsep = "."
pathsep = ":"
defpath = "/bin:/usr/bin"
altsep = None
devnull = "/dev/null"
supports_unicode_filenames = False


def _text(path):
    return _os.fspath(path)


def join(a, *parts):
    result = _text(a)
    for part in parts:
        part = _text(part)
        if part.startswith("/"):
            result = part
        elif not result or result.endswith("/"):
            result += part
        else:
            result += "/" + part
    return result


def split(p):
    p = _text(p)
    cut = p.rfind("/") + 1
    head, tail = p[:cut], p[cut:]
    if head and head != "/" * len(head):
        head = head.rstrip("/")
    return head, tail


def dirname(p):
    return split(p)[0]


def basename(p):
    return split(p)[1]


def splitext(p):
    p = _text(p)
    folder, name = split(p)
    stripped = name.lstrip(".")
    dot = stripped.rfind(".")
    if dot < 0:
        return p, ""
    extension = stripped[dot:]
    return p[: len(p) - len(extension)], extension


def isabs(s):
    return _text(s).startswith("/")


def normpath(path):
    path = _text(path)
    if not path:
        return "."
    lead = "/" if path.startswith("/") else ""
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != ".." or (not lead and not parts) or (parts and parts[-1] == ".."):
            parts.append(part)
        elif parts:
            parts.pop()
    return lead + "/".join(parts) or "."


def abspath(path):
    path = _text(path)
    return normpath(path if isabs(path) else join(_os.getcwd(), path))


realpath = abspath


def exists(path):
    return _os._kind(_text(path)) is not None


lexists = exists


def isfile(path):
    return _os._kind(_text(path)) == "file"


def isdir(s):
    return _os._kind(_text(s)) == "folder"


def islink(path):
    return False


def getsize(filename):
    return _os._size(_text(filename))


def getmtime(filename):
    return _os._modified(_text(filename))


def expanduser(path):
    path = _text(path)
    if path == "~" or path.startswith("~/"):
        return _os.environ.get("HOME", "~") + path[1:]
    return path


def expandvars(path):
    for name, value in _os.environ.items():
        path = path.replace("${" + name + "}", value).replace("$" + name, value)
    return path


def commonprefix(m):
    if not m:
        return ""
    low, high = min(m), max(m)
    for index, letter in enumerate(low):
        if letter != high[index]:
            return low[:index]
    return low


def relpath(path, start=None):
    here = abspath(start or _os.getcwd()).split("/")
    there = abspath(path).split("/")
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + there[shared:]) or "."


def samefile(f1, f2):
    return abspath(f1) == abspath(f2)


def normcase(s):
    return _os.fspath(s)


def splitdrive(p):
    p = _os.fspath(p)
    return p[:0], p


def commonpath(paths):
    if not paths:
        raise ValueError("commonpath() arg is an empty sequence")
    paths = tuple(map(_os.fspath, paths))
    rooted = {path.startswith("/") for path in paths}
    if len(rooted) > 1:
        raise ValueError("Can't mix absolute and relative paths")
    split = [[part for part in path.split("/") if part and part != "."] for path in paths]
    low, high = min(split), max(split)
    shared = low
    for at, part in enumerate(low):
        if part != high[at]:
            shared = low[:at]
            break
    return ("/" if rooted.pop() else "") + "/".join(shared)
