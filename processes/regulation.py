"""A regulation: a pack compiled and ready to run.

Diagrams, tables and forms are parsed and compiled once per deployment and shared by all its orders. `compile_pack`
refuses whatever the engine would ignore or do wrong, with file, element and a sentence (`BadPack.problems`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from decisions import Decision, DmnError, FeelError, check_model, read_model
from decisions.outline import outline
from processes.engine.definitions import Definitions
from processes.engine.diagram import Element, Process
from processes.engine.lint import Known, lint_pack
from processes.engine.xml import XmlRefused
from processes.errors import BadPack
from processes.expressions import FUNCTIONS, compile_text
from processes.operations import OPERATIONS
from processes.pack import Pack, Problem
from processes.parameters import Parameter, parameters_of
from processes.people import Actor
from processes.recurring import BadInterval, check_interval
from processes.settings import check_settings, counting_of
from processes.table_names import table_names
from timers.due import Counting


@dataclass(frozen=True)
class Regulation:
    """One deployment, compiled. `number` is None until it is deployed."""

    pack: Pack
    definitions: Definitions
    tables: Mapping[str, Decision]
    forms: Mapping[str, Mapping[str, Any]]
    """Form id → form-js schema."""
    counting: Counting
    number: int | None = None
    effective_from: datetime | None = None
    deployed_in: str | None = None
    """The office, once it is deployed."""
    warnings: tuple[Problem, ...] = ()
    compiled_forms: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """For the room of forms to keep its compiled classes with the deployment they belong to."""

    @property
    def office(self) -> str:
        """The office it serves; the pack's own name unless it was deployed in another."""
        return self.deployed_in or self.pack.name

    @property
    def name(self) -> str:
        return self.pack.name

    @property
    def title(self) -> str:
        return str(self.pack.settings.get("title", self.pack.name))

    @property
    def document(self) -> str:
        return str(self.pack.settings.get("document", ""))

    @cached_property
    def main(self) -> str:
        """Id of the main line's process."""
        return str(self.pack.settings["processes"]["main"])

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        return parameters_of(self.pack)

    @cached_property
    def _parameter_values(self) -> Mapping[str, Any]:
        return {name: one.value for name, one in self.parameters.items()}

    @property
    def effective_to(self) -> date | None:
        """The last day on which it is in force, if the text sets one."""
        found = self.pack.settings.get("effective_to")
        return found if isinstance(found, date) else None

    def names(self, now: datetime, actor: Actor) -> dict[str, Any]:
        """What every expression of the pack can see besides facts; an order adds its own."""
        return {
            "now": now.astimezone(self.zone),
            "actor": actor.user,
            "actor_name": actor.name,
            "parameter": self._parameter_values,
        }

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.counting.zone)

    @cached_property
    def roles(self) -> Mapping[str, Mapping[str, Any]]:
        """Role code → name and what it sees (`office` or `unit`)."""
        roles: Mapping[str, Mapping[str, Any]] = self.pack.settings.get("roles", {})
        return roles

    @cached_property
    def statuses(self) -> Mapping[str, str]:
        return dict(self.pack.settings.get("status", {}))

    def table(self, decision: str) -> Decision:
        return self.tables[decision]

    def element(self, process: str, element: str) -> Element | None:
        found = self.definitions.processes.get(process)
        return found.elements.get(element) if found else None

    def find(self, element: str | None) -> Element | None:
        """The element with this id anywhere in the regulation, the main line first."""
        return self._elements.get(element or "")

    def processes(self) -> Sequence[Process]:
        """Main line first, then by id."""
        return self._processes

    @cached_property
    def _processes(self) -> tuple[Process, ...]:
        every = self.definitions.processes.values()
        return tuple(sorted(every, key=lambda process: (process.id != self.main, process.id)))

    @cached_property
    def _elements(self) -> Mapping[str, Element]:
        return {key: one for process in reversed(self._processes) for key, one in process.elements.items()}

    def position(self, process: str, element: str) -> int:
        """Where the element stands in its drawing; 0 if it is not there."""
        return self._positions.get((process, element), 0)

    @cached_property
    def _positions(self) -> Mapping[tuple[str, str], int]:
        return {(one.id, name): at for one in self._processes for at, name in enumerate(one.elements)}

    def is_office_case(self, process: Process) -> bool:
        """True for a process that stands by itself and belongs to no order: not the main line, begun by no message,
        called by no other."""
        return process.id != self.main and process.start.message is None and process.id not in self._called

    def office_cases(self) -> list[Process]:
        """Processes of the office itself."""
        return [process for process in self.processes() if self.is_office_case(process)]

    def recurring(self) -> dict[str, str]:
        """Process → repeating interval, for the office's duties that come round (timer start events)."""
        return {
            process.id: process.start.timer
            for process in self.office_cases()
            if process.start.event == "timer" and process.start.timer
        }

    @cached_property
    def _called(self) -> frozenset[str]:
        elements = (e for process in self.definitions.processes.values() for e in process.elements.values())
        return frozenset(element.called for element in elements if element.called)

    def order_number(self, received_at: datetime, sequence: int) -> str:
        """Number of an order by the pack's scheme, such as `NC{date:%Y%m%d}-{seq:04d}`."""
        scheme = str(self.pack.settings.get("number", "{date:%Y%m%d}-{seq:04d}"))
        return scheme.format(date=received_at.astimezone(self.zone), seq=sequence)

    def timers(self) -> list[dict[str, Any]]:
        """Every timer id of the regulation with the elements and tables that carry it."""
        found: dict[str, dict[str, Any]] = {}

        def add(timer: str, **where: Any) -> None:
            entry = found.setdefault(timer, {"timer": timer, "elements": [], "tables": []})
            for key, value in where.items():
                if value not in entry[key]:
                    entry[key].append(value)

        for process in self.processes():
            for element in process.elements.values():
                if element.event == "timer" and "timer" in element.properties:
                    add(element.properties["timer"], elements=f"{process.id}.{element.id}")
        for table_id, table in self.tables.items():
            written = outline(table)
            for timer in written.constants("timer") if written else ():
                add(timer, tables=table_id)
        return [found[key] for key in sorted(found)]


