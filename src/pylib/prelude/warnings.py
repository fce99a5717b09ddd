# Warnings.
#
# Owns the functions that programs call; showing is the machine's.

_filters = []


def warn(message, category=None, stacklevel=1, source=None):
    if isinstance(message, Warning):
        category, message = type(message), str(message)
    _warn(str(message), category or UserWarning)


def _warn(message, category):
    import sys

    for action, kind in _filters:
        if issubclass(category, kind):
            if action == "error":
                raise category(message)
            if action == "ignore":
                return
            break
    if _recording:
        _recording[-1].append(_Record(message, category))
        return
    sys.stderr.write(f"{category.__name__}: {message}\n")


class _Record:
    def __init__(self, message, category):
        self.message = category(message)
        self.category = category
        self.filename = "<console>"
        self.lineno = 1


_recording = []


def filterwarnings(action, message="", category=Warning, module="", lineno=0, append=False):
    _filters.insert(0, (action, category))


def simplefilter(action, category=Warning, lineno=0, append=False):
    _filters.insert(0, (action, category))


def resetwarnings():
    _filters.clear()


class catch_warnings:
    def __init__(self, *, record=False, module=None, action=None, category=Warning, lineno=0, append=False):
        self._record = record

    def __enter__(self):
        self._before = list(_filters)
        if self._record:
            _recording.append([])
            return _recording[-1]

    def __exit__(self, *details):
        _filters[:] = self._before
        if self._record:
            _recording.pop()
