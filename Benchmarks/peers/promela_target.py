"""A model as Promela, for SPIN, in two ways."""

from model import FRAME_FIELDS, FRAMES

_TYPES = {"flag": "bit {0}", "count": "unsigned {0} : {1}", "frame": "unsigned {0} : {1}", "value": "unsigned {0} : {1}"}


def stock(model):
    """Promela as somebody writes it by hand: every thread a process, its places labels, each step a d_step."""
    lines = []
    for field in FRAME_FIELDS:
        first = 1 if field in ("references", "mappings", "exclusive") else 0
        values = ",".join([str(first)] + ["0"] * (FRAMES - 1))
        lines.append(f"byte {field}[{FRAMES}] = {{{values}}};")
    for variable in model.variables:
        declaration = _TYPES[variable.kind].format(variable.name, variable.bits)
        lines.append(f"{declaration} = {variable.initial};")
    for thread in model.threads:
        lines.append(f"active proctype thread_{thread.number}() {{")
        for source, steps in thread.steps_by_place():
            lines.append(f"L{source}: if")
            lines += [_option(step) for step in steps]
            lines.append("  fi;")
        lines.append(f"L{thread.end}: end_{thread.number}: false")
        lines.append("}")
    return "\n".join(lines)


def _option(step):
    guard = f"({_expression(step.guard or 'true')})"
    if not step.effects:
        return f"  :: {guard} -> goto L{step.target}"
    return f"  :: d_step {{ {guard} -> {_effects(step.effects)} }} -> goto L{step.target}"


def _expression(text):
    return text.replace("AVAILABLE", "(" + "||".join(f"references[{f}]==0" for f in range(FRAMES)) + ")")


def _effects(effects):
    return "; ".join(_effect(effect) for effect in effects) or "skip"


def _effect(effect):
    match effect:
        case ("assign", target, value):
            return f"{target} = {value}"
        case ("check", condition):
            return f"assert({condition})"
        case ("allocate", target):
            options = " ".join(f":: (references[{f}]==0) -> {target} = {f}" for f in range(FRAMES))
            # The first free frame, as everywhere: a nested choice would be no deterministic step.
            return f"if {options} fi"
        case ("when", condition, then, otherwise):
            return f"if :: ({condition}) -> {_effects(then)} :: else -> {_effects(otherwise)} fi"
    raise ValueError(f"unknown effect {effect!r}")


def packed(model, core_file):
    """The C of c_target.py inside Promela: a packed state, and frames renamed by hand after every step.

    With NOTE_OUTCOMES the verifier prints the outcomes at its end, which costs time.
    """
    options = "\n".join(
        f"  :: d_step {{ c_expr {{ ENABLED_{thread.number} }} -> "
        f"c_code {{ step_{thread.number}(&now.state); rename_frames(&now.state); "
        'if (broken) uerror("a count went wrong"); NOTE_OUTCOME(&now.state); } }'
        for thread in model.threads
    )
    # SPIN takes a call in a c_expr for one with side effects, unless a macro hides it.
    enabled = "\n".join(
        f"\\#define ENABLED_{thread.number} is_enabled_{thread.number}(&now.state)" for thread in model.threads
    )
    return f"""c_decl {{
\\#define MUST(condition) do {{ if (!(condition)) broken = 1; }} while (0)
extern int broken;
\\#include "{core_file}"
{enabled}
\\#ifdef NOTE_OUTCOMES
\\#include <stdio.h>
\\#include <stdlib.h>
\\#include "outcomes.h"
\\#define NOTE_OUTCOME(state) note_outcome(state)
\\#define PRINT_AT_END() atexit(print_outcomes)
\\#else
\\#define NOTE_OUTCOME(state)
\\#define PRINT_AT_END()
\\#endif
}}
c_state "Model state" "Global"
c_code {{ int broken; }}
init {{ d_step {{ c_code {{ initialise(&now.state); PRINT_AT_END(); }} }};
end: do
{options}
  od }}
"""
