"""`jieban audit`: is the journal whole, and does it hold what was anchored outside the database?"""

from __future__ import annotations

from pathlib import Path

import click

from app.anchoring import Anchors, BadAnchors
from app.commands.failing import BadInput
from app.commands.printing import as_json, bar, print_json
from app.opening import made_platform
from app.settings import from_environment
from persistence.audit import verify
from timers.clock import system_clock


@click.group()
def audit() -> None:
    """审计。 The journal."""


@audit.command("verify")
@as_json
def verify_journal(json_: bool) -> None:
    """逐行核对流水与锚定，指出第一处破坏。 Check every chain and anchor; name what is wrong first."""
    platform = made_platform()
    with bar(platform.read.count_orders(), "审计 / audit") as shown:
        found = verify(platform.database, progress=shown.update)
    anchored, count, path = None, 0, from_environment().anchors
    try:
        held = Anchors(platform.database, path).compare()
        count, anchored = held.anchors, held.broken
    except BadAnchors as error:
        anchored = (error.zh, error.en)
    intact = found.intact and anchored is None
    compared = count > 0 or anchored is not None
    report: dict[str, object] = {
        "orders": found.orders, "entries": found.entries, "intact": intact, "anchors": count, "compared": compared,
    }  # fmt: skip
    if found.broken:
        report["broken"] = found.broken
    if anchored:
        report["anchored"] = " / ".join(anchored)
    if json_:
        print_json(report)
    elif intact and compared:
        click.echo(f"完好：{found.orders} 张工单，{found.entries} 条流水，{count} 处锚定相符。 / Intact.")
    elif intact:
        click.echo(f"流水自身完好：{found.orders} 张工单，{found.entries} 条流水。 / The journal agrees with itself.")
    if intact and not compared:
        click.echo(" / ".join(_uncompared(path)), err=True)
    if found.broken and not json_:
        click.echo(f"流水被破坏：{found.broken}", err=True)
    if anchored and not json_:
        click.echo(" / ".join(anchored), err=True)
    if not intact:
        raise click.exceptions.Exit(1)


def _uncompared(path: Path | None) -> tuple[str, str]:
    """Nothing outside the database vouches for the journal: why."""
    zh, en = "没有设置 JIEBAN_ANCHORS", "JIEBAN_ANCHORS is not set"
    if path is not None:
        zh, en = f"锚定文件 {path} 不存在或是空的", f"the anchor file {path} is missing or empty"
    return (
        f"未与任何锚定比对（{zh}）：恢复过更早的备份看不出来。",
        f"Compared with no anchor ({en}): an older backup that was restored would not be noticed.",
    )


@audit.command("anchor")
@click.option("--restart", metavar="WHY", help="恢复备份后重新起锚的原因。 Begin anew after a restore: why.")
def anchor(restart: str | None) -> None:
    """把流水当前的摘要写到数据库之外。 Anchor the journal outside the database as it stands."""
    platform = made_platform()
    anchors = Anchors(platform.database, from_environment().anchors)
    if anchors.path is None:
        raise BadInput("没有设置 JIEBAN_ANCHORS。", "JIEBAN_ANCHORS is not set.")
    made = anchors.anchor(system_clock.now(), restart)
    click.echo(made.text if made else "没有新的流水需要锚定。 / Nothing new to anchor.")
