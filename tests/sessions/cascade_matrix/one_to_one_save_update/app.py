"""one to one with cascade 'save-update'."""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///cascade.db"
db = SQLAlchemy(app)


class Parent(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    child = db.relationship("Child", back_populates="parent", cascade="save-update", uselist=False)

    def __repr__(self):
        return f"<Parent {self.name}>"


class Child(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    parent_id = db.Column(db.ForeignKey("parent.id"))
    parent = db.relationship("Parent", back_populates="child")

    def __repr__(self):
        return f"<Child {self.name}>"
