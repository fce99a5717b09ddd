# Association proxies: attributes of related objects, shown as if they were the object's own.
#
# Owns the proxy on classes and instances and the three kinds of proxied collections. The relationship below does
# all the work of telling sessions; nothing here knows one.

from sqlalchemy import or_
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm._mapping import class_mapper


def association_proxy(target_collection, attr, *, creator=None, getset_factory=None, proxy_factory=None,
                      proxy_bulk_set=None, info=None, cascade_scalar_deletes=False, create_on_none_assignment=False,
                      init=None, repr=None, default=None, default_factory=None, compare=None, kw_only=None, hash=None):
    return AssociationProxy(
        target_collection, attr, creator=creator, getset_factory=getset_factory, proxy_factory=proxy_factory,
        proxy_bulk_set=proxy_bulk_set, info=info, cascade_scalar_deletes=cascade_scalar_deletes,
        create_on_none_assignment=create_on_none_assignment,
    )


class AssociationProxy:
    is_orm_descriptor = True

    def __init__(self, target_collection, attr, *, creator=None, getset_factory=None, proxy_factory=None,
                 proxy_bulk_set=None, info=None, cascade_scalar_deletes=False, create_on_none_assignment=False):
        self.target_collection = target_collection
        self.value_attr = attr
        self.creator = creator
        self.getset_factory = getset_factory
        self.proxy_factory = proxy_factory
        self.proxy_bulk_set = proxy_bulk_set
        self.cascade_scalar_deletes = cascade_scalar_deletes
        self.create_on_none_assignment = create_on_none_assignment
        self.info = info if info is not None else {}
        self.key = "_AssociationProxy_%s_%s" % (target_collection, id(self))
        self._by_class = {}

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        proxy = self._for_class(owner if owner is not None else type(instance))
        if proxy is None:
            return self
        if instance is None:
            return proxy
        return proxy.get(instance)

    def __set__(self, instance, values):
        self._for_class(type(instance)).set(instance, values)

    def __delete__(self, instance):
        self._for_class(type(instance)).delete(instance)

    def for_class(self, class_, obj=None):
        return self._for_class(class_)

    def _for_class(self, class_):
        if class_ in self._by_class:
            return self._by_class[class_]
        owner = None
        for base in class_.__mro__:
            if "__mapper__" in base.__dict__:
                owner = base
                break
        if owner is None:
            return None
        made = AssociationProxyInstance(self, class_)
        self._by_class[class_] = made
        return made

    def __repr__(self):
        return "AssociationProxy(%r, %r)" % (self.target_collection, self.value_attr)


