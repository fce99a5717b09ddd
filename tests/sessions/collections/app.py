"""Every shape of collection, for taking each through every event in every state of its owner."""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import attribute_keyed_dict

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)

labels = db.Table(
    "labels",
    db.Column("book_id", db.ForeignKey("book.id"), primary_key=True),
    db.Column("tag_id", db.ForeignKey("tag.id"), primary_key=True),
)


class Named:
    def __repr__(self):
        return self.__dict__.get("name", "?")


class Author(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    books = db.relationship("Book", back_populates="author", order_by="Book.id")
    profile = db.relationship("Profile", back_populates="author", uselist=False)
    prizes = db.relationship("Prize", back_populates="author", collection_class=set)
    notes = db.relationship(
        "Note", back_populates="author", collection_class=attribute_keyed_dict("name"), cascade="all, delete-orphan"
    )
    tracks = db.relationship(
        "Track", order_by="Track.place", collection_class=ordering_list("place", count_from=1), back_populates="author"
    )


class Book(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="books")
    tags = db.relationship("Tag", secondary=labels, back_populates="books", order_by="Tag.id")


class Tag(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    books = db.relationship("Book", secondary=labels, back_populates="tags", order_by="Book.id")


class Profile(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="profile")


class Prize(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="prizes")


class Note(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="notes")


class Track(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    place = db.Column(db.Integer)
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="tracks")
