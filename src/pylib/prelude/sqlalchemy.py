# sqlalchemy: the names of its parts.
#
# Owns gathering them. Must not know how any of them works.

from sqlalchemy.engine import create_engine, make_url, URL, Engine, Connection, Result, CursorResult, ScalarResult, MappingResult, Row, RowMapping, ChunkedIteratorResult, IteratorResult, Inspector, Transaction, RootTransaction, NestedTransaction
from sqlalchemy.inspection import inspect
from sqlalchemy.pool import Pool, QueuePool, StaticPool, NullPool, SingletonThreadPool
import sqlalchemy.event
import sqlalchemy.exc

__version__ = "2.1.9"
