# Type hints as objects that can be read back.
#
# Owns the forms and their reprs. Must not know what reads them.

import sys


def _name(tp):
    if tp is None or tp is type(None):
        return "NoneType" if tp is type(None) else "None"
    if tp is ...:
        return "..."
    if isinstance(tp, type) and not hasattr(tp, "__origin__"):
        if tp.__module__ == "builtins":
            return tp.__qualname__
        return f"{tp.__module__}.{tp.__qualname__}"
    if isinstance(tp, list):
        return "[" + ", ".join(_name(one) for one in tp) + "]"
    return repr(tp)


class ForwardRef:
    def __init__(self, arg, is_argument=True, module=None, *, is_class=False):
        self.__forward_arg__ = arg
        self.__forward_module__ = module

    def __eq__(self, other):
        return isinstance(other, ForwardRef) and self.__forward_arg__ == other.__forward_arg__

    def __hash__(self):
        return hash(self.__forward_arg__)

    def __repr__(self):
        return f"ForwardRef({self.__forward_arg__!r})"


def _convert(arg):
    if arg is None:
        return type(None)
    if isinstance(arg, str):
        return ForwardRef(arg)
    return arg


class _Union:
    """`X | Y` and Optional[X]."""

    def __init__(self, args):
        self.__origin__ = Union
        self.__args__ = args

    def __repr__(self):
        args = self.__args__
        if len(args) == 2 and type(None) in args:
            other = args[0] if args[1] is type(None) else args[1]
            return f"typing.Optional[{_name(other)}]"
        return "typing.Union[" + ", ".join(_name(arg) for arg in args) + "]"

    def __eq__(self, other):
        return isinstance(other, _Union) and set(self.__args__) == set(other.__args__)

    def __hash__(self):
        return hash(frozenset(self.__args__))

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __call__(self, *args, **kwargs):
        raise TypeError("Cannot instantiate typing.Union")


class _GenericAlias:
    """A subscripted form: `List[int]`, `Mapped[str]`."""

    def __init__(self, origin, args, name=None):
        self.__origin__ = origin
        self.__args__ = args
        self._name = name

    @property
    def __parameters__(self):
        return tuple(arg for arg in self.__args__ if isinstance(arg, TypeVar))

    def __getitem__(self, params):
        if not isinstance(params, tuple):
            params = (params,)
        given = iter(params)
        args = tuple(_convert(next(given)) if isinstance(arg, TypeVar) else arg for arg in self.__args__)
        return _GenericAlias(self.__origin__, args, self._name)

    def __call__(self, *args, **kwargs):
        return self.__origin__(*args, **kwargs)

    def __mro_entries__(self, bases):
        return (self.__origin__,) if isinstance(self.__origin__, type) else ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__origin__, name)

    def __repr__(self):
        head = f"typing.{self._name}" if self._name else _name(self.__origin__)
        return f"{head}[" + ", ".join(_name(arg) for arg in self.__args__) + "]"

    def __eq__(self, other):
        return (
            isinstance(other, _GenericAlias)
            and self.__origin__ is other.__origin__
            and self.__args__ == other.__args__
        )

    def __hash__(self):
        return hash((id(self.__origin__), self.__args__))

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]


class _Form:
    """A special form such as Optional, taken apart by `make`."""

    def __init__(self, name, make):
        self._name = name
        self.__name__ = name
        self._make = make

    def __getitem__(self, params):
        return self._make(params)

    def __repr__(self):
        return f"typing.{self._name}"

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __call__(self, *args, **kwargs):
        raise TypeError(f"Cannot instantiate {self!r}")


def _make_union(params):
    if not isinstance(params, tuple):
        params = (params,)
    flat = []
    for param in params:
        param = _convert(param)
        for one in param.__args__ if isinstance(param, _Union) else (param,):
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else _Union(tuple(flat))


Union = _Form("Union", _make_union)
Optional = _Form("Optional", lambda param: Union[param, None])


class _Alias:
    """`List` and its kin: subscriptable, and callable as the builtin that they stand for."""

    def __init__(self, origin, name):
        self.__origin__ = origin
        self._name = name
        self.__name__ = name

    def __getitem__(self, params):
        if not isinstance(params, tuple):
            params = (params,)
        return _GenericAlias(self.__origin__, tuple(_convert(param) for param in params), self._name)

    def __call__(self, *args, **kwargs):
        return self.__origin__(*args, **kwargs)

    def __mro_entries__(self, bases):
        return (self.__origin__,)

    def __repr__(self):
        return f"typing.{self._name}"

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]


List = _Alias(list, "List")
Dict = _Alias(dict, "Dict")
Set = _Alias(set, "Set")
FrozenSet = _Alias(frozenset, "FrozenSet")
Tuple = _Alias(tuple, "Tuple")
Type = _Alias(type, "Type")
DefaultDict = _Alias(dict, "DefaultDict")
OrderedDict = _Alias(dict, "OrderedDict")
Counter = _Alias(dict, "Counter")
Deque = _Alias(list, "Deque")


class _Abstract:
    """Names of abstract collections, for hints only."""


def _abstract(name):
    return _Alias(type(name, (_Abstract,), {"__module__": "collections.abc"}), name)


