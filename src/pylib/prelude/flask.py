"""The part of Flask that models, shells and scripts meet: the app, its configuration, contexts, routes."""
import sys
from werkzeug.exceptions import abort, HTTPException
from werkzeug.local import LocalProxy

_app_stack = []
_request_stack = []

_NO_APP = (
    "Working outside of application context.\n\n"
    "This typically means that you attempted to use functionality that needed\n"
    "the current application. To solve this, set up an application context\n"
    "with app.app_context(). See the documentation for more information."
)
_NO_REQUEST = (
    "Working outside of request context.\n\n"
    "This typically means that you attempted to use functionality that needed\n"
    "an active HTTP request. Consult the documentation on testing for\n"
    "information about how to avoid this problem."
)
_NO_URL = (
    "Unable to build URLs outside an active request without 'SERVER_NAME' configured. "
    "Also configure 'APPLICATION_ROOT' and 'PREFERRED_URL_SCHEME' as needed."
)


def _app():
    if not _app_stack:
        raise RuntimeError(_NO_APP)
    return _app_stack[-1].app


def _globals():
    if not _app_stack:
        raise RuntimeError(_NO_APP)
    return _app_stack[-1].g


def _request():
    if not _request_stack:
        raise RuntimeError(_NO_REQUEST)
    return _request_stack[-1].request


def _session():
    if not _request_stack:
        raise RuntimeError(_NO_REQUEST)
    return _request_stack[-1].session


current_app = LocalProxy(_app)
g = LocalProxy(_globals)
request = LocalProxy(_request)
session = LocalProxy(_session)


def has_app_context():
    return bool(_app_stack)


def has_request_context():
    return bool(_request_stack)


class Config(dict):
    __module__ = "flask.config"

    def __init__(self, root_path, defaults=None):
        super().__init__(defaults or {})
        self.root_path = root_path

    def from_object(self, obj):
        if isinstance(obj, str):
            obj = _import_string(obj)
        for key in dir(obj):
            if key.isupper():
                self[key] = getattr(obj, key)

    def from_mapping(self, mapping=None, **kwargs):
        mappings = dict(mapping or {})
        mappings.update(kwargs)
        for key, value in mappings.items():
            if key.isupper():
                self[key] = value
        return True

    def from_pyfile(self, filename, silent=False):
        import os

        path = os.path.join(self.root_path, filename)
        try:
            with open(path) as file:
                source = file.read()
        except OSError as error:
            if silent:
                return False
            error.strerror = f"Unable to load configuration file ({error.strerror})"
            raise
        names = {"__file__": path, "__name__": "config"}
        exec(compile(source, path, "exec"), names)
        for key, value in names.items():
            if key.isupper():
                self[key] = value
        return True

    def from_envvar(self, variable_name, silent=False):
        import os

        path = os.environ.get(variable_name)
        if not path:
            if silent:
                return False
            raise RuntimeError(
                f"The environment variable {variable_name!r} is not set and as such configuration could not be"
                " loaded. Set this variable and make it point to a configuration file"
            )
        return self.from_pyfile(path, silent=silent)

    def from_prefixed_env(self, prefix="FLASK", *, loads=None):
        import json
        import os

        loads = loads or json.loads
        prefix = f"{prefix}_"
        for key in sorted(os.environ):
            if not key.startswith(prefix):
                continue
            value = os.environ[key]
            key = key.removeprefix(prefix)
            try:
                value = loads(value)
            except Exception:
                pass
            if "__" not in key:
                self[key] = value
                continue
            current = self
            *parts, tail = key.split("__")
            for part in parts:
                if part not in current:
                    current[part] = {}
                current = current[part]
            current[tail] = value
        return True

    def from_file(self, filename, load, silent=False, text=True):
        import os

        with open(os.path.join(self.root_path, filename)) as file:
            return self.from_mapping(load(file))

    def get_namespace(self, namespace, lowercase=True, trim_namespace=True):
        found = {}
        for key, value in self.items():
            if key.startswith(namespace):
                name = key[len(namespace):] if trim_namespace else key
                found[name.lower() if lowercase else name] = value
        return found

    def __repr__(self):
        return f"<{type(self).__name__} {dict.__repr__(self)}>"


