"""Random apps and random console sessions over them, for session.py."""

APP = '''"""Random loaders and cascades: {note}"""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///random.db"
app.config["SQLALCHEMY_ECHO"] = True
db = SQLAlchemy(app)

labels = db.Table(
    "labels",
    db.Column("book_id", db.ForeignKey("book.id"), primary_key=True),
    db.Column("tag_id", db.ForeignKey("tag.id"), primary_key=True),
)


class Named:
    def __repr__(self):
        key = db.inspect(self).identity
        return f"<{{type(self).__name__}} {{key and key[0]}}>"


class Author(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20), nullable=False)
    books = db.relationship("Book", back_populates="author", order_by="Book.id", {books})
    profile = db.relationship("Profile", back_populates="author", uselist=False, {profile})
    pets = db.relationship("Pet", back_populates="owner", order_by="Pet.id", {pets})


class Book(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(20), default="untitled")
    pages = db.Column(db.Integer)
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="books", {author})
    tags = db.relationship("Tag", secondary=labels, back_populates="books", order_by="Tag.id", {tags})
    chapters = db.relationship("Chapter", back_populates="book", order_by="Chapter.id", {chapters})


class Chapter(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(20))
    version = db.Column(db.Integer, nullable=False)
    book_id = db.Column(db.ForeignKey("book.id"))
    book = db.relationship("Book", back_populates="chapters", {book})
    __mapper_args__ = {{"version_id_col": version}}


class Tag(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20), unique=True)
    books = db.relationship("Book", secondary=labels, back_populates="tags", order_by="Book.id", {tag_books})


class Profile(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(20))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="profile", {profile_author})


class Pet(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    kind = db.Column(db.String(10))
    owner_id = db.Column(db.ForeignKey("author.id"))
    owner = db.relationship("Author", back_populates="pets", {owner})
    __mapper_args__ = {{"polymorphic_on": kind, "polymorphic_identity": "pet"{polymorphic}}}


class Dog(Pet):
    id = db.Column(db.ForeignKey("pet.id"), primary_key=True)
    tricks = db.Column(db.Integer)
    __mapper_args__ = {{"polymorphic_identity": "dog"{dog}}}


class Cat(Pet):
    lives = db.Column(db.Integer)
    __mapper_args__ = {{"polymorphic_identity": "cat"}}


class Node(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    parent_id = db.Column(db.ForeignKey("node.id"))
    children = db.relationship("Node", back_populates="parent", order_by="Node.id", {children})
    parent = db.relationship("Node", back_populates="children", remote_side=[id], {parent})


class Country(Named, db.Model):
    code = db.Column(db.String(3), primary_key=True)
    name = db.Column(db.String(20))
    cities = db.relationship("City", back_populates="country", order_by="City.id", {cities})


class City(Named, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))
    country_code = db.Column(db.ForeignKey("country.code"))
    country = db.relationship("Country", back_populates="cities", {country})
'''

LAZY = ["select", "select", "select", "joined", "selectin", "subquery", "immediate"]
CASCADES = [
    None,
    None,
    "all",
    "all, delete-orphan",
    "save-update",
    "save-update, delete",
    "all, delete",
    "save-update, merge, expunge",
    "",
]


def app_source(chance):
    """An app whose relationships have random loaders and cascades."""

    def to_many(orphans=True):
        parts = [f"lazy={chance.choice(LAZY)!r}"]
        cascade = chance.choice(CASCADES)
        if cascade and "orphan" in cascade and not orphans:
            cascade = "all"
        if cascade is not None:
            parts.append(f"cascade={cascade!r}")
        if chance.random() < 0.12 and not (cascade and "delete" in cascade and chance.random() < 0.5):
            parts.append("passive_deletes=True")
        return ", ".join(parts)

    def to_one():
        parts = [f"lazy={chance.choice(LAZY)!r}"]
        if chance.random() < 0.2:
            parts.append(f"cascade={chance.choice(['save-update', '', 'all', 'merge'])!r}")
        if chance.random() < 0.1:
            parts.append("active_history=True")
        return ", ".join(parts)

    return APP.format(
        note="made by generate.py",
        books=to_many(),
        profile=to_many(),
        pets=to_many(),
        author=to_one(),
        tags=to_many(orphans=False),
        chapters=to_many(),
        book=to_one(),
        tag_books=to_many(orphans=False),
        profile_author=to_one(),
        owner=to_one(),
        polymorphic=chance.choice(["", "", ', "with_polymorphic": "*"']),
        dog=chance.choice(["", "", ', "polymorphic_load": "inline"', ', "polymorphic_load": "selectin"']),
        children=to_many() + chance.choice(["", "", ", join_depth=2"]),
        parent=to_one(),
        cities=to_many() + chance.choice(["", ", passive_updates=False"]),
        country=to_one(),
    )


