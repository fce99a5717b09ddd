# Operators as functions.
#
# Owns the functions that are built from operators, and the getters. Must not know anything else.

__built_in__ = ("*",)
_abs = abs


def abs(a, /):
    return _abs(a)


def index(a, /):
    if not hasattr(type(a), "__index__"):
        raise TypeError(f"{type(a).__name__!r} object cannot be interpreted as an integer")
    return type(a).__index__(a)


def _sequence(a):
    if not hasattr(type(a), "__getitem__") or isinstance(a, dict):
        raise TypeError(f"{type(a).__name__!r} object can't be concatenated")


def concat(a, b, /):
    _sequence(a)
    return a + b


def iconcat(a, b, /):
    _sequence(a)
    a += b
    return a


def _items(a):
    try:
        return iter(a)
    except TypeError:
        raise TypeError(f"argument of type {type(a).__name__!r} is not iterable") from None


def countOf(a, b, /):
    return sum(1 for item in _items(a) if item is b or item == b)


def indexOf(a, b, /):
    for place, item in enumerate(_items(a)):
        if item is b or item == b:
            return place
    raise ValueError("sequence.index(x): x not in sequence")


def delitem(a, b, /):
    if not hasattr(type(a), "__delitem__"):
        raise TypeError(f"{type(a).__name__!r} object does not support item deletion")
    del a[b]


def setitem(a, b, c, /):
    a[b] = c


def call(obj, /, *args, **kwargs):
    return obj(*args, **kwargs)


def length_hint(obj, default=0, /):
    if not isinstance(default, int):
        raise TypeError(f"{type(default).__name__!r} object cannot be interpreted as an integer")
    if hasattr(type(obj), "__len__"):
        return len(obj)
    if hasattr(type(obj), "__length_hint__"):
        return type(obj).__length_hint__(obj)
    return default


def iadd(a, b, /):
    a += b
    return a


def iand(a, b, /):
    a &= b
    return a


def ifloordiv(a, b, /):
    a //= b
    return a


def ilshift(a, b, /):
    a <<= b
    return a


def imod(a, b, /):
    a %= b
    return a


def imul(a, b, /):
    a *= b
    return a


def imatmul(a, b, /):
    a @= b
    return a


def ior(a, b, /):
    a |= b
    return a


def ipow(a, b, /):
    a **= b
    return a


def irshift(a, b, /):
    a >>= b
    return a


def isub(a, b, /):
    a -= b
    return a


def itruediv(a, b, /):
    a /= b
    return a


def ixor(a, b, /):
    a ^= b
    return a


invert = inv


class attrgetter:
    def __init__(self, attr, /, *attrs):
        attrs = (attr, *attrs)
        if not all(isinstance(attr, str) for attr in attrs):
            raise TypeError("attribute name must be a string")
        self._attrs = attrs

    def __call__(self, obj, /):
        found = tuple(self._one(obj, attr) for attr in self._attrs)
        return found[0] if len(found) == 1 else found

    def _one(self, obj, attr):
        for name in attr.split("."):
            obj = getattr(obj, name)
        return obj

    def __repr__(self):
        return f"operator.attrgetter({', '.join(map(repr, self._attrs))})"


class itemgetter:
    def __init__(self, item, /, *items):
        self._items = (item, *items)

    def __call__(self, obj, /):
        found = tuple(obj[item] for item in self._items)
        return found[0] if len(found) == 1 else found

    def __repr__(self):
        return f"operator.itemgetter({', '.join(map(repr, self._items))})"


class methodcaller:
    def __init__(self, /, *args, **kwargs):
        if not args:
            raise TypeError("methodcaller needs at least one argument, the method name")
        if not isinstance(args[0], str):
            raise TypeError("method name must be a string")
        self._name, self._args, self._kwargs = args[0], args[1:], kwargs

    def __call__(self, obj, /):
        return getattr(obj, self._name)(*self._args, **self._kwargs)

    def __repr__(self):
        parts = [repr(self._name), *map(repr, self._args), *(f"{k}={v!r}" for k, v in self._kwargs.items())]
        return f"operator.methodcaller({', '.join(parts)})"
