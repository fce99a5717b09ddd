#!/usr/bin/env python3
"""Random statements in real SQLAlchemy and in Retort: text, parameters and rows must be the same.

    python statements.py RETORT [--count 10000] [--seed 1] [--batch 250] [--show 20] [--keep FILE]

Run it with an interpreter that has the SQLAlchemy of requirements.txt. Each statement is made
from a description that is Python source, so both sides run the very same lines; the schema is
five tables with every usual type. It needs no network. Exit 1 where an answer differs.
"""

import argparse
import difflib
import random
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from harness import compare

HEAD = '''
import datetime, decimal, enum, uuid
import sqlalchemy as sa
from sqlalchemy import *
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import (DeclarativeBase, Session, aliased, relationship, joinedload, selectinload,
    subqueryload, lazyload, load_only, defer, contains_eager, raiseload, Bundle)

class Base(DeclarativeBase):
    pass

class Color(enum.Enum):
    red = 1
    blue = 2

labels = Table("labels", Base.metadata,
    Column("item_id", ForeignKey("item.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True))

class Maker(Base):
    __tablename__ = "maker"
    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False)
    town = Column(String(40))
    born = Column(Date)
    score = Column(Numeric(10, 2))
    items = relationship("Item", back_populates="maker", order_by="Item.id")

class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False)
    price = Column(Float)
    stock = Column(Integer, default=7)
    made = Column(DateTime)
    on_sale = Column(Boolean, default=False)
    details = Column(JSON)
    maker_id = Column(ForeignKey("maker.id"))
    maker = relationship("Maker", back_populates="items")
    tags = relationship("Tag", secondary=labels, back_populates="items", order_by="Tag.id")
    notes = relationship("Note", back_populates="item", order_by="Note.id")

class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20), unique=True)
    color = Column(Enum(Color))
    items = relationship("Item", secondary=labels, back_populates="tags", order_by="Item.id")

class Note(Base):
    __tablename__ = "Note"
    id = Column(Integer, primary_key=True)
    body = Column("text", Text)
    order = Column(Integer)
    at = Column(Time)
    span = Column(Interval)
    code = Column(Uuid)
    item_id = Column(ForeignKey("item.id"))
    parent_id = Column(ForeignKey("Note.id"))
    item = relationship("Item", back_populates="notes")
    parent = relationship("Note", remote_side=[id], back_populates="children")
    children = relationship("Note", back_populates="parent", order_by="Note.id")

for cls in (Maker, Item, Tag, Note):
    cls.__repr__ = lambda self: f"<{type(self).__name__} {self.id}>"

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
D, DT = datetime.date, datetime.datetime
ada = Maker(id=1, name="Ada", town="Ulm", born=D(1980, 1, 5), score=decimal.Decimal("2.50"))
bo = Maker(id=2, name="Bo%_x", town=None, born=None, score=decimal.Decimal("10.00"))
cy = Maker(id=3, name="Cy", town="bonn", born=D(2001, 12, 31), score=None)
old, new = Tag(id=1, word="old", color=Color.red), Tag(id=2, word="new", color=None)
odd = Tag(id=3, word="o'dd", color=Color.blue)
cup = Item(id=1, name="Cup", price=2.5, stock=10, made=DT(2024, 1, 5, 10, 30), on_sale=True, maker=ada, tags=[old], details={"a": 1, "b": {"c": [1, 2]}})
jug = Item(id=2, name="Jug", price=12.0, stock=0, made=DT(2024, 3, 9), maker=ada, tags=[old, new], details=[1, "x"])
bowl = Item(id=3, name="bowl", price=7.25, stock=3, made=None, on_sale=True, maker=bo, tags=[new])
plate = Item(id=4, name="Plate 100%", price=None, stock=5, made=DT(2023, 12, 31, 23, 59, 59, 5), details={"a": "y"})
n1 = Note(id=1, body="first", order=2, at=datetime.time(8, 15), span=datetime.timedelta(days=1, seconds=5), code=uuid.UUID(int=1), item=cup)
n2 = Note(id=2, body=None, order=1, at=None, span=None, code=None, item=cup, parent=n1)
n3 = Note(id=3, body="a/b_c", order=3, at=datetime.time(23, 0, 0, 7), span=datetime.timedelta(0), code=uuid.UUID(int=99), item=jug, parent=n1)
n4 = Note(id=4, body="", order=None, item=None, parent=n3)
session.add_all([ada, bo, cy, old, new, odd, cup, jug, bowl, plate, n1, n2, n3, n4])
session.commit()
session.close()
del ada, bo, cy, old, new, odd, cup, jug, bowl, plate, n1, n2, n3, n4
ran = []

@event.listens_for(engine, "before_cursor_execute")
def note_statement(conn, cursor, statement, parameters, context, executemany):
    ran.append((statement, parameters))

def told(error):
    return f"{type(error).__module__}.{type(error).__name__}: {error}"

def show(number, make, how):
    print("##", number)
    ran.clear()
    try:
        made = make()
        print(made)
        if how != "query":
            compiled = made.compile(dialect=sqlite.dialect())
            print(sorted(compiled.params.items(), key=str))
            try:
                print(made.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
            except Exception as error:
                print(told(error))
        if how == "query":
            rows = made.all()
        elif how == "core":
            rows = session.connection().execute(made).fetchall()
        elif how == "orm":
            rows = session.execute(made).unique().all()
        else:
            result = session.execute(made)
            rows = result.all() if getattr(result, "returns_rows", True) else [result.rowcount]
            if how == "change":
                rows += session.execute(select(text("*")).select_from(text(make.table)).order_by(text("1"))).all()
        for row in sorted(map(repr, rows)):
            print(row)
    except Exception as error:
        print(told(error))
    for statement, parameters in ran:
        print(">", statement.replace(chr(10), " "), parameters)
    session.rollback()
    session.expunge_all()
'''

