"""Runs test cases of the OMG's DMN Technology Compatibility Kit.

The kit is a tree of folders with `.dmn` models and `*-test-*.xml` files (testCases.xsd): inputs, the decision or
service to evaluate, the expected value.  An expected error is an expected null.  Cases of a decision that calls
code outside FEEL (the kit's Java functions) are skipped; everything else counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from . import temporal, values
from .env import Env
from .eras import split
from .errors import DmnError, FeelError
from .limits import Work
from .model import Model, read_model
from .temporal import Months
from .xml import Element, child, children, local

EXTERNAL = ('kind="Java"', "external {", "external{")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
# The kit only asks `now` and `today` for their types.
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK: dict[str, Callable[..., Any]] = {
    "now": lambda *arguments: None if arguments else _NOW,
    "today": lambda *arguments: None if arguments else _NOW.date(),
}
# Relative difference allowed between numbers: results of roots, logarithms and divisions are given rounded.
TOLERANCE = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Result:
    """One result node of a test case. `passed` is None when skipped."""

    case: str
    test: str
    passed: bool | None
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run; `to_json` gives them with their counts."""

    results: list[Result]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(result.passed is True for result in self.results)

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(result.passed is False for result in self.results)

    @property
    def skipped(self) -> int:
        """How many were skipped."""
        return sum(result.passed is None for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """`{"passed", "failed", "skipped", "results": [{"case", "test", "passed", "message"}]}`"""
        rows = [
            {"case": row.case, "test": row.test, "passed": row.passed, "message": row.message} for row in self.results
        ]
        return {"passed": self.passed, "failed": self.failed, "skipped": self.skipped, "results": rows}


def run(directory: Path, progress: Callable[[str], None] = lambda case: None) -> Report:
    """Run every test below a directory; `progress` is told each folder. Raises DmnError when there are none."""
    results: list[Result] = []
    folders = sorted({path.parent for path in directory.rglob("*-test-*.xml")})
    if not folders:
        raise DmnError(
            f"目录 {directory} 下没有测试用例", f"there are no test cases below {directory}", where=str(directory)
        )
    for folder in folders:
        progress(folder.name)
        results += _run_folder(folder)
    return Report(results)


def _run_folder(folder: Path) -> list[Result]:
    models: dict[str, Model] = {}
    library: dict[str, Model] = {}
    errors: dict[str, str] = {}
    for path in sorted(folder.glob("*.dmn")):
        try:
            model = read_model(path.read_bytes(), where=path.name, library=library)
        except DmnError as error:
            errors[path.name] = str(error)
            continue
        models[path.name] = library[model.namespace] = model
    results: list[Result] = []
    for path in sorted(folder.glob("*-test-*.xml")):
        root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        name = (child(root, "modelName").text or "").strip()  # type: ignore[union-attr]
        for case in children(root, "testCase"):
            results += _run_case(folder.name, case, models.get(name), errors.get(name, "no such model"))
    return results


def _run_case(folder: str, case: Element, model: Model | None, problem: str) -> list[Result]:
    inputs = {(node.get("name") or ""): _value(node) for node in children(case, "inputNode")}
    results = []
    for node in children(case, "resultNode"):
        name = node.get("name") or ""
        test = f"{case.get('id')} {name}".strip()
        if model is None:
            results.append(Result(folder, test, False, problem))
            continue
        if _is_external(model, name):
            results.append(Result(folder, test, None, "calls code outside FEEL"))
            continue
        expected = _value(child(node, "expected"))
        results.append(_compare(folder, test, expected, _evaluate(model, case, name, inputs)))
    return results


def _is_external(model: Model, name: str) -> bool:
    decision = model.decisions.get(name)
    if decision is None:
        return False
    text = etree.tostring(model.nodes[decision.id].element, encoding="unicode")
    return any(mark in text for mark in EXTERNAL)


def _evaluate(model: Model, case: Element, name: str, inputs: dict[str, Any]) -> Any:
    try:
        if case.get("type") == "decisionService":
            return model.services[case.get("invocableName") or name].evaluate(inputs, functions=_CLOCK, strict=False)
        if case.get("type") == "bkm":
            node = next(node for node in model.nodes.values() if node.name == case.get("invocableName"))
            work = Work(_CLOCK, strict=False)
            function = model.program(_CLOCK).invocable(node, Env({}, None, work))
            return function.call(work, [inputs.get(parameter) for parameter in function.parameters])
        if name in model.decisions:
            return model.decisions[name].evaluate(inputs, functions=_CLOCK, strict=False).value
        return model.services[name].evaluate(inputs, functions=_CLOCK, strict=False)
    except (FeelError, DmnError) as error:
        return error
    except Exception as error:  # a crash of ours must show as a failure of this case, not end the run
        return error


def _compare(folder: str, test: str, expected: Any, found: Any) -> Result:
    if isinstance(found, FeelError | DmnError) and expected is None:
        return Result(folder, test, True, "")
    if isinstance(found, Exception):
        return Result(folder, test, False, f"{type(found).__name__}: {found}")
    if same(expected, found):
        return Result(folder, test, True, "")
    shown = values.text_of(expected, inner=True), values.text_of(found, inner=True)
    return Result(folder, test, False, f"expected {shown[0]}, got {shown[1]}")


def same(expected: Any, found: Any) -> bool:
    """Equality as the kit means it: numbers within a relative tolerance, the rest exactly."""
    kind = values.kind_of(expected)
    if kind != values.kind_of(found):
        return False
    if kind == "number":
        difference = abs(Decimal(expected) - Decimal(found))
        return difference <= TOLERANCE * max(abs(Decimal(expected)), Decimal(1))
    if kind == "list":
        return len(expected) == len(found) and all(same(one, other) for one, other in zip(expected, found, strict=True))
    if kind == "context":
        return set(expected) == set(found) and all(same(expected[key], found[key]) for key in expected)
    if kind in ("time", "date and time"):
        clocks = _clock(expected) == _clock(found)
        return bool(clocks and temporal.offset_of(expected) == temporal.offset_of(found))
    return values.equal(expected, found) is True


def _clock(value: Any) -> tuple[Any, int]:
    near, cycles = split(value)
    return near.replace(tzinfo=None), cycles


def _value(holder: Element | None) -> Any:
    for item in children(holder):
        kind = local(item)
        if kind == "value":
            return _scalar(item)
        if kind == "list":
            return None if item.get(f"{_XSI}nil") == "true" else [_value(entry) for entry in children(item, "item")]
        if kind == "component":
            return {(part.get("name") or ""): _value(part) for part in children(holder, "component")}
    return None


def _scalar(item: Element) -> Any:
    if item.get(f"{_XSI}nil") == "true":
        return None
    text = item.text or ""
    kind = (item.get(f"{_XSI}type") or "xsd:string").partition(":")[2]
    readers: dict[str, Callable[[str], Any]] = {
        "boolean": lambda text: text.strip() in ("true", "1"),
        "decimal": lambda text: Decimal(text.strip()),
        "double": lambda text: Decimal(text.strip()),
        "integer": lambda text: Decimal(text.strip()),
        "date": lambda text: temporal.parse_date(text.strip()),
        "time": lambda text: temporal.parse_time(text.strip()),
        "dateTime": lambda text: temporal.parse_datetime(text.strip()),
        "duration": _duration,
    }
    return readers[kind](text) if kind in readers else text


def _duration(text: str) -> Months | timedelta | None:
    return temporal.parse_duration(text.strip())
