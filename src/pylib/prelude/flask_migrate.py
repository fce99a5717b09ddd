"""Flask-Migrate's extension object. The commands are the shell's own: `db upgrade`, or `retort db upgrade`."""


class Migrate:
    def __init__(self, app=None, db=None, directory="migrations", command="db", compare_type=True,
                 render_as_batch=True, **kwargs):
        self.db = db
        self.command = command
        self.directory = str(directory)
        self.alembic_ctx_kwargs = kwargs
        if app is not None and db is not None:
            self.init_app(app, db, directory)

    def init_app(self, app, db=None, directory=None, command=None, compare_type=None, render_as_batch=None, **kwargs):
        self.db = db or self.db
        self.directory = str(directory or self.directory)
        app.extensions["migrate"] = self

    def configure(self, f):
        return f


def _refuse(name):
    def command(*args, **kwargs):
        raise RuntimeError(f"migrations run from the command line: retort db {name}")

    command.__name__ = name
    return command


init = _refuse("init")
migrate = _refuse("migrate")
upgrade = _refuse("upgrade")
downgrade = _refuse("downgrade")
current = _refuse("current")
history = _refuse("history")
stamp = _refuse("stamp")
