# Flask-SQLAlchemy's extension object, its model base and its session.
#
# Owns table names from class names, engines from an app's configuration, and the names that `db` offers.
# Must not know how classes are mapped or statements run: that is sqlalchemy's.

import sqlalchemy as sa
import sqlalchemy.orm as sa_orm
import sqlalchemy.exc as sa_exc
from flask import abort, current_app, has_app_context
from flask import _app_stack
from sqlalchemy.orm.scoping import _innermost
from flask_sqlalchemy.query import Query
from flask_sqlalchemy.pagination import SelectPagination
from flask_sqlalchemy._database import database_url, take_options

_UNSET = object()


# Each application context has a session of its own.
_app_ctx_id = _innermost(_app_stack, current_app._get_current_object)


def _bind_key_of(metadata):
    return metadata.info.get("bind_key", _UNSET)


class Session(sa_orm.Session):
    __module__ = "flask_sqlalchemy.session"

    def __init__(self, db, **options):
        super().__init__(**options)
        self._db = db
        self._model_changes = {}

    def get_bind(self, mapper=None, clause=None, bind=None, **kwargs):
        if bind is not None:
            return bind
        engines = self._db.engines
        if len(engines) > 1:
            table = getattr(mapper, "local_table", None) if mapper is not None else clause
            table = getattr(table, "table", table)
            metadata = getattr(table, "metadata", None)
            key = _bind_key_of(metadata) if metadata is not None else _UNSET
            if key is not _UNSET:
                if key not in engines:
                    raise sa_exc.UnboundExecutionError(f"Bind key '{key}' is not in 'SQLALCHEMY_BINDS' config.")
                return engines[key]
        if None in engines:
            return engines[None]
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **kwargs)

    # The answer for a mapper never changes, so that the session need not ask again.
    get_bind._sa_stable_bind = True


class _QueryProperty:
    def __get__(self, obj, cls):
        return cls.query_class(cls, session=cls.__fsa__.session())


def camel_to_snake_case(name):
    out = []
    for index, letter in enumerate(name):
        if letter.isupper():
            before = name[index - 1] if index else ""
            after = name[index + 1 : index + 2]
            if before and (before.islower() or before.isdigit() or (before.isupper() and after.islower())):
                out.append("_")
        out.append(letter)
    return "".join(out).lower().lstrip("_")


def _is_base(cls):
    """Whether a class is a declarative base, or a mixin: something that cannot be mapped itself."""
    return "registry" in cls.__dict__ or not hasattr(cls, "registry")


def _names_table(cls):
    """Whether a class should get a table name from its own name."""
    if cls.__dict__.get("__abstract__", False) or _is_base(cls):
        return False
    for base in cls.__mro__:
        if "__tablename__" not in base.__dict__:
            continue
        if isinstance(base.__dict__["__tablename__"], sa_orm.declared_attr):
            return False
        if base is cls or base.__dict__.get("__abstract__", False) or _is_base(base):
            return False
        # A mapped parent: only a class with a primary key of its own has a table of its own.
        return _has_key(cls)
    return True


def _has_key(cls):
    for base in cls.__mro__:
        if base is not cls and ("__table__" in base.__dict__ or "__mapper__" in base.__dict__):
            break
        for value in base.__dict__.values():
            column = getattr(value, "column", value)
            if isinstance(column, sa.Column) and column.primary_key:
                return True
            if isinstance(value, sa_orm.declared_attr):
                continue
        args = base.__dict__.get("__table_args__")
        if isinstance(args, tuple) and any(isinstance(arg, sa.PrimaryKeyConstraint) for arg in args):
            return True
    return False


class Model:
    __module__ = "flask_sqlalchemy.model"
    query_class = Query

    def __init_subclass__(cls, **kwargs):
        db = getattr(cls, "__fsa__", None)
        if db is not None:
            if "metadata" not in cls.__dict__ and "__table__" not in cls.__dict__ and not _is_base(cls):
                key = getattr(cls, "__bind_key__", None)
                if key is not None:
                    metadata = db._make_metadata(key)
                    if metadata is not cls.metadata:
                        cls.metadata = metadata
            if db._names_tables and "__table__" not in cls.__dict__ and _names_table(cls):
                cls.__tablename__ = camel_to_snake_case(cls.__name__)
        super().__init_subclass__(**kwargs)

    def __repr__(self):
        state = sa.inspect(self)
        if state.transient:
            key = f"(transient {id(self)})"
        elif state.pending:
            key = f"(pending {id(self)})"
        else:
            key = ", ".join(map(str, state.identity))
        return f"<{type(self).__name__} {key}>"


