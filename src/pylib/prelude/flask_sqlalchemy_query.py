# Flask-SQLAlchemy's Query: SQLAlchemy's, with answers for views.
#
# Owns the methods that end in a 404 and paginate(). Must not know how a query is compiled or run.

import flask
import sqlalchemy.exc
import sqlalchemy.orm

from flask_sqlalchemy.pagination import QueryPagination


class Query(sqlalchemy.orm.Query):
    """A query whose misses can become 404 answers."""

    def get_or_404(self, ident, description=None):
        """Like get(), but aborts with 404 instead of returning None."""
        found = self.get(ident)
        if found is None:
            flask.abort(404, description=description)
        return found

    def first_or_404(self, description=None):
        """Like first(), but aborts with 404 instead of returning None."""
        found = self.first()
        if found is None:
            flask.abort(404, description=description)
        return found

    def one_or_404(self, description=None):
        """Like one(), but aborts with 404 instead of raising."""
        try:
            return self.one()
        except (sqlalchemy.exc.NoResultFound, sqlalchemy.exc.MultipleResultsFound):
            flask.abort(404, description=description)

    def paginate(self, *, page=None, per_page=None, max_per_page=None, error_out=True, count=True):
        """One page of the results."""
        return QueryPagination(
            query=self, page=page, per_page=per_page, max_per_page=max_per_page, error_out=error_out, count=count
        )
