"""One column of every type, and types of the app's own."""
import datetime
import decimal
import enum
import uuid

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.types import TypeDecorator

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///types.db"
db = SQLAlchemy(app)


class Color(enum.Enum):
    red = 1
    blue = "b"


class Upper(TypeDecorator):
    impl = db.String(20)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.upper()

    def process_result_value(self, value, dialect):
        return value and value + "?"


class Every(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    big = db.Column(db.BigInteger)
    small = db.Column(db.SmallInteger)
    text = db.Column(db.Text)
    word = db.Column(db.String(10))
    wide = db.Column(db.Unicode(10))
    long = db.Column(db.UnicodeText)
    truth = db.Column(db.Boolean)
    real = db.Column(db.Float)
    double = db.Column(db.Double)
    money = db.Column(db.Numeric(10, 2))
    loose = db.Column(db.Numeric(10, 4, asdecimal=False))
    exact = db.Column(db.Float(asdecimal=True))
    day = db.Column(db.Date)
    moment = db.Column(db.DateTime)
    zoned = db.Column(db.DateTime(timezone=True))
    clock = db.Column(db.Time)
    span = db.Column(db.Interval)
    color = db.Column(db.Enum(Color))
    size = db.Column(db.Enum("s", "m", "l", name="sizes"))
    data = db.Column(db.JSON)
    bare = db.Column(db.JSON(none_as_null=True))
    blob = db.Column(db.LargeBinary)
    key = db.Column(db.Uuid)
    keytext = db.Column(db.Uuid(as_uuid=False))
    upper = db.Column(Upper)


def whole(id):
    """A row with a value in every column."""
    return Every(
        id=id, big=2**40, small=-5, text="naïve\n'quoted'", word="w", wide="ß", long="long", truth=True, real=0.1,
        double=1e-7, money=decimal.Decimal("12.30"), loose=2.5, exact=decimal.Decimal("0.3"),
        day=datetime.date(2024, 2, 29), moment=datetime.datetime(2024, 2, 29, 23, 59, 59, 7),
        zoned=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), clock=datetime.time(7, 5, 0, 3),
        span=datetime.timedelta(days=-1, seconds=5, microseconds=9), color=Color.blue, size="m",
        data={"a": [1, None, True, 1.5, "é"], "b": {"c": "d"}}, bare=None, blob=b"\x00\xffab",
        key=uuid.UUID(int=2**100 + 7), keytext="00000000-0000-0000-0000-00000000002a", upper="shout",
    )


def show(row):
    """Every value of a row, by its repr."""
    for column in Every.__table__.columns:
        print(column.key, repr(getattr(row, column.key)))
