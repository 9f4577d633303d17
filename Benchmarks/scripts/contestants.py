"""Who takes part in the comparison: how each is made ready for a program, run, and read."""

import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import measuring

BENCHMARKS = Path(__file__).resolve().parent.parent
PEERS = BENCHMARKS / "peers"

# What SPIN is fastest and exact with: no partial order reduction (its own finds nothing to reduce here), states kept
# whole, a fast hash, and no time spent on what is not asked for.
PAN_OPTIONS = ["-w", "-O3", "-march=native", "-DSAFETY", "-DNOREDUCE", "-DNOCOMP", "-DSFH", "-DNOFIX"]


class Findings(NamedTuple):
    """What a contestant found; None where it does not say."""

    states: int | None
    transitions: int | None
    outcomes: frozenset | None


class Muster:
    """`muster check` as a user types it, with everything that is on by default, or with further options."""

    def __init__(self, title, binary, options=(), every_round=True):
        self.title = title
        self.binary = binary
        self.options = list(options)
        self.every_round = every_round

    def prepare(self, program):
        return None

    def run(self, program, core):
        return measuring.measure(self._command(program, []), core)

    def findings(self, program):
        """From a run of its own, for the format that tells everything also looks for an execution of each outcome."""
        report = json.loads(measuring.measure(self._command(program, ["--format", "json"])).output)
        (result,) = report["results"]
        outcomes = set()
        for outcome in result["outcomes"]:
            values = {name.split(":")[1]: value for name, value in outcome["values"].items()}
            outcomes.add(frozenset((name, value) for name, value in values.items() if name[0] == "r"))
        return Findings(result["states"], result["transitions"], frozenset(outcomes))

    def _command(self, program, more):
        test = BENCHMARKS / "programs" / f"{program}.cow"
        return [self.binary, "check", test, "--rules", "refcount", "--workers", "1", *self.options, *more]


class Spin:
    """SPIN on one of the models that the generator writes."""

    def __init__(self, title, target, folder, hash_bits, every_round=True):
        self.title = title
        self.target = target
        self.folder = Path(folder)
        self.run_options = ["-n", "-m1000", f"-w{hash_bits}"]
        self.every_round = every_round

    def prepare(self, program):
        """Generates and compiles the verifier. Gives the CPU seconds of that."""
        place = self._place(program)
        place.mkdir(parents=True)
        shutil.copy(PEERS / "outcomes.h", place)
        generate_core(program, place)
        model = place / "model.pml"
        model.write_text(generated(program, self.target).output, encoding="utf-8")
        steps = [["spin", "-a", "-o2", model], ["gcc", *PAN_OPTIONS, "-o", "pan", "pan.c"]]
        return sum(measuring.measure(step, folder=place).cpu for step in steps)

    def run(self, program, core):
        return measuring.measure(["./pan", *self.run_options], core, self._place(program))

    def findings(self, program):
        """From a run of its own with a verifier that prints the outcomes, where the model can."""
        place = self._place(program)
        noting = ["gcc", *PAN_OPTIONS, "-DNOTE_OUTCOMES", "-o", "pan-outcomes", "pan.c"]
        measuring.measure(noting, folder=place)
        output = measuring.measure(["./pan-outcomes", *self.run_options], folder=place).output
        if "errors: 0" not in output or "max search depth too small" in output:
            raise measuring.CommandFailed(f"{self.title} did not search {program} to its end:\n{output}")
        outcomes = read_outcomes(output) if self.target == "packed" else None
        return Findings(number(output, r"(\d+) states, stored"), number(output, r"(\d+) transitions"), outcomes)

    def _place(self, program):
        return self.folder / f"{self.target}-{program}"


def judged(program, folder):
    """What the plain search over the same model finds: with every state told apart, and with frames renamed."""
    place = Path(folder) / f"search-{program}"
    place.mkdir(parents=True)
    core = generate_core(program, place)
    found = []
    for options in ([], ["-DRENAME"]):
        search = place / ("search" + "".join(options))
        compiled = ["gcc", "-O3", f'-DCORE="{core}"', *options, "-o", search, PEERS / "search.c"]
        measuring.measure(compiled)
        output = measuring.measure([search]).output
        states, transitions = number(output, r"states (\d+)"), number(output, r"transitions (\d+)")
        found.append(Findings(states, transitions, read_outcomes(output)))
    return tuple(found)


def generate_core(program, place):
    """Writes the model as C into a folder."""
    core = place / f"{program}.core.h"
    core.write_text(generated(program, "core").output, encoding="utf-8")
    return core


def generated(program, target):
    return measuring.measure(["python3", PEERS / "generate.py", program, target])


def read_outcomes(text):
    """Lines such as `outcome r1=2 r2=1`."""
    return frozenset(
        frozenset((name, int(value)) for name, value in re.findall(r"(\w+)=(\d+)", line))
        for line in text.splitlines()
        if line.startswith("outcome ")
    )


def number(text, pattern):
    found = re.search(pattern, text)
    if not found:
        raise measuring.CommandFailed(f"no '{pattern}' in:\n{text}")
    return int(found[1])