class DefaultMeta(type):
    __module__ = "flask_sqlalchemy.model"


class SQLAlchemy:
    __module__ = "flask_sqlalchemy.extension"

    def __init__(self, app=None, *, metadata=None, session_options=None, query_class=Query, model_class=Model,
                 engine_options=None, add_models_to_shell=True, disable_autonaming=False):
        self.Query = query_class
        self._names_tables = not disable_autonaming
        self.session = self._make_scoped_session(session_options or {})
        self.metadatas = {}
        if metadata is not None:
            metadata.info["bind_key"] = None
            self.metadatas[None] = metadata
        self.Table = self._make_table_class()
        self.Model = self._make_declarative_base(model_class)
        self._engine_options = engine_options or {}
        self._app_engines = {}
        self._add_models_to_shell = add_models_to_shell
        if app is not None:
            self.init_app(app)

    def __repr__(self):
        if not has_app_context():
            return f"<{type(self).__name__}>"
        text = f"{type(self).__name__} {self.engine.url}"
        if len(self.engines) > 1:
            text = f"{text} +{len(self.engines) - 1}"
        return f"<{text}>"

    def init_app(self, app):
        if "sqlalchemy" in app.extensions:
            raise RuntimeError(
                "A 'SQLAlchemy' instance has already been registered on this Flask app."
                " Import and use that instance instead."
            )
        app.extensions["sqlalchemy"] = self
        app.teardown_appcontext(self._teardown_session)
        if self._add_models_to_shell:
            app.shell_context_processor(self._shell_names)
        uri = app.config.setdefault("SQLALCHEMY_DATABASE_URI", None)
        options = dict(self._engine_options)
        options.update(app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {}))
        echo = app.config.setdefault("SQLALCHEMY_ECHO", False)
        binds = app.config.setdefault("SQLALCHEMY_BINDS", {})
        app.config.setdefault("SQLALCHEMY_RECORD_QUERIES", False)
        app.config.setdefault("SQLALCHEMY_TRACK_MODIFICATIONS", False)
        all_options = {}
        for key, value in binds.items():
            all_options[key] = dict(value) if isinstance(value, dict) else {"url": value}
        uri = take_options(uri, "url" in options)
        if uri is not None:
            options["url"] = uri
        if "url" in options:
            all_options.setdefault(None, {}).update(options)
        if not all_options:
            raise RuntimeError("Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set.")
        engines = self._app_engines.setdefault(id(app), {})
        for key, settings in all_options.items():
            self._make_metadata(key)
            settings.setdefault("echo", echo)
            settings["url"] = database_url(str(sa.make_url(settings["url"]).render_as_string(hide_password=False)), app.instance_path, key is None)
            url = sa.make_url(settings.pop("url"))
            if url.get_backend_name() == "sqlite" and (url.database in (None, "", ":memory:") or url.query.get("mode") == "memory"):
                # One connection for everybody: another one would see another, empty database.
                settings.setdefault("poolclass", sa.StaticPool)
            engines[key] = sa.create_engine(url, **settings)

    def _shell_names(self):
        names = {"db": self}
        for mapper in self.Model._sa_registry.mappers:
            names[mapper.class_.__name__] = mapper.class_
        return names

    def _make_scoped_session(self, options):
        options = dict(options)
        scope = options.pop("scopefunc", _app_ctx_id)
        return sa_orm.scoped_session(self._make_session_factory(options), scope)

    def _make_session_factory(self, options):
        options.setdefault("class_", Session)
        options.setdefault("query_cls", self.Query)
        return sa_orm.sessionmaker(db=self, **options)

    def _teardown_session(self, exc):
        self.session.remove()

    def _make_metadata(self, bind_key):
        if bind_key in self.metadatas:
            return self.metadatas[bind_key]
        convention = None
        if bind_key is not None and None in self.metadatas:
            convention = self.metadatas[None].naming_convention
        metadata = sa.MetaData(naming_convention=convention, info={"bind_key": bind_key})
        self.metadatas[bind_key] = metadata
        return metadata

    def _make_table_class(self):
        def Table(name, *args, bind_key=None, **kwargs):
            if not args or not isinstance(args[0], sa.MetaData):
                args = (self._make_metadata(bind_key), *args)
            return sa.Table(name, *args, **kwargs)

        return Table

    def _make_declarative_base(self, model_class):
        if issubclass(model_class, sa_orm.DeclarativeBase):
            body = {key: value for key, value in model_class.__dict__.items() if key not in ("__dict__", "__weakref__")}
            body["__fsa__"] = self
            model = type("FlaskSQLAlchemyBase", (Model, *model_class.__bases__), body)
        elif not hasattr(model_class, "registry"):
            model = sa_orm.declarative_base(metadata=self._make_metadata(None), cls=model_class, name="Model", metaclass=DefaultMeta)
        else:
            model = model_class
        if None not in self.metadatas:
            model.metadata.info["bind_key"] = None
            self.metadatas[None] = model.metadata
        else:
            model.metadata = self.metadatas[None]
        model.query_class = self.Query
        model.query = _QueryProperty()
        model.__fsa__ = self
        return model

    @property
    def metadata(self):
        return self.metadatas[None]

    @property
    def engines(self):
        app = current_app._get_current_object()
        if id(app) not in self._app_engines:
            raise RuntimeError(
                "The current Flask app is not registered with this 'SQLAlchemy'"
                " instance. Did you forget to call 'init_app', or did you create"
                " multiple 'SQLAlchemy' instances?"
            )
        return self._app_engines[id(app)]

    @property
    def engine(self):
        return self.engines[None]

    def get_engine(self, bind_key=None, **kwargs):
        return self.engines[bind_key]

    def get_or_404(self, entity, ident, *, description=None, **kwargs):
        value = self.session.get(entity, ident, **kwargs)
        if value is None:
            abort(404, description=description)
        return value

    def first_or_404(self, statement, *, description=None):
        value = self.session.execute(statement).scalar()
        if value is None:
            abort(404, description=description)
        return value

    def one_or_404(self, statement, *, description=None):
        try:
            return self.session.execute(statement).scalar_one()
        except (sa_exc.NoResultFound, sa_exc.MultipleResultsFound):
            abort(404, description=description)

    def paginate(self, select, *, page=None, per_page=None, max_per_page=None, error_out=True, count=True):
        return SelectPagination(
            select=select, session=self.session(), page=page, per_page=per_page, max_per_page=max_per_page,
            error_out=error_out, count=count,
        )

    def _call_for_binds(self, bind_key, op_name):
        if bind_key == "__all__":
            keys = list(self.metadatas)
        elif bind_key is None or isinstance(bind_key, str):
            keys = [bind_key]
        else:
            keys = bind_key
        for key in keys:
            try:
                engine = self.engines[key]
            except KeyError:
                message = f"Bind key '{key}' is not in 'SQLALCHEMY_BINDS' config."
                if key is None:
                    message = f"'SQLALCHEMY_DATABASE_URI' config is not set. {message}"
                raise sa_exc.UnboundExecutionError(message) from None
            getattr(self.metadatas[key], op_name)(bind=engine)

    def create_all(self, bind_key="__all__"):
        self._call_for_binds(bind_key, "create_all")

    def drop_all(self, bind_key="__all__"):
        self._call_for_binds(bind_key, "drop_all")

    def reflect(self, bind_key="__all__"):
        self._call_for_binds(bind_key, "reflect")

    def _set_rel_query(self, kwargs):
        kwargs.setdefault("query_class", self.Query)
        if "backref" in kwargs:
            backref = kwargs["backref"]
            if isinstance(backref, str):
                backref = (backref, {})
            backref[1].setdefault("query_class", self.Query)

    def relationship(self, *args, **kwargs):
        self._set_rel_query(kwargs)
        return sa_orm.relationship(*args, **kwargs)

    def dynamic_loader(self, argument, **kwargs):
        self._set_rel_query(kwargs)
        return sa_orm.dynamic_loader(argument, **kwargs)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        for module in (sa, sa_orm):
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)
