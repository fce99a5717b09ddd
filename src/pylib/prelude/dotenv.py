"""`dotenv`: reads a `.env` file of the app's folder into `os.environ`."""
import os as _os


def dotenv_values(dotenv_path=None, *args, **kwargs):
    path = dotenv_path or find_dotenv()
    values = {}
    try:
        with open(str(path)) as f:
            lines = f.read().splitlines()
    except (OSError, NameError):
        return values
    for line in lines:
        line = line.strip()
        if line.startswith("export "):
            line = line[7:]
        if not line or line.startswith("#") or "=" not in line:
            continue
        key, _, value = line.partition("=")
        value = value.strip()
        if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
            value = value[1:-1]
        elif " #" in value:
            value = value.partition(" #")[0].rstrip()
        values[key.strip()] = value
    return values


def find_dotenv(filename=".env", raise_error_if_not_found=False, usecwd=False):
    return filename


def load_dotenv(dotenv_path=None, stream=None, verbose=False, override=False, **kwargs):
    values = dotenv_values(dotenv_path)
    for key, value in values.items():
        if override or key not in _os.environ:
            try:
                _os.environ[key] = value
            except TypeError:
                return False
    return bool(values)


def get_key(dotenv_path, key_to_get, **kwargs):
    return dotenv_values(dotenv_path).get(key_to_get)
