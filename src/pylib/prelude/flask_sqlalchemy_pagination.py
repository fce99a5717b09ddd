# Pages of a select or a query, as Flask-SQLAlchemy's Pagination objects show them.
#
# Owns the arithmetic of pages and the texts of their errors. Must not know how a statement is run: the subclasses
# ask the query or the session that they were given.

import flask
import sqlalchemy
import sqlalchemy.orm


def _argument(name, default, error_out):
    """An integer from the query string of the current request, if there is one."""
    request = getattr(flask, "request", None)
    if not request:
        return default
    try:
        return int(request.args.get(name, default))
    except (TypeError, ValueError):
        if error_out:
            flask.abort(404)
        return default


class Pagination:
    """One page of the results, and where it stands among the others."""

    def __init__(self, page=None, per_page=None, max_per_page=100, error_out=True, count=True, **kwargs):
        self._query_args = kwargs
        self.page, self.per_page = self._prepare_page_args(
            page=page, per_page=per_page, max_per_page=max_per_page, error_out=error_out
        )
        self.max_per_page = max_per_page
        items = self._query_items()
        if not items and self.page != 1 and error_out:
            flask.abort(404)
        self.items = items
        self.total = self._query_count() if count else None

    @staticmethod
    def _prepare_page_args(*, page=None, per_page=None, max_per_page=None, error_out=True):
        if page is None:
            page = _argument("page", 1, error_out)
        if per_page is None:
            per_page = _argument("per_page", 20, error_out)
        if max_per_page is not None and per_page > max_per_page:
            per_page = max_per_page
        for number in (page, per_page):
            if number < 1 and error_out:
                flask.abort(404)
        return (page if page >= 1 else 1), (per_page if per_page >= 1 else 20)

    @property
    def _query_offset(self):
        return self.per_page * (self.page - 1)

    def _query_items(self):
        raise NotImplementedError

    def _query_count(self):
        raise NotImplementedError

    @property
    def first(self):
        """The number of the first item on the page, counted from 1; 0 if the page is empty."""
        return self._query_offset + 1 if self.items else 0

    @property
    def last(self):
        """The number of the last item on the page, counted from 1; 0 if the page is empty."""
        return self._query_offset + len(self.items) if self.items else 0

    @property
    def pages(self):
        """How many pages there are."""
        if not self.total:
            return 0
        return -(-self.total // self.per_page)

    @property
    def has_prev(self):
        """True unless this is the first page."""
        return self.page > 1

    @property
    def prev_num(self):
        """The number of the page before, or None."""
        return self.page - 1 if self.has_prev else None

    def prev(self, *, error_out=False):
        """The page before this one."""
        other = type(self)(
            page=self.page - 1, per_page=self.per_page, error_out=error_out, count=False, **self._query_args
        )
        other.total = self.total
        return other

    @property
    def has_next(self):
        """True unless this is the last page."""
        return self.page < self.pages

    @property
    def next_num(self):
        """The number of the page behind, or None."""
        return self.page + 1 if self.has_next else None

    def next(self, *, error_out=False):
        """The page behind this one."""
        other = type(self)(
            page=self.page + 1,
            per_page=self.per_page,
            max_per_page=self.max_per_page,
            error_out=error_out,
            count=False,
            **self._query_args,
        )
        other.total = self.total
        return other

    def iter_pages(self, *, left_edge=2, left_current=2, right_current=4, right_edge=2):
        """Page numbers for a row of links: both edges and the neighbours, None where some are left out."""
        end = self.pages + 1
        if end == 1:
            return
        shown = min(1 + left_edge, end)
        yield from range(1, shown)
        if shown == end:
            return
        start = max(shown, self.page - left_current)
        stop = min(self.page + right_current + 1, end)
        if start > shown:
            yield None
        yield from range(start, stop)
        if stop == end:
            return
        edge = max(stop, end - right_edge)
        if edge > stop:
            yield None
        yield from range(edge, end)

    def __iter__(self):
        yield from self.items


class SelectPagination(Pagination):
    """A page of a select(), run in a session."""

    def _query_items(self):
        page = self._query_args["select"].limit(self.per_page).offset(self._query_offset)
        return list(self._query_args["session"].execute(page).unique().scalars())

    def _query_count(self):
        select = self._query_args["select"]
        rows = select.options(sqlalchemy.orm.lazyload("*")).order_by(None).subquery()
        count = sqlalchemy.select(sqlalchemy.func.count()).select_from(rows)
        return self._query_args["session"].execute(count).scalar()


class QueryPagination(Pagination):
    """A page of a legacy query."""

    def _query_items(self):
        return self._query_args["query"].limit(self.per_page).offset(self._query_offset).all()

    def _query_count(self):
        return self._query_args["query"].order_by(None).count()
