#!/usr/bin/env python3
"""Writes one of the five programs as a model for a peer: generate.py PROGRAM TARGET

PROGRAM is one of m1, t3, p3, p3z, t4 (see programs.py), TARGET one of

  core      C, for search.c and for the target packed, which includes it as PROGRAM.core.h
  stock     Promela, every thread a process: what SPIN is given as a rule
  packed    Promela with the packed C state and hand-written renaming of frames: the best that SPIN can do
"""

import sys

import c_target
import model
import programs
import promela_target


def text(program, target):
    """The model of a program for a target."""
    built = model.build(programs.PROGRAMS[program])
    match target:
        case "core":
            return c_target.core(built)
        case "stock":
            return promela_target.stock(built)
        case "packed":
            return promela_target.packed(built, f"{program}.core.h")
    raise KeyError(target)


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in programs.PROGRAMS:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    try:
        print(text(*arguments))
    except KeyError:
        print(f"generate.py: unknown target '{arguments[1]}': core, stock or packed", file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
