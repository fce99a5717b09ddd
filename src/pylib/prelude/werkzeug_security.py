"""`werkzeug.security`: password hashes as Werkzeug 3.1 stores them."""
import hashlib
import hmac
import secrets

SALT_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DEFAULT_PBKDF2_ITERATIONS = 1_000_000


def gen_salt(length):
    if length <= 0:
        raise ValueError("Salt length must be at least 1.")
    return "".join(secrets.choice(SALT_CHARS) for _ in range(length))


def _derive(method, salt, password):
    name, *parts = method.split(":")
    secret, grain = password.encode(), salt.encode()
    if name == "scrypt":
        if parts:
            try:
                n, r, p = (int(part) for part in parts)
            except ValueError:
                raise ValueError("'scrypt' takes 3 arguments.") from None
        else:
            n, r, p = 2 ** 15, 8, 1
        return hashlib.scrypt(secret, salt=grain, n=n, r=r, p=p).hex(), f"scrypt:{n}:{r}:{p}"
    if name == "pbkdf2":
        if len(parts) > 2:
            raise ValueError("'pbkdf2' takes 2 arguments.")
        kind = parts[0] if parts else "sha256"
        rounds = int(parts[1]) if len(parts) == 2 else DEFAULT_PBKDF2_ITERATIONS
        return hashlib.pbkdf2_hmac(kind, secret, grain, rounds).hex(), f"pbkdf2:{kind}:{rounds}"
    raise ValueError(f"Invalid hash method '{name}'.")


def generate_password_hash(password, method="scrypt", salt_length=16):
    salt = gen_salt(salt_length)
    digest, spelled = _derive(method, salt, password)
    return f"{spelled}${salt}${digest}"


def check_password_hash(pwhash, password):
    parts = pwhash.split("$", 2)
    if len(parts) < 3:
        return False
    method, salt, digest = parts
    return hmac.compare_digest(_derive(method, salt, password)[0], digest)


def safe_join(directory, *pathnames):
    made = [directory or "."]
    for name in pathnames:
        steps = []
        for step in name.split("/"):
            if step == "..":
                if not steps:
                    return None
                steps.pop()
            elif step not in ("", "."):
                steps.append(step)
        if name.startswith("/"):
            return None
        made.append("/".join(steps))
    return "/".join(made)
