"""Muster and SPIN side by side: CPU seconds, peak memory, states, transitions, outcomes.

Every contestant is run on one core, in turn with the others, several times. The sets of outcomes must be the same, and
the same as those of a plain search over the peers' model: if not, the exit status is 1. Exit status 69 when something
that is needed is not installed.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import measuring
from contestants import Muster, Spin, judged

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ["m1", "t3", "p3", "p3z", "t4"]
REDUCTIONS = [["--no-symmetry"], ["--no-movers"], ["--no-symmetry", "--no-movers"]]


def main():
    options = arguments()
    binary = options.muster or measuring.built_muster(ROOT)
    try:
        with tempfile.TemporaryDirectory(prefix="muster-compare-") as folder:
            return compare(options, binary, folder)
    except measuring.CommandFailed as failure:
        print(f"compare: {failure}", file=sys.stderr)
        return 70


def arguments():
    parser = argparse.ArgumentParser(
        prog="compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("programs", nargs="*", metavar="program", help="of " + ", ".join(PROGRAMS) + "; all if none")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (5)")
    parser.add_argument("--core", type=int, default=last_core(), help="the core that all run on (the last one)")
    parser.add_argument("--no-stock", action="store_true", help="leave out SPIN's stock model, which is slow")
    parser.add_argument("--unreduced", action="store_true", help="a second table: Muster without its reductions")
    parser.add_argument("--muster", metavar="path", help="a program that was built already")
    options = parser.parse_args()
    options.programs = options.programs or PROGRAMS
    unknown = [program for program in options.programs if program not in PROGRAMS]
    if unknown:
        parser.error(f"unknown program '{unknown[0]}': one of {', '.join(PROGRAMS)}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def last_core():
    return max(os.sched_getaffinity(0))


def compare(options, binary, folder):
    spin = Spin("SPIN, packed C, renaming by hand", "packed", folder, hash_bits=20)
    field = [Muster("Muster", binary), Muster("Muster, outcomes alone", binary, ["--format", "herd"]), spin]
    if not options.no_stock:
        field.append(Spin("SPIN, stock model", "stock", folder, hash_bits=22, every_round=False))
    results = run(field, options)
    rows = [row for program in options.programs for row in program_rows(program, field, results, spin)]
    print(measuring.table(HEAD, rows))
    print(f"\n{NOTES}\n{measuring.surroundings()}\n")
    if options.unreduced:
        print_unreduced(binary, options)
    return verify(field, options.programs, results, folder)


class Results:
    """What came of one contestant on one program."""

    def __init__(self):
        self.series = measuring.Series()
        self.preparation = None
        self.findings = None


def run(field, options):
    results = {(program, one.title): Results() for program in options.programs for one in field}
    for program in options.programs:
        for one in field:
            tell(f"{program}: {one.title}")
            results[program, one.title].preparation = one.prepare(program)
            results[program, one.title].findings = one.findings(program)
    for turn in range(options.rounds):
        for program in options.programs:
            for one in field:
                if turn > 0 and not one.every_round:
                    continue
                tell(f"round {turn + 1} of {options.rounds}, {program}: {one.title}")
                results[program, one.title].series.add(one.run(program, options.core))
    tell("")
    return results


def tell(text):
    """Progress, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


HEAD = ["", "CPU s", "median", "ratio", "prepare", "peak MB", "states", "transitions", "outcomes"]
NOTES = """\
CPU s: the least of all rounds, for the whole run of Muster and for SPIN's search alone; prepare: CPU seconds that
SPIN's models take to be turned into a program. Ratio: to the first SPIN, of the medians. Muster's line is what
'muster check' does when nothing is asked for: both reductions, all guarantees, and a shortest execution of what breaks."""


def program_rows(program, field, results, standard):
    norm = results[program, standard.title].series.median
    yield [program] + [""] * (len(HEAD) - 1)
    for one in field:
        result = results[program, one.title]
        series, found = result.series, result.findings
        yield [
            f"  {one.title}",
            f"{series.best:.3f}",
            f"{series.median:.3f}",
            f"{series.median / norm:.2f}",
            "" if result.preparation is None else f"{result.preparation:.1f}",
            f"{series.peak:.0f}",
            f"{found.states:,}",
            f"{found.transitions:,}",
            "" if found.outcomes is None else len(found.outcomes),
        ]


def print_unreduced(binary, options):
    """What the reductions are worth: each program with and without them, the outcomes alone."""
    rows = []
    for program in options.programs:
        rows.append([program, "", "", "", ""])
        for flags in [[], *REDUCTIONS]:
            one = Muster(" ".join(flags) or "both reductions", binary, [*flags, "--format", "herd"])
            tell(f"{program}: {one.title}")
            usage = one.run(program, options.core)
            found = Muster(one.title, binary, flags).findings(program)
            numbers = [f"{usage.cpu:.3f}", f"{usage.peak:.0f}", f"{found.states:,}", f"{found.transitions:,}"]
            rows.append([f"  {one.title}", *numbers])
    tell("")
    print(measuring.table(["", "CPU s", "peak MB", "states", "transitions"], rows) + "\n")


def verify(field, programs, results, folder):
    """Holds everybody's findings against those of the plain search."""
    status = 0
    for program in programs:
        tell(f"{program}: plain search")
        plain, renamed = judged(program, folder)
        tell("")
        expected = {"packed": renamed.states, "stock": plain.states}
        for one in field:
            found = results[program, one.title].findings
            if found.outcomes is not None and found.outcomes != plain.outcomes:
                status = 1
                print(f"{program}: {one.title} has other outcomes than the model:", file=sys.stderr)
                print_difference(found.outcomes, plain.outcomes)
            # SPIN counts the state before the model is set up, or where the last thread has ended, as one more.
            if isinstance(one, Spin) and found.states - expected[one.target] not in (0, 1):
                status = 1
                print(
                    f"{program}: {one.title} has {found.states} states, the model {expected[one.target]}",
                    file=sys.stderr,
                )
    if status == 0:
        print("The sets of outcomes are the same for all, and the same as those of a plain search of the peers' model.")
    return status


def print_difference(found, expected):
    for sign, outcomes in (("more", found - expected), ("lacking", expected - found)):
        for outcome in sorted(sorted(outcome) for outcome in outcomes):
            print(f"  {sign}: " + " ".join(f"{name}={value}" for name, value in outcome), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
