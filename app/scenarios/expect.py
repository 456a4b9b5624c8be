"""What is expected at a step, compared with what the store says now. One function per key of `expect`.

Each gives the differences as (Chinese, English) sentences; the player puts file and line in front. Timers are named by
the regulation's id (`T-…-03`) or by the id of their element. `open` must be complete; `provisional`, `sent` and
`journal` name what must be there, and an empty list says that there is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from app.scenarios.errors import Unsupported
from app.scenarios.lines import Node
from app.scenarios.stage import Stage
from app.scenarios.story import Expected, Who
from processes import duties, verbs
from processes.order import Order
from processes.regulation import Regulation
from timers.words import Line, words

Row = Mapping[str, Any]
Differences = Iterator[tuple[str, str]]


@dataclass
class Seen:
    """What an expectation looks at: the order as the store has it."""

    stage: Stage
    order_id: str
    node: Node

    @cached_property
    def loaded(self) -> tuple[Order, Regulation]:
        return self.stage.load(self.order_id)

    @property
    def order(self) -> Order:
        return self.loaded[0]

    @property
    def regulation(self) -> Regulation:
        return self.loaded[1]

    @cached_property
    def tasks(self) -> list[Row]:
        return self.stage.platform.read.open_tasks_of(self.order_id)

    @cached_property
    def deadlines(self) -> list[Row]:
        return self.stage.platform.read.deadlines_of(self.order_id)

    @cached_property
    def journal(self) -> list[Row]:
        return self.stage.platform.read.journal_of(self.order_id)

    def running(self) -> list[Row]:
        return [row for row in self.deadlines if row["fired_at"] is None and row["cancelled_at"] is None]

    def timed(self, rows: Iterable[Row], timer: str) -> list[Row]:
        """The rows of a timer. Raises `BadScenario` for one that neither the order nor the pack has."""
        if not any(timer in (row["timer"], row["element"]) for row in self.deadlines):
            self._require_timer(timer)
        return [row for row in rows if timer in (row["timer"], row["element"])]

    def _require_timer(self, timer: str) -> None:
        """A slip of the pen must not pass for a timer that does not run."""
        elements = (e for process in self.regulation.processes() for e in process.elements.values())
        if any(e.id == timer and e.event == "timer" for e in elements):
            return
        if timer not in {one["timer"] for one in self.regulation.timers()}:
            raise self.node.wrong(f"规程中没有时限“{timer}”", f"the pack has no timer {timer!r}")

    def shown(self, rows: Iterable[Row]) -> str:
        return "、".join(self.stage.shown(row["due_at"]) for row in rows)


def differences(stage: Stage, order_id: str, expected: Expected) -> list[str]:
    """The differences of one key, with file and line. Raises `BadScenario`, `Unsupported`."""
    compare = COMPARISONS.get(expected.key)
    if compare is None:
        raise Unsupported(expected.node.where, f"expect.{expected.key}")
    seen = Seen(stage, order_id, expected.node)
    return [f"{expected.node.where} {zh} / {en}" for zh, en in compare(seen, expected.value)]


def _published(seen: Seen, expected: Any) -> Differences:
    """What the public sees: a text, part of one, or null for nothing."""
    published = seen.order.facts.get("published") or {}
    got = published.get("text")
    wanted = expected.get("text") if isinstance(expected, Mapping) else expected
    if (wanted is None) != (got is None) or (wanted is not None and str(wanted) not in str(got)):
        yield f"公开内容应为 {wanted!r}，实为 {got!r}", f"published: expected {wanted!r}, got {got!r}"


def _open(seen: Seen, expected: list[str]) -> Differences:
    got = sorted(row["element"] for row in seen.tasks)
    if got != sorted(expected):
        yield f"待办应为 {sorted(expected)}，实为 {got}", f"open tasks: expected {sorted(expected)}, got {got}"


def _assigned(seen: Seen, expected: dict[str, list[str]]) -> Differences:
    for element, wanted in expected.items():
        rows = [row for row in seen.tasks if row["element"] == element]
        holders = [{row["unit"], row["assignee"], *row["candidates"]} - {None} for row in rows]
        left = list(holders)
        for holder in wanted:
            found = next((one for one in left if holder in one), None)
            if found is not None:
                left.remove(found)
                continue
            got = [sorted(one) for one in holders] if rows else "没有打开 / not open"
            yield f"任务“{element}”应由“{holder}”承担，实为 {got}", f"task {element}: expected {holder}, got {got}"


def _due(seen: Seen, expected: dict[str, datetime]) -> Differences:
    for timer, at in expected.items():
        rows = seen.timed(seen.running(), timer)
        if not any(row["due_at"] == at for row in rows):
            want, got = seen.stage.shown(at), seen.shown(rows)
            yield (
                f"{timer} 应于 {want} 到期，实为 {got or '没有在计时'}",
                f"{timer} due: expected {want}, got {got or 'not running'}",
            )


def _fired(seen: Seen, expected: dict[str, datetime]) -> Differences:
    for timer, at in expected.items():
        rows = [row for row in seen.timed(seen.deadlines, timer) if row["fired_at"] is not None]
        if not any(row["due_at"] == at for row in rows):
            want, got = seen.stage.shown(at), seen.shown(rows)
            yield (
                f"{timer} 应已于 {want} 触发，实为 {got or '没有触发'}",
                f"{timer} fired: expected {want}, got {got or 'not fired'}",
            )


def _not_fired(seen: Seen, expected: list[str]) -> Differences:
    for timer in expected:
        if got := seen.shown(row for row in seen.timed(seen.deadlines, timer) if row["fired_at"] is not None):
            yield f"{timer} 不应触发，却已于 {got} 触发", f"{timer} should not have fired, fired {got}"


def _not_due(seen: Seen, expected: list[str]) -> Differences:
    for timer in expected:
        if got := seen.shown(seen.timed(seen.running(), timer)):
            yield f"{timer} 不应计时，却于 {got} 到期", f"{timer} should not be running, is due {got}"


def _status(seen: Seen, expected: str) -> Differences:
    known = seen.regulation.statuses
    if known and expected not in known:
        raise seen.node.wrong(f"规程中没有状态“{expected}”", f"the pack has no status {expected!r}")
    if (got := seen.order.status) != expected:
        yield f"状态应为“{expected}”，实为“{got}”", f"status: expected {expected}, got {got}"


def _facts(seen: Seen, expected: dict[str, Any]) -> Differences:
    for path, want in expected.items():
        got = _at(seen.order.facts, path)
        if not _same(got, want):
            yield f"事实“{path}”应为 {want!r}，实为 {got!r}", f"fact {path}: expected {want!r}, got {got!r}"


def _may(seen: Seen, expected: list[tuple[Who, list[str]]]) -> Differences:
    for who, acts in expected:
        possible = _possible(seen, who, acts)
        for act in acts:
            if act not in possible:
                yield f"“{who.user}”应能办“{act}”，实际能办 {possible}", f"{who.user} may {act}: got only {possible}"


def _may_not(seen: Seen, expected: list[tuple[Who, list[str]]]) -> Differences:
    for who, acts in expected:
        possible = _possible(seen, who, acts)
        for act in acts:
            if act in possible:
                yield f"“{who.user}”不应能办“{act}”", f"{who.user} should not be able to do {act}"


def _possible(seen: Seen, who: Who, acts: list[str]) -> list[str]:
    """Tasks and messages that the person could do now. Raises `BadScenario` for acts that the pack does not have."""
    stage = seen.stage
    order, regulation = seen.loaded
    starters = regulation.definitions.starters
    tasks = {e.id for p in regulation.processes() for e in p.elements.values() if e.type == "userTask"}
    for act in acts:
        if act not in starters and act not in tasks:
            raise seen.node.wrong(f"规程中没有“{act}”可办", f"the pack has no act {act!r}")
    actor = stage.actor(who)
    if not duties.may_see(actor, order, regulation):
        return []
    waiting = [task for task in order.tasks.values() if task.closed_at is None]
    found = [task.element for task in waiting if duties.may_do(actor, order, task)]
    return found + verbs.may_send(
        order, regulation, stage.platform.calendars.current(stage.office), actor, stage.now, stage.platform.read
    )


def _decided(seen: Seen, expected: dict[str, dict[str, str]]) -> Differences:
    for table, want in expected.items():
        if table not in seen.regulation.tables:
            raise seen.node.wrong(f"规程中没有表“{table}”", f"the pack has no table {table!r}")
        rules = _last_decision(seen, table)
        if rules is None:
            yield f"表“{table}”没有决定过", f"table {table} has not decided"
            continue
        got = [f"{rule['id']}（{rule['basis']}）" if rule["basis"] else rule["id"] for rule in rules]
        matching = [
            rule
            for rule in rules
            if want.get("rule") in (None, rule["id"], str(rule["number"])) and want.get("basis", "") in rule["basis"]
        ]
        if not matching:
            yield f"表“{table}”应由 {want} 决定，实为 {got}", f"table {table} decided: expected {want}, got {got}"


def _last_decision(seen: Seen, table: str) -> list[Row] | None:
    for row in reversed(seen.journal):
        for decided in reversed(json.loads(row["changed"]).get("decided", [])):
            if decided["table"] == table:
                rules: list[Row] = decided["rules"]
                return rules
    return None


def _provisional(seen: Seen, expected: list[str]) -> Differences:
    rows = [row for row in seen.running() if row["provisional"]]
    got = sorted({row["timer"] or row["element"] for row in rows})
    if not expected and got:
        yield f"不应有暂定时限，却有 {got}", f"no due time should be provisional, got {got}"
    for timer in expected:
        if not seen.timed(rows, timer):
            yield f"{timer} 应为暂定，暂定的有 {got}", f"{timer} should be provisional, provisional are {got}"


def _explain(seen: Seen, expected: dict[str, list[str]]) -> Differences:
    for timer, phrases in expected.items():
        rows = seen.timed(seen.running(), timer) or seen.timed(seen.deadlines, timer)
        said = [_explanation(row, lang) for row in rows for lang in ("zh", "en")]
        for phrase in phrases:
            if not any(phrase in text for text in said):
                got = said[0] if said else "没有在计时 / not running"
                yield f"{timer} 的说明应含“{phrase}”，实为“{got}”", f"{timer}: {phrase!r} is not in its explanation"


def _explanation(row: Row, lang: str) -> str:
    lines = [Line(code, params) for code, params in row["explanation"]]
    year = int(lines[0].params["at"][:4]) if lines and "at" in lines[0].params else None
    return "；".join(words(line, lang, year) for line in lines)


def _sent(seen: Seen, expected: list[Mapping[str, Any]]) -> Differences:
    notices = seen.stage.platform.read.notices_of(seen.order_id)
    fresh = [row for row in notices if row["id"] > seen.stage.seen_notices]
    got = [f"{row['template']} → {row['to']}" + (f"@{row['unit']}" if row["unit"] else "") for row in fresh]
    if not expected and got:
        yield f"不应发出通知，却发出 {got}", f"nothing should have been sent, got {got}"
    left = list(fresh)
    for want in expected:
        found = next((row for row in left if _is_notice(row, want)), None)
        if found is None:
            yield f"应发出通知 {dict(want)}，实为 {got}", f"notice expected {dict(want)}, got {got}"
        else:
            left.remove(found)


def _is_notice(row: Row, want: Mapping[str, Any]) -> bool:
    said = {**row["body"], "template": row["template"], "to": row["to"], "unit": row["unit"]}
    return all(_same(said.get(key), value) for key, value in want.items())


def _journal(seen: Seen, expected: list[Mapping[str, str]]) -> Differences:
    got = [f"{row['act']} {row['element']}" if row["element"] else row["act"] for row in seen.journal]
    rows = iter(seen.journal)
    for want in expected:
        if not any(all(row[key] == value for key, value in want.items()) for row in rows):
            said = " ".join(want.values())
            yield f"流水中应依次有“{said}”，实为 {got}", f"journal: {said!r} is missing in this order, got {got}"
            return


def _at(facts: Any, path: str) -> Any:
    """The value at a dotted path; None where there is nothing."""
    for part in path.split("."):
        if isinstance(facts, Mapping):
            facts = facts.get(part)
        elif isinstance(facts, list) and part.isdigit() and int(part) < len(facts):
            facts = facts[int(part)]
        else:
            return None
    return facts


def _same(got: Any, want: Any) -> bool:
    """Equal; instants also when written with different offsets. `true` is not 1."""
    if isinstance(got, bool) or isinstance(want, bool):
        return got is want
    if got == want:
        return True
    if isinstance(got, str) and isinstance(want, str) and "T" in got and "T" in want:
        try:
            return datetime.fromisoformat(got) == datetime.fromisoformat(want)
        except (ValueError, TypeError):
            return False
    return False


COMPARISONS: dict[str, Callable[[Seen, Any], Differences]] = {
    "open": _open,
    "assigned": _assigned,
    "due": _due,
    "fired": _fired,
    "not_fired": _not_fired,
    "not_due": _not_due,
    "status": _status,
    "facts": _facts,
    "may": _may,
    "may_not": _may_not,
    "decided": _decided,
    "provisional": _provisional,
    "explain": _explain,
    "sent": _sent,
    "journal": _journal,
    "published": _published,
}
"""Keys of `expect` that this version can compare."""