Iterable = _abstract("Iterable")
Iterator = _abstract("Iterator")
Generator = _abstract("Generator")
Sequence = _abstract("Sequence")
MutableSequence = _abstract("MutableSequence")
Mapping = _abstract("Mapping")
MutableMapping = _abstract("MutableMapping")
Collection = _abstract("Collection")
Container = _abstract("Container")
Hashable = _abstract("Hashable")
Sized = _abstract("Sized")
Awaitable = _abstract("Awaitable")
Coroutine = _abstract("Coroutine")
AsyncIterator = _abstract("AsyncIterator")
AsyncIterable = _abstract("AsyncIterable")
AsyncGenerator = _abstract("AsyncGenerator")
ContextManager = _abstract("ContextManager")
AbstractSet = _abstract("AbstractSet")
MutableSet = _abstract("MutableSet")
KeysView = _abstract("KeysView")
ValuesView = _abstract("ValuesView")
ItemsView = _abstract("ItemsView")
Pattern = _abstract("Pattern")
Match = _abstract("Match")
Reversible = _abstract("Reversible")
SupportsInt = _abstract("SupportsInt")
SupportsFloat = _abstract("SupportsFloat")


class _CallableForm(_Alias):
    def __getitem__(self, params):
        args, result = params
        args = (*args, result) if isinstance(args, list) else (args, result)
        return _GenericAlias(self.__origin__, tuple(_convert(arg) for arg in args), "Callable")


Callable = _CallableForm(type("Callable", (_Abstract,), {"__module__": "collections.abc"}), "Callable")


def _single(name):
    marker = object()
    return _Form(name, lambda param: _GenericAlias(globals()[name], (_convert(param),), name))


ClassVar = _single("ClassVar")
Final = _single("Final")
Required = _single("Required")
NotRequired = _single("NotRequired")
TypeGuard = _single("TypeGuard")
Unpack = _single("Unpack")
Concatenate = _Form("Concatenate", lambda params: _GenericAlias(Concatenate, tuple(params), "Concatenate"))
Literal = _Form(
    "Literal",
    lambda params: _GenericAlias(Literal, params if isinstance(params, tuple) else (params,), "Literal"),
)


class _AnnotatedAlias(_GenericAlias):
    def __init__(self, origin, metadata):
        super().__init__(origin, (origin,), None)
        self.__metadata__ = metadata

    def __repr__(self):
        return "typing.Annotated[" + ", ".join([_name(self.__origin__), *map(repr, self.__metadata__)]) + "]"

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


class Annotated:
    def __class_getitem__(cls, params):
        origin, *metadata = params
        if isinstance(origin, _AnnotatedAlias):
            return _AnnotatedAlias(origin.__origin__, (*origin.__metadata__, *metadata))
        return _AnnotatedAlias(_convert(origin), tuple(metadata))


class _Word:
    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return f"typing.{self._name}"

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __call__(self, *args, **kwargs):
        raise TypeError(f"Cannot instantiate {self!r}")


class Any:
    def __new__(cls, *args, **kwargs):
        if cls is Any:
            raise TypeError("Any cannot be instantiated")
        return super().__new__(cls)


NoReturn = _Word("NoReturn")
Never = _Word("Never")
Self = _Word("Self")
LiteralString = _Word("LiteralString")
TypeAlias = _Word("TypeAlias")


class TypeVar:
    def __init__(self, name, *constraints, bound=None, covariant=False, contravariant=False):
        self.__name__ = name
        self.__constraints__ = constraints
        self.__bound__ = bound
        self.__covariant__ = covariant
        self.__contravariant__ = contravariant

    def __repr__(self):
        sign = "+" if self.__covariant__ else "-" if self.__contravariant__ else "~"
        return sign + self.__name__

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]


class ParamSpec(TypeVar):
    @property
    def args(self):
        return self

    @property
    def kwargs(self):
        return self


class TypeVarTuple(TypeVar):
    def __iter__(self):
        yield self


class Generic:
    def __class_getitem__(cls, params):
        if not isinstance(params, tuple):
            params = (params,)
        return _GenericAlias(cls, tuple(_convert(param) for param in params))


class Protocol(Generic):
    pass


def NewType(name, tp):
    def new_type(value):
        return value

    new_type.__name__ = name
    new_type.__supertype__ = tp
    return new_type


def NamedTuple(typename, fields=None, **kwargs):
    from collections import namedtuple

    return namedtuple(typename, [name for name, _ in fields or kwargs.items()])


class _NamedTupleBase:
    def __mro_entries__(self, bases):
        return (_NamedTupleMaker,)


class _NamedTupleMaker:
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)


class TypedDict(dict):
    def __init_subclass__(cls, total=True, **kwargs):
        super().__init_subclass__(**kwargs)


TYPE_CHECKING = False
Text = str
AnyStr = TypeVar("AnyStr", bytes, str)


def cast(typ, val):
    return val


def overload(func):
    return func


def final(f):
    return f


def no_type_check(arg):
    return arg


def runtime_checkable(cls):
    return cls


def dataclass_transform(**kwargs):
    return lambda cls: cls


def override(method):
    return method


def reveal_type(obj):
    return obj


def assert_never(arg):
    raise AssertionError(f"Expected code to be unreachable, but got: {arg!r}")


def get_origin(tp):
    if isinstance(tp, _AnnotatedAlias):
        return Annotated
    return getattr(tp, "__origin__", None)


def get_args(tp):
    if isinstance(tp, _AnnotatedAlias):
        return (tp.__origin__, *tp.__metadata__)
    return getattr(tp, "__args__", ())


def get_type_hints(obj, globalns=None, localns=None, include_extras=False):
    hints = {}
    classes = reversed(obj.__mro__) if isinstance(obj, type) else [obj]
    for one in classes:
        names = globalns or getattr(sys.modules.get(getattr(one, "__module__", None)), "__dict__", {})
        for name, hint in dict(getattr(one, "__dict__", {}).get("__annotations__", getattr(one, "__annotations__", {}) if not isinstance(one, type) else {})).items():
            if isinstance(hint, str):
                hint = eval(hint, dict(names), dict(localns or {}))
            hints[name] = type(None) if hint is None else hint
    return hints
