# Abstract collections: what a class has to have to be one.
#
# Owns the classes and which methods make one. Must not know concrete containers.

from abc import ABCMeta


def _has(*names):
    def __subclasshook__(cls, subclass):
        for name in names:
            if not any(name in base.__dict__ and base.__dict__[name] is not None for base in subclass.__mro__):
                return NotImplemented
        return True

    return classmethod(__subclasshook__)


def _one(name, *methods, bases=()):
    body = {"__module__": "collections.abc", "__slots__": ()}
    if methods:
        body["__subclasshook__"] = _has(*methods)
    made = ABCMeta(name, bases or (object,), body)
    made.__class_getitem__ = classmethod(lambda cls, params: cls)
    return made


Hashable = _one("Hashable", "__hash__")
Iterable = _one("Iterable", "__iter__")
Iterator = _one("Iterator", "__iter__", "__next__")
Reversible = _one("Reversible", "__reversed__", "__iter__")
Sized = _one("Sized", "__len__")
Container = _one("Container", "__contains__")
Callable = _one("Callable", "__call__")
Collection = _one("Collection", "__len__", "__iter__", "__contains__")
Generator = _one("Generator", "send", "throw", "close", "__iter__", "__next__")
Sequence = _one("Sequence")
MutableSequence = _one("MutableSequence")
Set = _one("Set")
MutableSet = _one("MutableSet")
Mapping = _one("Mapping")
MutableMapping = _one("MutableMapping")
MappingView = _one("MappingView")
KeysView = _one("KeysView")
ItemsView = _one("ItemsView")
ValuesView = _one("ValuesView")
ByteString = _one("ByteString")
Awaitable = _one("Awaitable", "__await__")
Coroutine = _one("Coroutine")
AsyncIterable = _one("AsyncIterable", "__aiter__")
AsyncIterator = _one("AsyncIterator", "__aiter__", "__anext__")
AsyncGenerator = _one("AsyncGenerator")
for _kind in (list, tuple, str, range, bytes):
    Sequence.register(_kind)
MutableSequence.register(list)
for _kind in (set, frozenset):
    Set.register(_kind)
MutableSet.register(set)
Mapping.register(dict)
MutableMapping.register(dict)