def _import_string(name):
    module_name, _, attribute = name.replace(":", ".").rpartition(".")
    if not module_name:
        return __import__(name)
    try:
        module = __import__(module_name, None, None, [attribute])
    except ImportError:
        return __import__(name, None, None, ["*"])
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        raise ImportError(error) from None


def _default_config():
    from datetime import timedelta

    return {
        "DEBUG": False,
        "TESTING": False,
        "PROPAGATE_EXCEPTIONS": None,
        "SECRET_KEY": None,
        "SECRET_KEY_FALLBACKS": None,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=31),
        "USE_X_SENDFILE": False,
        "TRUSTED_HOSTS": None,
        "SERVER_NAME": None,
        "APPLICATION_ROOT": "/",
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_COOKIE_PATH": None,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": False,
        "SESSION_COOKIE_PARTITIONED": False,
        "SESSION_COOKIE_SAMESITE": None,
        "SESSION_REFRESH_EACH_REQUEST": True,
        "MAX_CONTENT_LENGTH": None,
        "MAX_FORM_MEMORY_SIZE": 500000,
        "MAX_FORM_PARTS": 1000,
        "SEND_FILE_MAX_AGE_DEFAULT": None,
        "TRAP_BAD_REQUEST_ERRORS": None,
        "TRAP_HTTP_EXCEPTIONS": False,
        "EXPLAIN_TEMPLATE_LOADING": False,
        "PREFERRED_URL_SCHEME": "http",
        "TEMPLATES_AUTO_RELOAD": None,
        "MAX_COOKIE_SIZE": 4093,
        "PROVIDE_AUTOMATIC_OPTIONS": True,
    }


class _AppCtxGlobals:
    __module__ = "flask.ctx"

    def get(self, name, default=None):
        return self.__dict__.get(name, default)

    def pop(self, name, *default):
        return self.__dict__.pop(name, *default)

    def setdefault(self, name, default=None):
        return self.__dict__.setdefault(name, default)

    def __getattr__(self, name):
        raise AttributeError(name)

    def __contains__(self, item):
        return item in self.__dict__

    def __iter__(self):
        return iter(self.__dict__)

    def __repr__(self):
        if _app_stack:
            return f"<flask.g of '{_app_stack[-1].app.name}'>"
        return object.__repr__(self)


class AppContext:
    __module__ = "flask.ctx"

    def __init__(self, app):
        self.app = app
        self.g = app.app_ctx_globals_class()

    def push(self):
        _app_stack.append(self)

    def pop(self, exc=None):
        for function in reversed(self.app.teardown_appcontext_funcs):
            function(exc)
        if self in _app_stack:
            _app_stack.remove(self)

    def __enter__(self):
        self.push()
        return self

    def __exit__(self, exc_type, exc_value, tb):
        self.pop(exc_value)


class _Arguments(dict):
    """Query or form values: several a name, the first one shown."""

    def getlist(self, key):
        return [self[key]] if key in self else []

    def get(self, key, default=None, type=None):
        if key not in self:
            return default
        if type is None:
            return self[key]
        try:
            return type(self[key])
        except (ValueError, TypeError):
            return default

    def to_dict(self, flat=True):
        return dict(self) if flat else {key: [value] for key, value in self.items()}


