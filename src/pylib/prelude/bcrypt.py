"""`bcrypt`."""
from hashlib import _bcrypt_check, _bcrypt_hash

__version__ = "4.2.0"


def gensalt(rounds=12, prefix=b"2b"):
    if not 4 <= rounds <= 31:
        raise ValueError("Invalid rounds")
    return b"$%s$%02d$" % (prefix, rounds)


def hashpw(password, salt):
    if isinstance(password, str):
        raise TypeError("Strings must be encoded before hashing")
    if salt.count(b"$") < 3:
        raise ValueError("Invalid salt")
    if len(salt) > 29:
        return salt if _bcrypt_check(password, salt) else b""
    return _bcrypt_hash(password, int(salt.split(b"$")[2]))


def checkpw(password, hashed_password):
    if isinstance(password, str) or isinstance(hashed_password, str):
        raise TypeError("Strings must be encoded before checking")
    return _bcrypt_check(password, hashed_password)
