# Abstract classes.
#
# Owns the metaclass that refuses instances of classes with abstract methods left.

def abstractmethod(funcobj):
    funcobj.__isabstractmethod__ = True
    return funcobj


class abstractproperty(property):
    __isabstractmethod__ = True


class abstractclassmethod(classmethod):
    __isabstractmethod__ = True


class abstractstaticmethod(staticmethod):
    __isabstractmethod__ = True


def _is_abstract(value):
    if getattr(value, "__isabstractmethod__", False):
        return True
    if isinstance(value, property):
        return any(getattr(part, "__isabstractmethod__", False) for part in (value.fget, value.fset, value.fdel) if part)
    return bool(getattr(getattr(value, "__func__", None), "__isabstractmethod__", False))


class ABCMeta(type):
    def __new__(mcls, name, bases, namespace, **kwargs):
        cls = super().__new__(mcls, name, bases, namespace, **kwargs)
        left = {key for key, value in namespace.items() if _is_abstract(value)}
        for base in bases:
            for key in getattr(base, "__abstractmethods__", ()):
                if _is_abstract(getattr(cls, key, None)) or key in left:
                    left.add(key)
        cls.__abstractmethods__ = frozenset(left)
        cls._registered = []
        return cls

    def __call__(cls, *args, **kwargs):
        left = cls.__abstractmethods__
        if left:
            names = ", ".join(sorted(left))
            plural = "s" if len(left) > 1 else ""
            raise TypeError(f"Can't instantiate abstract class {cls.__name__} with abstract method{plural} {names}")
        return super().__call__(*args, **kwargs)

    def register(cls, subclass):
        cls._registered.append(subclass)
        return subclass

    def __instancecheck__(cls, instance):
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass):
        if cls in subclass.__mro__:
            return True
        hook = cls.__dict__.get("__subclasshook__")
        if hook is not None:
            answer = hook.__func__(cls, subclass) if hasattr(hook, "__func__") else hook(subclass)
            if answer is not NotImplemented:
                return bool(answer)
        return any(issubclass(subclass, one) for one in cls.__dict__.get("_registered", ()))


class ABC(metaclass=ABCMeta):
    __slots__ = ()
