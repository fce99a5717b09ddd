# Constants and templates of text.
#
# Owns Template. Must not know anything else.

whitespace = " \t\n\r\v\f"
ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_letters = ascii_lowercase + ascii_uppercase
digits = "0123456789"
hexdigits = digits + "abcdef" + "ABCDEF"
octdigits = "01234567"
punctuation = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
printable = digits + ascii_letters + punctuation + whitespace


def capwords(s, sep=None):
    return (sep or " ").join(word.capitalize() for word in s.split(sep))


class Template:
    delimiter = "$"
    idpattern = r"(?a:[_a-z][_a-z0-9]*)"
    braceidpattern = None

    def __init_subclass__(cls):
        super().__init_subclass__()
        cls._compiled = None

    def __init__(self, template):
        self.template = template

    @classmethod
    def _pattern(cls):
        import re

        if cls.__dict__.get("_compiled") is None:
            delim, named = re.escape(cls.delimiter), cls.idpattern
            braced = cls.braceidpattern or named
            cls._compiled = re.compile(
                rf"{delim}(?:(?P<escaped>{delim})|(?P<named>{named})|{{(?P<braced>{braced})}}|(?P<invalid>))", re.I
            )
        return cls._compiled

    @property
    def flags(self):
        import re

        return re.IGNORECASE

    def _invalid(self, mo):
        at = mo.start("invalid")
        lines = self.template[:at].splitlines(keepends=True)
        line = len(lines) or 1
        column = at - len("".join(lines[:-1])) if lines else 1
        raise ValueError(f"Invalid placeholder in string: line {line}, col {column}")

    def _mapping(self, mapping, kws):
        if mapping is None:
            return kws
        if not kws:
            return mapping
        from collections import ChainMap

        return ChainMap(kws, mapping)

    def substitute(self, mapping=None, /, **kws):
        mapping = self._mapping(mapping, kws)

        def convert(mo):
            name = mo.group("named") or mo.group("braced")
            if name is not None:
                return str(mapping[name])
            return self.delimiter if mo.group("escaped") is not None else self._invalid(mo)

        return self._pattern().sub(convert, self.template)

    def safe_substitute(self, mapping=None, /, **kws):
        mapping = self._mapping(mapping, kws)

        def convert(mo):
            name = mo.group("named") or mo.group("braced")
            if name is not None:
                try:
                    return str(mapping[name])
                except KeyError:
                    return mo.group()
            return self.delimiter if mo.group("escaped") is not None else mo.group()

        return self._pattern().sub(convert, self.template)

    def is_valid(self):
        return all(mo.group("invalid") is None for mo in self._pattern().finditer(self.template))

    def get_identifiers(self):
        names = []
        for mo in self._pattern().finditer(self.template):
            name = mo.group("named") or mo.group("braced")
            if name is not None and name not in names:
                names.append(name)
        return names


class Formatter:
    def format(self, format_string, /, *args, **kwargs):
        return self.vformat(format_string, args, kwargs)

    def vformat(self, format_string, args, kwargs):
        if "{" not in format_string and "}" not in format_string:
            return format_string
        return format_string.format(*args, **kwargs)

    def format_field(self, value, format_spec):
        return format(value, format_spec)

    def convert_field(self, value, conversion):
        if conversion is None:
            return value
        if conversion == "s":
            return str(value)
        if conversion == "r":
            return repr(value)
        if conversion == "a":
            return ascii(value)
        raise ValueError(f"Unknown conversion specifier {conversion!s}")

    def get_value(self, key, args, kwargs):
        return args[key] if isinstance(key, int) else kwargs[key]

    def check_unused_args(self, used_args, args, kwargs):
        pass
