# Tables described from what a database says of them.
#
# Owns `MetaData.reflect` and `autoload_with`. Must not know how the database is asked.

import sqlalchemy as sa


def reflect(metadata, bind):
    inspector = sa.inspect(bind)
    for name in inspector.get_table_names():
        if name not in metadata.tables:
            reflect_table(sa.Table(name, metadata), bind)


def reflect_table(table, bind):
    inspector = sa.inspect(bind)
    if not inspector.has_table(table.name):
        raise sa.exc.NoSuchTableError(table.name)
    keys = inspector.get_pk_constraint(table.name)["constrained_columns"]
    for column in inspector.get_columns(table.name):
        if column["name"] in table.c:
            continue
        options = {}
        if column.get("default") is not None:
            options["server_default"] = sa.text(str(column["default"]))
        table.append_column(
            sa.Column(
                column["name"],
                column["type"],
                primary_key=column["name"] in keys,
                nullable=column["nullable"],
                **options,
            )
        )
    for key in inspector.get_foreign_keys(table.name):
        target = key["referred_table"]
        if target not in table.metadata.tables:
            reflect_table(sa.Table(target, table.metadata), bind)
        table.append_constraint(
            sa.ForeignKeyConstraint(
                key["constrained_columns"], [f"{target}.{name}" for name in key["referred_columns"]], name=key["name"]
            )
        )
    return table
