# Values that tell the object that holds them when they change.
#
# Owns Mutable and the three containers. Must not know sessions.

from sqlalchemy import event
from sqlalchemy.orm.attributes import flag_modified


class MutableBase:
    @property
    def _parents(self):
        if "_parent_list" not in self.__dict__:
            self.__dict__["_parent_list"] = {}
        return self.__dict__["_parent_list"]

    @classmethod
    def coerce(cls, key, value):
        if value is None:
            return None
        raise ValueError("Attribute '%s' does not accept objects of type %s" % (key, type(value)))


class Mutable(MutableBase):
    def changed(self):
        for owner, key in list(self._parents.values()):
            flag_modified(owner, key)

    @classmethod
    def associate_with_attribute(cls, attribute):
        from sqlalchemy.orm._mapping import track_mutable

        track_mutable(attribute, cls)

    @classmethod
    def as_mutable(cls, sqltype):
        from sqlalchemy import types

        sqltype = types.to_instance(sqltype)
        sqltype._mutable = cls
        return sqltype


class MutableDict(Mutable, dict):
    def __setitem__(self, key, value):
        dict.__setitem__(self, key, value)
        self.changed()

    def setdefault(self, key, value=None):
        result = dict.setdefault(self, key, value)
        self.changed()
        return result

    def __delitem__(self, key):
        dict.__delitem__(self, key)
        self.changed()

    def update(self, *a, **kw):
        dict.update(self, *a, **kw)
        self.changed()

    def pop(self, *arg):
        result = dict.pop(self, *arg)
        self.changed()
        return result

    def popitem(self):
        result = dict.popitem(self)
        self.changed()
        return result

    def clear(self):
        dict.clear(self)
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        if not isinstance(value, cls):
            if isinstance(value, dict):
                return cls(value)
            return Mutable.coerce(key, value)
        return value


class MutableList(Mutable, list):
    def __setitem__(self, index, value):
        list.__setitem__(self, index, value)
        self.changed()

    def __delitem__(self, index):
        list.__delitem__(self, index)
        self.changed()

    def pop(self, *arg):
        result = list.pop(self, *arg)
        self.changed()
        return result

    def append(self, x):
        list.append(self, x)
        self.changed()

    def extend(self, x):
        list.extend(self, x)
        self.changed()

    def __iadd__(self, x):
        self.extend(x)
        return self

    def insert(self, i, x):
        list.insert(self, i, x)
        self.changed()

    def remove(self, i):
        list.remove(self, i)
        self.changed()

    def clear(self):
        list.clear(self)
        self.changed()

    def sort(self, **kw):
        list.sort(self, **kw)
        self.changed()

    def reverse(self):
        list.reverse(self)
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        if not isinstance(value, cls):
            if isinstance(value, list):
                return cls(value)
            return Mutable.coerce(key, value)
        return value


class MutableSet(Mutable, set):
    def add(self, elem):
        set.add(self, elem)
        self.changed()

    def remove(self, elem):
        set.remove(self, elem)
        self.changed()

    def discard(self, elem):
        set.discard(self, elem)
        self.changed()

    def update(self, *arg):
        set.update(self, *arg)
        self.changed()

    def pop(self, *arg):
        result = set.pop(self, *arg)
        self.changed()
        return result

    def clear(self):
        set.clear(self)
        self.changed()

    @classmethod
    def coerce(cls, key, value):
        if not isinstance(value, cls):
            if isinstance(value, set):
                return cls(value)
            return Mutable.coerce(key, value)
        return value


class MutableComposite(MutableBase):
    def changed(self):
        for owner, key in list(self._parents.values()):
            flag_modified(owner, key)