TABLES = {
    "Maker": {"num": ["id", "score"], "text": ["name", "town"], "date": ["born"], "bool": []},
    "Item": {"num": ["id", "price", "stock", "maker_id"], "text": ["name"], "date": ["made"], "bool": ["on_sale"]},
    "Tag": {"num": ["id"], "text": ["word"], "date": [], "bool": []},
    "Note": {"num": ["id", "order", "item_id", "parent_id"], "text": ["body"], "date": [], "bool": []},
}
EVERY = {
    "Maker": ["id", "name", "town", "born", "score"],
    "Item": ["id", "name", "price", "stock", "made", "on_sale", "details", "maker_id"],
    "Tag": ["id", "word", "color"],
    "Note": ["id", "body", "order", "at", "span", "code", "item_id", "parent_id"],
}
# relationship: (target, uselist)
RELATED = {
    "Maker": {"items": ("Item", True)},
    "Item": {"maker": ("Maker", False), "tags": ("Tag", True), "notes": ("Note", True)},
    "Tag": {"items": ("Item", True)},
    "Note": {"item": ("Item", False), "parent": ("Note", False), "children": ("Note", True)},
}
WORDS = ["Cup", "old", "a/b_c", "100%", "o'dd", "", "x_y", "Bo%_x", "ULM"]