class AssociationProxyInstance:
    def __init__(self, parent, owning_class):
        self.parent = parent
        self.owning_class = owning_class
        self.target_collection = parent.target_collection
        self.value_attr = parent.value_attr
        self.key = parent.key

    @property
    def _property(self):
        found = class_mapper(self.owning_class).get_property(self.target_collection)
        if not hasattr(found, "direction"):
            raise NotImplementedError("association proxy to a non-relationship intermediary is not supported")
        return found

    @property
    def target_class(self):
        return self._property.mapper.class_

    @property
    def local_attr(self):
        return getattr(self.owning_class, self.target_collection)

    @property
    def remote_attr(self):
        return getattr(self.target_class, self.value_attr)

    @property
    def attr(self):
        return (self.local_attr, self.remote_attr)

    @property
    def scalar(self):
        return not self._property.uselist

    def _inner_proxy(self):
        inner = getattr(self.target_class, self.value_attr, None)
        return inner if isinstance(inner, AssociationProxyInstance) else None

    @property
    def _target_is_object(self):
        prop = getattr(self.remote_attr, "property", None)
        return hasattr(prop, "direction")

    @property
    def _value_is_scalar(self):
        prop = getattr(self.remote_attr, "property", None)
        return not getattr(prop, "uselist", False)

    # Instances.

    def _scalar_get(self, target):
        return getattr(target, self.value_attr)

    def get(self, obj):
        if self.scalar:
            target = getattr(obj, self.target_collection)
            if target is None:
                return None
            return self._scalar_get(target)
        cached = obj.__dict__.get(self.key) if hasattr(obj, "__dict__") else None
        if cached is not None and cached[0] == id(obj) and cached[1] == id(self):
            return cached[2]
        proxy = self._new(obj)
        setattr(obj, self.key, (id(obj), id(self), proxy))
        return proxy

    def _new(self, obj):
        creator = self.parent.creator or self.target_class
        collection = getattr(obj, self.target_collection)
        lazy = _LazyCollection(obj, self.target_collection)
        attr = self.value_attr
        if isinstance(collection, dict):
            kind = _AssociationDict
            getter, setter = lambda o: getattr(o, attr), lambda o, k, v: setattr(o, attr, v)
        else:
            kind = _AssociationSet if isinstance(collection, (set, frozenset)) else _AssociationList
            getter, setter = lambda o: getattr(o, attr), lambda o, v: setattr(o, attr, v)
        if self.parent.getset_factory is not None:
            getter, setter = self.parent.getset_factory(type(collection), self)
        if self.parent.proxy_factory is not None:
            return self.parent.proxy_factory(lazy, creator, self.value_attr, self)
        return kind(lazy, creator, getter, setter, self)

    def set(self, obj, values):
        if self.scalar:
            creator = self.parent.creator or self.target_class
            target = getattr(obj, self.target_collection)
            if target is None:
                if values is None and not self.parent.create_on_none_assignment:
                    return
                setattr(obj, self.target_collection, creator(values))
            else:
                setattr(target, self.value_attr, values)
                if values is None and self.parent.cascade_scalar_deletes:
                    setattr(obj, self.target_collection, None)
            return
        proxy = self.get(obj)
        if proxy is not values:
            proxy._bulk_replace(self, values)

    def delete(self, obj):
        if self.scalar:
            target = getattr(obj, self.target_collection)
            delattr(target, self.value_attr)
        delattr(obj, self.target_collection)

    # Classes.

    def _exists(self, criterion=None, **kwargs):
        attr = self.local_attr
        return attr.any(criterion, **kwargs) if attr.property.uselist else attr.has(criterion, **kwargs)

    def _criterion_exists(self, criterion=None, is_has=False, **kwargs):
        inner = self._inner_proxy()
        if inner is not None:
            return self._exists(inner._criterion_exists(criterion, **kwargs))
        if self._target_is_object:
            attr = self.remote_attr
            value = attr.any(criterion, **kwargs) if attr.property.uselist else attr.has(criterion, **kwargs)
        else:
            if kwargs:
                raise ArgumentError("Can't apply keyword arguments to column-targeted association proxy; use ==")
            if is_has and criterion is not None:
                raise ArgumentError("Non-empty has() not allowed for column-targeted association proxy; use ==")
            value = criterion
        return self._exists(value)

    def any(self, criterion=None, **kwargs):
        if self._inner_proxy() is None and self.scalar and (not self._target_is_object or self._value_is_scalar):
            raise InvalidRequestError("'any()' not implemented for scalar attributes. Use has().")
        return self._criterion_exists(criterion, is_has=False, **kwargs)

    def has(self, criterion=None, **kwargs):
        if self._inner_proxy() is None and (not self.scalar or (self._target_is_object and not self._value_is_scalar)):
            raise InvalidRequestError("'has()' not implemented for collections. Use any().")
        return self._criterion_exists(criterion, is_has=True, **kwargs)

    def contains(self, other, **kwargs):
        inner = self._inner_proxy()
        if inner is not None:
            return self._exists(inner == other if inner.scalar else inner.contains(other))
        if not self._target_is_object:
            return self._exists(self.remote_attr.contains(other, **kwargs))
        if self.scalar and not self._value_is_scalar:
            return self.local_attr.has(self.remote_attr.contains(other))
        if self.scalar:
            raise InvalidRequestError("contains() doesn't apply to a scalar object endpoint; use ==")
        return self._exists(**{self.value_attr: other})

    def __eq__(self, other):
        if not self._target_is_object and self._inner_proxy() is None:
            expr = self._exists(self.remote_attr == other)
            if other is None:
                return or_(expr, self.local_attr == None)  # noqa: E711
            return expr
        if other is None:
            return or_(self._exists(**{self.value_attr: other}), self.local_attr == None)  # noqa: E711
        return self._exists(**{self.value_attr: other})

    def __ne__(self, other):
        if not self._target_is_object and self._inner_proxy() is None:
            return self._exists(self.remote_attr != other)
        return self._exists(self.remote_attr != other)

    def __lt__(self, other):
        return self._exists(self.remote_attr < other)

    def __le__(self, other):
        return self._exists(self.remote_attr <= other)

    def __gt__(self, other):
        return self._exists(self.remote_attr > other)

    def __ge__(self, other):
        return self._exists(self.remote_attr >= other)

    def __hash__(self):
        return id(self)

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(type(self), "_property"):
            raise AttributeError(name)
        method = getattr(self.remote_attr, name)

        def operate(*args, **kwargs):
            return self._exists(method(*args, **kwargs))

        return operate

    def __repr__(self):
        return "%s(%r)" % (_instance_name(self), self.parent)


