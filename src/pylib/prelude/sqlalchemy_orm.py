# sqlalchemy.orm: the names of its parts.
#
# Owns gathering them. Must not know how any of them works.

from sqlalchemy.orm._mapping import *
from sqlalchemy.orm._objects import *
from sqlalchemy.orm._bases import *
from sqlalchemy.orm._dataclass import MappedAsDataclass
from sqlalchemy.orm.session import *
from sqlalchemy.orm.scoping import *
from sqlalchemy.orm.query import Query
from sqlalchemy.orm.dynamic import AppenderQuery
from sqlalchemy.orm.writeonly import WriteOnlyCollection
from sqlalchemy.orm.strategy_options import *
from sqlalchemy.orm.util import *
from sqlalchemy.orm.collections import attribute_keyed_dict, attribute_mapped_collection, column_keyed_dict, column_mapped_collection, mapped_collection, keyfunc_mapping, MappedCollection, KeyFuncDict


class DeclarativeBaseNoMeta(DeclarativeBase):
    __abstract__ = True


class DeclarativeMeta(type):
    pass


def has_inherited_table(cls):
    for base in cls.__mro__[1:]:
        if getattr(base, "__table__", None) is not None:
            return True
    return False


def object_mapper(instance):
    return class_mapper(type(instance))


def reconstructor(fn):
    fn.__sa_reconstructor__ = True
    return fn


def as_declarative(**options):
    def decorate(cls):
        options["cls"] = cls
        options["name"] = cls.__name__
        return declarative_base(**options)

    return decorate


def declarative_mixin(cls):
    return cls
