"""Running one script under real Python and under Retort, and telling the answers apart.

A script is blocks: each prints a line `## number` first. Both sides run it whole; what
they print is normalised and compared block by block.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

MARK = re.compile(r"^## (\d+)$", re.MULTILINE)
ADDRESS = re.compile(r"0x[0-9a-f]{4,}")
# SQLAlchemy lists these entities in no order.
LISTED = re.compile(r"(multiple FROM clause entities )\(.*\)\. Use")


def blocks(text):
    """Split printed text into {number: answer}."""
    parts = MARK.split(LISTED.sub(r"\1(...). Use", ADDRESS.sub("0x...", text)))
    return {int(number): answer.strip("\n") for number, answer in zip(parts[1::2], parts[2::2])}


def run(command, script, seconds):
    """Run a script and return what it printed, with the end of its errors where it failed."""
    try:
        done = subprocess.run(
            [*command, str(script)], cwd=script.parent, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer in {seconds} s"
    return done.stdout, done.stderr[-2000:] if done.returncode else ""


def compare(retort, source, seconds=120):
    """Run source on both sides; yield (number, real answer, Retort's answer) where they differ."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(source)
        wanted, trouble = run([sys.executable, "-W", "ignore"], script, seconds)
        if trouble:
            raise RuntimeError(f"the script fails under Python:\n{trouble}")
        got, trouble = run([retort, "run"], script, seconds)
    wanted, got = blocks(wanted), blocks(got)
    for number, answer in wanted.items():
        theirs = got.get(number)
        if theirs != answer:
            yield number, answer, theirs if theirs is not None else f"(nothing) {trouble}"
