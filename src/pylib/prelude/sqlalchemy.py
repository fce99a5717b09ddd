# sqlalchemy: the names of its parts.
#
# Owns gathering them. Must not know how any of them works.

from sqlalchemy.engine import create_engine, make_url, URL, Engine, Connection, Result, CursorResult, ScalarResult, MappingResult, Row, RowMapping, ChunkedIteratorResult, IteratorResult, Inspector, Transaction, RootTransaction, NestedTransaction
from sqlalchemy.inspection import inspect
from sqlalchemy.pool import Pool, QueuePool, StaticPool, NullPool, SingletonThreadPool
from sqlalchemy.types import ARRAY, BIGINT, BINARY, BLOB, BOOLEAN, BigInteger, Boolean, CHAR, CLOB, DATE, DATETIME, DECIMAL, DOUBLE, DOUBLE_PRECISION, Date, DateTime, Double, Enum, FLOAT, Float, INT, INTEGER, Integer, Interval, JSON, LargeBinary, NCHAR, NUMERIC, NVARCHAR, Numeric, PickleType, REAL, SMALLINT, SmallInteger, String, TEXT, TIME, TIMESTAMP, Text, Time, TupleType, TypeDecorator, UUID, Unicode, UnicodeText, Uuid, VARBINARY, VARCHAR
from sqlalchemy.schema import CheckConstraint, Column, ColumnDefault, Computed, Constraint, CreateTable, CreateView, DDL, DefaultClause, DropTable, FetchedValue, ForeignKey, ForeignKeyConstraint, Identity, Index, MetaData, PrimaryKeyConstraint, Sequence, Table, UniqueConstraint
from sqlalchemy.sql.expression import *
from sqlalchemy.sql._constructors import func, LABEL_STYLE_NONE, LABEL_STYLE_TABLENAME_PLUS_COL, LABEL_STYLE_DISAMBIGUATE_ONLY, LABEL_STYLE_DEFAULT
import sqlalchemy.types
import sqlalchemy.schema
import sqlalchemy.sql
import sqlalchemy.dialects
import sqlalchemy.event
import sqlalchemy.exc

__version__ = "2.1.9"