class Maker:
    """Makes one statement: lines of Python, and how it is run."""

    def __init__(self, number, seed):
        self.rng = random.Random(f"{seed}/{number}")
        self.lines = []
        self.names = 0

    def pick(self, items):
        return self.rng.choice(list(items))

    def odds(self, share):
        return self.rng.random() < share

    def name(self, base):
        self.names += 1
        return f"{base}{self.names}"

    def let(self, base, source):
        name = self.name(base)
        self.lines.append(f"{name} = {source}")
        return name

    # Scope: a list of (source name, class name).

    def entity(self, kind=None):
        kind = kind or self.pick(TABLES)
        if self.odds(0.25):
            named = f", name={self.pick(['a', 'b c', 'Order'])!r}" if self.odds(0.3) else ""
            return self.let("al", f"aliased({kind}{named})"), kind
        return kind, kind

    def column(self, scope, sort):
        owners = [(name, kind) for name, kind in scope if TABLES[kind][sort]]
        if not owners:
            return None
        name, kind = self.pick(owners)
        return f"{name}.{self.pick(TABLES[kind][sort])}"

    def value(self, sort):
        if sort == "num":
            return self.pick(["0", "1", "2", "-3", "7", "2.5", "10"])
        if sort == "text":
            return repr(self.pick(WORDS))
        if sort == "bool":
            return self.pick(["True", "False"])
        return self.pick(["D(2024, 1, 5)", "DT(2024, 1, 5, 10, 30)"])

    def num(self, scope, depth=2):
        column = self.column(scope, "num") or "literal(4)"
        if depth <= 0 or self.odds(0.4):
            return column if self.odds(0.85) else f"literal({self.value('num')})"
        a, b = self.num(scope, depth - 1), self.num(scope, depth - 1)
        other = b if self.odds(0.6) else self.value("num")
        return self.rng.choice([
            lambda: f"({a} {self.pick('+-*')} {other})",
            lambda: f"({a} {self.pick(['/', '//', '%'])} {self.pick(['2', '3', b])})",
            lambda: f"(-{a})",
            lambda: f"({self.pick(['2', '10'])} {self.pick('+-*')} {a})",
            lambda: f"func.{self.pick(['abs', 'coalesce', 'max', 'ifnull'])}({a}{'' if self.odds(0.3) else ', ' + self.value('num')})".replace("ifnull(" + a + ")", "abs(" + a + ")").replace("func.max(" + a + ")", "func.abs(" + a + ")"),
            lambda: f"func.round({a}, 1)",
            lambda: f"func.length({self.text(scope, depth - 1)})",
            lambda: f"cast({a}, {self.pick(['Integer', 'Float', 'Numeric(8, 2)', 'BigInteger'])})",
            lambda: f"case(({self.boolean(scope, depth - 1)}, {a}), else_={other})",
            lambda: f"case({{1: {a}, 2: {self.value('num')}}}, value={self.column(scope, 'num') or 'literal(1)'})",
            lambda: f"type_coerce({a}, {self.pick(['Integer', 'String', 'Numeric'])})",
            lambda: f"{a}.op({self.pick(['&', '|', '<<', '->>'])!r})({self.pick('123')})" if self.odds(0.4) else f"({a}).bitwise_and(3)",
            lambda: self.scalar(scope, "num", depth - 1),
            lambda: f"extract({self.pick(['year', 'month', 'day'])!r}, {self.column(scope, 'date') or 'func.date(literal(0))'})",
        ])()

    def text(self, scope, depth=2):
        column = self.column(scope, "text") or "literal('t')"
        if depth <= 0 or self.odds(0.45):
            return column if self.odds(0.85) else f"literal({self.value('text')})"
        a, b = self.text(scope, depth - 1), self.text(scope, depth - 1)
        return self.rng.choice([
            lambda: f"({a} + {b})",
            lambda: f"({a} + {self.value('text')})",
            lambda: f"({self.value('text')} + {a})",
            lambda: f"{a}.concat({b})",
            lambda: f"func.{self.pick(['lower', 'upper', 'trim', 'coalesce', 'hex'])}({a})",
            lambda: f"func.substr({a}, 1, {self.pick('123')})",
            lambda: f"func.coalesce({a}, {self.value('text')}, {b})",
            lambda: f"func.replace({a}, {self.value('text')}, {self.value('text')})",
            lambda: f"cast({self.num(scope, depth - 1)}, String)",
            lambda: f"{a}.collate({self.pick(['NOCASE', 'BINARY'])!r})",
            lambda: f"case(({self.boolean(scope, depth - 1)}, {a}), ({self.boolean(scope, depth - 1)}, {self.value('text')}))",
            lambda: self.scalar(scope, "text", depth - 1),
        ])()

    def boolean(self, scope, depth=2):
        number, word = self.num(scope, depth - 1), self.text(scope, depth - 1)
        date, truth = self.column(scope, "date"), self.column(scope, "bool")
        simple = [
            lambda: f"({number} {self.pick(['==', '!=', '<', '<=', '>', '>='])} {self.pick([self.value('num'), self.num(scope, depth - 1)])})",
            lambda: f"({word} {self.pick(['==', '!=', '<', '>='])} {self.pick([self.value('text'), self.text(scope, depth - 1), 'None'])})".replace("< None", "== None").replace(">= None", "!= None"),
            lambda: f"{word}.{self.pick(['like', 'ilike', 'not_like', 'not_ilike'])}({self.pick([repr('%u%'), repr('C_p'), self.value('text')])}{self.pick(['', '', ', escape=' + repr('/')])})",
            lambda: f"{word}.{self.pick(['startswith', 'endswith', 'contains', 'istartswith', 'iendswith', 'icontains'])}({self.value('text')}{self.pick(['', ', autoescape=True', ', escape=' + repr('^')])})",
            lambda: f"{number}.{self.pick(['in_', 'not_in'])}({self.pick(['[1, 2, 3]', '[]', '[7]', '(1, None)', 'range(3)'])})",
            lambda: f"{word}.{self.pick(['in_', 'not_in'])}({[self.pick(WORDS) for _ in range(self.rng.randrange(4))]})",
            lambda: f"{number}.{self.pick(['is_', 'is_not', 'is_distinct_from', 'is_not_distinct_from'])}({self.pick(['None', 'None', 'None', self.value('num')])})".replace("is_not(" + "1", "is_not_distinct_from(1"),
            lambda: f"{number}.between({self.value('num')}, {self.num(scope, 0)})",
            lambda: f"not_({number}.between(1, 5))",
            lambda: f"{number}.in_({self.subselect(scope, 'num', depth - 1)})",
            lambda: f"{self.subselect(scope, 'num', depth - 1)}.exists()",
            lambda: f"exists().where({self.boolean(scope, depth - 1)})" if depth > 1 else "exists(select(literal(1)))",
            lambda: f"tuple_({number}, {word}).in_([(1, 'Cup'), (2, 'Jug')])",
            lambda: self.pick(["true()", "false()", "(literal(1) == 1)", "(null() == None)"]),
            lambda: f"({date or 'func.date(literal(0))'} {self.pick(['==', '<', '>='])} {self.value('date')})",
            lambda: truth or "true()",
            lambda: f"({truth or 'literal(True)'} == {self.pick(['True', 'False', 'None'])})",
            lambda: f"({truth or 'literal(True)'}).is_({self.pick(['True', 'False', 'None'])})",
            lambda: self.related(scope, depth - 1),
        ]
        if depth <= 0 or self.odds(0.55):
            return self.rng.choice(simple)()
        parts = [self.boolean(scope, depth - 1) for _ in range(self.pick([2, 2, 3]))]
        return self.rng.choice([
            lambda: f"and_({', '.join(parts)})",
            lambda: f"or_({', '.join(parts)})",
            lambda: f"not_({parts[0]})",
            lambda: f"~({parts[0]})",
            lambda: "(" + f" {self.pick('&|')} ".join(parts) + ")",
            lambda: f"({parts[0]} == {parts[1]})",
        ])()

    def related(self, scope, depth):
        name, kind = self.pick(scope)
        key = self.pick(RELATED[kind])
        target, many = RELATED[kind][key]
        inner = self.boolean([(target, target)], depth) if self.odds(0.7) and target != kind else ""
        if many:
            return self.pick([f"{name}.{key}.any({inner})", f"~{name}.{key}.any({inner})", f"{name}.{key}.any(id={self.pick('123')})", f"{name}.{key}.contains({target}(id={self.pick('123')}))"])
        return self.pick([f"{name}.{key}.has({inner})", f"~{name}.{key}.has()", f"{name}.{key}.has(id=2)", f"({name}.{key} == None)", f"({name}.{key} != None)", f"({name}.{key} == {target}(id={self.pick('123')}))", f"({name}.{key} != {target}(id=1))"])

    def subselect(self, scope, sort, depth):
        inner = [self.entity()]
        item = self.num(inner, depth) if sort == "num" else self.text(inner, depth)
        source = f"select({item})"
        if self.odds(0.6):
            source += f".where({self.boolean(inner + ([self.pick(scope)] if self.odds(0.5) else []), depth)})"
        if self.odds(0.25):
            source += f".order_by({inner[0][0]}.id).limit({self.pick('123')})"
        if self.odds(0.15):
            source += ".distinct()"
        return source

    def scalar(self, scope, sort, depth):
        inner = [self.entity()]
        item = self.num(inner, depth) if sort == "num" else self.text(inner, depth)
        function = self.pick(["max", "min", "count", "sum"]) if sort == "num" else self.pick(["max", "min"])
        where = f".where({self.boolean(inner + ([self.pick(scope)] if self.odds(0.6) else []), depth)})" if self.odds(0.7) else ""
        return f"select(func.{function}({item})){where}.scalar_subquery()"

    def window(self, scope):
        call = self.pick(["func.row_number()", "func.rank()", "func.count()", f"func.sum({self.num(scope, 1)})", f"func.lag({self.num(scope, 0)}, 1)", f"func.max({self.text(scope, 0)})"])
        parts = []
        if self.odds(0.6):
            parts.append(f"partition_by={self.pick([self.num(scope, 0), '[' + self.text(scope, 0) + ', ' + self.num(scope, 0) + ']'])}")
        parts.append(f"order_by=[{self.num(scope, 0)}, {scope[0][0]}.id.{self.pick(['desc', 'asc'])}()]")
        if self.odds(0.3):
            parts.append(f"{self.pick(['rows', 'range_'])}={self.pick(['(None, 0)', '(None, None)', '(0, None)'])}")
        return f"{call}.over({', '.join(parts)})"

    def aggregate(self, scope):
        return self.rng.choice([
            lambda: "func.count()",
            lambda: f"func.count({self.num(scope, 1)})",
            lambda: f"func.count({self.num(scope, 0)}.distinct())",
            lambda: f"func.count(distinct({self.text(scope, 0)}))",
            lambda: f"func.{self.pick(['sum', 'avg', 'min', 'max', 'total'])}({self.num(scope, 1)})",
            lambda: f"func.{self.pick(['min', 'max'])}({self.text(scope, 1)})",
            lambda: f"func.count({self.num(scope, 0)}).filter({self.boolean(scope, 1)})",
        ])()

    def any(self, scope):
        item = self.rng.choice([
            lambda: self.num(scope), lambda: self.text(scope), lambda: self.boolean(scope, 1),
            lambda: self.everything(scope), lambda: self.everything(scope), lambda: self.window(scope),
            lambda: f"literal({self.value('text')})", lambda: self.pick(["literal_column('1 + 1')", "null()", "text('42')", "literal(None)", "func.date('2024-01-05')"]),
        ])()
        if self.odds(0.3) and not item.startswith(("text(", "null(")):
            item += f".label({self.pick(['x', 'Total', 'y z', 'id', 'name'])!r})"
        return item

    def everything(self, scope):
        name, kind = self.pick(scope)
        return f"{name}.{self.pick(EVERY[kind])}"

    def ordering(self, scope):
        items = []
        for _ in range(self.pick([0, 1, 1, 2])):
            item = self.pick([self.num(scope, 1), self.text(scope, 1)])
            items.append(item + self.pick(["", ".desc()", ".asc()", ".desc().nulls_last()", ".nulls_first()"]))
        items += [f"{name}.id" for name, _ in scope]
        return ", ".join(items)

    def joined(self, scope, chain):
        """Join another table to those in scope."""
        name, kind = self.pick(scope)
        key = self.pick(RELATED[kind])
        target, _ = RELATED[kind][key]
        outer = self.pick(["join", "join", "outerjoin"])
        fresh = target not in [known for _, known in scope]
        if fresh and self.odds(0.5):
            scope.append((target, target))
            return chain + f".{outer}({name}.{key})"
        alias = self.let("al", f"aliased({target})")
        scope.append((alias, target))
        if self.odds(0.5):
            return chain + f".{outer}({name}.{key}.of_type({alias}))"
        if self.odds(0.3):
            return chain + f".{outer}({alias}, {self.boolean([(name, kind), (alias, target)], 1)})"
        return chain + f".{outer}({alias}, {name}.{key})"

    def refined(self, scope, chain, entity=False):
        if self.odds(0.65):
            chain += f".where({', '.join(self.boolean(scope) for _ in range(self.pick([1, 1, 2])))})"
        if self.odds(0.12):
            chain += f".filter_by(id={self.pick('123')})"
        if self.odds(0.15) and not entity:
            chain += ".distinct()"
        if self.odds(0.6):
            chain += f".order_by({self.ordering(scope)})"
            if self.odds(0.5):
                chain += f".limit({self.pick('123')})"
                if self.odds(0.4):
                    chain += f".offset({self.pick('012')})"
        return chain

    def select_columns(self):
        scope = [self.entity()]
        joins = ""
        for _ in range(self.pick([0, 0, 1, 1, 2])):
            joins = self.joined(scope, joins)
        start = f".select_from({scope[0][0]})" if joins or self.odds(0.2) else ""
        if self.odds(0.25):
            keys = [self.pick([self.text(scope, 1), self.num(scope, 1)]) for _ in range(self.pick([1, 2]))]
            items = keys + [self.aggregate(scope) + self.pick(["", ".label('n')"]) for _ in range(self.pick([1, 2]))]
            chain = f"select({', '.join(items)}){start}{joins}.group_by({', '.join(keys)})"
            if self.odds(0.4):
                chain += f".having({self.aggregate(scope)} > {self.value('num')})"
            return chain
        items = ", ".join(self.any(scope) for _ in range(self.pick([1, 2, 3])))
        return self.refined(scope, f"select({items}){start}{joins}")

    def select_entities(self):
        scope = [self.entity()]
        chain = ""
        for _ in range(self.pick([0, 0, 1, 1, 2])):
            chain = self.joined(scope, chain)
        items = [scope[0][0]]
        if self.odds(0.2):
            items.append(self.pick([self.num(scope, 1), self.text(scope, 1)]))
        if self.odds(0.2) and len(scope) > 1:
            items.append(scope[1][0])
        chain = self.refined(scope, f"select({', '.join(items)}){chain}", True)
        return chain + self.options(*scope[0])

    def options(self, name, kind):
        if self.odds(0.6):
            return ""
        key = self.pick(RELATED[kind])
        target, _ = RELATED[kind][key]
        loader = self.pick(["joinedload", "selectinload", "subqueryload"])
        source = f"{loader}({name}.{key})"
        if self.odds(0.3):
            source += f".{self.pick(['joinedload', 'selectinload'])}({target}.{self.pick(RELATED[target])})"
        elif self.odds(0.2):
            source = f"load_only({name}.{self.pick(EVERY[kind][1:])})"
        return f".options({source})"

    def compound(self):
        selects = []
        width = self.pick([1, 2])
        for _ in range(self.pick([2, 2, 3])):
            scope = [self.entity()]
            items = [self.num(scope, 1), self.text(scope, 1)][:width]
            chain = f"select({', '.join(items)})"
            if self.odds(0.5):
                chain += f".where({self.boolean(scope, 1)})"
            selects.append(chain)
        function = self.pick(["union", "union_all", "intersect", "except_"])
        source = f"{function}({', '.join(selects)})" if self.odds(0.6) else f"{selects[0]}.{function}({', '.join(selects[1:])})"
        if self.odds(0.3):
            source += f".order_by(text('1')).limit({self.pick('23')})"
        if self.odds(0.3):
            name = self.let("sub", source + self.pick([".subquery()", ".cte()", ".subquery('u')", ".cte('Big')"]))
            return f"select({name})" if self.odds(0.5) else f"select(func.count()).select_from({name})"
        return source

    def derived(self):
        scope = [self.entity()]
        one, two = self.num(scope, 1), self.text(scope, 1)
        inner = self.refined(scope, f"select({one}.label('n'), {two}.label('t'), {scope[0][0]}.id)")
        name = self.let("sub", inner + self.pick([".subquery()", ".cte()", ".subquery('s')", ".cte('c')", ".alias('q')"]))
        other, kind = self.entity()
        how = self.pick([
            f"select({name})",
            f"select({name}.c.n + 1, {name}.c.t).where({name}.c.n > {self.value('num')})",
            f"select({other}, {name}.c.n).join({name}, {other}.id == {name}.c.id)",
            f"select({other}.id, func.max({name}.c.t)).outerjoin({name}, {name}.c.n == {other}.id).group_by({other}.id)",
            f"select(func.count()).select_from({name})",
            f"select({other}).where({other}.id.in_(select({name}.c.id)))",
            f"select({name}.c.t, {name}.alias().c.n)",
        ])
        return how

    def recursive(self):
        top = self.let("tree", f"select(Note.id, Note.parent_id{self.pick([', literal(0).label(' + repr('depth') + ')', ', Note.order.label(' + repr('depth') + ')'])}).where({self.pick(['Note.parent_id == None', 'Note.id == 1', self.boolean([('Note', 'Note')], 0)])}).cte({self.pick(['', repr('tree')])}{'' if False else ''}recursive=True)".replace("'tree'recursive", "'tree', recursive"))
        child = self.let("al", "aliased(Note)")
        whole = self.let("tree", f"{top}.{self.pick(['union', 'union_all'])}(select({child}.id, {child}.parent_id, {top}.c.depth + 1).where({child}.parent_id == {top}.c.id))")
        return self.pick([f"select({whole})", f"select(Note, {whole}.c.depth).join({whole}, {whole}.c.id == Note.id)", f"select(func.max({whole}.c.depth))"])

    def change(self):
        kind = self.pick(TABLES)
        scope = [(kind, kind)]
        table = {"Maker": "maker", "Item": "item", "Tag": "tag", "Note": '"Note"'}[kind]
        numbers = [key for key in TABLES[kind]["num"] if key != "id"]
        words = TABLES[kind]["text"]
        values = {}
        for key in numbers:
            if self.odds(0.5):
                values[key] = self.pick([self.value("num"), "None"]) if "score" not in key else "decimal.Decimal('3.25')"
        for key in words:
            if self.odds(0.6) or key in ("name",):
                values[key] = self.value("text")
        returning = f".returning({kind}.id, {self.pick([kind + '.' + key for key in EVERY[kind][1:]])})" if self.odds(0.4) else ""
        what = self.pick(["insert", "insert", "update", "update", "delete", "upsert", "from_select"])
        if what == "insert":
            if self.odds(0.3):
                rows = ", ".join("{" + ", ".join(f"{key!r}: {value}" for key, value in values.items()) + "}" for _ in range(2))
                if values and "word" not in values:
                    return f"insert({kind}).values([{rows}]){returning}", table
            if self.odds(0.3) and words:
                key = words[0]
                values[key] = self.pick([f"func.upper({self.value('text')})", f"select(func.max({kind}.{key}) + 'z').scalar_subquery()", f"literal({self.value('text')}) + 'q'"])
            return f"insert({kind}).values({', '.join(f'{key}={value}' for key, value in values.items())}){returning}", table
        if what == "from_select":
            source, other = self.entity()
            key = words[0]
            items = [self.text([(source, other)], 1)]
            if key == "word":
                items = [f"{items[0]} + cast({source}.id, String)"]
            return f"insert({kind}).from_select([{key!r}], select({', '.join(items)}).where({self.boolean([(source, other)], 1)})){returning}", table
        if what == "upsert":
            key = words[0]
            call = self.let("ins", f"upsert({kind}).values(id={self.pick('1239')}, {key}={self.value('text')})")
            action = self.pick([
                ".on_conflict_do_nothing()",
                ".on_conflict_do_nothing(index_elements=['id'])",
                f".on_conflict_do_update(index_elements=['id'], set_={{{(key if key != 'body' else 'text')!r}: {call}.excluded.{key if key != 'body' else 'text'} + '!'}})",
                f".on_conflict_do_update(index_elements=[{kind}.id], set_={{{(key if key != 'body' else 'text')!r}: {self.value('text')}}}, where={kind}.id > {self.pick('12')})",
            ])
            return f"{call}{action}{returning}", table
        where = f".where({self.boolean(scope, 1)})" if self.odds(0.85) else ""
        if what == "delete":
            return f"delete({kind}){where}{returning}", table
        sets = [(key, self.pick([self.value("num"), f"{kind}.{key} + 1", self.num(scope, 1)])) for key in numbers if self.odds(0.5) and key != "score"]
        sets += [(key, self.pick([self.value("text"), f"{kind}.{key} + '!'", f"func.upper({kind}.{key})"])) for key in words if self.odds(0.5) and key != "word"]
        if not sets:
            sets = [(words[0], f"{kind}.{words[0]} + 'x'")]
        return f"update({kind}){where}.values({', '.join(f'{key}={value}' for key, value in sets)}){returning}", table

    def query(self):
        scope = [self.entity()]
        name, kind = scope[0]
        if self.odds(0.6):
            chain = f"session.query({name})"
        else:
            chain = f"session.query({', '.join(self.any(scope) for _ in range(self.pick([1, 2])))})"
        columns = "," in chain or not chain.endswith(f"({name})")
        for _ in range(self.pick([0, 0, 1])):
            chain = self.joined(scope, chain if not columns else chain + f".select_from({name})")
        for _ in range(self.pick([0, 1, 2])):
            chain += f".filter({self.boolean(scope, 1)})"
        if self.odds(0.2):
            chain += f".filter_by(id={self.pick('123')})"
        if self.odds(0.4) and not columns:
            chain += self.options(name, kind)
        extra = self.rng.choice([
            lambda: "", lambda: f".order_by({self.ordering(scope)})",
            lambda: f".order_by({self.ordering(scope)}).limit({self.pick('123')})",
            lambda: ".distinct()", lambda: f".order_by({name}.id).slice(1, 3)",
            lambda: f".with_entities({self.num(scope, 1)}, {self.text(scope, 1)})",
            lambda: f".add_columns({self.text(scope, 1)})",
            lambda: f".with_entities({self.text(scope, 1)}, func.count()).group_by({self.text(scope, 0)})",
            lambda: f".union(session.query({name}).filter({self.boolean([(name, kind)], 1)}))" if not columns else "",
            lambda: f".order_by({name}.id).limit(3).from_self()" if False else ".enable_eagerloads(False)",
        ])()
        return chain + extra

    def statement(self):
        kind = self.rng.choices(
            ["columns", "entities", "compound", "derived", "recursive", "change", "query"],
            [30, 16, 8, 10, 2, 14, 20],
        )[0]
        table = ""
        if kind == "columns":
            source, how = self.select_columns(), self.pick(["core", "plain"])
        elif kind == "entities":
            source, how = self.select_entities(), "orm"
        elif kind == "compound":
            source, how = self.compound(), "plain"
        elif kind == "derived":
            source, how = self.derived(), "plain"
        elif kind == "recursive":
            source, how = self.recursive(), "plain"
        elif kind == "change":
            (source, table), how = self.change(), "change"
        else:
            source, how = self.query(), "query"
        return self.lines, source, how, table


