"""many to many with cascade 'all, delete-orphan'."""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///cascade.db"
db = SQLAlchemy(app)

links = db.Table(
    "links",
    db.Column("parent_id", db.ForeignKey("parent.id"), primary_key=True),
    db.Column("child_id", db.ForeignKey("child.id"), primary_key=True),
)



class Parent(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    children = db.relationship("Child", secondary=links, back_populates="parents", cascade="all, delete-orphan", single_parent=True, order_by="Child.id")

    def __repr__(self):
        return f"<Parent {self.name}>"


class Child(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    parents = db.relationship("Parent", secondary=links, back_populates="children", order_by="Parent.id")

    def __repr__(self):
        return f"<Child {self.name}>"
