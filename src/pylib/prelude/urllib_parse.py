"""`urllib.parse`: the part that takes URLs apart and puts them together."""

_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


def quote(string, safe="/", encoding=None, errors=None):
    data = string if isinstance(string, bytes) else str(string).encode(encoding or "utf-8", errors or "strict")
    return "".join(chr(byte) if chr(byte) in _SAFE + safe else f"%{byte:02X}" for byte in data)


def quote_plus(string, safe="", encoding=None, errors=None):
    return quote(string, safe + " ", encoding, errors).replace(" ", "+")


def unquote(string, encoding="utf-8", errors="replace"):
    made, at = bytearray(), 0
    data = string.encode("utf-8")
    while at < len(data):
        if data[at] == 37:
            try:
                made.append(int(data[at + 1:at + 3].decode("ascii"), 16))
                at += 3
                continue
            except ValueError:
                pass
        made.append(data[at])
        at += 1
    return bytes(made).decode(encoding, errors)


def unquote_plus(string, encoding="utf-8", errors="replace"):
    return unquote(string.replace("+", " "), encoding, errors)


def urlencode(query, doseq=False, safe="", encoding=None, errors=None, quote_via=quote_plus):
    pairs = []
    for key, value in query.items() if hasattr(query, "items") else query:
        values = value if doseq and not isinstance(value, (str, bytes)) and hasattr(value, "__iter__") else [value]
        pairs.extend(f"{quote_via(key)}={quote_via(item)}" for item in values)
    return "&".join(pairs)


def parse_qsl(qs, keep_blank_values=False, *args, **kwargs):
    made = []
    for part in qs.split("&"):
        if not part:
            continue
        key, _, value = part.partition("=")
        if value or keep_blank_values:
            made.append((unquote_plus(key), unquote_plus(value)))
    return made


def parse_qs(qs, keep_blank_values=False, *args, **kwargs):
    made = {}
    for key, value in parse_qsl(qs, keep_blank_values):
        made.setdefault(key, []).append(value)
    return made


class SplitResult(tuple):
    _fields = ("scheme", "netloc", "path", "query", "fragment")

    def __new__(cls, *values):
        return tuple.__new__(cls, values)

    def __getattr__(self, name):
        if name in self._fields:
            return self[self._fields.index(name)]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in zip(self._fields, self))})"

    def geturl(self):
        return urlunparse(self)

    def _replace(self, **kwds):
        return type(self)(*(kwds.get(name, value) for name, value in zip(self._fields, self)))

    @property
    def hostname(self):
        host = self.netloc.rpartition("@")[2].partition(":")[0]
        return host.lower() or None

    @property
    def port(self):
        port = self.netloc.rpartition("@")[2].partition(":")[2]
        return int(port) if port else None

    @property
    def username(self):
        return self.netloc.rpartition("@")[0].partition(":")[0] or None

    @property
    def password(self):
        return self.netloc.rpartition("@")[0].partition(":")[2] or None


class ParseResult(SplitResult):
    _fields = ("scheme", "netloc", "path", "params", "query", "fragment")


def urlsplit(url, scheme="", allow_fragments=True):
    netloc = query = fragment = ""
    at = url.find(":")
    if at > 0 and url[0].isalpha() and all(c.isalnum() or c in "+-." for c in url[:at]):
        scheme, url = url[:at].lower(), url[at + 1:]
    if url[:2] == "//":
        end = min((url.find(c, 2) for c in "/?#" if url.find(c, 2) >= 0), default=len(url))
        netloc, url = url[2:end], url[end:]
    if allow_fragments and "#" in url:
        url, fragment = url.split("#", 1)
    if "?" in url:
        url, query = url.split("?", 1)
    return SplitResult(scheme, netloc, url, query, fragment)


def urlparse(url, scheme="", allow_fragments=True):
    scheme, netloc, path, query, fragment = urlsplit(url, scheme, allow_fragments)
    params = ""
    if ";" in path.rsplit("/", 1)[-1]:
        path, params = path.rsplit(";", 1)
    return ParseResult(scheme, netloc, path, params, query, fragment)


def urlunparse(components):
    parts = list(components)
    if len(parts) == 6:
        params = parts.pop(3)
        if params:
            parts[2] += ";" + params
    scheme, netloc, path, query, fragment = parts
    url = path
    if netloc:
        url = "//" + netloc + ("/" if path and not path.startswith("/") else "") + path
    if scheme:
        url = scheme + ":" + url
    if query:
        url += "?" + query
    if fragment:
        url += "#" + fragment
    return url


urlunsplit = urlunparse


def urljoin(base, url, allow_fragments=True):
    if not base or urlsplit(url).scheme:
        return url
    if not url:
        return base
    b, u = urlsplit(base), urlsplit(url)
    if u.netloc:
        return urlunparse((b.scheme, u.netloc, u.path, u.query, u.fragment))
    if u.path.startswith("/"):
        path = u.path
    elif u.path:
        path = b.path.rsplit("/", 1)[0] + "/" + u.path
    else:
        path = b.path
    steps = []
    for step in path.split("/"):
        if step == ".." and len(steps) > 1:
            steps.pop()
        elif step not in (".", ".."):
            steps.append(step)
    if path.endswith(("/.", "/..")):
        steps.append("")
    query = u.query if u.path or u.query else b.query
    return urlunparse((b.scheme, b.netloc, "/".join(steps), query, u.fragment))