class Request:
    __module__ = "flask.wrappers"

    def __init__(self, path="/", method="GET", query_string=None, data=None, json=None, headers=None):
        path, _, query = path.partition("?")
        self.path = path
        self.method = method
        self.args = _Arguments(query_string or _parse_query(query))
        self.form = _Arguments(data if isinstance(data, dict) else {})
        self.values = _Arguments({**self.args, **self.form})
        self.headers = dict(headers or {})
        self.cookies = {}
        self.files = {}
        self.url = "http://localhost" + path + ("?" + query if query else "")
        self.base_url = "http://localhost" + path
        self.host = "localhost"
        self.endpoint = None
        self.view_args = {}
        self.remote_addr = "127.0.0.1"
        self._json = json

    @property
    def is_json(self):
        return self._json is not None

    @property
    def json(self):
        return self.get_json()

    def get_json(self, force=False, silent=False, cache=True):
        if self._json is None:
            if silent:
                return None
            abort(415, "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.")
        return self._json

    def __repr__(self):
        return f"<Request {self.url!r} [{self.method}]>"


def _parse_query(query):
    found = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.setdefault(name, value.replace("+", " "))
    return found


class RequestContext:
    __module__ = "flask.ctx"

    def __init__(self, app, request):
        self.app = app
        self.request = request
        self.session = {}
        self.app_context = None

    def push(self):
        self.app_context = AppContext(self.app)
        self.app_context.push()
        _request_stack.append(self)

    def pop(self, exc=None):
        if self in _request_stack:
            _request_stack.remove(self)
        self.app_context.pop(exc)

    def __enter__(self):
        self.push()
        return self

    def __exit__(self, exc_type, exc_value, tb):
        self.pop(exc_value)


class Response:
    __module__ = "flask.wrappers"

    def __init__(self, response=b"", status=200, headers=None, mimetype=None, content_type=None):
        if isinstance(response, str):
            response = response.encode()
        self.data = response
        self.status_code = status
        self.headers = dict(headers or {})
        self.mimetype = mimetype or "text/html"

    @property
    def status(self):
        from werkzeug.exceptions import HTTP_STATUS_CODES

        return f"{self.status_code} {HTTP_STATUS_CODES.get(self.status_code, 'UNKNOWN').upper()}"

    @property
    def json(self):
        return self.get_json()

    def get_json(self, force=False, silent=False):
        import json

        return json.loads(self.data.decode())

    def get_data(self, as_text=False):
        return self.data.decode() if as_text else self.data

    def set_cookie(self, *args, **kwargs):
        pass

    def delete_cookie(self, *args, **kwargs):
        pass

    def __repr__(self):
        return f"<Response {len(self.data)} bytes [{self.status}]>"


def jsonify(*args, **kwargs):
    import json

    if args and kwargs:
        raise TypeError("app.json.response() takes either args or kwargs, not both")
    if not args and not kwargs:
        value = None
    elif len(args) == 1:
        value = args[0]
    else:
        value = args or kwargs
    text = json.dumps(value, default=_json_default, sort_keys=True, separators=(",", ":"))
    return Response(text + "\n", mimetype="application/json")


def _json_default(value):
    import datetime
    import decimal
    import uuid

    if isinstance(value, datetime.date):
        return value.strftime("%a, %d %b %Y %H:%M:%S GMT")
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def make_response(*args):
    if not args:
        return Response()
    value = args[0]
    status = args[1] if len(args) > 1 and isinstance(args[1], int) else 200
    if isinstance(value, Response):
        value.status_code = status if len(args) > 1 else value.status_code
        return value
    if isinstance(value, (dict, list)):
        response = jsonify(value)
        response.status_code = status
        return response
    return Response(value, status)


def redirect(location, code=302, Response=None):
    response = make_response(f"Redirecting to {location}", code)
    response.headers["Location"] = location
    return response


def url_for(endpoint, **values):
    app = _app()
    if not _request_stack:
        raise RuntimeError(_NO_URL)
    for rule, name in app._rules:
        if name == endpoint:
            return rule
    raise RuntimeError(f"Could not build url for endpoint {endpoint!r}.")


def render_template(template_name_or_list, **context):
    return f"<{template_name_or_list}>"


def render_template_string(source, **context):
    return source


def flash(message, category="message"):
    _session().setdefault("_flashes", []).append((category, message))


def get_flashed_messages(with_categories=False, category_filter=()):
    flashes = _session().pop("_flashes", [])
    return flashes if with_categories else [message for _, message in flashes]