def compile_pack(pack: Pack, *, check_form: Callable[[str, bytes], list[Problem]] | None = None) -> Regulation:
    """The pack as a regulation. `check_form`: what the room of forms says of a form file. Raises `BadPack`."""
    problems = check_settings(pack)
    if problems:
        # What the settings say is what the rest is checked against.
        raise BadPack(problems)
    forms, form_problems = _forms(pack, check_form)
    # What a form that can't be read would have asked is not known.
    tables, table_problems = _tables(pack, None if form_problems else table_names(pack, forms))
    problems += form_problems + table_problems
    diagrams = pack.of_type(".bpmn")
    problems += _lint(pack, diagrams, forms, tables)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise BadPack(errors)
    definitions = Definitions(diagrams, compile_text)
    _check_main(pack, definitions)
    _check_intervals(definitions)
    warnings = tuple(problem for problem in problems if problem.level != "error")
    return Regulation(pack, definitions, tables, forms, counting_of(pack), warnings=warnings)


def _check_main(pack: Pack, definitions: Definitions) -> None:
    main = pack.settings["processes"]["main"]
    if main not in definitions.processes:
        zh, en = f"主流程“{main}”不存在。", f"There is no process {main!r}."
        raise BadPack([Problem("error", "setting", "pack.toml", "processes.main", zh, en)])


def load_regulation(pack: Pack, number: int, effective_from: datetime, office: str) -> Regulation:
    """A deployed pack, compiled again from the store. It was linted when it was deployed."""
    forms, _ = _forms(pack, None)
    tables, _ = _tables(pack, check=False)
    definitions = Definitions(pack.of_type(".bpmn"), compile_text)
    return Regulation(pack, definitions, tables, forms, counting_of(pack), number, effective_from, office)


def _forms(
    pack: Pack, check: Callable[[str, bytes], list[Problem]] | None
) -> tuple[dict[str, Mapping[str, Any]], list[Problem]]:
    forms: dict[str, Mapping[str, Any]] = {}
    problems: list[Problem] = []
    for path, data in pack.of_type(".form").items():
        if check is not None:
            found = check(path, data)
            problems += found
            if any(problem.level == "error" for problem in found):
                continue
        try:
            schema = json.loads(data)
            forms[str(schema["id"])] = schema
        except (ValueError, KeyError, TypeError) as error:
            problems.append(Problem("error", "form", path, "", f"表单不是有效的 JSON：{error}", f"not a form: {error}"))
    return forms, problems


def _tables(
    pack: Pack, names: Collection[str] | None = None, *, check: bool = True
) -> tuple[dict[str, Decision], list[Problem]]:
    contexts = {"parameter": {name: one.value for name, one in parameters_of(pack).items()}} if check else {}
    tables: dict[str, Decision] = {}
    problems: list[Problem] = []
    for path, data in pack.of_type(".dmn").items():
        try:
            model = read_model(data, where=path)
        except (DmnError, FeelError) as error:
            element = str(getattr(error, "element", "") or "")
            problems.append(Problem("error", "dmn", path, element, error.zh, error.en))
            continue
        tables |= model.decisions
        if check:
            for found in check_model(model, functions=FUNCTIONS, names=names, contexts=contexts):
                place = f"{found.element} 第{found.row}行" if found.row else found.element
                problems.append(Problem("error", found.code, path, place, found.zh, found.en))
    return tables, problems


def _check_intervals(definitions: Definitions) -> None:
    """Raises `BadPack` for a timer start event whose interval can't be counted."""
    for process in definitions.processes.values():
        if process.start.event == "timer":
            try:
                check_interval(process.start.timer or "")
            except BadInterval as error:
                raise BadPack(
                    [Problem("error", "interval", process.file, process.start.id, error.zh, error.en)]
                ) from error


def _lint(
    pack: Pack, diagrams: Mapping[str, bytes], forms: Mapping[str, Any], tables: Mapping[str, Any]
) -> list[Problem]:
    known = Known(
        roles=frozenset(pack.settings.get("roles", {})),
        forms=frozenset(forms),
        decisions=frozenset(tables),
        topics=frozenset(OPERATIONS),
    )
    try:
        found = lint_pack(diagrams, known=known, compile_expression=compile_text)
    except XmlRefused as error:
        return [Problem("error", "xml", error.where, "", error.zh, error.en)]
    return [
        Problem(
            one.level, one.code, one.file, f"{one.element}（{one.name}）" if one.name else one.element, one.zh, one.en
        )
        for one in found
    ]