def _instance_name(proxy):
    return "ObjectAssociationProxyInstance" if proxy._target_is_object else "ColumnAssociationProxyInstance"


class _LazyCollection:
    def __init__(self, obj, target):
        self.parent = obj
        self.target = target

    def __call__(self):
        return getattr(self.parent, self.target)


class _AssociationCollection:
    def __init__(self, lazy_collection, creator, getter, setter, parent):
        self.lazy_collection = lazy_collection
        self.creator = creator
        self.getter = getter
        self.setter = setter
        self.parent = parent

    @property
    def col(self):
        return self.lazy_collection()

    def __len__(self):
        return len(self.col)

    def __bool__(self):
        return bool(self.col)

    def _create(self, value):
        return self.creator(value)

    def _get(self, item):
        return self.getter(item)

    def _set(self, item, value):
        return self.setter(item, value)

    def __hash__(self):
        raise TypeError("%s objects are unhashable" % type(self).__name__)


class _AssociationList(_AssociationCollection):
    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self._get(item) for item in self.col[index]]
        return self._get(self.col[index])

    def __setitem__(self, index, value):
        if not isinstance(index, slice):
            self._set(self.col[index], value)
            return
        start, stop, step = index.indices(len(self))
        places = list(range(start, stop, step))
        values = list(value)
        if step == 1:
            for _ in places:
                del self[start]
            at = start
            for one in values:
                self.insert(at, one)
                at += 1
            return
        if len(values) != len(places):
            raise ValueError(
                "attempt to assign sequence of size %s to extended slice of size %s" % (len(values), len(places))
            )
        for place, one in zip(places, values):
            self._set(self.col[place], one)

    def __delitem__(self, index):
        del self.col[index]

    def __contains__(self, value):
        for member in self.col:
            if self._get(member) == value:
                return True
        return False

    def __iter__(self):
        for member in self.col:
            yield self._get(member)

    def append(self, value):
        self.col.append(self._create(value))

    def count(self, value):
        return list(self).count(value)

    def extend(self, values):
        for value in values:
            self.append(value)

    def insert(self, index, value):
        self.col[index:index] = [self._create(value)]

    def pop(self, index=-1):
        return self.getter(self.col.pop(index))

    def remove(self, value):
        for index, found in enumerate(self):
            if found == value:
                del self.col[index]
                return
        raise ValueError("value not in list")

    def reverse(self):
        raise NotImplementedError()

    def sort(self):
        raise NotImplementedError()

    def clear(self):
        del self.col[0 : len(self.col)]

    def index(self, value, *args):
        return list(self).index(value, *args)

    def copy(self):
        return list(self)

    def _bulk_replace(self, proxy, values):
        self.clear()
        self.extend(values)

    def __eq__(self, other):
        return list(self) == other

    def __ne__(self, other):
        return list(self) != other

    def __lt__(self, other):
        return list(self) < other

    def __le__(self, other):
        return list(self) <= other

    def __gt__(self, other):
        return list(self) > other

    def __ge__(self, other):
        return list(self) >= other

    def __add__(self, other):
        return list(self) + list(other)

    def __radd__(self, other):
        return list(other) + list(self)

    def __mul__(self, n):
        return list(self) * n

    def __iadd__(self, values):
        self.extend(values)
        return self

    def __repr__(self):
        return repr(list(self))

    def __hash__(self):
        raise TypeError("%s objects are unhashable" % type(self).__name__)


