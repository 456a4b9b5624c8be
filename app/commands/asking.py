"""`jieban explain` and `jieban decide`: what the regulation says about a limit, and about a case."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, cast

import click

from app.commands.failing import BadInput
from app.commands.moments import instant
from app.commands.printing import as_json, print_json
from app.opening import existing_platform
from app.packs_at_hand import find_counting, find_office, find_regulation
from decisions import to_plain
from decisions.outline import outline
from processes.expressions import CURRENT, FUNCTIONS, Asked
from processes.people import SYSTEM
from timers.calendar import published_calendar
from timers.clock import system_clock
from timers.counting import zone
from timers.due import due
from timers.due import explain as explain_due
from timers.limits import parse_limit

pack_option = click.option("--pack", required=True, metavar="NAME|DIR", help="规程包名称或目录。 Name or folder.")


@click.command()
@click.argument("limit")
@pack_option
@click.option("--from", "from_", metavar="ISO", help="起算时间，缺省为现在。 When it begins; now if left out.")
@as_json
def explain(limit: str, pack: str, from_: str | None, json_: bool) -> None:
    """期限到何时、为什么。 When LIMIT (10wd, 2h, 30min, 5d, 1month, 3y) ends, and why."""
    platform, now = existing_platform(), system_clock.now()
    counting = find_counting(pack, platform, now)
    calendar = platform.calendars.current(find_office(pack, platform)) if platform else published_calendar()
    begin = instant(from_, zone(counting.zone), "--from") if from_ else now
    found = due(parse_limit(limit), begin, calendar, counting)
    due_at, sentences = found.at.astimezone(zone(counting.zone)).isoformat(), explain_due(found)
    if json_:
        return print_json({"due_at": due_at, "provisional": found.provisional, "explanation": sentences})
    click.echo(due_at)
    for sentence in sentences:
        click.echo(f"  {sentence}")


@click.command()
@click.argument("table")
@pack_option
@click.option("--with", "with_", multiple=True, metavar="K=V", help="输入值，可重复。 An input; may be repeated.")
@click.argument("more", nargs=-1, metavar="[K=V]...")
@as_json
def decide(table: str, pack: str, with_: tuple[str, ...], more: tuple[str, ...], json_: bool) -> None:
    """按表裁定：结果与所依据的规则。 Evaluate a decision TABLE; show the rules that decided, and by which inputs.

    表中向工单提问的函数也用 --with 作答（due_passed=true）。 What a table asks of the order is answered by --with, too.
    """
    now = system_clock.now()
    regulation = find_regulation(pack, existing_platform(), now)
    if table not in regulation.tables:
        known = "、".join(sorted(regulation.tables))
        raise BadInput(f"没有决策表“{table}”，现有：{known}。", f"No table {table!r}; there are: {known}.")
    given = _given((*with_, *more))
    decision, known_names = regulation.table(table), regulation.names(now, SYSTEM)
    answers = CURRENT.set(cast(Asked, _Answers(given)))
    try:
        decided = decision.evaluate({**known_names, **given}, functions=FUNCTIONS)
    finally:
        CURRENT.reset(answers)
    rules = [
        {
            "id": rule.id,
            "number": rule.number,
            "inputs": to_plain(rule.inputs),
            "outputs": to_plain(rule.outputs),
            "annotation": rule.annotation,
        }
        for rule in decided.rules
    ]
    value = to_plain(decided.value)
    if json_:
        return print_json({"table": table, "value": value, "rules": rules})
    click.echo(json.dumps(value, ensure_ascii=False))
    written = outline(decision)
    for rule in decided.rules:
        asked = written.asked(rule.id) if written else ()
        because = "，".join(f"{one.label} = {_shown(rule.inputs[one.label])}" for one in asked)
        click.echo(f"  第 {rule.number} 条 {rule.id}（{because or '任意输入'}）{rule.annotation}")


class _Answers:
    """What a table asks of an order, answered by the inputs of the command line, whatever the question is about."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._given:
            raise BadInput(
                f"该表要问工单 {name}(…)，请用 --with {name}=… 作答。",
                f"The table asks the order {name}(…): answer it by --with {name}=….",
            )
        return lambda *_: self._given[name]


def _shown(value: Any) -> str:
    return json.dumps(to_plain(value), ensure_ascii=False)


def _given(texts: Iterable[str]) -> dict[str, Any]:
    """The inputs by name; `order.level=2` is an entry of the context `order`."""
    given: dict[str, Any] = {}
    for text in texts:
        key, value = _value(text)
        holder, dot, entry = key.partition(".")
        entries = given.setdefault(holder, {}) if dot else given
        if not isinstance(entries, dict):
            zh, en = f"--with：“{holder}”已是一个值，不能再有“{entry}”。", f"--with: {holder!r} is a value already."
            raise BadInput(zh, en)
        entries[entry if dot else key] = value
    return given


def _value(text: str) -> tuple[str, Any]:
    """`k=v`: v as JSON (`3`, `true`, `null`, `"3"`, `["a"]`) where it is, else as text."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise BadInput(f"--with：“{text}”应写作 名称=值。", f"--with: {text!r} should be written name=value.")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
