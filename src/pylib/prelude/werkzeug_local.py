"""`LocalProxy`: an object that stands for whatever a function finds at the moment."""

_MISSING = object()


class LocalProxy:
    __slots__ = ("_LocalProxy__find",)

    def __init__(self, local, name=None, *, unbound_message=None):
        object.__setattr__(self, "_LocalProxy__find", local)

    def _get_current_object(self):
        return object.__getattribute__(self, "_LocalProxy__find")()

    def __getattr__(self, name):
        return getattr(self._get_current_object(), name)

    def __setattr__(self, name, value):
        setattr(self._get_current_object(), name, value)

    def __delattr__(self, name):
        delattr(self._get_current_object(), name)

    def __repr__(self):
        try:
            found = self._get_current_object()
        except RuntimeError:
            return "<LocalProxy unbound>"
        return repr(found)

    def __str__(self):
        return str(self._get_current_object())

    def __bool__(self):
        try:
            return bool(self._get_current_object())
        except RuntimeError:
            return False

    def __dir__(self):
        try:
            return dir(self._get_current_object())
        except RuntimeError:
            return []

    def __eq__(self, other):
        return self._get_current_object() == other

    def __ne__(self, other):
        return self._get_current_object() != other

    def __hash__(self):
        return hash(self._get_current_object())

    def __call__(self, *args, **kwargs):
        return self._get_current_object()(*args, **kwargs)

    def __iter__(self):
        return iter(self._get_current_object())

    def __contains__(self, item):
        return item in self._get_current_object()

    def __len__(self):
        return len(self._get_current_object())

    def __getitem__(self, key):
        return self._get_current_object()[key]

    def __setitem__(self, key, value):
        self._get_current_object()[key] = value

    def __delitem__(self, key):
        del self._get_current_object()[key]
