# Enumerations.
#
# Owns the metaclass that turns a class body's names into members. Must not know columns.

_MISSING = object()
_property = property


class auto:
    def __init__(self):
        self.value = _MISSING


class member:
    def __init__(self, value):
        self.value = value


class nonmember:
    def __init__(self, value):
        self.value = value


def _is_dunder(name):
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def _is_sunder(name):
    return len(name) > 2 and name[0] == name[-1] == "_" and name[1] != "_" and name[-2] != "_"


def _is_descriptor(value):
    kind = type(value)
    if isinstance(value, (classmethod, staticmethod, _property)) or kind.__name__ in ("function", "cached_property"):
        return True
    return hasattr(kind, "__get__") or hasattr(kind, "__set__") or hasattr(kind, "__delete__")


class _EnumDict(dict):
    """The namespace of an enum's body: remembers which names are members, and refuses a second one of a name."""

    def __init__(self, cls_name):
        super().__init__()
        self._cls_name = cls_name
        self._member_names = []
        self._last_values = []
        self._ignore = []
        self._generate = None

    def __setitem__(self, key, value):
        if _is_sunder(key):
            if key == "_generate_next_value_":
                self._generate = value.__func__ if isinstance(value, staticmethod) else value
            elif key == "_ignore_":
                self._ignore = value.replace(",", " ").split() if isinstance(value, str) else list(value)
            elif key not in ("_order_", "_missing_", "_numeric_repr_"):
                raise ValueError(f"_sunder_ names, such as {key!r}, are reserved for future Enum use")
        elif _is_dunder(key):
            pass
        elif key in self._member_names:
            raise TypeError(f"{key!r} already defined as {self[key]!r}")
        elif key in self._ignore:
            pass
        elif isinstance(value, nonmember):
            value = value.value
        elif isinstance(value, type) or _is_descriptor(value):
            if key in self:
                raise TypeError(f"{key!r} already defined as {self[key]!r}")
        else:
            if key in self:
                raise TypeError(f"{key!r} already defined as {self[key]!r}")
            if isinstance(value, member):
                value = value.value
            if isinstance(value, auto):
                if value.value is _MISSING:
                    value.value = self._next(key)
                value = value.value
            elif isinstance(value, tuple) and any(isinstance(one, auto) for one in value):
                value = tuple(self._next(key) if isinstance(one, auto) else one for one in value)
            self._member_names.append(key)
            self._last_values.append(value)
        super().__setitem__(key, value)

    def _next(self, key):
        return self._generate(key, 1, len(self._member_names), self._last_values[:])


class property:
    """A property that a member of the same name may stand beside."""

    def __init__(self, fget=None):
        self.fget = fget
        self.name = None

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            found = owner._member_map_.get(self.name)
            if found is not None:
                return found
            raise AttributeError(f"{owner!r} has no attribute {self.name!r}")
        return self.fget(instance)

    def __set__(self, instance, value):
        raise AttributeError(f"<enum {type(instance).__name__!r}> cannot set attribute {self.name!r}")


DynamicClassAttribute = property