def send_file(*args, **kwargs):
    return Response()


def send_from_directory(*args, **kwargs):
    return Response()


def after_this_request(f):
    return f


def stream_with_context(generator):
    return generator


class _Commands:
    """Where `@app.cli.command()` puts its functions."""

    def __init__(self, name=None):
        self.name = name
        self.commands = {}

    def command(self, *args, **kwargs):
        def decorator(function):
            name = args[0] if args and isinstance(args[0], str) else function.__name__.replace("_", "-")
            self.commands[name] = function
            return function

        if len(args) == 1 and callable(args[0]):
            function, args = args[0], ()
            return decorator(function)
        return decorator

    def group(self, *args, **kwargs):
        def decorator(function):
            return _Commands(function.__name__)

        return decorator

    def add_command(self, command, name=None):
        self.commands[name or getattr(command, "name", None)] = command


class _Scaffold:
    def __init__(self, import_name):
        self.import_name = import_name
        self.root_path = _root_path(import_name)
        self.view_functions = {}
        self.error_handler_spec = {}
        self.cli = _Commands()
        self._rules = []

    def route(self, rule, **options):
        def decorator(f):
            self.add_url_rule(rule, options.pop("endpoint", None), f, **options)
            return f

        return decorator

    def get(self, rule, **options):
        return self.route(rule, **options)

    post = put = patch = delete = get

    def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
        endpoint = endpoint or getattr(view_func, "__name__", None)
        self._rules.append((rule, endpoint))
        if view_func is not None:
            self.view_functions[endpoint] = view_func

    def errorhandler(self, code_or_exception):
        def decorator(f):
            self.error_handler_spec[code_or_exception] = f
            return f

        return decorator

    def register_error_handler(self, code_or_exception, f):
        self.error_handler_spec[code_or_exception] = f

    def _accept(self, f):
        return f

    before_request = after_request = teardown_request = context_processor = url_value_preprocessor = _accept
    url_defaults = before_first_request = template_filter_ = _accept

    def template_filter(self, name=None):
        return self._accept

    template_global = template_test = template_filter


def _root_path(import_name):
    module = sys.modules.get(import_name)
    file = getattr(module, "__file__", None)
    if file is None:
        import os

        return os.getcwd()
    head, slash, _ = file.rpartition("/")
    if not slash:
        import os

        return os.getcwd()
    return head or "/"


class Blueprint(_Scaffold):
    __module__ = "flask.blueprints"

    def __init__(self, name, import_name, static_folder=None, static_url_path=None, template_folder=None,
                 url_prefix=None, subdomain=None, url_defaults=None, root_path=None, cli_group=None):
        super().__init__(import_name)
        if not name:
            raise ValueError("'name' may not be empty.")
        if "." in name:
            raise ValueError("'name' may not contain a dot '.' character.")
        self.name = name
        self.url_prefix = url_prefix

    def register_blueprint(self, blueprint, **options):
        pass

    app_errorhandler = _Scaffold.errorhandler
    before_app_request = after_app_request = app_context_processor = before_app_first_request = _Scaffold._accept
    app_template_filter = app_template_global = _Scaffold.template_filter

    def record(self, func):
        pass

    def __repr__(self):
        return f"<Blueprint {self.name!r}>"


