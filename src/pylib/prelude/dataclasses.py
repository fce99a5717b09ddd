# Classes made from their annotations.
#
# Owns fields and the methods that they make. Must not know mapped classes.

class FrozenInstanceError(AttributeError):
    pass


class _MISSING_TYPE:
    def __repr__(self):
        return "<dataclasses._MISSING_TYPE object>"


class _KW_ONLY_TYPE:
    pass


MISSING = _MISSING_TYPE()
KW_ONLY = _KW_ONLY_TYPE()


class InitVar:
    def __init__(self, type):
        self.type = type

    def __class_getitem__(cls, type):
        return InitVar(type)


class Field:
    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only):
        self.name = None
        self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = metadata or {}
        self.kw_only = kw_only
        self._is_var = False

    def __repr__(self):
        return (
            f"Field(name={self.name!r},type={self.type!r},default={self.default!r},"
            f"default_factory={self.default_factory!r},init={self.init!r},repr={self.repr!r},hash={self.hash!r},"
            f"compare={self.compare!r},metadata={self.metadata!r},kw_only={self.kw_only!r})"
        )


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None,
          kw_only=MISSING):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only)


def _is_class_var(annotation):
    if isinstance(annotation, str):
        return annotation.startswith(("ClassVar", "typing.ClassVar", "t.ClassVar"))
    return getattr(annotation, "_name", None) == "ClassVar"


def _collect(cls, kw_only):
    fields = {}
    for base in cls.__mro__[-1:0:-1]:
        for one in base.__dict__.get("__dataclass_fields__", {}).values():
            fields[one.name] = one
    only = kw_only
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():
        if annotation is KW_ONLY or annotation == "KW_ONLY":
            only = True
            continue
        if _is_class_var(annotation):
            continue
        default = cls.__dict__.get(name, MISSING)
        if isinstance(default, Field):
            one = default
            if one.default is MISSING:
                if name in cls.__dict__:
                    delattr(cls, name)
            else:
                setattr(cls, name, one.default)
        else:
            one = field(default=default)
        one.name = name
        one.type = annotation
        one._is_var = isinstance(annotation, InitVar)
        if one.kw_only is MISSING:
            one.kw_only = only
        if one.default is not MISSING and (type(one.default).__hash__ is None or isinstance(one.default, (list, dict, set))):
            raise ValueError(f"mutable default {type(one.default)} for field {name} is not allowed: use default_factory")
        fields[name] = one
    return fields


def _init_source(fields):
    plain = [one for one in fields.values() if one.init and not one.kw_only]
    named = [one for one in fields.values() if one.init and one.kw_only]
    seen_default = False
    for one in plain:
        if one.default is not MISSING or one.default_factory is not MISSING:
            seen_default = True
        elif seen_default:
            raise TypeError(f"non-default argument {one.name!r} follows default argument")
    scope = {"MISSING": MISSING, "_set": object.__setattr__}

    def parameter(one):
        if one.default is not MISSING:
            scope[f"_default_{one.name}"] = one.default
            return f"{one.name}=_default_{one.name}"
        if one.default_factory is not MISSING:
            return f"{one.name}=MISSING"
        return one.name

    parameters = [parameter(one) for one in plain]
    if named:
        parameters += ["*"] + [parameter(one) for one in named]
    return parameters, scope


def _make_init(cls, fields, frozen):
    parameters, scope = _init_source(fields)
    lines = []
    for one in fields.values():
        if one.default_factory is not MISSING:
            scope[f"_factory_{one.name}"] = one.default_factory
            made = f"_factory_{one.name}()"
            value = f"{made} if {one.name} is MISSING else {one.name}" if one.init else made
        elif one.init:
            value = one.name
        elif one.default is not MISSING:
            continue
        else:
            continue
        if one._is_var:
            continue
        if frozen:
            lines.append(f"    _set(self, {one.name!r}, {value})")
        else:
            lines.append(f"    self.{one.name} = {value}")
    if hasattr(cls, "__post_init__"):
        given = ", ".join(one.name for one in fields.values() if one._is_var)
        lines.append(f"    self.__post_init__({given})")
    exec(f"def __init__({', '.join(['self', *parameters])}):\n" + ("\n".join(lines) or "    pass") + "\n", scope)
    init = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {one.name: one.type for one in fields.values() if one.init}
    return init


def _set_new(cls, name, value):
    if name in cls.__dict__:
        return True
    value.__qualname__ = f"{cls.__qualname__}.{name}"
    setattr(cls, name, value)
    return False


def dataclass(cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False,
              match_args=True, kw_only=False, slots=False, weakref_slot=False):
    def wrap(cls):
        return _process(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only)

    return wrap if cls is None else wrap(cls)