class EnumType(type):
    @classmethod
    def __prepare__(metacls, cls, bases, **kwds):
        names = _EnumDict(cls)
        for base in bases:
            generate = getattr(base, "_generate_next_value_", None)
            if generate is not None:
                names._generate = generate
                break
        return names

    def __new__(metacls, cls, bases, classdict, **kwds):
        for base in bases:
            if getattr(base, "_member_names_", None):
                raise TypeError(f"<enum {cls!r}> cannot extend {base!r}")
        names = list(classdict._member_names)
        values = {name: classdict[name] for name in names}
        body = {name: value for name, value in classdict.items() if name not in values and name not in classdict._ignore}
        if classdict._generate is not None and "_generate_next_value_" in body:
            body["_generate_next_value_"] = staticmethod(classdict._generate)
        made = super().__new__(metacls, cls, bases, body, **kwds)
        made._member_names_ = []
        made._member_map_ = {}
        made._value2member_map_ = {}
        data_type = metacls._data_type(made)
        made._member_type_ = data_type or object
        is_root = not any(isinstance(base, EnumType) for base in bases)
        own_new = None if is_root else body.get("__new__")
        if own_new is None:
            for base in made.__mro__[1:]:
                candidate = base.__dict__.get("_new_member_")
                if candidate is not None:
                    own_new = candidate
                    break
        if own_new is not None:
            made._new_member_ = own_new
            function = own_new.__func__ if isinstance(own_new, staticmethod) else own_new
        else:
            function = None
        for name in names:
            value = values[name]
            args = value if isinstance(value, tuple) else (value,)
            if data_type is tuple:
                args = (args,)
            if function is not None:
                one = function(made, *args)
            elif data_type is not None:
                one = data_type.__new__(made, *args)
            else:
                one = object.__new__(made)
            if not hasattr(one, "_value_"):
                if data_type is None or data_type is object:
                    one._value_ = value
                else:
                    try:
                        one._value_ = data_type(*args)
                    except Exception:
                        one._value_ = value
            one._name_ = name
            one.__objclass__ = made
            if "__init__" in body or any("__init__" in base.__dict__ for base in made.__mro__[1:] if issubclass(base, Enum) and base is not Enum):
                one.__init__(*args)
            one._sort_order_ = len(made._member_names_)
            known = metacls._known(made, one._value_)
            if known is not None:
                one = known
            else:
                made._member_names_.append(name)
                try:
                    made._value2member_map_.setdefault(one._value_, one)
                except TypeError:
                    pass
            made._member_map_[name] = one
            if not isinstance(made.__dict__.get(name), property):
                type.__setattr__(made, name, one)
        for name in () if is_root else ("__repr__", "__str__", "__format__"):
            if name not in body:
                for base in made.__mro__[1:]:
                    if isinstance(base, EnumType) and name in base.__dict__:
                        type.__setattr__(made, name, base.__dict__[name])
                        break
        if not is_root:
            type.__setattr__(made, "__new__", Enum.__new__)
        if Flag is not None and issubclass(made, Flag):
            mask = 0
            for one in made._member_map_.values():
                if isinstance(one._value_, int):
                    mask |= one._value_
            made._flag_mask_ = mask
            # A member of several bits is an alias: it is not iterated.
            made._member_names_ = [
                name for name in made._member_names_
                if made._member_map_[name]._value_ and made._member_map_[name]._value_ & (made._member_map_[name]._value_ - 1) == 0
            ]
        return made

    def __init__(cls, *args, **kwds):
        super().__init__(args[0], args[1], args[2] if len(args) > 2 else {})

    @staticmethod
    def _data_type(made):
        for base in made.__mro__[1:]:
            if base is object or isinstance(base, EnumType):
                continue
            if base in (int, str, float, bytes, tuple):
                return base
            if "__new__" in base.__dict__:
                return base
        return None

    @staticmethod
    def _known(made, value):
        try:
            found = made._value2member_map_.get(value)
            if found is not None:
                return found
        except TypeError:
            pass
        for one in made._member_map_.values():
            if one._value_ == value and type(one._value_) is type(value):
                return one
        return None

    def __call__(cls, value, names=_MISSING, *, module=None, qualname=None, type=None, start=1):
        if names is _MISSING:
            return cls.__new__(cls, value)
        return cls._create(value, names, module, type, start)

    def _create(cls, name, names, module, mixin, start):
        bases = (cls,) if mixin is None else (mixin, cls)
        body = cls.__class__.__prepare__(name, bases)
        if isinstance(names, str):
            names = names.replace(",", " ").split()
        if isinstance(names, (list, tuple)) and names and isinstance(names[0], str):
            last = []
            pairs = []
            for index, one in enumerate(names):
                value = body._generate(one, start, index, last[:])
                last.append(value)
                pairs.append((one, value))
            names = pairs
        for item in names.items() if hasattr(names, "items") else names:
            body[item[0]] = item[1]
        made = cls.__class__.__new__(cls.__class__, name, bases, body)
        if module:
            made.__module__ = module
        return made

    def __contains__(cls, value):
        if not isinstance(value, Enum):
            import warnings

            raise TypeError(
                f"unsupported operand type(s) for 'in': '{type(value).__qualname__}' and '{cls.__class__.__qualname__}'"
            )
        return isinstance(value, cls) and value._name_ in cls._member_map_

    def __getitem__(cls, name):
        return cls._member_map_[name]

    def __iter__(cls):
        return (cls._member_map_[name] for name in cls._member_names_)

    def __reversed__(cls):
        return (cls._member_map_[name] for name in reversed(cls._member_names_))

    def __len__(cls):
        return len(cls._member_names_)

    def __bool__(cls):
        return True

    def __dir__(cls):
        return sorted(["__class__", "__contains__", "__doc__", "__getitem__", "__init_subclass__", "__iter__", "__len__",
                       "__members__", "__module__", "__name__", "__qualname__", *cls._member_map_])

    @_property
    def __members__(cls):
        import types

        return types.MappingProxyType(cls._member_map_)

    def __getattr__(cls, name):
        if _is_dunder(name):
            raise AttributeError(name)
        found = cls.__dict__.get("_member_map_", {}).get(name)
        if found is None:
            raise AttributeError(name)
        return found

    def __setattr__(cls, name, value):
        if name in cls.__dict__.get("_member_map_", {}):
            raise AttributeError(f"cannot reassign member {name!r}")
        super().__setattr__(name, value)

    def __delattr__(cls, name):
        if name in cls.__dict__.get("_member_map_", {}):
            raise AttributeError(f"{cls.__name__!r} cannot delete member {name!r}.")
        super().__delattr__(name)

    def __repr__(cls):
        kind = "flag" if Flag is not None and issubclass(cls, Flag) else "enum"
        return f"<{kind} {cls.__name__!r}>"


