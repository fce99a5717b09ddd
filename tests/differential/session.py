#!/usr/bin/env python3
"""Drive real SQLAlchemy and Retort through the same random sessions and compare every answer and every echoed line.

    python session.py RETORT                     40 apps, 25 sessions each
    python session.py RETORT --apps 100:140      the apps with these numbers
    python session.py RETORT --apps 7 --keep D   one app; its folder, session and both answers stay in D

RETORT is the command to try, for example target/release/retort. It needs the Python that record.py needs, and
nothing else: no network, no fixture. Each number makes an app (its relationships get random loaders and cascades)
and a console session of many parts, each of which begins with empty tables and does random things: add, relate,
unrelate, delete, flush, roll back, commit, savepoints, expire, refresh, merge, expunge, query. Both sides answer the
same file. After the first difference a part counts as different and the next one is looked at. Exit code 1 where
anything differs.

Real SQLAlchemy keeps the instances of a flush in sets, which iterate in the order of memory addresses. So that there
is one right answer, those sets are replaced by ordered ones on the real side (as SQLAlchemy's own tests replace them
by shuffled ones), and the cyclic garbage collector is off while a part runs.
"""

import argparse
import os
import random
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "sessions"))

import record  # noqa: E402

from generate import app_source, session_source  # noqa: E402


def make_sets_ordered():
    """Give the unit of work sets that iterate in the order of insertion, and mappers their attributes in order."""
    from sqlalchemy import util
    from sqlalchemy.orm import Mapper, dependency, identity, persistence, session, unitofwork
    from sqlalchemy.util import topological

    class Ordered(util.OrderedSet):
        def pop(self):
            first = next(iter(self))
            self.remove(first)
            return first

    for module in (dependency, identity, persistence, session, unitofwork, topological):
        module.set = Ordered
    found = unitofwork.UOWTransaction._generate_actions

    def in_order(self):
        chosen = found(self)
        return [action for action in self.postsort_actions.values() if action in chosen]

    unitofwork.UOWTransaction._generate_actions = in_order
    Mapper._prop_set = property(lambda mapper: Ordered(mapper._props.values()))


def answer_inside():
    """Answer the session on stdin with the real thing; runs in a process of its own, in the app's folder."""
    import gc
    import io

    make_sets_ordered()
    gc.disable()
    text = sys.stdin.read()
    real, sys.stdout = sys.stdout, io.StringIO()
    result = record.run_session(text)
    sys.stdout = real
    sys.stdout.write(result)


def run(command, folder, text=None):
    environment = dict(os.environ, PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1", TZ="UTC")
    done = subprocess.run(command, cwd=folder, input=text, env=environment, text=True, capture_output=True)
    return done.stdout, done.stderr


def parts(text):
    """Split a transcript into its parts; each is a list of [typed, answered] pairs."""
    found, pair = [], None
    for line in text.splitlines():
        if line.startswith(">>> "):
            if line.startswith(">>> # part "):
                found.append([])
            pair = [line, []]
            if found:
                found[-1].append(pair)
        elif pair is not None:
            pair[1].append(line)
    return found


def compare(real, ours):
    """The first difference of each part that has one: (part, typed, real answer, our answer)."""
    differences = []
    left, right = parts(real), parts(ours)
    for number, part in enumerate(left):
        other = right[number] if number < len(right) else []
        for place, (typed, answer) in enumerate(part):
            mine = other[place] if place < len(other) else ["", ["(no answer)"]]
            if mine[0] != typed or mine[1] != answer:
                differences.append((number, typed, answer, mine[1], [one[0] for one in part[:place]]))
                break
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--apps", default="0:40")
    parser.add_argument("--parts", type=int, default=25)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--show", type=int, default=5, help="how many differences to print")
    parser.add_argument("retort", nargs="?")
    options = parser.parse_args()
    if options.inside:
        answer_inside()
        return 0
    first, _, last = options.apps.partition(":")
    numbers = range(int(first), int(last) if last else int(first) + 1)
    command = [os.path.abspath(part) if os.path.exists(part) else part for part in shlex.split(options.retort)]
    sessions = statements = 0
    found = []
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            if options.keep:
                folder = options.keep / str(number)
                folder.mkdir(parents=True, exist_ok=True)
            chance = random.Random(number)
            (folder / "app.py").write_text(app_source(chance))
            text = session_source(chance, options.parts)
            (folder / "session.pycon").write_text(text)
            real, trouble = run([sys.executable, str(HERE / "session.py"), "--inside"], folder, text)
            if not real:
                print(f"app {number}: the real thing failed\n{trouble}")
                return 2
            for left_over in folder.glob("instance/*"):
                left_over.unlink()
            ours, trouble = run([*command, "transcript", "session.pycon"], folder)
            if options.keep:
                (folder / "real.txt").write_text(real)
                (folder / "ours.txt").write_text(ours)
            differences = compare(real, ours)
            sessions += len(parts(real))
            statements += sum(len(part) for part in parts(real))
            for part, typed, answer, mine, before in differences:
                found.append((number, part))
                if len(found) <= options.show:
                    print(f"=== app {number}, part {part}" + (f" ({trouble.strip()})" if trouble.strip() else ""))
                    print("\n".join(before[-12:]))
                    print(typed, *answer, "--- ours", *mine, sep="\n", flush=True)
    print(f"{sessions} sessions, {statements} statements, {len(found)} different: "
          + " ".join(f"{number}/{part}" for number, part in found[:60]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
