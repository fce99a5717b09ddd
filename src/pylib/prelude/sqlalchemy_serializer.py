"""`sqlalchemy_serializer`: `SerializerMixin.to_dict` with its rules."""
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID


def _split(rules):
    """Rules by their first name: what is left out, what is added, and the rules below."""
    out, extra, below = set(), [], {}
    for rule in rules:
        negative = rule.startswith("-")
        name, _, rest = rule.lstrip("-").partition(".")
        if rest:
            below.setdefault(name, []).append(("-" if negative else "") + rest)
            if not negative and name not in extra:
                extra.append(name)
        elif negative:
            out.add(name)
        elif name not in extra:
            extra.append(name)
    return out, extra, below


class SerializerMixin:
    serialize_only = ()
    serialize_rules = ()
    serialize_types = ()
    date_format = "%Y-%m-%d"
    datetime_format = "%Y-%m-%d %H:%M:%S"
    time_format = "%H:%M"
    decimal_format = "{}"
    serializable_keys = ()
    auto_serialize_properties = False

    @property
    def serializable_keys_list(self):
        from sqlalchemy import inspect
        if self.serializable_keys:
            return list(self.serializable_keys)
        return [attribute.key for attribute in inspect(type(self)).attrs]

    def to_dict(self, only=(), rules=(), date_format=None, datetime_format=None, time_format=None, tzinfo=None,
                decimal_format=None, serialize_types=None, _depth=0):
        formats = {
            "date": date_format or self.date_format,
            "datetime": datetime_format or self.datetime_format,
            "time": time_format or self.time_format,
            "decimal": decimal_format or self.decimal_format,
            "types": tuple(serialize_types or ()) + tuple(self.serialize_types),
        }
        return _model(self, tuple(only) or tuple(self.serialize_only), tuple(rules) + tuple(self.serialize_rules),
                      formats, _depth)


def _model(model, only, rules, formats, depth):
    if depth > 200:
        raise RecursionError("maximum recursion depth exceeded")
    out, extra, below = _split(rules)
    if only:
        _, keys, only_below = _split(only)
    else:
        keys, only_below = list(model.serializable_keys_list), {}
        keys += [key for key in extra if key not in keys]
    made = {}
    for key in keys:
        if key in out:
            continue
        value = getattr(model, key)
        if callable(value) and not isinstance(value, SerializerMixin):
            value = value()
        made[key] = _value(value, tuple(only_below.get(key, ())), tuple(below.get(key, ())), formats, depth + 1)
    return made


def _value(value, only, rules, formats, depth):
    for kind, convert in formats["types"]:
        if isinstance(value, kind):
            return convert(value)
    if isinstance(value, SerializerMixin):
        return _model(value, only or tuple(value.serialize_only), rules + tuple(value.serialize_rules), formats, depth)
    if value is None or isinstance(value, (str, int, float, bool, bytes)):
        return value
    if isinstance(value, datetime):
        return value.strftime(formats["datetime"])
    if isinstance(value, date):
        return value.strftime(formats["date"])
    if isinstance(value, time):
        return value.strftime(formats["time"])
    if isinstance(value, Decimal):
        return formats["decimal"].format(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        out, _, below = _split(rules)
        return {key: _value(item, (), tuple(below.get(key, ())), formats, depth)
                for key, item in value.items() if key not in out}
    if hasattr(value, "__iter__"):
        return [_value(item, only, rules, formats, depth) for item in value]
    return str(value)


def serialize_collection(iterable, *args, **kwargs):
    return [item.to_dict(*args, **kwargs) for item in iterable]