# For each class: how one is made, its scalars, its collections and its single references.
CLASSES = {
    "Author": ({"name": "s"}, ["name"], {"books": "Book", "pets": "Pet"}, {"profile": "Profile"}),
    "Book": ({"title": "s"}, ["title", "pages"], {"tags": "Tag", "chapters": "Chapter"}, {"author": "Author"}),
    "Chapter": ({"text": "s"}, ["text"], {}, {"book": "Book"}),
    "Tag": ({"name": "s"}, ["name"], {"books": "Book"}, {}),
    "Profile": ({"text": "s"}, ["text"], {}, {"author": "Author"}),
    "Pet": ({"name": "s"}, ["name"], {}, {"owner": "Author"}),
    "Dog": ({"name": "s", "tricks": "i"}, ["name", "tricks"], {}, {"owner": "Author"}),
    "Cat": ({"name": "s", "lives": "i"}, ["name", "lives"], {}, {"owner": "Author"}),
    "Node": ({"name": "s"}, ["name"], {"children": "Node"}, {"parent": "Node"}),
    "Country": ({"code": "c", "name": "s"}, ["name", "code"], {"cities": "City"}, {}),
    "City": ({"name": "s"}, ["name"], {}, {"country": "Country"}),
}
KEYS = {"Book": "author_id", "Chapter": "book_id", "Profile": "author_id", "Node": "parent_id", "Pet": "owner_id"}
# A part is about one group, so that its objects meet.
GROUPS = [
    ["Author", "Book"],
    ["Author", "Book", "Chapter"],
    ["Book", "Tag"],
    ["Author", "Book", "Tag"],
    ["Author", "Profile"],
    ["Author", "Pet", "Dog", "Cat"],
    ["Node"],
    ["Country", "City"],
    ["Author", "Book", "Chapter", "Tag", "Profile", "Dog"],
]
FAMILY = {"Pet": ["Pet", "Dog", "Cat"]}


