"""`jieban packs`: which packs there are, and what one of them holds."""

from __future__ import annotations

from typing import Any

import click

from app.commands.printing import as_json, print_json
from app.opening import existing_platform
from app.pack_content import content
from app.packs_at_hand import find_regulation, pack_folders
from app.platform import Platform
from app.settings import ROOT
from processes.pack import read_pack
from timers.clock import system_clock


@click.command()
@click.argument("name", required=False, metavar="[NAME|DIR]")
@as_json
def packs(name: str | None, json_: bool) -> None:
    """规程包清单，或一个规程包的内容。 List the packs, or what one of them holds."""
    platform = existing_platform()
    if name is None:
        listed = _every(platform)
        return print_json(listed) if json_ else _say_every(listed)
    held = content(find_regulation(name, platform, system_clock.now()))
    return print_json(held) if json_ else _say(held)


def _every(platform: Platform | None) -> dict[str, list[dict[str, Any]]]:
    """Deployments, the newest first, and the folders that come with the product."""
    deployed: list[dict[str, Any]] = []
    if platform is not None:
        now, rows = system_clock.now(), platform.library.rows()
        current = {n for office in {row.office for row in rows} for n in platform.library.numbers_in_force(office, now)}
        deployed = [
            {
                "name": row.pack,
                "office": row.office,
                "number": row.number,
                "title": row.title,
                "document": row.document,
                "effective_from": row.effective_from,
                "in_force": row.number in current,
                "digest": row.digest,
                "deployed_by": row.deployed_by,
                "note": row.note,
            }
            for row in rows
        ]
    folders = []
    for folder in pack_folders():
        pack = read_pack(folder)
        title = str(pack.settings.get("title", pack.name))
        folders.append({"name": pack.name, "title": title, "folder": str(folder.relative_to(ROOT))})
    return {"deployed": deployed, "folders": folders}


def _say_every(listed: dict[str, list[dict[str, Any]]]) -> None:
    for row in listed["deployed"]:
        mark = "*" if row["in_force"] else " "
        name = row["name"] if row["name"] == row["office"] else f"{row['office']} · {row['name']}"
        click.echo(f"{mark} {name}  第 {row['number']} 号  {row['effective_from']:%Y-%m-%d} 起  {row['title']}")
    for row in listed["folders"]:
        click.echo(f"  {row['folder']}  {row['title']}")


def _say(held: dict[str, Any]) -> None:
    click.echo(f"{held['name']}  {held['title']}  {held['document']}")
    for process in held["processes"]:
        click.echo(f"\n{process['id']}  {process['name']}  ({process['file']})")
        for element in (e for e in held["elements"] if e["process"] == process["id"]):
            notes = [element["type"], *element["roles"], element["form"] or "", element["timer"] or ""]
            click.echo(f"  {element['id']}  {element['name']}  {' '.join(note for note in notes if note)}")
    for title, key in (("时限", "timers"), ("表单", "forms"), ("角色", "roles"), ("决策表", "tables")):
        click.echo(f"\n{title}")
        for row in held[key]:
            keys = "、".join(field["key"] for field in row.get("fields", ()))
            click.echo(f"  {row['id']}  {row.get('name', '')}  {keys}".rstrip())
