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

    def __init__(self, template):
        self.template = template

    def _parts(self):
        text, at = self.template, 0
        while at < len(text):
            mark = text.find("$", at)
            if mark < 0:
                yield text[at:], None
                return
            yield text[at:mark], None
            rest = text[mark + 1:]
            if rest.startswith("$"):
                yield "$", None
                at = mark + 2
                continue
            braced = rest.startswith("{")
            body = rest[1:] if braced else rest
            length = 0
            while length < len(body) and (body[length].isalnum() or body[length] == "_") and body[length].isascii():
                length += 1
            name = body[:length]
            if not name or name[0].isdigit() or (braced and body[length : length + 1] != "}"):
                yield "$", mark
                at = mark + 1
                continue
            whole = "$" + ("{" + name + "}" if braced else name)
            yield whole, name
            at = mark + len(whole)

    def substitute(self, mapping=None, /, **kws):
        values = {**(mapping or {}), **kws}
        out = []
        for text, name in self._parts():
            if isinstance(name, int):
                line = self.template[:name].count("\n") + 1
                column = name - (self.template[:name].rfind("\n") + 1) + 1
                raise ValueError(f"Invalid placeholder in string: line {line}, col {column}")
            out.append(text if name is None else str(values[name]))
        return "".join(out)

    def safe_substitute(self, mapping=None, /, **kws):
        values = {**(mapping or {}), **kws}
        return "".join(
            str(values[name]) if isinstance(name, str) and name in values else text for text, name in self._parts()
        )


class Formatter:
    def format(self, format_string, /, *args, **kwargs):
        return format_string.format(*args, **kwargs)

    def vformat(self, format_string, args, kwargs):
        return format_string.format(*args, **kwargs)
