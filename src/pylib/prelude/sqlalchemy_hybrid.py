# Hybrid attributes: one definition for instances and for SQL.
#
# Owns hybrid_property and hybrid_method. Must not know mapping.

from sqlalchemy.orm._hybrid import hybrid_proxy


class hybrid_method:
    is_orm_descriptor = True

    def __init__(self, func, expr=None):
        self.func = func
        self.expr = expr if expr is not None else func
        self.__doc__ = func.__doc__

    def __get__(self, instance, owner):
        if instance is None:
            expr, cls = self.expr, owner
        else:
            expr, cls = self.func, instance
        return lambda *args, **kwargs: expr(cls, *args, **kwargs)

    def expression(self, expr):
        self.expr = expr
        return self

    @property
    def inplace(self):
        return _InPlaceMethod(self)


class _InPlaceMethod:
    def __init__(self, attr):
        self.attr = attr

    def expression(self, expr):
        self.attr.expr = expr
        return self.attr


def _plain(fn):
    return getattr(fn, "__func__", fn)


class hybrid_property:
    is_orm_descriptor = True

    def __init__(self, fget, fset=None, fdel=None, expr=None, custom_comparator=None, update_expr=None):
        self.fget = fget
        self.fset = fset
        self.fdel = fdel
        self.expr = expr
        self.custom_comparator = custom_comparator
        self.update_expr = update_expr
        self.__doc__ = fget.__doc__
        self.__name__ = getattr(fget, "__name__", None)

    def __set_name__(self, owner, name):
        if self.__name__ is None:
            self.__name__ = name

    def __get__(self, instance, owner):
        if instance is None:
            return self._expression_for(owner)
        return self.fget(instance)

    def __set__(self, instance, value):
        if self.fset is None:
            raise AttributeError("can't set attribute")
        self.fset(instance, value)

    def __delete__(self, instance):
        if self.fdel is None:
            raise AttributeError("can't delete attribute")
        self.fdel(instance)

    def _expression_for(self, owner):
        if self.custom_comparator is not None:
            return self.custom_comparator(owner)
        made = (self.expr or self.fget)(owner)
        return hybrid_proxy(made, owner, self.__name__)

    def _copy(self, **changes):
        made = hybrid_property.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changes)
        return made

    @property
    def overrides(self):
        return self

    @property
    def inplace(self):
        return _InPlace(self)

    def getter(self, fget):
        return self._copy(fget=fget)

    def setter(self, fset):
        return self._copy(fset=fset)

    def deleter(self, fdel):
        return self._copy(fdel=fdel)

    def expression(self, expr):
        return self._copy(expr=_plain(expr))

    def comparator(self, comparator):
        return self._copy(custom_comparator=_plain(comparator))

    def update_expression(self, meth):
        return self._copy(update_expr=_plain(meth))


class _InPlace:
    def __init__(self, attr):
        self.attr = attr

    def getter(self, fget):
        self.attr.fget = fget
        return self.attr

    def setter(self, fset):
        self.attr.fset = fset
        return self.attr

    def deleter(self, fdel):
        self.attr.fdel = fdel
        return self.attr

    def expression(self, expr):
        self.attr.expr = _plain(expr)
        return self.attr

    def comparator(self, comparator):
        self.attr.custom_comparator = _plain(comparator)
        return self.attr

    def update_expression(self, meth):
        self.attr.update_expr = _plain(meth)
        return self.attr


class Comparator:
    def __init__(self, expression):
        self.expression = expression

    def __clause_element__(self):
        expr = self.expression
        if hasattr(expr, "__clause_element__"):
            expr = expr.__clause_element__()
        return expr

    def operate(self, op, *other, **kwargs):
        return op(self.__clause_element__(), *other, **kwargs)

    def __eq__(self, other):
        return self.__clause_element__() == other

    def __ne__(self, other):
        return self.__clause_element__() != other

    def __lt__(self, other):
        return self.__clause_element__() < other

    def __le__(self, other):
        return self.__clause_element__() <= other

    def __gt__(self, other):
        return self.__clause_element__() > other

    def __ge__(self, other):
        return self.__clause_element__() >= other

    def __add__(self, other):
        return self.__clause_element__() + other

    def __hash__(self):
        return id(self)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__clause_element__(), name)
