"""A small shop: enough tables for every kind of statement."""
from datetime import date

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
db = SQLAlchemy(app)

labels = db.Table(
    "labels",
    db.Column("item_id", db.ForeignKey("item.id"), primary_key=True),
    db.Column("tag_id", db.ForeignKey("tag.id"), primary_key=True),
)


class Maker(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False)
    town = db.Column(db.String(40))
    items = db.relationship("Item", back_populates="maker", order_by="Item.id")


class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False)
    price = db.Column(db.Float)
    stock = db.Column(db.Integer, default=0)
    made = db.Column(db.Date)
    on_sale = db.Column(db.Boolean, default=False)
    details = db.Column(db.JSON)
    maker_id = db.Column(db.ForeignKey("maker.id"))
    maker = db.relationship("Maker", back_populates="items")
    tags = db.relationship("Tag", secondary=labels, back_populates="items", order_by="Tag.id")

    def __repr__(self):
        return f"<Item {self.name}>"


class Tag(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    word = db.Column(db.String(20), unique=True)
    items = db.relationship("Item", secondary=labels, back_populates="tags", order_by="Item.id")


def fill():
    """A few rows of everything."""
    db.create_all()
    ada, bo = Maker(name="Ada", town="Ulm"), Maker(name="Bo", town=None)
    old, new = Tag(word="old"), Tag(word="new")
    db.session.add_all([
        Item(name="Cup", price=2.5, stock=10, made=date(2024, 1, 5), on_sale=True, maker=ada, tags=[old], details={"color": "red", "size": {"w": 3}}),
        Item(name="Jug", price=12.0, stock=0, made=date(2024, 3, 9), maker=ada, tags=[old, new], details={"color": "blue", "list": [1, 2]}),
        Item(name="Bowl", price=7.25, stock=3, made=None, on_sale=True, maker=bo, tags=[new]),
        Item(name="Plate 100%", price=None, stock=5, made=date(2023, 12, 31), maker=None),
        Maker(name="Cy", town="Bonn"),
    ])
    db.session.commit()