EnumMeta = EnumType
Enum = Flag = None


class Enum(metaclass=EnumType):
    def __new__(cls, value):
        if type(value) is cls:
            return value
        try:
            found = cls._value2member_map_.get(value)
            if found is not None:
                return found
        except TypeError:
            pass
        for one in cls._member_map_.values():
            if one._value_ == value:
                return one
        result = cls._missing_(value)
        if isinstance(result, cls):
            return result
        if result is None:
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")
        raise TypeError(f"error in {cls.__name__}._missing_: returned {result!r} instead of None or a valid member")

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        numbers = [value for value in last_values if isinstance(value, int)]
        if not last_values:
            return start
        if not numbers:
            return start
        return max(numbers) + 1

    @classmethod
    def _missing_(cls, value):
        return None

    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __repr__(self):
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self._name_}"

    def __format__(self, spec):
        return str.__format__(str(self), spec)

    def __hash__(self):
        return hash(self._name_)

    def __dir__(self):
        return sorted(["__class__", "__doc__", "__module__", "name", "value"])

    def __reduce_ex__(self, proto):
        return (type(self), (self._value_,))

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self


class ReprEnum(Enum):
    pass


class IntEnum(int, ReprEnum):
    def __str__(self):
        return int.__repr__(self._value_)

    def __format__(self, spec):
        return int.__format__(self._value_, spec)

    def __hash__(self):
        return hash(self._value_)


class StrEnum(str, ReprEnum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __str__(self):
        return str.__str__(self._value_)

    def __format__(self, spec):
        return str.__format__(self._value_, spec)

    def __hash__(self):
        return hash(self._value_)


class Flag(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        if not last_values:
            return start if start is not None else 1
        return 2 ** max(last_values).bit_length()

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int):
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")
        if value < 0:
            value = cls._flag_mask_ & value
            found = cls._value2member_map_.get(value)
            if found is not None:
                return found
        if value & ~cls._flag_mask_:
            if not issubclass(cls, int):
                width = max(cls._flag_mask_.bit_length(), value.bit_length())
                raise ValueError(
                    f"{cls!r} invalid value {value!r}\n    given {value:#0{width + 2}b}\n"
                    f"  allowed {cls._flag_mask_:#0{width + 2}b}"
                )
        base = cls._member_type_
        made = object.__new__(cls) if base is object else base.__new__(cls, value)
        made._value_ = value
        made._name_ = "|".join(one._name_ for one in cls if one._value_ & value) or None
        cls._value2member_map_[value] = made
        return made

    def __iter__(self):
        return (one for one in type(self) if one._value_ & self._value_)

    def __len__(self):
        return bin(self._value_).count("1")

    def __contains__(self, other):
        if not isinstance(other, type(self)):
            raise TypeError(
                f"unsupported operand type(s) for 'in': '{type(other).__qualname__}' and '{type(self).__qualname__}'"
            )
        return other._value_ & self._value_ == other._value_

    def __bool__(self):
        return bool(self._value_)

    def _other(self, other):
        if isinstance(other, type(self)):
            return other._value_
        if self._member_type_ is not object and isinstance(other, int):
            return other
        return None

    def __or__(self, other):
        value = self._other(other)
        return NotImplemented if value is None else type(self)(self._value_ | value)

    def __and__(self, other):
        value = self._other(other)
        return NotImplemented if value is None else type(self)(self._value_ & value)

    def __xor__(self, other):
        value = self._other(other)
        return NotImplemented if value is None else type(self)(self._value_ ^ value)

    def __invert__(self):
        return type(self)(type(self)._flag_mask_ & ~self._value_)

    __ror__ = __or__
    __rand__ = __and__
    __rxor__ = __xor__

    def __repr__(self):
        if self._name_ is None:
            return f"<{type(self).__name__}: {self._value_!r}>"
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        if self._name_ is None:
            return f"{type(self).__name__}({self._value_!r})"
        return f"{type(self).__name__}.{self._name_}"


class IntFlag(int, Flag):
    def __str__(self):
        return int.__repr__(self._value_)

    def __format__(self, spec):
        return int.__format__(self._value_, spec)

    def __hash__(self):
        return hash(self._value_)


def unique(enumeration):
    aliases = [(name, one._name_) for name, one in enumeration._member_map_.items() if name != one._name_]
    if aliases:
        text = ", ".join(f"{alias} -> {name}" for alias, name in aliases)
        raise ValueError(f"duplicate values found in {enumeration!r}: {text}")
    return enumeration


def global_enum(cls):
    return cls


class FlagBoundary(StrEnum):
    STRICT = auto()
    CONFORM = auto()
    EJECT = auto()
    KEEP = auto()


STRICT, CONFORM, EJECT, KEEP = FlagBoundary
verify = lambda *checks: (lambda enumeration: enumeration)
