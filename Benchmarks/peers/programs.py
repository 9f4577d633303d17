"""The five programs as the peers' models have them: for each thread its process and what it does to page x.

Muster's versions of the same programs are in ../programs. Page x is private anonymous memory that was written before the
start; process 0 is the parent, 1 and 2 are forked from it. A thread of a forked process begins when its process runs.
"""


def store(value):
    return ("store", value)


def load(register):
    return ("load", register)


def fork(child):
    return ("fork", child)


PIN = ("pin",)
UNPIN = ("unpin",)


def dma_write(value):
    return ("dma_write", value)


PARENT, B, C = 0, 1, 2

_DEVICE = (PARENT, [PIN, dma_write(3), load(2), UNPIN])
_CHILD = (B, [load(3), store(0), load(4)])
_ONE_CHILD = [(PARENT, [store(1), fork(B), store(2), load(1)]), _DEVICE, _CHILD]
_TWO_CHILDREN = [
    (PARENT, [store(1), fork(B), fork(C), store(2), load(1)]),
    _DEVICE,
    _CHILD,
    (C, [load(5), store(1)]),
]
_THREE_THREADS = _ONE_CHILD + [(PARENT, [store(2), load(5)])]

PROGRAMS = {
    "m1": _ONE_CHILD,
    "t3": _THREE_THREADS,
    "p3": _TWO_CHILDREN,
    "p3z": _TWO_CHILDREN + [(PARENT, [load(6)])],
    "t4": _THREE_THREADS + [(B, [store(1)])],
}
