"""From a scenario file to its stories. Every fault is a sentence with file and line; nothing is guessed or skipped.

What the format knows but this version cannot play yet is read here and refused when it is played, so that the other
scenarios of the file still run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.scenarios.errors import BadScenario
from app.scenarios.lines import Node, read_documents
from app.scenarios.moments import read_instant, read_moment
from app.scenarios.story import Act, Expected, Scenario, Step, WantedRefusal, Who

ACTS = ("complete", "send", "receive", "start", "confirm", "declare", "deploy", "calendar", "down", "migrate")
WITH_FORM = ("complete", "send", "start", "migrate")
STEP = ("at", "as", "order", *ACTS, "of", "with", "effective_from", "refused", "expect")
_WHO = re.compile(r"(\w+)(?:@([\w.-]+))?(?::([\w.@-]+))?")


def read_scenarios(data: bytes, file: str) -> list[Scenario]:
    """The scenarios of a file. `file`: its name in messages. Raises `BadScenario` with file and line."""
    found = [_scenario(node) for node in read_documents(data, file)]
    if not found:
        raise BadScenario(file, "文件里没有场景", "there is no scenario in the file")
    return found


def read_who(node: Node, written: str | None = None) -> Who:
    """Who acts. Raises `BadScenario`."""
    text = written if written is not None else node.text()
    found = _WHO.fullmatch(text)
    if found is None:
        raise node.wrong(
            f"“{text[:60]}”应写作 岗位、岗位@单位 或 岗位@单位:人员",
            f"{text[:60]!r} should be role, role@unit or role@unit:person",
        )
    return Who(found[1], found[2], found[3], node)


def _scenario(node: Node) -> Scenario:
    keys = ("scenario", "pack", "cites", "timers", "given", "steps")
    said = node.mapping(*keys, required=("scenario", "pack", "given", "steps"))
    for key in ("cites", "timers"):
        if key in said:
            said[key].texts()
    given = said["given"].mapping("at", "units", "order", "orders", "confirmed", required=("at",))
    return Scenario(
        name=said["scenario"].text(),
        pack=said["pack"].text(),
        node=node,
        start=read_instant(given["at"]),
        units=_units(given["units"]) if "units" in given else {},
        confirmed=frozenset(given["confirmed"].mapping()) if "confirmed" in given else None,
        orders=_orders(given),
        steps=(*_confirmed(given), *(_step(step) for step in said["steps"].items())),
    )


def _units(node: Node) -> Mapping[str, Mapping[str, Any]]:
    found = {}
    for unit, values in node.mapping().items():
        values.mapping("name", "level", "kind", "parent", required=("name",))
        found[unit] = values.plain()
    return found


def _orders(given: Mapping[str, Node]) -> Mapping[str, Node]:
    if "order" in given and "orders" in given:
        raise given["orders"].wrong("“order”与“orders”只能用一个", "use either order or orders")
    orders = given["orders"].mapping() if "orders" in given else {}
    if "order" in given:
        orders = {"": given["order"]}
    for order in orders.values():
        order.mapping()
    return orders


def _confirmed(given: Mapping[str, Node]) -> tuple[Step, ...]:
    """`given.confirmed` is the act `confirm` before everything else. A story in which values are still missing begins
    before its pack is in force."""
    if "confirmed" not in given:
        return ()
    node = given["confirmed"]
    return (Step(node, None, None, None, None, Act("confirm", node), None, ()),)


def _step(node: Node) -> Step:
    said = node.mapping(*STEP)
    kinds = [key for key in ACTS if key in said]
    if len(kinds) > 1:
        raise said[kinds[1]].wrong(
            f"一步只能做一件事：“{kinds[0]}”或“{kinds[1]}”", f"one step does one thing: {kinds[0]} or {kinds[1]}"
        )
    kind = kinds[0] if kinds else None
    if kind is None and not {"at", "expect"} & said.keys():
        raise node.wrong("这一步什么也没有做", "this step does nothing")
    _check_companions(said, kind)
    return Step(
        node=node,
        at=read_moment(said["at"]) if "at" in said else None,
        who=read_who(said["as"]) if "as" in said else None,
        order=said.get("order"),
        of=said.get("of"),
        act=_act(kind, said) if kind else None,
        refused=_refused(said["refused"]) if "refused" in said else None,
        expected=_expected(said["expect"]) if "expect" in said else (),
    )


def _check_companions(said: Mapping[str, Node], kind: str | None) -> None:
    """Keys that mean something only beside certain acts; elsewhere they would silently do nothing."""
    belongs = {
        "with": WITH_FORM,
        "effective_from": ("deploy",),
        "refused": ACTS,
        "as": ACTS,
    }
    for key, acts in belongs.items():
        if key in said and kind not in acts:
            raise said[key].wrong(f"“{key}”在这一步没有意义", f"{key!r} means nothing in this step")
    if "of" in said and kind not in ("complete", "send", None):
        raise said["of"].wrong("“of”在这一步没有意义", "'of' means nothing in this step")
    if kind in ("complete", "send", "start") and "as" not in said:
        raise said[kind].wrong("缺少“as”：由谁来做", '"as" is missing: who does it')


def _act(kind: str, said: Mapping[str, Node]) -> Act:
    what = said[kind]
    if kind in ("complete", "send", "deploy", "start"):
        what.text()
    elif kind == "declare":
        what.mapping("kind", "unit", "from", "to", "cause", required=("kind", "from", "to"))
    elif kind == "calendar":
        what.mapping("publish", "holidays", "workdays", "add_holidays", "add_workdays", "source")
    elif kind == "down":
        window = what.mapping("from", "to", required=("from", "to"))
        if read_instant(window["to"]) <= read_instant(window["from"]):
            raise what.wrong("“to”应晚于“from”", "to should be later than from")
    else:
        what.mapping()
    effective: datetime | None = read_instant(said["effective_from"]) if "effective_from" in said else None
    return Act(kind, what, said["with"].mapping() if "with" in said else {}, effective)


def _refused(node: Node) -> WantedRefusal:
    said = node.mapping("code", "says", required=("code",))
    return WantedRefusal(said["code"].text(), said["says"].text() if "says" in said else None, node)


def _expected(node: Node) -> tuple[Expected, ...]:
    said = node.mapping(*EXPECTATIONS)
    return tuple(Expected(key, EXPECTATIONS[key](value), value) for key, value in said.items())


def _by_key(read: Callable[[Node], Any]) -> Callable[[Node], Any]:
    return lambda node: {key: read(value) for key, value in node.mapping().items()}


def _text_or_texts(node: Node) -> list[str]:
    return node.texts() if isinstance(node.value, list) else [node.text()]


def _by_person(node: Node) -> list[tuple[Who, list[str]]]:
    return [(read_who(acts, written), acts.texts()) for written, acts in node.mapping().items()]


def _rule(node: Node) -> dict[str, str]:
    return {key: value.text() for key, value in node.mapping("rule", "basis").items()}


def _notice(node: Node) -> Mapping[str, Any]:
    if isinstance(node.value, dict):
        plain: Mapping[str, Any] = node.plain()
        return plain
    return {"template": node.text()}


def _entry(node: Node) -> Mapping[str, Any]:
    if isinstance(node.value, dict):
        return {key: value.text() for key, value in node.mapping("act", "element", "actor", required=("act",)).items()}
    act, _, element = node.text().partition(" ")
    return {"act": act, **({"element": element.strip()} if element else {})}


EXPECTATIONS: dict[str, Callable[[Node], Any]] = {
    "open": Node.texts,
    "assigned": _by_key(_text_or_texts),
    "due": _by_key(read_instant),
    "fired": _by_key(read_instant),
    "not_fired": Node.texts,
    "not_due": Node.texts,
    "status": Node.text,
    "facts": lambda node: {key: value.plain() for key, value in node.mapping().items()},
    "may": _by_person,
    "may_not": _by_person,
    "decided": _by_key(_rule),
    "provisional": Node.texts,
    "explain": _by_key(_text_or_texts),
    "sent": lambda node: [_notice(item) for item in node.items()],
    "published": Node.plain,
    "journal": lambda node: [_entry(item) for item in node.items()],
}
"""Key of `expect` → how its value is read.

`assigned`: element → unit or person, a list for one of many. `sent`: notices by template, or `{template, to, unit}` and
keys of their body. `journal`: `act`, `act element`, or `{act, element, actor}`.
"""