class Part:
    """One session of random statements."""

    def __init__(self, chance):
        self.chance = chance
        self.group = chance.choice(GROUPS)
        self.names = {}
        self.count = 0
        self.nested = 0
        self.lines = []

    def value(self, sort):
        self.count += 1
        if sort == "i":
            return str(self.chance.randrange(9))
        if sort == "c":
            return repr(self.chance.choice(["at", "be", "ch", "de"]) + str(self.count))
        return repr(f"v{self.count}")

    def scalar(self, cls, key):
        sort = "i" if key in ("pages", "tricks", "lives") else "c" if key == "code" else "s"
        return self.value(sort)

    def say(self, line):
        self.lines.append(line)

    def of(self, cls):
        """The names of objects of a class (or its heirs)."""
        return [name for family in FAMILY.get(cls, [cls]) for name in self.names.get(family, [])]

    def any(self, cls=None):
        """Some object: its name and class."""
        pairs = [(name, one) for one in self.group if one in self.names for name in self.names[one]]
        if cls:
            pairs = [(name, one) for name, one in pairs if one in FAMILY.get(cls, [cls])]
        return self.chance.choice(pairs) if pairs else (None, None)

    def new(self):
        cls = self.chance.choice(self.group)
        given, _, _, references = CLASSES[cls]
        self.count += 1
        name = f"{cls[0].lower()}{self.count}"
        arguments = [f"{key}={self.value(sort)}" for key, sort in given.items()]
        for key, target in references.items():
            others = self.of(target)
            if others and target in self.group and self.chance.random() < 0.4:
                arguments.append(f"{key}={self.chance.choice(others)}")
        self.say(f"{name} = {cls}({', '.join(arguments)})")
        self.names.setdefault(cls, []).append(name)
        if self.chance.random() < 0.6:
            self.say(f"db.session.add({name})")

    def many(self, names):
        return ", ".join(names)

    def collection(self):
        owner, cls = self.any()
        if not owner or not CLASSES[cls][2]:
            return self.reference()
        key, target = self.chance.choice(list(CLASSES[cls][2].items()))
        others = self.of(target)
        if not others:
            return self.look()
        other = self.chance.choice(others)
        some = self.chance.sample(others, min(len(others), self.chance.randrange(3)))
        path = f"{owner}.{key}"
        self.say(self.chance.choice([
            f"{path}.append({other})",
            f"{path}.append({other})",
            f"{path}.append({other})",
            f"{path}.remove({other})",
            f"{path}.remove({other})",
            f"{path} = [{', '.join(some)}]",
            f"{path} = [{', '.join(some)}]",
            f"{path}.insert(0, {other})",
            f"{path}.pop()",
            f"{path}.clear()",
            f"{path}[0] = {other}",
            f"{path}[:1] = [{', '.join(some)}]",
            f"del {path}[0]",
            f"del {path}[:]",
            f"{path}.extend([{', '.join(some)}])",
            f"{path} += [{other}]",
            f"del {path}",
            f"{path}.reverse()",
        ]))

    def reference(self):
        owner, cls = self.any()
        if not owner or not CLASSES[cls][3]:
            return self.look()
        key, target = self.chance.choice(list(CLASSES[cls][3].items()))
        others = self.of(target)
        if others and self.chance.random() < 0.7:
            self.say(f"{owner}.{key} = {self.chance.choice(others)}")
        elif self.chance.random() < 0.9:
            self.say(f"{owner}.{key} = None")
        else:
            self.say(f"del {owner}.{key}")

    def change(self):
        owner, cls = self.any()
        if not owner:
            return self.new()
        if cls in KEYS and self.chance.random() < 0.25:
            self.say(f"{owner}.{KEYS[cls]} = {self.chance.choice(['1', '2', '3', 'None'])}")
        else:
            key = self.chance.choice(CLASSES[cls][1])
            if key == "code" and self.chance.random() < 0.6:
                key = "name"
            self.say(f"{owner}.{key} = {self.scalar(cls, key)}")

    def look(self):
        owner, cls = self.any()
        if not owner:
            return self.new()
        _, scalars, collections, references = CLASSES[cls]
        paths = [f"{owner}.{key}" for key in [*scalars, *collections, *references, *collections, *references]]
        paths.append(f"{owner}.{'code' if cls == 'Country' else 'id'}")
        keys = [*collections, *references]
        if keys:
            paths.append(f"db.inspect({owner}).attrs.{self.chance.choice(keys)}.history")
        paths.append(f"{owner} in db.session, db.session.is_modified({owner})")
        paths.append(f"(s := db.inspect({owner})).transient, s.pending, s.persistent, s.deleted, s.detached")
        paths.append(f"sorted(db.inspect({owner}).unloaded), db.inspect({owner}).expired")
        self.say(self.chance.choice(paths))

    def query(self):
        cls = self.chance.choice(self.group)
        _, scalars, collections, references = CLASSES[cls]
        key = "code" if cls == "Country" else "id"
        number = self.chance.choice(["1", "2", "3"]) if key == "id" else "'at1'"
        order = f"{cls}.{key}"
        links = [*collections, *references]
        loaders = ["joinedload", "selectinload", "subqueryload", "lazyload", "immediateload", "raiseload"]
        choices = [
            f"{cls}.query.order_by({order}).all()",
            f"{cls}.query.order_by({order}).all()",
            f"db.session.scalars(db.select({cls}).order_by({order})).unique().all()",
            f"db.session.get({cls}, {number})",
            f"{cls}.query.order_by({order}.desc()).first()",
            f"{cls}.query.order_by({order}).limit(2).all()",
            f"{cls}.query.count()",
            f"{cls}.query.filter({cls}.{scalars[0]} > 'v3').order_by({order}).all()",
            f"db.session.execute(db.select({cls}.{key}, {cls}.{scalars[0]}).order_by({order})).all()",
            f"{cls}.query.order_by({order}).populate_existing().all()",
        ]
        for link in links:
            target = {**collections, **references}[link]
            inner = "code" if target == "Country" else "id"
            choices.append(f"{cls}.query.options({self.chance.choice(loaders)}({cls}.{link})).order_by({order}).all()")
            choices.append(f"[(x, x.{link}) for x in {cls}.query.order_by({order})]")
            if link in collections:
                choices.append(f"{cls}.query.filter({cls}.{link}.any()).order_by({order}).all()")
            else:
                choices.append(f"{cls}.query.filter({cls}.{link} == None).order_by({order}).all()")
            if target != cls:
                choices.append(f"{cls}.query.join({cls}.{link}).order_by({order}, {target}.{inner}).all()")
        if self.chance.random() < 0.12:
            sync = self.chance.choice(["'auto'", "'evaluate'", "'fetch'", "False"])
            if self.chance.random() < 0.5:
                choices = [
                    f"{cls}.query.filter({cls}.{scalars[0]} > 'v5')"
                    f".update({{'{scalars[0]}': {self.scalar(cls, scalars[0])}}}, synchronize_session={sync})"
                ]
            elif cls not in ("Dog", "Cat", "Pet"):
                choices = [f"{cls}.query.filter({cls}.{scalars[0]} > 'v8').delete(synchronize_session={sync})"]
        self.say(self.chance.choice(choices))

    def session(self):
        owner, cls = self.any()
        if not owner:
            return self.new()
        choices = [
            "db.session.flush()",
            "db.session.flush()",
            "db.session.commit()",
            "db.session.commit()",
            "db.session.commit()",
            "db.session.rollback()",
            f"db.session.delete({owner})",
            f"db.session.delete({owner})",
            f"db.session.delete({owner})",
            f"db.session.add({owner})",
            f"db.session.add({owner})",
            f"db.session.expire({owner})",
            "db.session.expire_all()",
            f"db.session.refresh({owner})",
            f"db.session.expunge({owner})",
            f"m = db.session.merge({owner})",
            f"m = db.session.merge({owner})",
            "len(db.session.new), len(db.session.dirty), len(db.session.deleted)",
            "list(db.session.new), list(db.session.deleted)",
            f"del {owner}",
            "db.session.close()",
            "db.session.expunge_all()",
        ]
        keys = [*CLASSES[cls][1], *CLASSES[cls][2], *CLASSES[cls][3]]
        choices.append(f"db.session.expire({owner}, [{self.chance.choice(keys)!r}])")
        choices.append(f"db.session.refresh({owner}, [{self.chance.choice(keys)!r}])")
        line = self.chance.choice(choices)
        if line.startswith("del "):
            self.names[cls].remove(owner)
        self.say(line)

    def savepoint(self):
        if self.nested and self.chance.random() < 0.6:
            name = f"sp{self.nested}"
            self.nested -= 1
            self.say(f"{name}.{self.chance.choice(['commit', 'rollback'])}()")
        else:
            self.nested += 1
            self.say(f"sp{self.nested} = db.session.begin_nested()")

    def write(self, length):
        for _ in range(2):
            self.new()
        savepoints = self.chance.random() < 0.3
        while len(self.lines) < length:
            step = self.chance.choices(
                [self.new, self.collection, self.reference, self.change, self.look, self.query, self.session,
                 self.savepoint],
                [12, 18, 10, 9, 12, 12, 24, 8 if savepoints else 0],
            )[0]
            step()
        self.say("db.session.commit()")
        self.say("db.session.rollback()")
        for cls in self.group:
            if cls in ("Dog", "Cat"):
                continue
            self.say(f"db.session.execute(db.select({cls}.__table__)).all()")
        return self.lines


def session_source(chance, parts):
    """A console session of many parts, without answers."""
    out = [
        ">>> import gc",
        ">>> from sqlalchemy.orm import (joinedload, selectinload, subqueryload, lazyload, immediateload,"
        " raiseload)",
        ">>> m = x = s = None",
    ]
    known = set()
    for number in range(parts):
        part = Part(chance)
        lines = part.write(chance.choice([8, 14, 22, 34]))
        out.append(f">>> # part {number}")
        out.append(">>> db.engine.echo = False")
        for name in sorted(known):
            out.append(f">>> {name} = None")
        out += [">>> m = x = s = None", ">>> db.session.remove()", ">>> unheard = gc.collect()"]
        out += [">>> db.drop_all()", ">>> db.create_all()", ">>> db.engine.echo = True"]
        out += [f">>> {line}" for line in lines]
        known = {line.split(" = ")[0] for line in lines if line.split(" = ")[0].isalnum() and " = " in line}
    return "\n".join(out) + "\n"
