# Copies, shallow and deep.
#
# Owns the two functions. Must not know mapped objects.

class Error(Exception):
    pass


error = Error
_PLAIN = (int, float, bool, str, bytes, type(None), type(...), type, range, slice)


def copy(x):
    if isinstance(x, _PLAIN) or callable(x) and not hasattr(x, "__dict__"):
        return x
    method = getattr(type(x), "__copy__", None)
    if method is not None:
        return method(x)
    if isinstance(x, (list, dict, set)) and type(x) in (list, dict, set):
        return x.copy()
    if type(x) in (tuple, frozenset):
        return x
    return _rebuilt(x, None, None)


def deepcopy(x, memo=None):
    if memo is None:
        memo = {}
    if type(x) in _PLAIN:
        return x
    known = memo.get(id(x))
    if known is not None:
        return known[0]
    method = getattr(type(x), "__deepcopy__", None)
    if method is not None:
        made = method(x, memo)
    elif type(x) is list:
        made = []
        memo[id(x)] = (made, x)
        for item in x:
            made.append(deepcopy(item, memo))
    elif type(x) is dict:
        made = {}
        memo[id(x)] = (made, x)
        for key, value in x.items():
            made[deepcopy(key, memo)] = deepcopy(value, memo)
    elif type(x) is tuple:
        made = tuple(deepcopy(item, memo) for item in x)
    elif type(x) in (set, frozenset):
        made = type(x)(deepcopy(item, memo) for item in x)
    elif isinstance(x, type) or type(x).__module__ in ("builtins", "datetime", "decimal", "uuid") or callable(x) and not hasattr(x, "__dict__"):
        made = x
    else:
        made = _rebuilt(x, deepcopy, memo)
    memo[id(x)] = (made, x)
    return made


def _rebuilt(x, deep, memo):
    cls = type(x)
    if isinstance(x, dict):
        made = cls.__new__(cls)
        dict.update(made, {k: deep(v, memo) if deep else v for k, v in x.items()})
    elif isinstance(x, list):
        made = cls.__new__(cls)
        list.extend(made, [deep(v, memo) if deep else v for v in x])
    elif isinstance(x, (tuple, str, int, float)):
        return x
    else:
        made = object.__new__(cls) if cls.__new__ is object.__new__ else cls.__new__(cls)
    if deep:
        memo[id(x)] = (made, x)
    state = getattr(x, "__dict__", None)
    if state:
        made.__dict__.update(deep(dict(state), memo) if deep else state)
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(x, name):
                value = getattr(x, name)
                setattr(made, name, deep(value, memo) if deep else value)
    return made
