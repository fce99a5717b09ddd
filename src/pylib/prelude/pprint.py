"""`pprint`."""


def _safe_key(item):
    return (str(type(item)), id(item))


def _sorted(items):
    items = list(items)
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (str(type(item)), str(item)))


class PrettyPrinter:
    def __init__(self, indent=1, width=80, depth=None, stream=None, *, compact=False, sort_dicts=True,
                 underscore_numbers=False):
        self._indent = indent
        self._width = width
        self._depth = depth
        self._stream = stream
        self._compact = compact
        self._sort_dicts = sort_dicts

    def pprint(self, object):
        print(self.pformat(object), file=self._stream)

    def pformat(self, object):
        out = []
        self._format(object, out, 0, 0, 1)
        return "".join(out)

    def isreadable(self, object):
        return True

    def _repr(self, object, level):
        if self._depth is not None and level > self._depth and isinstance(object, (dict, list, tuple)) and object:
            return {"dict": "{...}", "list": "[...]"}.get(type(object).__name__, "(...)")
        if type(object) is dict and object:
            items = _sorted_items(object) if self._sort_dicts else object.items()
            return "{" + ", ".join(f"{self._repr(k, level + 1)}: {self._repr(v, level + 1)}" for k, v in items) + "}"
        if type(object) is list:
            return "[" + ", ".join(self._repr(item, level + 1) for item in object) + "]"
        if type(object) is tuple:
            inner = ", ".join(self._repr(item, level + 1) for item in object)
            return f"({inner},)" if len(object) == 1 else f"({inner})"
        return repr(object)

    def _format(self, object, out, indent, allowance, level):
        text = self._repr(object, level)
        if len(text) <= self._width - indent - allowance or self._depth is not None and level > self._depth:
            out.append(text)
            return
        cls = type(object)
        if cls.__repr__ is dict.__repr__ and object:
            out.append("{" + " " * (self._indent - 1))
            items = _sorted_items(object) if self._sort_dicts else list(object.items())
            self._pairs(items, out, indent + self._indent, allowance + 1, level)
            out.append("}")
        elif cls.__repr__ is list.__repr__ and object:
            out.append("[" + " " * (self._indent - 1))
            self._items(object, out, indent + self._indent, allowance + 1, level)
            out.append("]")
        elif cls.__repr__ is tuple.__repr__ and object:
            out.append("(" + " " * (self._indent - 1))
            self._items(object, out, indent + self._indent, allowance + (2 if len(object) == 1 else 1), level)
            out.append(",)" if len(object) == 1 else ")")
        elif cls is set and object:
            out.append("{" + " " * (self._indent - 1))
            self._items(_sorted(object), out, indent + self._indent, allowance + 1, level)
            out.append("}")
        elif cls is str and level >= 1 and len(object.split(" ")) > 1:
            self._text(object, out, indent, allowance, level)
        else:
            out.append(text)

    def _pairs(self, items, out, indent, allowance, level):
        for at, (key, value) in enumerate(items):
            if at:
                out.append(",\n" + " " * indent)
            shown = self._repr(key, level + 1)
            out.append(shown + ": ")
            last = at == len(items) - 1
            self._format(value, out, indent + len(shown) + 2, allowance if last else 1, level + 1)

    def _items(self, items, out, indent, allowance, level):
        items = list(items)
        if not self._compact:
            for at, item in enumerate(items):
                if at:
                    out.append(",\n" + " " * indent)
                self._format(item, out, indent, allowance if at == len(items) - 1 else 1, level + 1)
            return
        room = self._width - indent
        left = room
        for at, item in enumerate(items):
            text = self._repr(item, level + 1)
            need = len(text) + (2 if at else 0) + (allowance if at == len(items) - 1 else 0)
            if at and need > left:
                out.append(",\n" + " " * indent)
                left = room
            elif at:
                out.append(", ")
                left -= 2
            left -= len(text)
            self._format(item, out, indent, allowance if at == len(items) - 1 else 1, level + 1)

    def _text(self, object, out, indent, allowance, level):
        room = self._width - indent - allowance
        if level == 1:
            room -= 2
            indent += 1
        rows = []
        for line in object.splitlines(True):
            words = line.replace("\n", "\n\0").split("\0")[0]
            current = ""
            for word in _words(words):
                if current and len(repr(current + word)) > room:
                    rows.append(repr(current))
                    current = ""
                current += word
            if current:
                rows.append(repr(current))
        if len(rows) == 1:
            out.append(rows[0])
            return
        if level == 1:
            out.append("(")
        out.append(("\n" + " " * indent).join(rows))
        if level == 1:
            out.append(")")


def _words(text):
    word = ""
    for c in text:
        if word and word[-1].isspace() and not c.isspace():
            yield word
            word = ""
        word += c
    if word:
        yield word


def _sorted_items(mapping):
    try:
        return sorted(mapping.items())
    except TypeError:
        return sorted(mapping.items(), key=lambda item: (str(type(item[0])), str(item[0])))


def pformat(object, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True, underscore_numbers=False):
    return PrettyPrinter(indent, width, depth, compact=compact, sort_dicts=sort_dicts).pformat(object)


def pprint(object, stream=None, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True,
           underscore_numbers=False):
    PrettyPrinter(indent, width, depth, stream, compact=compact, sort_dicts=sort_dicts).pprint(object)


def pp(object, *args, sort_dicts=False, **kwargs):
    pprint(object, *args, sort_dicts=sort_dicts, **kwargs)


def saferepr(object):
    return PrettyPrinter()._repr(object, 1)
