# Operators as functions.
#
# Owns the functions and the getters. Must not know anything else.

def abs(a): return a.__abs__()
def index(a): return a.__index__()
def concat(a, b): return a + b
def countOf(a, b): return sum(1 for item in a if item is b or item == b)
def delitem(a, b): del a[b]
def setitem(a, b, c): a[b] = c
def iadd(a, b):
    a += b
    return a
def indexOf(a, b):
    for place, item in enumerate(a):
        if item is b or item == b:
            return place
    raise ValueError("sequence.index(x): x not in sequence")
def call(obj, /, *args, **kwargs): return obj(*args, **kwargs)
def length_hint(obj, default=0): return len(obj) if hasattr(obj, "__len__") else default

invert = inv


class attrgetter:
    def __init__(self, attr, *attrs):
        self._attrs = (attr, *attrs)

    def __call__(self, obj):
        found = tuple(self._one(obj, attr) for attr in self._attrs)
        return found[0] if len(found) == 1 else found

    def _one(self, obj, attr):
        for name in attr.split("."):
            obj = getattr(obj, name)
        return obj

    def __repr__(self):
        return f"operator.attrgetter({', '.join(map(repr, self._attrs))})"


class itemgetter:
    def __init__(self, item, *items):
        self._items = (item, *items)

    def __call__(self, obj):
        found = tuple(obj[item] for item in self._items)
        return found[0] if len(found) == 1 else found

    def __repr__(self):
        return f"operator.itemgetter({', '.join(map(repr, self._items))})"


class methodcaller:
    def __init__(self, name, /, *args, **kwargs):
        self._name, self._args, self._kwargs = name, args, kwargs

    def __call__(self, obj):
        return getattr(obj, self._name)(*self._args, **self._kwargs)
