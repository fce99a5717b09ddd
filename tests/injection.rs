//! Values and names never reach SQL as text: each place that takes one binds, quotes or refuses it.
//!
//! Owns the list of places. Each is tried with a text that would drop a table if it were pasted into a statement.

use crate::harness::Home;

const APP: &str = r#"
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)


class Thing(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    data = db.Column(db.JSON)
"#;

/// A place, what is run there, and what must become of the text.
const PLACES: &[(&str, &str, &str)] = &[
    ("filter_by", "Thing.query.filter_by(name=BAD).all()", "bound"),
    ("==", "Thing.query.filter(Thing.name == BAD).all()", "bound"),
    ("like", "Thing.query.filter(Thing.name.like(BAD)).all()", "bound"),
    ("ilike", "Thing.query.filter(Thing.name.ilike(BAD)).all()", "bound"),
    ("contains", "Thing.query.filter(Thing.name.contains(BAD)).all()", "bound"),
    ("contains, autoescape", "Thing.query.filter(Thing.name.contains(BAD, autoescape=True)).all()", "bound"),
    ("like, escape", "Thing.query.filter(Thing.name.like('x', escape=BAD)).all()", "quoted"),
    ("in_", "Thing.query.filter(Thing.name.in_([BAD, 'x'])).all()", "bound"),
    ("between", "Thing.query.filter(Thing.name.between(BAD, BAD)).all()", "bound"),
    ("json path", "db.session.execute(db.select(Thing.data[BAD])).all()", "bound"),
    ("regexp", "Thing.query.filter(Thing.name.regexp_match(BAD)).all()", "bound"),
    ("get", "db.session.get(Thing, BAD)", "bound"),
    ("filter of a text", "Thing.query.filter(BAD)", "refused"),
    ("where of a text", "db.select(Thing).where(BAD)", "refused"),
    ("having of a text", "db.select(Thing.id).having(BAD)", "refused"),
    ("order_by of a text", "Thing.query.order_by(BAD).all()", "refused"),
    ("group_by of a text", "Thing.query.group_by(BAD).all()", "refused"),
    ("desc of a text", "Thing.query.order_by(db.desc(BAD)).all()", "refused"),
    ("select of a text", "db.select(BAD)", "refused"),
    ("execute of a text", "db.session.execute(BAD)", "refused"),
    ("limit", "Thing.query.limit(BAD).all()", "refused"),
    ("offset", "db.session.execute(db.select(Thing).offset(BAD))", "refused"),
    ("paginate, page", "Thing.query.paginate(page=BAD)", "refused"),
    ("paginate, per_page", "Thing.query.paginate(per_page=BAD)", "refused"),
    ("text with parameters", "db.session.execute(db.text('SELECT :v'), {'v': BAD}).all()", "bound"),
    ("two statements in a text", "db.session.execute(db.text('SELECT 1; DROP TABLE thing'))", "refused"),
    ("insert", "db.session.execute(db.insert(Thing).values(name=BAD))", "bound"),
    ("insert, key", "db.session.execute(db.insert(Thing).values({BAD: 1}))", "refused"),
    ("insert of many", "db.session.execute(db.insert(Thing), [{'name': BAD}, {'name': 'x'}])", "bound"),
    ("update", "Thing.query.update({'name': BAD})", "bound"),
    ("update, key", "Thing.query.update({BAD: 1})", "refused"),
    ("flush", "db.session.add(Thing(name=BAD)); db.session.flush()", "bound"),
    ("label", "db.session.execute(db.select(Thing.id.label(BAD))).all()", "quoted"),
    ("alias", "db.session.execute(db.select(db.aliased(Thing, name=BAD))).all()", "quoted"),
    ("cte", "db.session.execute(db.select(db.select(Thing.id).cte(BAD))).all()", "quoted"),
    ("subquery", "db.session.execute(db.select(db.select(Thing.id).subquery(BAD))).all()", "quoted"),
    ("column", "db.session.execute(db.select(db.column(BAD)).select_from(Thing)).all()", "quoted"),
    ("table", "db.session.execute(db.select(db.column('x')).select_from(db.table(BAD)))", "quoted"),
    ("collate", "db.session.execute(db.select(Thing.name.collate(BAD)))", "quoted"),
    ("function", "db.session.execute(db.select(getattr(db.func, BAD)(1)))", "quoted"),
    ("new table", "db.Table(BAD, db.MetaData(), db.Column('a', db.Integer)).create(db.engine)", "quoted"),
    ("new column", "db.Table('t1', db.MetaData(), db.Column(BAD, db.Integer)).create(db.engine)", "quoted"),
    (
        "server default",
        "db.Table('t2', db.MetaData(), db.Column('a', db.String, server_default=BAD)).create(db.engine)",
        "quoted",
    ),
    ("reflection", "db.inspect(db.engine).get_columns(BAD)", "quoted"),
    (
        "literal_binds",
        "text = str(db.select(Thing.id).where(Thing.name == BAD).compile(db.engine, compile_kwargs={'literal_binds': True})); db.session.execute(db.text(text.replace(':', '\\\\:'))).all()",
        "quoted",
    ),
    ("savepoint", "db.session.connection().exec_driver_sql('SELECT ?', (BAD,)).all()", "bound"),
];

const TRY: &str = r#"
from app import Thing, app, db
from sqlalchemy import event

BAD = "x'); DROP TABLE thing; --\""
QUOTED = [BAD.replace('"', '""'), BAD.replace("'", "''")]
context = app.app_context()
context.push()
db.create_all()
db.aliased = __import__("sqlalchemy.orm").orm.aliased
ran = []


@event.listens_for(db.engine, "before_cursor_execute")
def note(connection, cursor, statement, parameters, context, many):
    ran.append((statement, repr(parameters)))


def attempt(place, source):
    ran.clear()
    try:
        exec(source, globals())
        refused = False
    except Exception as error:
        refused = True
    db.session.rollback()
    texts = " ".join(statement for statement, _ in ran)
    for quoted in QUOTED:
        texts = texts.replace(quoted, "QUOTED")
    if "DROP" in texts and "thing" in texts and not refused:
        verdict = "PASTED"
    elif "QUOTED" in texts:
        verdict = "quoted"
    elif refused:
        verdict = "refused"
    elif any("DROP" in parameters for _, parameters in ran):
        verdict = "bound"
    else:
        verdict = "unseen"
    db.session.execute(db.text("SELECT count(*) FROM thing")).scalar()
    print(place, verdict, sep=": ")
"#;

#[test]
fn every_place_binds_quotes_or_refuses() {
    let home = Home::new();
    std::fs::write(home.app().join("app.py"), APP).expect("written");
    let mut script = TRY.to_string();
    let mut wanted = String::new();
    for (place, source, verdict) in PLACES {
        script.push_str(&format!("attempt({place:?}, {source:?})\n"));
        wanted.push_str(&format!("{place}: {verdict}\n"));
    }
    std::fs::write(home.app().join("script.py"), script).expect("written");
    let done = home.run(&["run", "script.py"], "");
    assert_eq!(done.stdout, wanted, "{}", done.stderr);
}
