from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (contains_eager, defaultload, defer, immediateload, joinedload, lazyload, load_only,
                            noload, raiseload, selectinload, subqueryload, undefer, deferred)

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///:memory:"
db = SQLAlchemy(app)

enrolled = db.Table(
    "enrolled",
    db.Column("student_id", db.ForeignKey("student.id"), primary_key=True),
    db.Column("club_id", db.ForeignKey("club.id"), primary_key=True),
)


class Mentor(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    students = db.relationship("Student", back_populates="mentor")


class Student(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    bio = deferred(db.Column(db.Text))
    mentor_id = db.Column(db.ForeignKey("mentor.id"))
    mentor = db.relationship("Mentor", back_populates="students")
    excuses = db.relationship("Excuse", backref="student")
    clubs = db.relationship("Club", secondary=enrolled, backref="members")
    locker = db.relationship("Locker", uselist=False, back_populates="owner")
    seats = association_proxy("clubs", "room")

    @property
    def mentor_name(self):
        return self.mentor.name

    def excuse_count(self):
        return len(self.excuses)


class Excuse(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String)
    student_id = db.Column(db.ForeignKey("student.id"))


class Locker(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    number = db.Column(db.Integer)
    owner_id = db.Column(db.ForeignKey("student.id"))
    owner = db.relationship("Student", back_populates="locker")


class Club(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    room = db.Column(db.String)


class Post(db.Model):
    """Every lazy= towards the same kind of children."""

    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String)
    joined = db.relationship("Note", lazy="joined", viewonly=True)
    selectin = db.relationship("Note", lazy="selectin", viewonly=True)
    subquery = db.relationship("Note", lazy="subquery", viewonly=True)
    immediate = db.relationship("Note", lazy="select", viewonly=True)
    dynamic = db.relationship("Note", lazy="dynamic")
    nothing = db.relationship("Note", lazy="noload", viewonly=True)
    refusing = db.relationship("Note", lazy="raise", viewonly=True)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String)
    post_id = db.Column(db.ForeignKey("post.id"))


class Node(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    parent_id = db.Column(db.ForeignKey("node.id"))
    children = db.relationship("Node", backref=db.backref("parent", remote_side=[id]))


class Talkative(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mentor_id = db.Column(db.ForeignKey("mentor.id"))
    mentor = db.relationship("Mentor")

    def __repr__(self):
        return f"<Talkative of {self.mentor.name}>"


class Page(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    lines = db.relationship("Line", lazy="immediate")


class Line(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    page_id = db.Column(db.ForeignKey("page.id"))


with app.app_context():
    db.create_all()
    for n in range(1, 6):
        db.session.add(Mentor(id=n, name=f"mentor {n}"))
        db.session.add(Club(id=n, name=f"club {n}", room=f"room {n}"))
        db.session.add(Post(id=n, title=f"post {n}"))
        db.session.add(Page(id=n))
    db.session.flush()
    for n in range(1, 9):
        student = Student(id=n, name=f"student {n}", bio="long", mentor_id=(n - 1) % 5 + 1)
        student.clubs = [db.session.get(Club, n % 5 + 1), db.session.get(Club, (n + 1) % 5 + 1)]
        student.locker = Locker(number=n)
        student.excuses = [Excuse(text=f"excuse {n}"), Excuse(text=f"other {n}")]
        db.session.add(student)
        db.session.add(Note(text=f"note {n}", post_id=(n - 1) % 5 + 1))
        db.session.add(Line(page_id=(n - 1) % 5 + 1))
        db.session.add(Talkative(id=n, mentor_id=(n - 1) % 5 + 1))
    db.session.add(Node(id=1, name="root"))
    for n in range(2, 12):
        db.session.add(Node(id=n, name=f"node {n}", parent_id=n // 2))
    db.session.commit()


@app.shell_context_processor
def names():
    return {name: value for name, value in globals().items() if not name.startswith("_")}
