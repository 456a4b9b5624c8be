"""`jieban deploy`: a pack comes into force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from app.commands.failing import BadInput, problem_line
from app.commands.moments import instant
from app.commands.printing import as_json, bar, print_json
from app.deploying import Deployed, ScenariosFailed, deploy, zone_of
from app.opening import open_platform
from app.packs_at_hand import find_folder
from app.platform import Platform
from app.scenarios.packs import own_scenarios
from app.scenarios.report import Result
from app.settings import from_environment
from processes.articles import attach
from processes.pack import Pack, read_pack
from processes.people import SYSTEM, Actor
from timers.clock import system_clock


@click.command("deploy")
@click.argument("pack_", metavar="DIR")
@click.option("--effective-from", metavar="DATE", help="生效时间，缺省按 pack.toml。 From when; default: pack.toml.")
@click.option("--note", default="", help="说明，写入流水。 Why; goes into the journal.")
@click.option(
    "--text",
    "text",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="规定的官方文本，UTF-8，随部署保存。 The official text of the regulation, kept with the deployment.",
)
@click.option("--as", "login", metavar="LOGIN", help="以谁的名义，缺省为系统。 Who deploys; default: the system.")
@click.option("--office", metavar="OFFICE", help="在哪个机构施行，缺省与规程包同名。 Where; default: the pack's name.")
@as_json
def deploy_command(
    pack_: str,
    effective_from: str | None,
    note: str,
    text: Path | None,
    login: str | None,
    office: str | None,
    json_: bool,
) -> None:
    """检查、跑通场景并部署规程包。 Lint a pack, run its scenarios, deploy it."""
    folder = find_folder(pack_)
    pack, platform = read_pack(folder), open_platform(from_environment())
    if text is not None:
        pack = attach(pack, text.read_bytes())
    actor = actor_of(platform, login) if login else SYSTEM
    begins = instant(effective_from, zone_of(pack), "--effective-from") if effective_from else None
    done = deploy_watched(platform, pack, folder, actor=actor, effective_from=begins, note=note, office=office)
    if json_:
        print_json(as_row(done, pack))
    else:
        click.echo(deployed_line(done, pack))


def deploy_watched(
    platform: Platform,
    pack: Pack,
    folder: Path,
    *,
    actor: Actor,
    effective_from: datetime | None = None,
    note: str,
    office: str | None = None,
) -> Deployed:
    """Deploy with a progress bar over the scenario files; ends the command where they fail."""
    seen: set[str] = set()
    with bar(len(own_scenarios(pack)), f"{pack.name} 场景 / scenarios") as shown:

        def heard(result: Result) -> None:
            if result.file not in seen:
                seen.add(result.file)
                shown.update(1)

        try:
            done = deploy(
                platform,
                pack,
                actor=actor,
                now=system_clock.now(),
                effective_from=effective_from,
                note=note,
                office=office,
                folder=folder,
                heard=heard,
            )
        except ScenariosFailed as error:
            failed = [result for result in error.report.results if not result.passed]
            for difference in (f"{one.scenario}  {line}" for one in failed for line in one.differences):
                click.echo(difference, err=True)
            click.echo(f"{error.zh} / {error.en}", err=True)
            raise click.exceptions.Exit(error.report.exit_code) from error
    if done.warnings:
        count, name = len(done.warnings), pack.name
        click.echo(f"{name}：检查有 {count} 条提醒，见 jieban lint。 / {count} warnings: jieban lint {name}", err=True)
    return done


def as_row(done: Deployed, pack: Pack) -> dict[str, object]:
    """A deployment for programs."""
    row = done.row
    return {
        "number": row.number,
        "office": row.office,
        "pack": row.pack,
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
    name = row.pack if row.pack == row.office else f"{row.office} · {row.pack}"
    return f"{name}：第 {row.number} 号部署（{row.title}），{begins:%Y-%m-%d %H:%M} 起生效，{state}。"


def actor_of(platform: Platform, login: str) -> Actor:
    """The person behind a login. Raises `BadInput`."""
    user = platform.people.by_login(login)
    actor = platform.people.actor(user["id"]) if user else None
    if actor is None:
        raise BadInput(f"--as：没有可用的账号“{login}”。", f"--as: no usable account {login!r}.")
    return actor
