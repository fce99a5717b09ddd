"""`fnmatch`."""
import re as _re


def translate(pat):
    made, at = "", 0
    while at < len(pat):
        c = pat[at]
        at += 1
        if c == "*":
            made += ".*"
        elif c == "?":
            made += "."
        elif c == "[" and "]" in pat[at + 1:]:
            end = pat.index("]", at + 1)
            body = pat[at:end].replace("\\", "\\\\")
            at = end + 1
            made += "[" + ("^" + body[1:] if body.startswith("!") else body) + "]"
        else:
            made += _re.escape(c)
    return f"(?s:{made})\\Z"


def fnmatchcase(name, pat):
    return _re.match(translate(pat), name) is not None


fnmatch = fnmatchcase


def filter(names, pat):
    return [name for name in names if fnmatchcase(name, pat)]
