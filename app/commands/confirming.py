"""`jieban confirm`: masked values of a pack, confirmed one by one by a person."""

from __future__ import annotations

from typing import Any

import click

from app.commands.deploying import actor_of
from app.commands.failing import BadInput
from app.commands.printing import as_json, print_json
from app.opening import open_platform
from app.packs_at_hand import find_folder
from app.platform import Platform
from app.settings import from_environment
from persistence.confirmations import Confirmed
from processes.pack import Pack, read_pack
from processes.parameters import parameters_of
from processes.people import SYSTEM
from timers.clock import system_clock


@click.command("confirm")
@click.argument("pack_", metavar="DIR|NAME")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--source", default="", help="依据何处，写入流水。 Where the value is from; goes into the journal.")
@click.option("--as", "login", metavar="LOGIN", help="以谁的名义，缺省为系统。 Who confirms; default: the system.")
@click.option("--office", metavar="OFFICE", help="哪个机构，缺省与规程包同名。 Which office; default: the pack's name.")
@as_json
def confirm(
    pack_: str, values: tuple[str, ...], source: str, login: str | None, office: str | None, json_: bool
) -> None:
    """确认规程文本中被遮盖的值；不写值则列出参数。 Confirm masked values; without any, list the parameters."""
    platform, pack = open_platform(from_environment()), read_pack(find_folder(pack_))
    actor = actor_of(platform, login) if login else SYSTEM
    for name, value in map(_pair, values):
        stated = Confirmed(name, value, source)
        platform.library.confirm(pack, stated, actor=actor, now=system_clock.now(), office=office)
    rows = _rows(platform, pack, office or pack.name)
    if json_:
        print_json(rows)
    else:
        for row in rows:
            click.echo(_line(row))


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise BadInput(f"“{written}”应写作 名称=值。", f"{written!r} should read NAME=VALUE.")
    return name.strip(), value.strip()


def _rows(platform: Platform, pack: Pack, office: str) -> list[dict[str, Any]]:
    known = platform.library.confirmations(office, pack.name)
    rows = []
    for one in parameters_of(pack).values():
        confirmed = known.get(one.name) if one.must_be_confirmed else None
        valid = confirmed is not None and str(confirmed.value) == str(one.value)
        rows.append(
            {
                "name": one.name,
                "title": one.title,
                "value": one.value,
                "unit": one.unit,
                "kind": one.kind,
                "cites": one.cites,
                "must_be_confirmed": one.must_be_confirmed,
                "confirmed_by": confirmed.by if confirmed and valid else None,
                "confirmed_at": confirmed.at if confirmed and valid else None,
                "source": confirmed.source if confirmed and valid else None,
            }
        )
    return rows


def _line(row: dict[str, Any]) -> str:
    kinds = {"text": "条文", "default": "缺省", "reading": "读法", "masked": "被遮盖"}
    value = "未设定" if row["value"] is None else f"{row['value']}{row['unit']}"
    state = ""
    if row["must_be_confirmed"]:
        by = row["confirmed_by"]
        state = f"  {by} 于 {row['confirmed_at']:%Y-%m-%d %H:%M} 确认" if by else "  待确认 / to be confirmed"
    return f"{row['name']} = {value}  {row['title']}  {kinds[row['kind']]}{state}"
