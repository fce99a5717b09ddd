# sessionmaker, and the query property of scoped sessions.
#
# Owns making sessions with options given beforehand. Must not know what a session does.


class _MakerBlock:
    def __init__(self, session):
        self._session = session

    def __enter__(self):
        self._session.__enter__()
        self._transaction = self._session.begin()
        self._transaction.__enter__()
        return self._session

    def __exit__(self, *raised):
        try:
            self._transaction.__exit__(*raised)
        finally:
            self._session.__exit__(*raised)
        return False


class sessionmaker:
    __module__ = "sqlalchemy.orm.session"

    def __init__(self, bind=None, *, class_=Session, autoflush=True, expire_on_commit=True, info=None, **kw):
        kw["bind"] = bind
        kw["autoflush"] = autoflush
        kw["expire_on_commit"] = expire_on_commit
        if info is not None:
            kw["info"] = info
        self.kw = kw
        self.class_ = type(class_.__name__, (class_,), {})

    def begin(self):
        return _MakerBlock(self())

    def __call__(self, **local_kw):
        for key, value in self.kw.items():
            if key == "info" and "info" in local_kw:
                merged = value.copy()
                merged.update(local_kw["info"])
                local_kw["info"] = merged
            else:
                local_kw.setdefault(key, value)
        return self.class_(**local_kw)

    def configure(self, **new_kw):
        self.kw.update(new_kw)

    def __repr__(self):
        options = ", ".join(f"{key}={value!r}" for key, value in self.kw.items())
        return f"{type(self).__name__}(class_={self.class_.__name__!r}, {options})"


class _query_property:
    def __init__(self, scoped, query_cls):
        self._scoped = scoped
        self._query_cls = query_cls

    def __get__(self, instance, owner):
        if self._query_cls is not None:
            return self._query_cls(owner, session=self._scoped.registry())
        return self._scoped.registry().query(owner)
