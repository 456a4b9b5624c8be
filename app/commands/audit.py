"""`jieban audit verify`: is the journal whole?"""

from __future__ import annotations

import click

from app.commands.printing import as_json, bar, print_json
from app.opening import made_platform
from persistence.audit import verify


@click.group()
def audit() -> None:
    """审计。 The journal."""


@audit.command("verify")
@as_json
def verify_journal(json_: bool) -> None:
    """逐行核对流水，指出第一处破坏。 Check every chain of the journal; name the first bad row."""
    platform = made_platform()
    with bar(platform.read.count_orders(), "审计 / audit") as shown:
        found = verify(platform.database, progress=shown.update)
    report: dict[str, object] = {"orders": found.orders, "entries": found.entries, "intact": found.intact}
    if found.broken:
        report["broken"] = found.broken
    if json_:
        print_json(report)
    elif found.intact:
        click.echo(f"完好：{found.orders} 张工单，{found.entries} 条流水。 / Intact.")
    else:
        click.echo(f"流水被破坏：{found.broken}", err=True)
    if not found.intact:
        raise click.exceptions.Exit(1)
