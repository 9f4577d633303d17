"""The whole corpus under all rule sets: CPU and wall seconds.

With --clean-clone also the way of a newcomer: from a clone without anything built, 'swift run -c release muster check'
to its table, and how long each of our targets takes to compile. That wants a quiet machine.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measuring

ROOT = Path(__file__).resolve().parent.parent.parent
# What is hoped for: wall seconds of the corpus, and from the clone to the table, on two cores.
CORPUS_TARGET, CLONE_TARGET = 2, 120


def main():
    options = arguments()
    try:
        binary = options.muster or measuring.built_muster(ROOT)
        measure_corpus(binary, options.rounds)
        if options.clean_clone:
            measure_clone()
    except measuring.CommandFailed as failure:
        print(f"corpus: {failure}", file=sys.stderr)
        return 70
    print(measuring.surroundings())
    return 0


def arguments():
    parser = argparse.ArgumentParser(
        prog="corpus", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often it is run (5)")
    parser.add_argument("--clean-clone", action="store_true", help="also build from a clean clone: minutes")
    parser.add_argument("--muster", metavar="path", help="a program that was built already")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def measure_corpus(binary, rounds):
    ways = [("both cores", []), ("one worker", ["--workers", "1"])]
    series = {title: measuring.Series() for title, _ in ways}
    summary = ""
    for _ in range(rounds):
        for title, options in ways:
            usage = measuring.measure([binary, "check", *options], statuses=(0, 1))
            series[title].add(usage)
            summary = next(line for line in reversed(usage.output.splitlines()) if " states" in line)
    rows = [
        [title, f"{one.best_wall:.2f}", f"{one.median_wall:.2f}", f"{one.best:.2f}", f"{one.median:.2f}", f"{one.peak:.0f}"]
        for title, one in series.items()
    ]
    print(summary)
    print(measuring.table(["", "wall s", "median", "CPU s", "median", "peak MB"], rows))
    print(f"hoped for: {CORPUS_TARGET} s wall\n")


def measure_clone():
    """Clones what is committed, and runs the first command of the README there."""
    with tempfile.TemporaryDirectory(prefix="muster-clone-") as folder:
        clone = Path(folder) / "muster"
        subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
        begin = time.monotonic()
        command = ["swift", "run", "-c", "release", "-Xswiftc", "-driver-time-compilation", "muster", "check"]
        usage = measuring.measure(command, folder=clone, statuses=(0, 1))
        seconds = time.monotonic() - begin
        print(f"from a clean clone to the table: {seconds:.0f} s wall, {usage.cpu:.0f} s CPU")
        print(f"hoped for: {CLONE_TARGET} s wall on 2 cores with nothing else to do\n")


if __name__ == "__main__":
    sys.exit(main())
