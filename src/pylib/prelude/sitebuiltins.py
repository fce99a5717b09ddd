# What the site module adds to the builtins for people at a console.
#
# Owns `exit` and `quit`. Must not know who catches SystemExit.


class Quitter:
    __module__ = "_sitebuiltins"

    def __init__(self, name, eof):
        self.name = name
        self.eof = eof

    def __repr__(self):
        return f"Use {self.name}() or {self.eof} to exit"

    def __call__(self, code=None):
        raise SystemExit(code)


exit = Quitter("exit", "Ctrl-D (i.e. EOF)")
quit = Quitter("quit", "Ctrl-D (i.e. EOF)")
