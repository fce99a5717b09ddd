"""`werkzeug.utils`: what model files take from it."""
import re
import unicodedata


def secure_filename(filename):
    filename = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode("ascii")
    for sep in ("/", "\\"):
        filename = filename.replace(sep, " ")
    return re.sub(r"[^A-Za-z0-9_.-]", "", "_".join(filename.split())).strip("._")


class cached_property(property):
    def __init__(self, fget, name=None, doc=None):
        super().__init__(fget, doc=doc)
        self.__name__ = name or fget.__name__

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        value = obj.__dict__.get(self.__name__)
        if value is None:
            value = self.fget(obj)
            obj.__dict__[self.__name__] = value
        return value
