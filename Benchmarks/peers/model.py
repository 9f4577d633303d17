"""Writes a program down as atomic steps, in a form that every target is made from: so all have the same state graph.

The rule is Linux's from 5.11 to 5.17: a write fault takes a page over when its reference count is 1, fork copies pinned
pages early. A step is what happens under one lock or in one access of the hardware: TLB hit, or walk; mmap_lock;
page-table lock; decide; allocate and copy; take the lock again, compare, install, flush; let go.

Conditions and values are text that C and Promela read alike: `references[f]` is a frame's field, other names are the
model's variables, AVAILABLE stands for "there is a free frame".
"""

from typing import NamedTuple

FRAMES = 6
NO_FRAME = FRAMES
FRAME_FIELDS = ("references", "mappings", "pins", "content", "exclusive")


class Variable(NamedTuple):
    name: str
    kind: str  # flag, count, frame or value
    initial: int

    @property
    def bits(self):
        return {"flag": 1, "count": 3, "frame": 3, "value": 2}[self.kind]


class Step(NamedTuple):
    """Leads from one place of a thread to another, when the guard is true (None: always)."""

    source: int
    guard: str | None
    effects: list
    target: int


class Thread(NamedTuple):
    number: int
    steps: list[Step]
    end: int
    places: int

    def steps_by_place(self):
        found = {}
        for step in self.steps:
            found.setdefault(step.source, []).append(step)
        return sorted(found.items())


class Model(NamedTuple):
    variables: list[Variable]
    threads: list[Thread]
    outcome: list[str]  # the variables that are registers


# What a step does is a list of these.


def assign(target, value):
    return ("assign", target, str(value))


def forget(target):
    """The variable names no frame any more."""
    return ("assign", target, str(NO_FRAME))


def check(condition):
    return ("check", condition)


def allocate(target):
    """The variable gets the first free frame."""
    return ("allocate", target)


def when(condition, then, otherwise=()):
    return ("when", condition, list(then), list(otherwise))


def put(frame, references):
    """Drops references; with the last one the frame is free, and forgets what it held."""
    field = f"references[{frame}]"
    return [
        check(f"{field}>={references}"),
        assign(field, f"{field}-{references}"),
        when(f"{field}==0", [assign(f"content[{frame}]", 0), assign(f"exclusive[{frame}]", 0)]),
    ]


def build(program):
    """The model of a program: see programs.py."""
    forked = {action[1] for _, actions in program for action in actions if action[0] == "fork"}
    outcome = [
        f"r{action[1]}"
        for action in sorted(action for _, actions in program for action in actions if action[0] == "load")
    ]
    variables = _space_variables(program, forked) + _thread_variables(program)
    variables += [Variable(register, "value", 0) for register in outcome]
    threads = [_ThreadBuilder(program, number, forked).thread() for number in range(len(program))]
    return Model(variables, threads, outcome)


def _space_variables(program, forked):
    variables = []
    for process in range(1 + max(process for process, _ in program)):
        initially = 1 if process == 0 else 0
        variables += [
            Variable(f"frame_{process}", "frame", 0 if process == 0 else NO_FRAME),
            Variable(f"writable_{process}", "flag", initially),
            Variable(f"dirty_{process}", "flag", 0),
            Variable(f"readers_{process}", "count", 0),  # of mmap_lock
            Variable(f"writer_{process}", "flag", 0),
            Variable(f"table_locked_{process}", "flag", 0),
        ]
        if process in forked:
            variables.append(Variable(f"runs_{process}", "flag", 0))
    return variables


def _thread_variables(program):
    variables = []
    for thread, (_, actions) in enumerate(program):
        kinds = {action[0] for action in actions}
        variables += [
            Variable(f"translated_{thread}", "flag", 0),
            Variable(f"translation_{thread}", "frame", NO_FRAME),
            Variable(f"translation_writable_{thread}", "flag", 0),
        ]
        if kinds & {"store", "pin"}:
            variables.append(Variable(f"old_{thread}", "frame", NO_FRAME))
        if kinds & {"store", "pin", "fork"}:
            variables.append(Variable(f"copy_{thread}", "frame", NO_FRAME))
        if "pin" in kinds:
            variables.append(Variable(f"grabbed_{thread}", "frame", NO_FRAME))
            variables.append(Variable(f"pinned_{thread}", "frame", NO_FRAME))
    return variables


