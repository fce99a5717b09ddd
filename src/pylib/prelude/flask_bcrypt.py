"""`flask_bcrypt`."""
import bcrypt as _bcrypt


def _bytes(text):
    return text.encode("utf-8") if isinstance(text, str) else text


class Bcrypt:
    _log_rounds = 12

    def __init__(self, app=None):
        if app is not None:
            self.init_app(app)

    def init_app(self, app):
        self._log_rounds = app.config.get("BCRYPT_LOG_ROUNDS", 12)

    def generate_password_hash(self, password, rounds=None):
        if not password:
            raise ValueError("Password must be non-empty.")
        return _bcrypt.hashpw(_bytes(password), _bcrypt.gensalt(rounds or self._log_rounds))

    def check_password_hash(self, pw_hash, password):
        return _bcrypt.checkpw(_bytes(password), _bytes(pw_hash))


def generate_password_hash(password, rounds=None):
    return Bcrypt().generate_password_hash(password, rounds)


def check_password_hash(pw_hash, password):
    return Bcrypt().check_password_hash(pw_hash, password)
