"""`hmac`."""
import hashlib as _hashlib


def compare_digest(a, b):
    if isinstance(a, str) != isinstance(b, str):
        raise TypeError(f"a bytes-like object is required, not '{type(b).__name__}'")
    return a == b


class HMAC:
    def __init__(self, key, msg=None, digestmod=""):
        if not digestmod:
            raise TypeError("Missing required argument 'digestmod'.")
        if callable(digestmod):
            self._make = digestmod
        elif isinstance(digestmod, str):
            self._make = lambda data=b"": _hashlib.new(digestmod, data)
        else:
            self._make = lambda data=b"": digestmod.new(data)
        probe = self._make()
        self.digest_size = probe.digest_size
        self.block_size = probe.block_size
        self.name = f"hmac-{probe.name}"
        if len(key) > self.block_size:
            key = self._make(key).digest()
        self._key = key.ljust(self.block_size, b"\0")
        self._data = b""
        if msg is not None:
            self.update(msg)

    def update(self, msg):
        self._data += msg

    def copy(self):
        made = HMAC.__new__(HMAC)
        made.__dict__.update(self.__dict__)
        return made

    def digest(self):
        inner = self._make(bytes(byte ^ 0x36 for byte in self._key) + self._data).digest()
        return self._make(bytes(byte ^ 0x5C for byte in self._key) + inner).digest()

    def hexdigest(self):
        return self.digest().hex()


def new(key, msg=None, digestmod=""):
    return HMAC(key, msg, digestmod)


def digest(key, msg, digest):
    return HMAC(key, msg, digest).digest()
