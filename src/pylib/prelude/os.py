# The file system and the environment, to look at. Nothing here writes: what would is refused.
#
# Owns `environ` and the refusals. Must not know projects.

import os.path as path

name = "posix"
sep = "/"
altsep = None
pathsep = ":"
linesep = "\n"
curdir = "."
pardir = ".."
extsep = "."
devnull = "/dev/null"
F_OK, R_OK, W_OK, X_OK = 0, 4, 2, 1


class _Environ(dict):
    def __repr__(self):
        return f"environ({dict.__repr__(self)})"

    def copy(self):
        return dict(self)


environ = _Environ(_variables())


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    environ[key] = value


def urandom(size):
    return _random(size)


def fspath(path):
    if isinstance(path, (str, bytes)):
        return path
    if hasattr(path, "__fspath__"):
        return path.__fspath__()
    raise TypeError(f"expected str, bytes or os.PathLike object, not {type(path).__name__}")


def access(path, mode):
    return _kind(fspath(path)) is not None


def cpu_count():
    return 1


def walk(top):
    folders, files = [], []
    for entry in listdir(top):
        (folders if path.isdir(path.join(top, entry)) else files).append(entry)
    yield top, folders, files
    for folder in folders:
        yield from walk(path.join(top, folder))


def makedirs(name, mode=0o777, exist_ok=False):
    if not path.isdir(name):
        _refuse("makedirs")
    elif not exist_ok:
        raise FileExistsError(17, "File exists", name)


def mkdir(path, mode=0o777):
    makedirs(path, mode)


def _refuse(function):
    raise PermissionError(f"os.{function}() is not available: Retort does not change files")


def remove(path):
    _refuse("remove")


def unlink(path):
    _refuse("unlink")


def rmdir(path):
    _refuse("rmdir")


def rename(src, dst):
    _refuse("rename")


def replace(src, dst):
    _refuse("replace")


def system(command):
    _refuse("system")


def chdir(path):
    _refuse("chdir")
