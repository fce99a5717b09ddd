"""`base64`."""
import binascii

_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _bytes(s):
    if isinstance(s, str):
        try:
            return s.encode("ascii")
        except UnicodeEncodeError:
            raise ValueError("string argument should contain only ASCII characters") from None
    if isinstance(s, (bytes, bytearray)):
        return bytes(s)
    raise TypeError(f"argument should be a bytes-like object or ASCII string, not {type(s).__name__!r}")


def b64encode(s, altchars=None):
    if isinstance(s, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    s = bytes(s)
    made = bytearray()
    for at in range(0, len(s), 3):
        part = s[at:at + 3]
        bits = int.from_bytes(part.ljust(3, b"\0"), "big")
        chars = [_STANDARD[bits >> shift & 63] for shift in (18, 12, 6, 0)]
        for place in range(4):
            made.append(chars[place] if place <= len(part) else 61)
    made = bytes(made)
    if altchars is not None:
        made = made.replace(b"+", altchars[:1]).replace(b"/", altchars[1:2])
    return made


def b64decode(s, altchars=None, validate=False):
    s = _bytes(s)
    if altchars is not None:
        altchars = _bytes(altchars)
        s = s.replace(altchars[:1], b"+").replace(altchars[1:2], b"/")
    values = []
    pads = 0
    for byte in s:
        if byte == 61:
            pads += 1
            continue
        value = _STANDARD.find(bytes([byte]))
        if value < 0:
            if validate:
                raise binascii.Error("Only base64 data is allowed")
            continue
        values.append(value)
    if len(values) % 4 == 1:
        raise binascii.Error(
            f"Invalid base64-encoded string: number of data characters ({len(values)}) cannot be 1 more than a multiple of 4"
        )
    if len(values) % 4 and pads < 4 - len(values) % 4:
        raise binascii.Error("Incorrect padding")
    made = bytearray()
    for at in range(0, len(values), 4):
        part = values[at:at + 4]
        bits = 0
        for place in range(4):
            bits = bits << 6 | (part[place] if place < len(part) else 0)
        made.extend(bits.to_bytes(3, "big")[:len(part) - 1])
    return bytes(made)


def standard_b64encode(s):
    return b64encode(s)


def standard_b64decode(s):
    return b64decode(s)


def urlsafe_b64encode(s):
    return b64encode(s, b"-_")


def urlsafe_b64decode(s):
    return b64decode(s, b"-_")


def encodebytes(s):
    return b"".join(b64encode(s[at:at + 57]) + b"\n" for at in range(0, len(s), 57))


def decodebytes(s):
    return b64decode(s)


def b16encode(s):
    return bytes(s).hex().upper().encode("ascii")


def b16decode(s, casefold=False):
    text = _bytes(s)
    if casefold:
        text = text.upper()
    try:
        if text != text.upper():
            raise ValueError
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        raise binascii.Error("Non-base16 digit found") from None


def b32encode(s):
    s = bytes(s)
    made = b""
    for at in range(0, len(s), 5):
        part = s[at:at + 5]
        bits = int.from_bytes(part.ljust(5, b"\0"), "big")
        chars = bytes(_BASE32[bits >> shift & 31] for shift in range(35, -1, -5))
        made += chars[:(len(part) * 8 + 4) // 5].ljust(8, b"=")
    return made


def b32decode(s, casefold=False, map01=None):
    text = _bytes(s)
    if casefold:
        text = text.upper()
    if len(text) % 8:
        raise binascii.Error("Incorrect padding")
    made = b""
    for at in range(0, len(text), 8):
        part = text[at:at + 8].rstrip(b"=")
        bits = 0
        for byte in part.ljust(8, b"A"):
            value = _BASE32.find(bytes([byte]))
            if value < 0:
                raise binascii.Error("Non-base32 digit found")
            bits = bits << 5 | value
        made += bits.to_bytes(5, "big")[:len(part) * 5 // 8]
    return made
