"""`io`: streams in memory."""

SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
DEFAULT_BUFFER_SIZE = 8192
__built_in__ = ("_IOBase", "_Memory", "StringIO", "BytesIO")


class UnsupportedOperation(OSError, ValueError):
    pass


class _IOBase:
    closed = False

    def close(self, /):
        self.closed = True

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *exc_info):
        self.close()

    def _check(self):
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def flush(self):
        self._check()

    def readable(self):
        self._check()
        return True

    def writable(self):
        self._check()
        return True

    def seekable(self):
        self._check()
        return True

    def isatty(self):
        self._check()
        return False

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def readlines(self, hint=-1, /):
        lines, total = [], 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def writelines(self, lines, /):
        for line in lines:
            self.write(line)


class _Memory(_IOBase):
    _empty = None

    def getvalue(self):
        self._check()
        return self._data

    def tell(self):
        return self._at

    def seek(self, pos, whence=0, /):
        self._check()
        base = (0, self._at, len(self._data))[whence]
        if base + pos < 0:
            raise ValueError(f"Negative seek position {pos}")
        self._at = base + pos
        return self._at

    def truncate(self, size=None, /):
        size = self._at if size is None else size
        self._data = self._data[:size]
        return size

    def read(self, size=-1, /):
        self._check()
        end = len(self._data) if size is None or size < 0 else self._at + size
        part = self._data[self._at:end]
        self._at += len(part)
        return part

    def readline(self, size=-1, /):
        self._check()
        at = self._data.find(self._newline, self._at)
        end = len(self._data) if at < 0 else at + 1
        if size is not None and size >= 0:
            end = min(end, self._at + size)
        part = self._data[self._at:end]
        self._at = end if part else self._at
        return part

    def _put(self, part):
        self._check()
        if self._at == len(self._data):
            self._data += part
        else:
            gap = self._empty_unit * (self._at - len(self._data))
            self._data = self._data[:self._at] + gap + part + self._data[self._at + len(part):]
        self._at += len(part)
        return len(part)


class StringIO(_Memory):
    _newline = "\n"
    _empty_unit = "\0"
    newlines = encoding = errors = None
    line_buffering = False

    def __init__(self, initial_value="", newline="\n"):
        if initial_value is not None and not isinstance(initial_value, str):
            raise TypeError(f"initial_value must be str or None, not {type(initial_value).__name__}")
        self._data = initial_value or ""
        self._at = 0

    def write(self, s, /):
        if not isinstance(s, str):
            raise TypeError(f"string argument expected, got {type(s).__name__!r}")
        return self._put(s)


class BytesIO(_Memory):
    _newline = b"\n"
    _empty_unit = b"\0"

    def __init__(self, initial_bytes=b""):
        self._data = bytes(initial_bytes)
        self._at = 0

    def write(self, b, /):
        if isinstance(b, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        return self._put(bytes(b))

    def read1(self, size=-1, /):
        return self.read(size)

    def getbuffer(self):
        return self._data


IOBase = TextIOBase = RawIOBase = BufferedIOBase = _IOBase
TextIOWrapper = StringIO
try:
    open = open
except NameError:
    pass