class _ThreadBuilder:
    def __init__(self, program, number, forked):
        self.number = number
        self.process, self.actions = program[number]
        self.siblings = [t for t, (process, _) in enumerate(program) if process == self.process]
        self.begin = f"runs_{self.process}==1 && " if self.process in forked else ""
        self.steps = []
        self.last_place = 0
        # The variables that the steps of this thread speak of.
        self.frame = f"frame_{self.process}"
        self.writable = f"writable_{self.process}"
        self.dirty = f"dirty_{self.process}"
        self.readers = f"readers_{self.process}"
        self.writer = f"writer_{self.process}"
        self.locked = f"table_locked_{self.process}"
        self.translated = f"translated_{number}"
        self.translation = f"translation_{number}"
        self.translation_writable = f"translation_writable_{number}"
        self.old = f"old_{number}"
        self.copy = f"copy_{number}"

    def thread(self):
        place = 0
        for action in self.actions:
            place = getattr(self, action[0])(place, *action[1:])
            self.begin = ""
        return Thread(self.number, self.steps, place, self.last_place + 1)

    def place(self):
        self.last_place += 1
        return self.last_place

    def places(self, count):
        return [self.place() for _ in range(count)]

    def step(self, source, guard, effects, target):
        self.steps.append(Step(source, guard, effects, target))

    # MARK: The program's actions. Each begins at a place and gives the place behind it.

    def store(self, start, value):
        fault = self.place()
        self.write_fault(fault, back=start)
        done = self.place()
        hit = f"{self.translated}==1 && {self.translation_writable}==1"
        self.step(start, f"{self.begin}{hit}", [assign(f"content[{self.translation}]", value)], done)
        walked = f"{self.begin}!({hit}) && {self.writable}==1"
        self.step(start, walked, self.fill() + [assign(self.dirty, 1)], start)
        self.step(start, f"{self.begin}!({hit}) && {self.writable}==0", [], fault)
        return done

    def load(self, start, register):
        done = self.place()
        hit = f"{self.translated}==1"
        self.step(start, f"{self.begin}{hit}", [assign(f"r{register}", f"content[{self.translation}]")], done)
        self.step(start, f"{self.begin}!({hit})", self.fill(), start)
        return done

    def fork(self, start, child):
        locked, sharing, shared, flushed, done = self.places(5)
        unused = f"{self.begin}{self.writer}==0 && {self.readers}==0"
        self.step(start, unused, [assign(self.writer, 1)], locked)
        self.step(locked, f"{self.locked}==0", [assign(self.locked, 1)], sharing)
        unlock = assign(self.locked, 0)
        early = self.allocated(mapped=True, source=self.frame)
        early += self.child_entry(child, self.copy, writable=1) + [forget(self.copy), unlock]
        self.step(sharing, f"pins[{self.frame}]>0 && AVAILABLE", early, shared)
        share = [
            assign(self.writable, 0),
            assign(f"references[{self.frame}]", f"references[{self.frame}]+1"),
            assign(f"mappings[{self.frame}]", f"mappings[{self.frame}]+1"),
            assign(f"exclusive[{self.frame}]", 0),
        ]
        share += self.child_entry(child, self.frame, writable=0) + [unlock]
        self.step(sharing, f"pins[{self.frame}]==0", share, shared)
        self.step(shared, None, self.flush(), flushed)
        self.step(flushed, None, [assign(self.writer, 0), assign(f"runs_{child}", 1)], done)
        return done

    def pin(self, start):
        """Fast GUP for writing: looks at the entry without a lock, takes the pin, looks again."""
        grabbed = f"grabbed_{self.number}"
        fault = self.place()
        self.write_fault(fault, back=start)
        seen, taken, changed, done = self.places(4)
        pins, references = f"pins[{grabbed}]", f"references[{grabbed}]"
        self.step(start, f"{self.begin}{self.writable}==1", [assign(grabbed, self.frame)], seen)
        self.step(start, f"{self.begin}{self.writable}==0", [], fault)
        take = [assign(references, f"{references}+1"), assign(pins, f"{pins}+1")]
        self.step(seen, f"{references}>0", take, taken)
        self.step(seen, f"{references}==0", [forget(grabbed)], start)
        same = f"{self.frame}=={grabbed} && {self.writable}==1"
        confirm = [assign(f"pinned_{self.number}", grabbed), forget(grabbed)]
        self.step(taken, same, confirm, done)
        self.step(taken, f"!({same})", [], changed)
        self.step(changed, None, self.drop_pin(grabbed), start)
        return done

    def dma_write(self, start, value):
        done = self.place()
        self.step(start, None, [assign(f"content[pinned_{self.number}]", value)], done)
        return done

    def unpin(self, start):
        done = self.place()
        self.step(start, None, self.drop_pin(f"pinned_{self.number}"), done)
        return done

    # MARK: Parts of actions

    def write_fault(self, start, back):
        """do_wp_page and wp_page_copy; ends at `back`, where the access is tried again."""
        decide, reuse, plan, allocate_copy, retake, install, discard, leave = self.places(8)
        count = f"references[{self.frame}]"
        free = f"{self.locked}==0"
        lock, unlock = assign(self.locked, 1), assign(self.locked, 0)
        self.step(start, f"{self.writer}==0", [assign(self.readers, f"{self.readers}+1")], decide)
        self.step(decide, f"{free} && {self.writable}==1", [], leave)
        self.step(decide, f"{free} && {self.writable}==0 && {count}==1", [lock], reuse)
        self.step(decide, f"{free} && {self.writable}==0 && {count}!=1", [lock], plan)
        take_over = [
            assign(self.writable, 1),
            assign(self.dirty, 1),
            assign(f"exclusive[{self.frame}]", 1),
            unlock,
        ]
        self.step(reuse, None, take_over, leave)
        self.step(plan, None, [assign(self.old, self.frame), assign(count, f"{count}+1"), unlock], allocate_copy)
        self.step(allocate_copy, "AVAILABLE", self.allocated(mapped=False, source=self.old), retake)
        same = f"{self.frame}=={self.old} && {self.writable}==0"
        self.step(retake, f"{free} && {same}", [lock], install)
        self.step(retake, f"{free} && !({same})", [lock], discard)
        forget_both = [forget(self.old), forget(self.copy), unlock]
        self.step(install, None, self.installed() + forget_both, leave)
        self.step(discard, None, put(self.copy, 1) + put(self.old, 1) + forget_both, leave)
        let_go = [check(f"{self.readers}>=1"), assign(self.readers, f"{self.readers}-1")]
        self.step(leave, None, let_go, back)

    def installed(self):
        mappings = f"mappings[{self.old}]"
        return [
            assign(self.frame, self.copy),
            assign(self.writable, 1),
            assign(self.dirty, 1),
            assign(f"mappings[{self.copy}]", 1),
            check(f"{mappings}>=1"),
            assign(mappings, f"{mappings}-1"),
            *put(self.old, 2),
            *self.flush(),
        ]

    def allocated(self, mapped, source):
        effects = [allocate(self.copy), assign(f"references[{self.copy}]", 1)]
        if mapped:
            effects.append(assign(f"mappings[{self.copy}]", 1))
        effects.append(assign(f"exclusive[{self.copy}]", 1))
        effects.append(assign(f"content[{self.copy}]", f"content[{source}]"))
        return effects

    def child_entry(self, child, frame, writable):
        return [
            assign(f"frame_{child}", frame),
            assign(f"writable_{child}", writable),
            assign(f"dirty_{child}", writable),
        ]

    def fill(self):
        return [
            assign(self.translated, 1),
            assign(self.translation, self.frame),
            assign(self.translation_writable, self.writable),
        ]

    def flush(self):
        effects = []
        for thread in self.siblings:
            effects.append(assign(f"translated_{thread}", 0))
            effects.append(forget(f"translation_{thread}"))
            effects.append(assign(f"translation_writable_{thread}", 0))
        return effects

    def drop_pin(self, frame):
        return [
            check(f"pins[{frame}]>=1"),
            assign(f"pins[{frame}]", f"pins[{frame}]-1"),
            *put(frame, 1),
            forget(frame),
        ]
