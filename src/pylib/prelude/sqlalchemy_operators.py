# SQL's operators as functions, where Python has none of its own.
#
# Owns the functions, which ask the methods of expressions. Must not know spelling.

from operator import add, and_, eq, floordiv, ge, getitem, gt, inv, le, lt, mod, mul, ne, neg, or_, sub, truediv
from sqlalchemy.sql._others import ColumnOperators


def is_distinct_from(a, b):
    return a.is_distinct_from(b)


def is_not_distinct_from(a, b):
    return a.is_not_distinct_from(b)


def is_(a, b):
    return a.is_(b)


def is_not(a, b):
    return a.is_not(b)


def collate(a, b):
    return a.collate(b)


def op(a, opstring, b):
    return a.op(opstring)(b)


def like_op(a, b, escape=None):
    return a.like(b, escape=escape)


def not_like_op(a, b, escape=None):
    return a.not_like(b, escape=escape)


def ilike_op(a, b, escape=None):
    return a.ilike(b, escape=escape)


def not_ilike_op(a, b, escape=None):
    return a.not_ilike(b, escape=escape)


def between_op(a, b, c, symmetric=False):
    return a.between(b, c, symmetric=symmetric)


def not_between_op(a, b, c, symmetric=False):
    return ~a.between(b, c, symmetric=symmetric)


def in_op(a, b):
    return a.in_(b)


def not_in_op(a, b):
    return a.not_in(b)


def distinct_op(a):
    return a.distinct()


def any_op(a):
    return a.any_()


def all_op(a):
    return a.all_()


def startswith_op(a, b, escape=None, autoescape=False):
    return a.startswith(b, escape=escape, autoescape=autoescape)


def not_startswith_op(a, b, escape=None, autoescape=False):
    return ~a.startswith(b, escape=escape, autoescape=autoescape)


def istartswith_op(a, b, escape=None, autoescape=False):
    return a.istartswith(b, escape=escape, autoescape=autoescape)


def not_istartswith_op(a, b, escape=None, autoescape=False):
    return ~a.istartswith(b, escape=escape, autoescape=autoescape)


def endswith_op(a, b, escape=None, autoescape=False):
    return a.endswith(b, escape=escape, autoescape=autoescape)


def not_endswith_op(a, b, escape=None, autoescape=False):
    return ~a.endswith(b, escape=escape, autoescape=autoescape)


def iendswith_op(a, b, escape=None, autoescape=False):
    return a.iendswith(b, escape=escape, autoescape=autoescape)


def not_iendswith_op(a, b, escape=None, autoescape=False):
    return ~a.iendswith(b, escape=escape, autoescape=autoescape)


def contains_op(a, b, escape=None, autoescape=False):
    return a.contains(b, escape=escape, autoescape=autoescape)


def not_contains_op(a, b, escape=None, autoescape=False):
    return ~a.contains(b, escape=escape, autoescape=autoescape)


def icontains_op(a, b, escape=None, autoescape=False):
    return a.icontains(b, escape=escape, autoescape=autoescape)


def not_icontains_op(a, b, escape=None, autoescape=False):
    return ~a.icontains(b, escape=escape, autoescape=autoescape)


def match_op(a, b, **kw):
    return a.match(b, **kw)


def not_match_op(a, b, **kw):
    return ~a.match(b, **kw)


def regexp_match_op(a, b, flags=None):
    return a.regexp_match(b, flags=flags)


def not_regexp_match_op(a, b, flags=None):
    return ~a.regexp_match(b, flags=flags)


def regexp_replace_op(a, b, replacement, flags=None):
    return a.regexp_replace(b, replacement, flags=flags)


def concat_op(a, b):
    return a.concat(b)


def desc_op(a):
    return a.desc()


def asc_op(a):
    return a.asc()


def nulls_first_op(a):
    return a.nulls_first()


def nulls_last_op(a):
    return a.nulls_last()


def json_getitem_op(a, b):
    return a[b]


def json_path_getitem_op(a, b):
    return a[b]


def bitwise_xor_op(a, b):
    return a.bitwise_xor(b)


def bitwise_or_op(a, b):
    return a.bitwise_or(b)


def bitwise_and_op(a, b):
    return a.bitwise_and(b)


def bitwise_lshift_op(a, b):
    return a.bitwise_lshift(b)


def bitwise_rshift_op(a, b):
    return a.bitwise_rshift(b)


def bitwise_not_op(a):
    return a.bitwise_not()


def comma_op(*operands):
    raise NotImplementedError()


def filter_op(*operands):
    raise NotImplementedError()


def from_(*operands):
    raise NotImplementedError()


def as_(*operands):
    raise NotImplementedError()


def exists(*operands):
    raise NotImplementedError()


def is_true(*operands):
    raise NotImplementedError()


def is_false(*operands):
    raise NotImplementedError()


isnot, isnot_distinct_from = is_not, is_not_distinct_from
notlike_op, notilike_op, notbetween_op, notin_op = not_like_op, not_ilike_op, not_between_op, not_in_op
notstartswith_op, notendswith_op, notcontains_op = not_startswith_op, not_endswith_op, not_contains_op
notmatch_op, nullsfirst_op, nullslast_op = not_match_op, nulls_first_op, nulls_last_op
