"""The limits of a regulation in one list: those of its table and those of its drawings, with source and condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from flask import url_for

from app.web import context
from app.web.language import _, language
from app.web.pack_lists import LIMITS, decision_name, kind_words, value_words
from decisions import Decision
from decisions.outline import Outline, outline
from forms import FieldSpec
from processes.engine.diagram import Element, Process
from processes.regulation import Regulation
from timers.words import limit_words

PARAMETER = re.compile(r"\bparameter\.(\w+)")
LIMIT_CALL = re.compile(r'=?\s*limit\("([^"]+)"\)')
TEXTS = re.compile(r'"([^"]*)"(?:\s*,\s*|$)')
OTHER_THAN = re.compile(r"not\((.*)\)")
BESIDE = re.compile(r'(before|after)\("(\w+)", (\w+)\((\d+)\)\)')
SHARE = re.compile(r'share\("(\w+)", ([\d./ ]+)\)')
SPAN = re.compile(r"(working_days|natural_days|hours|minutes)\((\d+)\)")
AT_CLOCK = re.compile(r"at_clock\(natural_days\(0\), (\d\d:\d\d)\)")
OF_TABLE = re.compile(r"(\w+)\.\w+")
UNITS = {"working_days": "wd", "natural_days": "d", "hours": "h", "minutes": "min"}


def timers_of(regulation: Regulation) -> list[dict[str, Any]]:
    """Limits of the table and of the drawings, with citation and kind (text, reading, default, masked). `feel`: it is
    computed, and said as it is written.
    """
    table = outline(regulation.tables[LIMITS]) if LIMITS in regulation.tables else None
    listed = _of_table(regulation, table) if table else []
    for process, element in _timer_elements(regulation):
        if _work(element) is not None:
            continue  # its rows of the table say more
        at: dict[str, Any] = {"pack": regulation.name, "deployment": regulation.number, "process": process.id}
        drawn = _resolved(regulation, element.timer or "")
        words = timer_words(regulation, drawn)
        listed.append(
            {
                "id": element.properties.get("timer") or "—",
                "name": element.name or element.id,
                "href": url_for("packs.process", element=element.id, **at),
                "limit": words,
                "feel": words == drawn,
                "cites": element.properties.get("cites"),
                **source_kind(regulation, element.properties.get("kind", ""), element.timer or ""),
                "then": process.name.partition("：")[0],
            }
        )
    return sorted(listed, key=lambda timer: (timer["id"] == "—", timer["id"]))


def _resolved(regulation: Regulation, text: str) -> str:
    """A cell or expression with the values of the parameters it reads."""
    known = regulation.parameters

    def value(found: re.Match[str]) -> str:
        one = known.get(found[1])
        return found[0] if one is None else _("未设定") if one.value is None else value_words(one.value)

    return PARAMETER.sub(value, text)


def _of_table(regulation: Regulation, table: Outline) -> list[dict[str, Any]]:
    at: dict[str, Any] = {"pack": regulation.name, "deployment": regulation.number, "decision": LIMITS}
    columns = {column.name: index for index, column in enumerate(table.outputs)}
    questions = _questions(regulation)
    used: dict[str, list[str]] = {}
    for _process, element in _timer_elements(regulation):
        if work := _work(element):
            used.setdefault(work, []).append(element.name or element.id)
    listed = []
    for rule in table.rules:
        cells = {name: rule.outputs[index].strip().strip('"') for name, index in columns.items()}
        work = rule.inputs[0].strip().strip('"')
        # A number that is computed is no number to show.
        numbered = "timer" in columns and TEXTS.fullmatch(rule.outputs[columns["timer"]].strip())
        value, unit = (_resolved(regulation, cells.get(key, "")) for key in ("value", "unit"))
        conditions = [
            condition(column.label, cell, questions.get(column.text))
            for column, cell in zip(table.inputs[1:], rule.inputs[1:], strict=True)
            if cell.strip() not in ("", "-")
        ]
        words = limit_text(regulation, questions, value, unit)
        listed.append(
            {
                "id": cells["timer"] if numbered else "—",
                "name": "、".join(dict.fromkeys(used.get(work, [rule.annotation or work]))),
                "when": "；".join(conditions),
                "href": url_for("decisions.show", **at),
                "limit": words,
                "feel": words == f"{value} {unit}",
                "cites": cells.get("basis"),
                **source_kind(regulation, cells.get("kind", ""), " ".join(rule.outputs)),
                "then": decision_name(regulation.tables[LIMITS]),
            }
        )
    return listed


def _timer_elements(regulation: Regulation) -> Iterator[tuple[Process, Element]]:
    for process in regulation.processes():
        for element in process.elements.values():
            if element.event == "timer":
                yield process, element


def _work(element: Element) -> str | None:
    """`sign` for a timer drawn as `limit("sign")`."""
    found = LIMIT_CALL.fullmatch((element.timer or "").strip())
    return found[1] if found else None


def limit_text(regulation: Regulation, questions: Mapping[str, FieldSpec], value: str, unit: str) -> str:
    """The cells of a limits table in words: `10 个工作日`, or the question or table that gives it; the rest is FEEL."""
    if value.isdigit() and unit in ("min", "h", "wd", "d", "month", "year"):
        return limit_words(int(value), unit, language())
    if value in questions:
        return _("按所填“%(name)s”", name=questions[value].label)
    if (found := OF_TABLE.fullmatch(value)) and (table := _asked_for(regulation, found[1])):
        return _("见表“%(name)s”", name=decision_name(table))
    return f"{value} {unit}"


def _asked_for(regulation: Regulation, variable: str) -> Decision | None:
    """The table that has this name, or that a step asks for what it keeps by it."""
    steps = (element for process in regulation.processes() for element in process.elements.values())
    asked = next((element.decision for element in steps if element.result == variable and element.decision), variable)
    return regulation.tables.get(asked)


def timer_words(regulation: Regulation, text: str) -> str:
    """A timer as it is drawn, in words where it is one of the usual kinds: `“办理逾期”前 1 个工作日`, `每月`."""
    every = {"P1D": _("每日"), "P7D": _("每周"), "P1W": _("每周"), "P1M": _("每月"), "P3M": _("每季度"),
             "P6M": _("每半年"), "P1Y": _("每年")}  # fmt: skip
    if text.startswith("R/") and (period := text.rpartition("/")[2]) in every:
        return every[period]
    if found := SPAN.fullmatch(text):
        return limit_words(int(found[2]), UNITS[found[1]], language())
    if found := AT_CLOCK.fullmatch(text):
        return _("当日 %(time)s", time=found[1])
    if (found := BESIDE.fullmatch(text)) and found[3] in UNITS:
        span, name = limit_words(int(found[4]), UNITS[found[3]], language()), _element_name(regulation, found[2])
        before = found[1] == "before"
        return (_("“%(name)s”前 %(span)s") if before else _("“%(name)s”后 %(span)s")) % {"name": name, "span": span}
    if found := SHARE.fullmatch(text):
        part, _of, whole = found[2].partition("/")
        share = Fraction(part.strip()) / Fraction(whole.strip() or 1)
        name = _element_name(regulation, found[1])
        return _("“%(name)s”的时限剩余 %(share)s 时", name=name, share=f"{float(share):.0%}")
    return text


def _element_name(regulation: Regulation, element: str) -> str:
    found = regulation.find(element)
    return (found.name if found else "") or element


def source_kind(regulation: Regulation, kind: str, text: str) -> dict[str, str]:
    """Where a limit comes from. A masked value that the regulation in force was confirmed with says so."""
    read = [regulation.parameters.get(name) for name in PARAMETER.findall(text)]
    confirmed = bool(read) and all(one is not None and one.value is not None for one in read)
    return kind_words(kind, confirmed=confirmed)


def _questions(regulation: Regulation) -> dict[str, FieldSpec]:
    """Every question by its key."""
    forms = (context.platform().form(regulation, form_id) for form_id in regulation.forms)
    return {spec.key: spec for form in forms for spec in form.fields}


def condition(label: str, cell: str, question: FieldSpec | None) -> str:
    """A cell in words: `诉求类型 投诉、举报` for `"complaint","report"`. What is no plain value stays FEEL."""
    labels = {option.value: option.label for option in question.options} if question is not None else {}
    cell = cell.strip()
    if cell == "true":
        return label
    if other := OTHER_THAN.fullmatch(cell):
        cell = other[1].removesuffix(",null")
        label = _("%(label)s不是", label=label)
    texts = [one[1] for one in TEXTS.finditer(cell)]
    if "".join(one[0] for one in TEXTS.finditer(cell)) == cell:
        return f"{label} " + "、".join(str(labels.get(one, one)) for one in texts)
    return f"{label} {cell}"
