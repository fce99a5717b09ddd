"""`pathlib`: paths as text; nothing is written, what exists is asked of `os.path`."""
import os as _os


class PurePath:
    def __new__(cls, *args):
        if cls is PurePath:
            cls = PurePosixPath
        elif cls is Path:
            cls = PosixPath
        self = object.__new__(cls)
        parts = []
        for arg in args:
            text = str(arg) if isinstance(arg, PurePath) else arg
            if not isinstance(text, str):
                raise TypeError(
                    f"argument should be a str object or an os.PathLike object returning str, not {type(text)!r}"
                )
            if text.startswith("/"):
                parts = ["/"]
            parts.extend(part for part in text.split("/") if part and part != ".")
        self._parts = tuple(parts)
        return self

    def __init__(self, *args):
        pass

    @classmethod
    def _make(cls, parts):
        made = object.__new__(cls)
        made._parts = tuple(parts)
        return made

    def __str__(self):
        if not self._parts:
            return "."
        if self._parts[0] == "/":
            return "/" + "/".join(self._parts[1:])
        return "/".join(self._parts)

    def __repr__(self):
        return f"{type(self).__name__}({str(self)!r})"

    def __fspath__(self):
        return str(self)

    def __eq__(self, other):
        return self._parts == other._parts if isinstance(other, PurePath) else NotImplemented

    def __hash__(self):
        return hash(self._parts)

    def __lt__(self, other):
        return self._parts < other._parts if isinstance(other, PurePath) else NotImplemented

    def __truediv__(self, key):
        return self.joinpath(key)

    def __rtruediv__(self, key):
        return type(self)(key, self)

    def joinpath(self, *args):
        return type(self)(self, *args)

    parts = property(lambda self: self._parts)
    root = property(lambda self: "/" if self.is_absolute() else "")
    anchor = root
    drive = property(lambda self: "")

    @property
    def name(self):
        return self._parts[-1] if self._parts and self._parts[-1] != "/" else ""

    @property
    def suffix(self):
        at = self.name.rfind(".")
        return self.name[at:] if 0 < at < len(self.name) - 1 else ""

    @property
    def suffixes(self):
        return ["." + part for part in self.name.lstrip(".").split(".")[1:]]

    @property
    def stem(self):
        at = self.name.rfind(".")
        return self.name[:at] if 0 < at < len(self.name) - 1 else self.name

    @property
    def parent(self):
        if not self.name:
            return self
        return self._make(self._parts[:-1])

    @property
    def parents(self):
        made, at = [], self
        while at.name:
            at = at.parent
            made.append(at)
        return tuple(made)

    def is_absolute(self):
        return bool(self._parts) and self._parts[0] == "/"

    def as_posix(self):
        return str(self)

    def as_uri(self):
        return "file://" + str(self)

    def with_name(self, name):
        if not self.name:
            raise ValueError(f"{self!r} has an empty name")
        return self._make(self._parts[:-1] + (name,))

    def with_suffix(self, suffix):
        return self.with_name(self.stem + suffix)

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def relative_to(self, *other):
        base = type(self)(*other)._parts
        if self._parts[:len(base)] != base:
            raise ValueError(
                f"{str(self)!r} is not in the subpath of {str(type(self)(*other))!r}"
                " OR one path is relative and the other is absolute."
            )
        return self._make(self._parts[len(base):])

    def is_relative_to(self, *other):
        base = type(self)(*other)._parts
        return self._parts[:len(base)] == base

    def match(self, pattern):
        import fnmatch
        return fnmatch.fnmatchcase(self.name, pattern.split("/")[-1])


class PurePosixPath(PurePath):
    pass


class PureWindowsPath(PurePath):
    pass


class Path(PurePath):
    @classmethod
    def cwd(cls):
        return PosixPath(_os.getcwd())

    @classmethod
    def home(cls):
        return PosixPath(_os.path.expanduser("~"))

    def exists(self):
        return _os.path.exists(str(self))

    def is_file(self):
        return _os.path.isfile(str(self))

    def is_dir(self):
        return _os.path.isdir(str(self))

    def absolute(self):
        return self if self.is_absolute() else type(self)(_os.getcwd(), self)

    def resolve(self, strict=False):
        return type(self)(_os.path.abspath(str(self)))

    def expanduser(self):
        return type(self)(_os.path.expanduser(str(self)))

    def iterdir(self):
        return (self / name for name in _os.listdir(str(self)))

    def open(self, mode="r", *args, **kwargs):
        return open(str(self), mode, *args, **kwargs)

    def read_text(self, encoding=None, errors=None):
        with self.open() as f:
            return f.read()

    def read_bytes(self):
        with self.open("rb") as f:
            return f.read()

    def mkdir(self, mode=0o777, parents=False, exist_ok=False):
        if not self.exists():
            raise PermissionError(1, "Operation not permitted", str(self))
        if not exist_ok:
            raise FileExistsError(17, "File exists", str(self))

    def _refuse(self, *args, **kwargs):
        raise PermissionError(1, "Operation not permitted", str(self))

    write_text = write_bytes = unlink = rmdir = touch = rename = replace = _refuse


class PosixPath(Path, PurePosixPath):
    pass
