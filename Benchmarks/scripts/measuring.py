"""Runs commands pinned to one core and says what they used up."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

EX_UNAVAILABLE = 69


class Usage(NamedTuple):
    """What a command used up: CPU seconds (user and system), wall seconds, and resident memory at its peak in MB.

    The peak is never below this script's own, about 15 MB: the kernel hands it on through fork.
    """

    cpu: float
    wall: float
    peak: float
    output: str


class CommandFailed(Exception):
    """A command ended with a status that was not expected."""


def measure(command, core=None, folder=None, statuses=(0,)):
    """Runs a command to its end, on one core where one is named."""
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    begin = time.monotonic()
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in statuses:
        raise CommandFailed(f"{' '.join(process.args)} ended with {process.returncode}:\n{output}")
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024 / 1e6, output)


class Series:
    """What a command used up when it was run again and again."""

    def __init__(self):
        self.usages = []

    def add(self, usage):
        self.usages.append(usage)

    @property
    def best(self):
        return min(usage.cpu for usage in self.usages)

    @property
    def median(self):
        return statistics.median(usage.cpu for usage in self.usages)

    @property
    def best_wall(self):
        return min(usage.wall for usage in self.usages)

    @property
    def median_wall(self):
        return statistics.median(usage.wall for usage in self.usages)

    @property
    def peak(self):
        return max(usage.peak for usage in self.usages)


def surroundings():
    """In a line, what the numbers depend on: the processor, the cores, and what else is going on."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = os.getloadavg()[0]
    date = time.strftime("%Y-%m-%d")
    return f"{date}, {model}, {os.cpu_count()} cores, {load:.1f} processes ready to run at the end"


def table(head, rows):
    """Lines of a table; the first column is aligned to the left, the others to the right."""
    cells = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join([lines[0], "-" * max(len(line) for line in lines), *lines[1:]])


def built_muster(root):
    """Builds Muster for release, and gives the path of the program."""
    if not shutil.which("swift"):
        print(f"{os.path.basename(sys.argv[0])}: missing: swift (6.3 or later, see swift.org)", file=sys.stderr)
        sys.exit(EX_UNAVAILABLE)
    build = ["swift", "build", "-c", "release", "--product", "muster", "--package-path", str(root)]
    subprocess.run(build, check=True, stdout=sys.stderr)
    shown = subprocess.run([*build, "--show-bin-path"], check=True, capture_output=True, text=True)
    return os.path.join(shown.stdout.strip(), "muster")
