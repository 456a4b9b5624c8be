"""`jieban init`: a database with every pack of this installation in force; with `--demo`, people and orders too."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click

from app.commands.deploying import deploy_watched, deployed_line
from app.commands.failing import BadInput
from app.commands.printing import bar
from app.demo import lay_down, most_orders
from app.deploying import Undated
from app.opening import open_platform
from app.packs_at_hand import find_folder, pack_folders
from app.platform import Platform
from app.settings import from_environment
from persistence.confirmations import Confirmed, unconfirmed
from processes.errors import Unconfirmed
from processes.pack import Pack, read_pack
from processes.people import SYSTEM
from timers.clock import system_clock

DEMO_SINCE = datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=8)))
"""Since when a regulation whose text hides its date is in force in a demo."""


@click.command()
@click.option("--demo", is_flag=True, help="另建演示人员和工单。 With people and orders to play with.")
@click.option("--pack", "names", multiple=True, metavar="NAME", help="只部署这些规程包。 Only these packs.")
def init(demo: bool, names: tuple[str, ...]) -> None:
    """建库并部署随附的规程包；可重复执行。 Make the database, deploy the packs; may be run again.

    演示只放进空的或演示用的数据库。 A demo goes into a database that is empty or a demo's only.

    须先确认数值或写明生效日期的规程包留待 jieban confirm、jieban deploy。 Packs that wait for a person are left out.
    """
    platform = open_platform(from_environment())
    if demo and platform.people.is_real():
        raise BadInput(
            "这个数据库里已有真实的人员或工单；演示账号的密码人人知道，不能放进来，请另指一个库（JIEBAN_DATABASE_URL）。",
            "This database holds real people or orders; everybody knows the passwords of a demo. Name another one.",
        )
    waiting: list[str] = []
    for folder in [find_folder(name) for name in names] or pack_folders():
        pack = read_pack(folder)
        if demo:
            _confirm_for_demo(platform, pack)
        try:
            begins = DEMO_SINCE if demo and "effective_from" not in pack.settings else None
            done = deploy_watched(platform, pack, folder, actor=SYSTEM, effective_from=begins, note="jieban init")
        except (Unconfirmed, Undated) as error:
            click.echo(f"{pack.name}：{error.zh} / {error.en}", err=True)
            waiting.append(pack.name)
            continue
        click.echo(deployed_line(done, pack))
        if demo:
            with bar(most_orders(pack), f"{pack.name} 演示工单 / demo orders") as shown:
                laid = lay_down(platform, pack.name, system_clock, lambda: shown.update(1))
            click.echo(f"{pack.name}：演示人员 {laid.people}，工单 {laid.orders}。")
    if platform.people.nobody():
        click.echo("还没有账号：jieban user add LOGIN --name … --office … / Nobody can sign in yet: jieban user add.")
    if waiting:
        # No failure: everything else stands, and whoever prepares an installation by script goes on.
        listed = ", ".join(waiting)
        click.echo(
            f"等待确认数值或生效日期、尚未部署：{listed}。 / Not deployed yet, they wait for a person: {listed}."
        )


def _confirm_for_demo(platform: Platform, pack: Pack) -> None:
    """A demo runs on the values as the pack proposes them, and its journal says that nobody checked them."""
    for one in unconfirmed(pack, platform.library.confirmations(pack.name, pack.name)):
        stated = Confirmed(one.name, one.value, "演示，未经核对 / demo, not checked")
        platform.library.confirm(pack, stated, actor=SYSTEM, now=system_clock.now())
