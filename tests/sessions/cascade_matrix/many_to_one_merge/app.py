"""many to one with cascade 'merge'."""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///cascade.db"
db = SQLAlchemy(app)


class Parent(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    child_id = db.Column(db.ForeignKey("child.id"))
    child = db.relationship("Child", back_populates="parents", cascade="merge")

    def __repr__(self):
        return f"<Parent {self.name}>"


class Child(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    parents = db.relationship("Parent", back_populates="child", order_by="Parent.id")

    def __repr__(self):
        return f"<Child {self.name}>"
