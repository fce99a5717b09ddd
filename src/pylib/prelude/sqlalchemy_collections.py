# Collections that are keyed by an attribute of their members.
#
# Owns the keyed dictionaries and the role decorators. Telling the owner of changes is the native collections' work.

from sqlalchemy.orm._mapping import InstrumentedDict, InstrumentedList, InstrumentedSet


class KeyFuncDict(InstrumentedDict):
    def __init__(self, keyfunc, *, ignore_unpopulated_attribute=False):
        super().__init__()
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute

    def set(self, value, _sa_initiator=None):
        key = self.keyfunc(value)
        self[key] = value

    def remove(self, value, _sa_initiator=None):
        key = self.keyfunc(value)
        if key in self and self[key] is not value and self[key] != value:
            raise _cannot_remove(value, key, self[key])
        del self[key]


MappedCollection = KeyFuncDict


def _cannot_remove(value, key, found):
    from sqlalchemy.exc import InvalidRequestError

    return InvalidRequestError(
        "Can not remove '%s' from collection; collection holds '%s' for key '%s'. "
        "Possible cause: is the KeyFuncDict key function "
        "based on mutable properties or properties that only obtain "
        "values after flush?" % (value, found, key)
    )


def keyfunc_mapping(keyfunc, *, ignore_unpopulated_attribute=False):
    return lambda: KeyFuncDict(keyfunc, ignore_unpopulated_attribute=ignore_unpopulated_attribute)


mapped_collection = keyfunc_mapping


def attribute_keyed_dict(attr_name, *, ignore_unpopulated_attribute=False):
    return keyfunc_mapping(lambda value: getattr(value, attr_name))


attribute_mapped_collection = attribute_keyed_dict


def column_keyed_dict(mapping_spec, *, ignore_unpopulated_attribute=False):
    columns = mapping_spec if isinstance(mapping_spec, (list, tuple)) else [mapping_spec]

    def key(value):
        mapper = type(value).__mapper__
        keys = tuple(getattr(value, mapper.get_property_by_column(column).key) for column in columns)
        return keys[0] if len(keys) == 1 else keys

    return keyfunc_mapping(key)


column_mapped_collection = column_keyed_dict


class collection:
    @staticmethod
    def appender(fn):
        fn._sa_instrument_role = "appender"
        return fn

    @staticmethod
    def remover(fn):
        fn._sa_instrument_role = "remover"
        return fn

    @staticmethod
    def iterator(fn):
        fn._sa_instrument_role = "iterator"
        return fn

    @staticmethod
    def internally_instrumented(fn):
        return fn

    @staticmethod
    def converter(fn):
        return fn

    @staticmethod
    def adds(arg):
        return lambda fn: fn

    @staticmethod
    def replaces(arg):
        return lambda fn: fn

    @staticmethod
    def removes(arg):
        return lambda fn: fn

    @staticmethod
    def removes_return():
        return lambda fn: fn
