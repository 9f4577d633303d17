"""A model as C: one packed struct of the state, a step for each thread, and the renaming of frames by first appearance.

The text declares `Model`, `initialise`, `is_enabled(state, thread)`, `step(state, thread)` (0 when not enabled),
`rename_frames`, `is_end`, `outcome` and `outcome_names`; it wants a macro MUST(condition).
"""

import re

from model import FRAME_FIELDS, FRAMES, NO_FRAME

_PREAMBLE = """#include <stdint.h>
typedef struct { uint16_t references:3, mappings:2, pins:2, content:2, exclusive:1; } Frame;"""

_RENAMING = """static inline void rename_frames(Model *state) {
    uint8_t names[%(frames)d] = {%(unnamed)s};
    Frame renamed[%(frames)d];
    int count = 0, frame;
    __builtin_memset(renamed, 0, sizeof renamed);
%(places)s
    __builtin_memcpy(state->frames, renamed, sizeof renamed);
}"""

_RENAMING_OF_PLACE = (
    "    frame = state->{place}; if (frame != {none}) {{ "
    "if (names[frame] == {none}) {{ names[frame] = count; renamed[count++] = state->frames[frame]; }} "
    "state->{place} = names[frame]; }}"
)


def core(model):
    """The text of the C file."""
    names = {variable.name for variable in model.variables}
    names |= {f"place_{thread.number}" for thread in model.threads}
    writer = _Writer(names)
    parts = [_PREAMBLE, _state(model)]
    for thread in model.threads:
        parts += [writer.step(thread), writer.is_enabled(thread)]
    count = len(model.threads)
    parts += [
        f"#define THREADS {count}",
        _dispatch("static inline int is_enabled(const Model *state, int thread)", "is_enabled", count),
        _dispatch("static inline int step(Model *state, int thread)", "step", count),
        _renaming(model),
        _initialise(model),
        "static inline int is_end(const Model *state) { return "
        + " && ".join(f"state->place_{thread.number}=={thread.end}" for thread in model.threads)
        + "; }",
        "static inline unsigned outcome(const Model *state) { unsigned code = 0; "
        + " ".join(f"code = code * 4 + state->{register};" for register in model.outcome)
        + " return code; }",
        f"#define OUTCOME_REGISTERS {len(model.outcome)}",
        "static const char *outcome_names[] = {" + ", ".join(f'"{name}"' for name in model.outcome) + "};",
    ]
    return "\n".join(parts)


def _state(model):
    """Fields go into words of 32 bits, the widest first, each into the first word that has room."""
    fields = [(thread.places.bit_length(), f"place_{thread.number}") for thread in model.threads]
    fields += [(variable.bits, variable.name) for variable in model.variables]
    words = []
    for bits, name in sorted(fields, key=lambda field: -field[0]):
        for word in words:
            if sum(used for used, _ in word) + bits <= 32:
                word.append((bits, name))
                break
        else:
            words.append([(bits, name)])
    lines = ["    uint32_t " + ", ".join(f"{name}:{bits}" for bits, name in word) + ";" for word in words]
    return "\n".join(["typedef struct {", f"    Frame frames[{FRAMES}];"] + lines + ["} Model;"])


def _dispatch(head, function, threads):
    cases = "".join(f" case {number}: return {function}_{number}(state);" for number in range(threads))
    return f"{head} {{ switch (thread) {{{cases} }} return 0; }}"


def _renaming(model):
    places = [variable.name for variable in model.variables if variable.kind == "frame"]
    return _RENAMING % {
        "frames": FRAMES,
        "unnamed": ", ".join([str(NO_FRAME)] * FRAMES),
        "places": "\n".join(_RENAMING_OF_PLACE.format(place=place, none=NO_FRAME) for place in places),
    }


def _initialise(model):
    lines = ["static void initialise(Model *state) {", "    __builtin_memset(state, 0, sizeof *state);"]
    for field in ("references", "mappings", "exclusive"):
        lines.append(f"    state->frames[0].{field} = 1;")
    for variable in model.variables:
        if variable.initial:
            lines.append(f"    state->{variable.name} = {variable.initial};")
    return "\n".join(lines + ["}"])


class _Writer:
    """Writes conditions and effects as C."""

    def __init__(self, variables):
        self.variables = variables
        self.available = "(" + "||".join(f"state->frames[{f}].references==0" for f in range(FRAMES)) + ")"

    def expression(self, text):
        fields = "|".join(FRAME_FIELDS)
        text = re.sub(rf"\b({fields})\[(\w+)\]", r"state->frames[\2].\1", text)
        text = re.sub(r"\w+", lambda word: self._variable(word[0]), text)
        return text.replace("AVAILABLE", self.available)

    def _variable(self, word):
        return f"state->{word}" if word in self.variables else word

    def effects(self, effects):
        return " ".join(self._effect(effect) for effect in effects)

    def _effect(self, effect):
        match effect:
            case ("assign", target, value):
                return f"{self.expression(target)} = {self.expression(value)};"
            case ("check", condition):
                return f"MUST({self.expression(condition)});"
            case ("allocate", target):
                name = self.expression(target)
                return " else ".join(
                    f"if (state->frames[{f}].references==0) {name} = {f};" for f in range(FRAMES)
                )
            case ("when", condition, then, otherwise):
                text = f"if ({self.expression(condition)}) {{ {self.effects(then)} }}"
                return text + (f" else {{ {self.effects(otherwise)} }}" if otherwise else "")
        raise ValueError(f"unknown effect {effect!r}")

    def step(self, thread):
        place = f"state->place_{thread.number}"
        lines = [
            f"static inline int step_{thread.number}(Model *state) {{",
            f"    switch ({place}) {{",
        ]
        for source, steps in thread.steps_by_place():
            lines.append(f"    case {source}:")
            for step in steps:
                guard = self.expression(step.guard or "1")
                body = f"{self.effects(step.effects)} {place} = {step.target}; return 1;"
                lines.append(f"        if ({guard}) {{ {body} }}")
            lines.append("        return 0;")
        return "\n".join(lines + ["    }", "    return 0;", "}"])

    def is_enabled(self, thread):
        lines = [
            f"static inline int is_enabled_{thread.number}(const Model *state) {{",
            f"    switch (state->place_{thread.number}) {{",
        ]
        for source, steps in thread.steps_by_place():
            guards = [step.guard for step in steps]
            condition = "1" if None in guards else " || ".join(f"({self.expression(g)})" for g in guards)
            lines.append(f"    case {source}: return {condition};")
        return "\n".join(lines + ["    }", "    return 0;", "}"])
