"""`jieban deploy`: a pack comes into force."""

from __future__ import annotations

import click

from app.commands.failing import BadInput, problem_line
from app.commands.moments import instant
from app.commands.printing import as_json, print_json
from app.deploying import Deployed, zone_of
from app.deploying import deploy as deploy_pack
from app.opening import open_platform
from app.packs_at_hand import find_pack
from app.platform import Platform
from app.settings import from_environment
from processes.pack import Pack
from processes.people import SYSTEM, Actor
from timers.clock import system_clock


@click.command()
@click.argument("pack_", metavar="DIR")
@click.option("--effective-from", metavar="DATE", help="生效时间，缺省按 pack.toml。 From when; default: pack.toml.")
@click.option("--note", default="", help="说明，写入流水。 Why; goes into the journal.")
@click.option("--as", "login", metavar="LOGIN", help="以谁的名义，缺省为系统。 Who deploys; default: the system.")
@as_json
def deploy(pack_: str, effective_from: str | None, note: str, login: str | None, json_: bool) -> None:
    """检查、跑通场景并部署规程包。 Lint a pack, run its scenarios, deploy it."""
    pack, platform = find_pack(pack_), open_platform(from_environment())
    actor = _actor(platform, login) if login else SYSTEM
    begins = instant(effective_from, zone_of(pack), "--effective-from") if effective_from else None
    done = deploy_pack(platform, pack, actor=actor, now=system_clock.now(), effective_from=begins, note=note)
    for problem in done.warnings:
        click.echo(f"{problem_line(problem)}", err=True)
    if json_:
        print_json(as_row(done, pack))
    else:
        click.echo(deployed_line(done, pack))


def as_row(done: Deployed, pack: Pack) -> dict[str, object]:
    """A deployment for programs."""
    row = done.row
    return {
        "number": row.number,
        "office": row.office,
        "title": row.title,
        "digest": row.digest,
        "effective_from": row.effective_from.astimezone(zone_of(pack)),
        "new": done.new,
        "warnings": [problem_line(problem) for problem in done.warnings],
    }


def deployed_line(done: Deployed, pack: Pack) -> str:
    """A deployment for people."""
    row, begins = done.row, done.row.effective_from.astimezone(zone_of(pack))
    state = "已部署" if done.new else "早已部署，未作更改"
    return f"{row.office}：第 {row.number} 号部署（{row.title}），{begins:%Y-%m-%d %H:%M} 起生效，{state}。"


def _actor(platform: Platform, login: str) -> Actor:
    user = platform.people.by_login(login)
    actor = platform.people.actor(user["id"]) if user else None
    if actor is None:
        raise BadInput(f"--as：没有可用的账号“{login}”。", f"--as: no usable account {login!r}.")
    return actor
