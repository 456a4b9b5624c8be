"""`jieban trace`: one order from receipt to archive: who did what when, what was due and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from app.commands.printing import as_json, print_json
from app.opening import made_platform
from app.tracing import trace as trace_order

STATES = {"running": "计时中", "held": "等候决定", "fired": "已超时", "met": "按时"}

Row = Mapping[str, Any]


@click.command()
@click.argument("number")
@as_json
def trace(number: str, json_: bool) -> None:
    """一张工单的全过程。 The whole way of the order NUMBER."""
    found = trace_order(made_platform(), number)
    if json_:
        return print_json(found)
    order = found["order"]
    click.echo(f"{order['number']}  {order['title']}  {order['status_name']}")
    click.echo(f"{order['office']} 第 {order['deployment']} 号部署")
    click.echo("\n经过")
    for row in found["path"]:
        click.echo(f"  {_clock(row['opened_at'])} – {_clock(row['closed_at']) or '未完成'}  {_who(row)}")
    click.echo("\n时限")
    for row in found["deadlines"]:
        click.echo(
            f"  {row['timer'] or row['element']}  {row['name']}  {_clock(row['due_at'])}  {STATES[row['state']]}"
        )
        for sentence in row["explanation"]:
            click.echo(f"      {sentence}")
    click.echo("\n流水")
    for row in found["journal"]:
        _say_entry(row)


def _say_entry(row: Row) -> None:
    what = f"{row['act']} {row['name'] or row['element'] or ''}".rstrip()
    due = f"（应于 {_clock(row['due_at'])}）" if row["due_at"] else ""
    click.echo(f"  {row['seq']:>3}  {_clock(row['happened_at'])}  {row['actor_name'] or row['actor']}  {what}{due}")
    for key, value in row["changed"].items():
        click.echo(f"       {key}: {_changed(key, value)}")
    if row["why"]:
        click.echo(f"       why: {row['why']}")


def _changed(key: str, value: Any) -> str:
    """One thing that an entry changed: of tables the result and its source, of personal values the fields only."""
    if key == "decided":
        return "；".join(
            f"{one['table']} → {json.dumps(one['value'], ensure_ascii=False)}"
            + "".join(f"（{rule['id']} {rule['basis']}）" for rule in one["rules"])
            for one in value
        )
    if key == "personal":
        return "、".join(value)
    return json.dumps(value, ensure_ascii=False)


def _clock(at: str | None) -> str:
    return at[:16].replace("T", " ") if at else ""


def _who(row: Row) -> str:
    """The task, and who did it or whose it is."""
    whose = row["by_name"] or row["by"] or "、".join(row["roles"])
    unit = f"（{row['unit_name'] or row['unit']}）" if row["unit"] else ""
    cancelled = " 已取消" if row["outcome"] == "cancelled" else ""
    return f"{row['name']}  {whose}{unit}{cancelled}"
