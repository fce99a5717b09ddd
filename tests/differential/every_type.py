#!/usr/bin/env python3
"""One database file, written by a Flask app with every type and by Retort, read by both.

    python every_type.py RETORT

Run it with an interpreter that has the packages of requirements.txt. A file written by one side
is shown by both, changed by the other side, and shown by both again; values and their repr must
be equal each time. Exit 1 where they differ.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

APP = Path(__file__).resolve().parent.parent / "sessions" / "types" / "app.py"
BEGIN = "from app import *\nimport datetime, decimal, uuid\napp.app_context().push()\n"
WRITE = BEGIN + "db.create_all()\ndb.session.add_all([whole(1), Every(id=2), whole(3)])\ndb.session.commit()\n"
SHOW = BEGIN + (
    "for row in db.session.scalars(db.select(Every).order_by(Every.id)):\n    show(row)\n"
    "for row in db.session.execute(db.text('SELECT * FROM every ORDER BY id')):\n    print(tuple(row))\n"
    "print(db.session.execute(db.text('SELECT sql FROM sqlite_master')).scalars().all())\n"
)
CHANGE = BEGIN + """
one, two, three = db.session.scalars(db.select(Every).order_by(Every.id))
two.money, two.span, two.color = decimal.Decimal("-0.05"), datetime.timedelta(3, 4, 5), Color.red
two.data, two.bare, two.blob = [1, {"x": None}], {"y": 2}, b""
two.day, two.clock = datetime.date(1, 1, 1), datetime.time(23, 59)
two.moment = datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
two.key, two.upper, two.truth, two.big = uuid.UUID(int=0), "new", False, -(2 ** 63)
one.money, one.data, one.color, one.real = None, None, None, float("inf")
db.session.delete(three)
db.session.commit()
"""


def main():
    retort = [str(Path(sys.argv[1]).resolve()), "run"]
    python = [sys.executable, "-W", "ignore"]
    wrong = 0
    for writer, changer in [(python, retort), (retort, python)]:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(APP, folder)

            def run(command, source):
                script = Path(folder) / "script.py"
                script.write_text(source)
                done = subprocess.run([*command, "script.py"], cwd=folder, capture_output=True, text=True)
                return done.stdout + done.stderr

            for who, step in [(writer, WRITE), (changer, CHANGE)]:
                trouble = run(who, step)
                ours, theirs = run(retort, SHOW), run(python, SHOW)
                same = ours == theirs and not trouble and theirs.count("\n") > 50
                wrong += not same
                print("same" if same else f"{trouble}\n--- python\n{theirs}\n--- retort\n{ours}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
