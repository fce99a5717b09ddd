"""Every kind of relationship between small tables, for walking with every loader."""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///loaders.db"
db = SQLAlchemy(app)

membership = db.Table(
    "membership",
    db.Column("reader_id", db.ForeignKey("reader.id"), primary_key=True),
    db.Column("club_id", db.ForeignKey("club.id"), primary_key=True),
)


class Hall(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False)
    readers = db.relationship("Reader", back_populates="hall", order_by="Reader.id")


class Reader(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False)
    hall_id = db.Column(db.ForeignKey("hall.id"))
    mentor_id = db.Column(db.ForeignKey("reader.id"))
    hall = db.relationship("Hall", back_populates="readers")
    card = db.relationship("Card", back_populates="reader", uselist=False)
    clubs = db.relationship("Club", secondary=membership, back_populates="readers", order_by="Club.id")
    mentor = db.relationship("Reader", back_populates="pupils", remote_side=[id])
    pupils = db.relationship("Reader", back_populates="mentor", order_by="Reader.id")

    def __repr__(self):
        return f"<Reader {self.name}>"


class Card(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    number = db.Column(db.String(10))
    reader_id = db.Column(db.ForeignKey("reader.id"), unique=True)
    reader = db.relationship("Reader", back_populates="card")


class Club(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(40))
    readers = db.relationship("Reader", secondary=membership, back_populates="clubs", order_by="Reader.id")

    def __repr__(self):
        return f"<Club {self.title}>"
