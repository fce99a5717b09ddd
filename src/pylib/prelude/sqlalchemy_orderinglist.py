# Lists that keep a position attribute of their members up to date.
#
# Owns OrderingList. Must not know what stores the positions.

from sqlalchemy.orm._mapping import InstrumentedList


def count_from_0(index, collection):
    return index


def count_from_1(index, collection):
    return index + 1


def count_from_n_factory(start):
    def f(index, collection):
        return index + start

    f.__name__ = "count_from_%i" % start
    return f


def ordering_list(attr, count_from=None, ordering_func=None, reorder_on_append=False):
    if ordering_func is None:
        if count_from == 1:
            ordering_func = count_from_1
        elif count_from:
            ordering_func = count_from_n_factory(count_from)
        else:
            ordering_func = count_from_0
    return lambda: OrderingList(attr, ordering_func=ordering_func, reorder_on_append=reorder_on_append)


class OrderingList(InstrumentedList):
    def __init__(self, ordering_attr=None, ordering_func=None, reorder_on_append=False):
        super().__init__()
        self.ordering_attr = ordering_attr
        self.ordering_func = ordering_func or count_from_0
        self.reorder_on_append = reorder_on_append

    def _get_order_value(self, entity):
        return getattr(entity, self.ordering_attr)

    def _set_order_value(self, entity, value):
        setattr(entity, self.ordering_attr, value)

    def reorder(self):
        for index, entity in enumerate(self):
            self._order_entity(index, entity, True)

    _reorder = reorder

    def _order_entity(self, index, entity, reorder=True):
        have = self._get_order_value(entity)
        if have is not None and not reorder:
            return
        should_be = self.ordering_func(index, self)
        if have != should_be:
            self._set_order_value(entity, should_be)

    def append(self, entity):
        super().append(entity)
        self._order_entity(len(self) - 1, entity, self.reorder_on_append)

    def insert(self, index, entity):
        super().insert(index, entity)
        self.reorder()

    def remove(self, entity):
        super().remove(entity)
        if self._belongs_to_owner():
            self.reorder()

    def pop(self, index=-1):
        entity = super().pop(index)
        self.reorder()
        return entity

    def clear(self):
        super().clear()

    def __setitem__(self, index, entity):
        if isinstance(index, slice):
            first = index.start or 0
            if first < 0:
                first += len(self)
            last = index.stop or len(self)
            if last < 0:
                last += len(self)
            given = list(entity)
            for place in range(first, last, index.step or 1):
                self[place] = given[place]
        else:
            super().__setitem__(index, entity)
            self._order_entity(int(index), entity, True)

    def __delitem__(self, index):
        super().__delitem__(index)
        self.reorder()

    def _belongs_to_owner(self):
        return getattr(self, "_sa_adapter", None) is not None
