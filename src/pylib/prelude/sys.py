# The interpreter as a program sees it.
#
# Owns the version that Retort answers as. Must not know projects.

class _VersionInfo(tuple):
    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])
    micro = property(lambda self: self[2])
    releaselevel = property(lambda self: self[3])
    serial = property(lambda self: self[4])

    def __repr__(self):
        return f"sys.version_info(major={self[0]}, minor={self[1]}, micro={self[2]}, releaselevel={self[3]!r}, serial={self[4]})"


class _Stream:
    encoding = "utf-8"
    closed = False

    def __init__(self, name, write):
        self.name = name
        self._write = write

    def write(self, text):
        return self._write(text)

    def writelines(self, lines):
        for line in lines:
            self._write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def fileno(self):
        return 1 if self.name == "<stdout>" else 2


version_info = _VersionInfo((3, 11, 7, "final", 0))
version = "3.11.7 (Retort)"
hexversion = 0x030B07F0
platform = "linux"
byteorder = "little"
maxsize = 9223372036854775807
maxunicode = 1114111
executable = "retort"
prefix = exec_prefix = base_prefix = "/usr"
path = [""]
argv = [""]
flags = None
dont_write_bytecode = True
stdout = __stdout__ = _Stream("<stdout>", _write_out)
stderr = __stderr__ = _Stream("<stderr>", _write_err)
stdin = None
_limit = 1000


def exit(code=None):
    raise SystemExit(code)


def getrecursionlimit():
    return _limit


def setrecursionlimit(limit):
    pass


def getsizeof(object, default=None):
    return 64


def getdefaultencoding():
    return "utf-8"


def exc_info():
    exc = _handled()
    return (None, None, None) if exc is None else (type(exc), exc, exc.__traceback__)


def exception():
    return _handled()


class _FloatInfo:
    max = 1.7976931348623157e308
    min = 2.2250738585072014e-308
    epsilon = 2.220446049250313e-16
    dig = 15
    mant_dig = 53


float_info = _FloatInfo()
