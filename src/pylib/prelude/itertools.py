# Iterators about iterators.
#
# Owns the iterator classes. Must not know anything else.

import operator as _operator

_MISSING = object()


class _Stepping:
    """An iterator over what a generator makes."""

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._steps)


def _stepping(name, make):
    def __init__(self, *args, **kwargs):
        self._steps = make(*args, **kwargs)

    return type(name, (_Stepping,), {"__init__": __init__, "__module__": "itertools"})


class chain(_Stepping):
    def __init__(self, *iterables):
        self._steps = _chain(iterables)

    @classmethod
    def from_iterable(cls, iterable):
        made = cls()
        made._steps = _chain(iterable)
        return made


def _chain(iterables):
    for iterable in iterables:
        for item in iterable:
            yield item


class count(_Stepping):
    def __init__(self, start=0, step=1):
        self._next = start
        self._step = step

    def __next__(self):
        value = self._next
        self._next = value + self._step
        return value

    def __repr__(self):
        if self._step == 1:
            return f"count({self._next!r})"
        return f"count({self._next!r}, {self._step!r})"


class repeat(_Stepping):
    def __init__(self, object, times=None):
        self._object = object
        self._left = times

    def __next__(self):
        if self._left is not None:
            if self._left <= 0:
                raise StopIteration
            self._left -= 1
        return self._object

    def __repr__(self):
        if self._left is None:
            return f"repeat({self._object!r})"
        return f"repeat({self._object!r}, {self._left})"


def _cycle(iterable):
    seen = []
    for item in iterable:
        seen.append(item)
        yield item
    while seen:
        for item in seen:
            yield item


def _islice(iterable, *args):
    limits = slice(*args)
    start, stop, step = limits.start or 0, limits.stop, 1 if limits.step is None else limits.step
    for value in (start, stop):
        if value is not None and (not isinstance(value, int) or value < 0):
            raise ValueError("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
    if step < 1:
        raise ValueError("Step for islice() must be a positive integer or None.")
    return _sliced(iter(iterable), start, stop, step)


def _sliced(iterator, start, stop, step):
    wanted = start
    at = 0
    while stop is None or wanted < stop:
        for item in iterator:
            at += 1
            if at > wanted:
                break
        else:
            return
        yield item
        wanted += step
    # CPython takes the items up to the stop.
    while stop is not None and at < stop:
        for item in iterator:
            at += 1
            break
        else:
            return


def _accumulate(iterable, func=None, *, initial=None):
    func = func or _operator.add
    iterator = iter(iterable)
    total = initial
    if initial is None:
        for total in iterator:
            break
        else:
            return
    yield total
    for item in iterator:
        total = func(total, item)
        yield total


def _takewhile(predicate, iterable):
    for item in iterable:
        if not predicate(item):
            return
        yield item


def _dropwhile(predicate, iterable):
    iterator = iter(iterable)
    for item in iterator:
        if not predicate(item):
            yield item
            break
    for item in iterator:
        yield item


def _filterfalse(function, iterable):
    for item in iterable:
        if not (function(item) if function is not None else item):
            yield item


def _starmap(function, iterable):
    for args in iterable:
        yield function(*args)


def _compress(data, selectors):
    for item, wanted in zip(data, selectors):
        if wanted:
            yield item


def _pairwise(iterable):
    iterator = iter(iterable)
    for before in iterator:
        break
    else:
        return
    for item in iterator:
        yield before, item
        before = item


def _zip_longest(*iterables, fillvalue=None):
    iterators = [iter(iterable) for iterable in iterables]
    open_ones = len(iterators)
    if not open_ones:
        return
    ended = [False] * len(iterators)
    while True:
        row = []
        for index, iterator in enumerate(iterators):
            value = fillvalue
            if not ended[index]:
                value = next(iterator, _MISSING)
                if value is _MISSING:
                    ended[index] = True
                    open_ones -= 1
                    value = fillvalue
                    if not open_ones:
                        return
            row.append(value)
        yield tuple(row)


def _product(*iterables, repeat=1):
    pools = [tuple(pool) for pool in iterables] * repeat
    places = [0] * len(pools)
    if any(not pool for pool in pools):
        return
    while True:
        yield tuple(pool[place] for pool, place in zip(pools, places))
        for index in range(len(pools) - 1, -1, -1):
            places[index] += 1
            if places[index] < len(pools[index]):
                break
            places[index] = 0
        else:
            return


def _permutations(iterable, r=None):
    pool = tuple(iterable)
    n = len(pool)
    r = n if r is None else r
    if r > n:
        return
    indices = list(range(n))
    cycles = list(range(n, n - r, -1))
    yield tuple(pool[i] for i in indices[:r])
    while n:
        for i in reversed(range(r)):
            cycles[i] -= 1
            if cycles[i] == 0:
                indices[i:] = indices[i + 1:] + indices[i : i + 1]
                cycles[i] = n - i
            else:
                j = cycles[i]
                indices[i], indices[-j] = indices[-j], indices[i]
                yield tuple(pool[i] for i in indices[:r])
                break
        else:
            return


def _combinations(iterable, r):
    pool = tuple(iterable)
    n = len(pool)
    if r < 0:
        raise ValueError("r must be non-negative")
    if r > n:
        return
    indices = list(range(r))
    yield tuple(pool[i] for i in indices)
    while True:
        for i in reversed(range(r)):
            if indices[i] != i + n - r:
                break
        else:
            return
        indices[i] += 1
        for j in range(i + 1, r):
            indices[j] = indices[j - 1] + 1
        yield tuple(pool[i] for i in indices)


def _combinations_with_replacement(iterable, r):
    pool = tuple(iterable)
    n = len(pool)
    if not n and r:
        return
    indices = [0] * r
    yield tuple(pool[i] for i in indices)
    while True:
        for i in reversed(range(r)):
            if indices[i] != n - 1:
                break
        else:
            return
        indices[i:] = [indices[i] + 1] * (r - i)
        yield tuple(pool[i] for i in indices)


def _groupby(iterable, key=None):
    iterator = iter(iterable)
    ahead = next(iterator, _MISSING)

    def group(wanted):
        nonlocal ahead
        while ahead is not _MISSING and (ahead if key is None else key(ahead)) == wanted:
            item = ahead
            ahead = next(iterator, _MISSING)
            yield item

    while ahead is not _MISSING:
        wanted = ahead if key is None else key(ahead)
        items = group(wanted)
        yield wanted, items
        for _ in items:
            pass


cycle = _stepping("cycle", _cycle)
islice = _stepping("islice", _islice)
accumulate = _stepping("accumulate", _accumulate)
takewhile = _stepping("takewhile", _takewhile)
dropwhile = _stepping("dropwhile", _dropwhile)
filterfalse = _stepping("filterfalse", _filterfalse)
starmap = _stepping("starmap", _starmap)
compress = _stepping("compress", _compress)
pairwise = _stepping("pairwise", _pairwise)
zip_longest = _stepping("zip_longest", _zip_longest)
product = _stepping("product", _product)
permutations = _stepping("permutations", _permutations)
combinations = _stepping("combinations", _combinations)
combinations_with_replacement = _stepping("combinations_with_replacement", _combinations_with_replacement)
groupby = _stepping("groupby", _groupby)


def tee(iterable, n=2):
    iterator = iter(iterable)
    queues = [[] for _ in range(n)]

    def steps(queue):
        while True:
            if not queue:
                item = next(iterator, _MISSING)
                if item is _MISSING:
                    return
                for other in queues:
                    other.append(item)
            yield queue.pop(0)

    return tuple(steps(queue) for queue in queues)