class Flask(_Scaffold):
    __module__ = "flask.app"
    config_class = Config
    app_ctx_globals_class = _AppCtxGlobals
    request_class = Request
    response_class = Response

    def __init__(self, import_name, static_url_path=None, static_folder="static", static_host=None,
                 host_matching=False, subdomain_matching=False, template_folder="templates", instance_path=None,
                 instance_relative_config=False, root_path=None):
        super().__init__(import_name)
        if root_path is not None:
            self.root_path = root_path
        if instance_path is None:
            instance_path = self._instance_path()
        elif not instance_path.startswith("/"):
            raise ValueError(
                "If an instance path is provided it must be absolute. A relative path was given instead."
            )
        self.instance_path = instance_path
        self.static_folder = static_folder
        self.template_folder = template_folder
        self.config = self.config_class(
            self.instance_path if instance_relative_config else self.root_path, _default_config()
        )
        self.extensions = {}
        self.blueprints = {}
        self.teardown_appcontext_funcs = []
        self.shell_context_processors = []
        self.jinja_env = _Environment()
        self.url_map = _UrlMap(self)

    def _instance_path(self):
        root = self.root_path
        if "." in self.import_name or _is_package(self.import_name):
            for _ in range(self.import_name.count(".") + (1 if _is_package(self.import_name) else 0)):
                root = root.rpartition("/")[0]
        return f"{root}/instance"

    @property
    def name(self):
        if self.import_name == "__main__":
            file = getattr(sys.modules["__main__"], "__file__", None)
            if file is None:
                return "__main__"
            return file.rpartition("/")[2].removesuffix(".py")
        return self.import_name

    @property
    def debug(self):
        return self.config["DEBUG"]

    @debug.setter
    def debug(self, value):
        self.config["DEBUG"] = value

    @property
    def testing(self):
        return self.config["TESTING"]

    @testing.setter
    def testing(self, value):
        self.config["TESTING"] = value

    @property
    def secret_key(self):
        return self.config["SECRET_KEY"]

    @secret_key.setter
    def secret_key(self, value):
        self.config["SECRET_KEY"] = value

    @property
    def logger(self):
        import logging

        return logging.getLogger(self.name)

    @property
    def permanent_session_lifetime(self):
        return self.config["PERMANENT_SESSION_LIFETIME"]

    @permanent_session_lifetime.setter
    def permanent_session_lifetime(self, value):
        self.config["PERMANENT_SESSION_LIFETIME"] = value

    def app_context(self):
        return AppContext(self)

    def test_request_context(self, path="/", method="GET", query_string=None, data=None, json=None, headers=None,
                             **kwargs):
        return RequestContext(self, Request(path, method, query_string, data, json, headers))

    def test_client(self, *args, **kwargs):
        raise RuntimeError("there is no web server here, so no test client; call the view functions themselves")

    def register_blueprint(self, blueprint, **options):
        self.blueprints[options.get("name") or blueprint.name] = blueprint
        prefix = options.get("url_prefix", blueprint.url_prefix) or ""
        for rule, endpoint in blueprint._rules:
            self._rules.append((prefix + rule, f"{blueprint.name}.{endpoint}"))
        for endpoint, function in blueprint.view_functions.items():
            self.view_functions[f"{blueprint.name}.{endpoint}"] = function

    def teardown_appcontext(self, f):
        self.teardown_appcontext_funcs.append(f)
        return f

    def shell_context_processor(self, f):
        self.shell_context_processors.append(f)
        return f

    def make_shell_context(self):
        names = {"app": self, "g": g._get_current_object() if _app_stack else g}
        for processor in self.shell_context_processors:
            names.update(processor())
        return names

    def open_resource(self, resource, mode="r", encoding=None):
        return open(f"{self.root_path}/{resource}", mode)

    def run(self, host=None, port=None, debug=None, load_dotenv=True, **options):
        print("There is no web server in Retort: the app is loaded, and its shell is `retort`.")
        raise SystemExit(0)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}>"


class _Environment:
    """Stands where Jinja's environment does."""

    def __init__(self):
        self.filters = {}
        self.globals = {}
        self.tests = {}
        self.trim_blocks = False
        self.lstrip_blocks = False

    def add_extension(self, extension):
        pass


class _UrlMap:
    def __init__(self, app):
        self._app = app
        self.strict_slashes = True
        self.converters = {}

    def iter_rules(self, endpoint=None):
        return iter([rule for rule, name in self._app._rules if endpoint in (None, name)])


def _is_package(import_name):
    file = getattr(sys.modules.get(import_name), "__file__", None) or ""
    return file.endswith("/__init__.py")
