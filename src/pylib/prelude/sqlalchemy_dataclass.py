# Mapped classes as dataclasses.
#
# Owns handing a class's mapped attributes to `dataclasses` before they become descriptors. Must not know mapping.

_MISSING = object()


class MappedAsDataclass:
    _sa_as_dataclass = True


def apply(cls, fields, options):
    """Runs the dataclass decorator over a class whose fields are the given ones, and puts its attributes back."""
    import dataclasses

    annotations = cls.__dict__.get("__annotations__", _MISSING)
    before = {}
    typed = {}
    for name, annotation, keywords in fields:
        typed[name] = annotation
        before[name] = cls.__dict__.get(name, _MISSING)
        if keywords:
            setattr(cls, name, dataclasses.field(**keywords))
        elif before[name] is not _MISSING:
            delattr(cls, name)
    cls.__annotations__ = typed
    accepted = ("init", "repr", "eq", "order", "unsafe_hash", "match_args", "kw_only")
    dataclasses.dataclass(**{key: value for key, value in options.items() if key in accepted})(cls)
    for name, value in before.items():
        if value is not _MISSING:
            setattr(cls, name, value)
        elif name in cls.__dict__:
            delattr(cls, name)
    if annotations is not _MISSING:
        cls.__annotations__ = annotations
