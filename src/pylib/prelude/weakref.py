"""`weakref`: the names; references are strong, since nothing may depend on when an object goes."""


class ref:
    def __init__(self, object, callback=None):
        self._object = object

    def __call__(self):
        return self._object

    def __eq__(self, other):
        return isinstance(other, ref) and self._object == other._object

    def __hash__(self):
        return hash(self._object)


ReferenceType = ref


def proxy(object, callback=None):
    return object


class WeakValueDictionary(dict):
    pass


class WeakKeyDictionary(dict):
    pass


class WeakSet(set):
    pass


class WeakMethod(ref):
    pass


class finalize:
    alive = True

    def __init__(self, obj, func, /, *args, **kwargs):
        self._run = lambda: func(*args, **kwargs)

    def __call__(self):
        self.alive = False
        return self._run()

    def detach(self):
        self.alive = False


def getweakrefcount(object):
    return 0