def _process(cls, init, with_repr, eq, order, unsafe_hash, frozen, match_args, kw_only):
    for base in cls.__mro__[1:]:
        params = base.__dict__.get("__dataclass_params__")
        if params is not None:
            if params["frozen"] and not frozen:
                raise TypeError("cannot inherit non-frozen dataclass from a frozen one")
            if not params["frozen"] and frozen:
                raise TypeError("cannot inherit frozen dataclass from a non-frozen one")
    all_fields = _collect(cls, kw_only)
    cls.__dataclass_fields__ = all_fields
    cls.__dataclass_params__ = {"init": init, "repr": with_repr, "eq": eq, "order": order, "frozen": frozen}
    shown = [one.name for one in all_fields.values() if one.repr and not one._is_var]
    compared = [one.name for one in all_fields.values() if one.compare and not one._is_var]
    if init:
        made = _make_init(cls, all_fields, frozen)
        if "__init__" not in cls.__dict__ or True:
            setattr(cls, "__init__", made)
    if with_repr and "__repr__" not in cls.__dict__:
        running = set()

        def __repr__(self):
            if id(self) in running:
                return "..."
            running.add(id(self))
            try:
                inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
            finally:
                running.discard(id(self))
            return f"{type(self).__qualname__}({inside})"

        _set_new(cls, "__repr__", __repr__)

    def key(self):
        return tuple(getattr(self, name) for name in compared)

    if eq and "__eq__" not in cls.__dict__:

        def __eq__(self, other):
            if other.__class__ is self.__class__:
                return key(self) == key(other)
            return NotImplemented

        _set_new(cls, "__eq__", __eq__)
    if order:
        if not eq:
            raise ValueError("eq must be true if order is true")

        def __lt__(self, other):
            return key(self) < key(other) if other.__class__ is self.__class__ else NotImplemented

        def __le__(self, other):
            return key(self) <= key(other) if other.__class__ is self.__class__ else NotImplemented

        def __gt__(self, other):
            return key(self) > key(other) if other.__class__ is self.__class__ else NotImplemented

        def __ge__(self, other):
            return key(self) >= key(other) if other.__class__ is self.__class__ else NotImplemented

        for name, method in (("__lt__", __lt__), ("__le__", __le__), ("__gt__", __gt__), ("__ge__", __ge__)):
            if _set_new(cls, name, method):
                raise TypeError(
                    f"Cannot overwrite attribute {name} in class {cls.__name__}. Consider using functools.total_ordering"
                )
    if frozen:
        names = list(all_fields)

        def __setattr__(self, name, value):
            if type(self) is cls or name in names:
                raise FrozenInstanceError(f"cannot assign to field {name!r}")
            super(cls, self).__setattr__(name, value)

        def __delattr__(self, name):
            if type(self) is cls or name in names:
                raise FrozenInstanceError(f"cannot delete field {name!r}")
            super(cls, self).__delattr__(name)

        _set_new(cls, "__setattr__", __setattr__)
        _set_new(cls, "__delattr__", __delattr__)
    hashed = [one.name for one in all_fields.values() if (one.compare if one.hash is None else one.hash)]
    own_hash = "__hash__" in cls.__dict__ and not (cls.__dict__["__hash__"] is None and "__eq__" in cls.__dict__)
    if unsafe_hash or (eq and frozen and not own_hash):
        cls.__hash__ = lambda self: hash(tuple(getattr(self, name) for name in hashed))
    elif eq and not own_hash:
        cls.__hash__ = None
    if match_args and "__match_args__" not in cls.__dict__:
        cls.__match_args__ = tuple(one.name for one in all_fields.values() if one.init and not one.kw_only)
    if not cls.__doc__:
        cls.__doc__ = cls.__name__ + "()"
    return cls


def fields(class_or_instance):
    try:
        found = class_or_instance.__dataclass_fields__
    except AttributeError:
        raise TypeError("must be called with a dataclass type or instance") from None
    return tuple(one for one in found.values() if not one._is_var)


def is_dataclass(obj):
    return hasattr(obj if isinstance(obj, type) else type(obj), "__dataclass_fields__")


def _is_instance(obj):
    return hasattr(type(obj), "__dataclass_fields__")


def asdict(obj, *, dict_factory=dict):
    if not _is_instance(obj):
        raise TypeError("asdict() should be called on dataclass instances")
    return _as(obj, dict_factory, None)


def astuple(obj, *, tuple_factory=tuple):
    if not _is_instance(obj):
        raise TypeError("astuple() should be called on dataclass instances")
    return _as(obj, None, tuple_factory)


def _as(obj, dict_factory, tuple_factory):
    if _is_instance(obj):
        values = [(one.name, _as(getattr(obj, one.name), dict_factory, tuple_factory)) for one in fields(obj)]
        return dict_factory(values) if dict_factory else tuple_factory([value for _, value in values])
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return type(obj)(*[_as(value, dict_factory, tuple_factory) for value in obj])
    if isinstance(obj, (list, tuple)):
        return type(obj)(_as(value, dict_factory, tuple_factory) for value in obj)
    if isinstance(obj, dict):
        return type(obj)(
            (_as(key, dict_factory, tuple_factory), _as(value, dict_factory, tuple_factory)) for key, value in obj.items()
        )
    import copy

    return copy.deepcopy(obj)


def replace(obj, /, **changes):
    if not _is_instance(obj):
        raise TypeError("replace() should be called on dataclass instances")
    for one in obj.__dataclass_fields__.values():
        if not one.init:
            if one.name in changes:
                raise ValueError(f"field {one.name} is declared with init=False, it cannot be specified with replace()")
            continue
        if one.name not in changes:
            if one._is_var and one.default is MISSING:
                raise ValueError(f"InitVar {one.name!r} must be specified with replace()")
            changes[one.name] = getattr(obj, one.name)
    return type(obj)(**changes)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, **kwargs):
    body = dict(namespace or {})
    annotations = {}
    for item in fields:
        if isinstance(item, str):
            annotations[item] = "typing.Any"
            continue
        annotations[item[0]] = item[1]
        if len(item) == 3:
            body[item[0]] = item[2]
    body["__annotations__"] = annotations
    return dataclass(type(cls_name, bases, body), **kwargs)