class _AssociationDict(_AssociationCollection):
    def _create(self, key, value):
        return self.creator(key, value)

    def _set(self, item, key, value):
        return self.setter(item, key, value)

    def __getitem__(self, key):
        return self._get(self.col[key])

    def __setitem__(self, key, value):
        if key in self.col:
            self._set(self.col[key], key, value)
        else:
            self.col[key] = self._create(key, value)

    def __delitem__(self, key):
        del self.col[key]

    def __contains__(self, key):
        return key in self.col

    def __iter__(self):
        return iter(self.col.keys())

    def clear(self):
        self.col.clear()

    def keys(self):
        return self.col.keys()

    def values(self):
        return [self._get(member) for member in self.col.values()]

    def items(self):
        return [(key, self._get(self.col[key])) for key in self.col]

    def get(self, key, default=None):
        return self[key] if key in self.col else default

    def setdefault(self, key, default=None):
        if key not in self.col:
            self.col[key] = self._create(key, default)
            return default
        return self[key]

    _MISSING = object()

    def pop(self, key, default=_MISSING):
        if default is self._MISSING:
            return self._get(self.col.pop(key))
        member = self.col.pop(key, default)
        return default if member is default else self._get(member)

    def popitem(self):
        key, member = self.col.popitem()
        return (key, self._get(member))

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def copy(self):
        return dict(self.items())

    def _bulk_replace(self, proxy, values):
        existing = set(self)
        wanted = set(values)
        for key, value in values.items() if hasattr(values, "items") else dict(values).items():
            self[key] = value
        for key in existing - wanted:
            del self[key]

    def __eq__(self, other):
        return dict(self.items()) == other

    def __ne__(self, other):
        return dict(self.items()) != other

    def __repr__(self):
        return repr(dict(self.items()))

    def __hash__(self):
        raise TypeError("%s objects are unhashable" % type(self).__name__)


class _AssociationSet(_AssociationCollection):
    def __contains__(self, value):
        return any(self._get(member) == value for member in self.col)

    def __iter__(self):
        for member in self.col:
            yield self._get(member)

    def add(self, value):
        if value not in self:
            self.col.add(self._create(value))

    def discard(self, value):
        for member in self.col:
            if self._get(member) == value:
                self.col.discard(member)
                break

    def remove(self, value):
        for member in self.col:
            if self._get(member) == value:
                self.col.discard(member)
                return
        raise KeyError(value)

    def pop(self):
        if not self.col:
            raise KeyError("pop from an empty set")
        return self._get(self.col.pop())

    def update(self, *others):
        for other in others:
            for value in other:
                self.add(value)

    def clear(self):
        self.col.clear()

    def copy(self):
        return set(self)

    def union(self, *others):
        return set(self).union(*others)

    def intersection(self, *others):
        return set(self).intersection(*others)

    def difference(self, *others):
        return set(self).difference(*others)

    def _bulk_replace(self, proxy, values):
        existing = set(self)
        wanted = set(values or ())
        for value in values or ():
            if value not in existing:
                self.add(value)
        for value in existing - wanted:
            self.remove(value)

    def __ior__(self, other):
        for value in other:
            self.add(value)
        return self

    def __isub__(self, other):
        for value in other:
            self.discard(value)
        return self

    def __or__(self, other):
        return set(self) | other

    def __and__(self, other):
        return set(self) & other

    def __sub__(self, other):
        return set(self) - other

    def __eq__(self, other):
        return set(self) == other

    def __ne__(self, other):
        return set(self) != other

    def __le__(self, other):
        return set(self) <= other

    def __ge__(self, other):
        return set(self) >= other

    def __repr__(self):
        return repr(set(self))

    def __hash__(self):
        raise TypeError("%s objects are unhashable" % type(self).__name__)