def script(numbers, seed):
    """Source that shows these statements."""
    out = [HEAD]
    for number in numbers:
        out.append(block(number, seed))
    return "\n".join(out)


def block(number, seed):
    lines, source, how, table = Maker(number, seed).statement()
    body = "".join(f"    {line}\n" for line in lines)
    return f"def s{number}():\n{body}    return {source}\ns{number}.table = {table!r}\nshow({number}, s{number}, {how!r})\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("retort")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--keep", help="write a script of the statements that differ")
    options = parser.parse_args()
    retort = str(Path(options.retort).resolve())
    begun, wrong = time.time(), []
    for start in range(options.first, options.first + options.count, options.batch):
        numbers = range(start, min(start + options.batch, options.first + options.count))
        for number, answer, theirs in compare(retort, script(numbers, options.seed)):
            wrong.append(number)
            if len(wrong) <= options.show:
                made = block(number, options.seed).rsplit("\n", 3)[0]
                told = "\n".join(line for line in difflib.ndiff(answer.split("\n"), theirs.split("\n")) if line[0] in "-+")
                print(f"=== {number}\n{made}\n{told}\n")
    if options.keep and wrong:
        Path(options.keep).write_text(script(wrong, options.seed))
    print(f"{options.count - len(wrong)} of {options.count} statements the same, {time.time() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
