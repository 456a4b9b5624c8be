"""`jieban outbox`: what waits to be sent, what could not be, and sending it again."""

from __future__ import annotations

import click

from app.commands.failing import BadInput
from app.commands.printing import as_json, print_json
from app.opening import made_platform
from app.working.announcing import connect_queue
from persistence.notice_states import DEAD, KEPT, STATES
from persistence.outbox import Outbox
from persistence.reading import PAGE
from timers.clock import system_clock

SHOWN = ("key", "order_number", "to", "unit", "template", "state", "attempts", "at", "next_at", "sent_at", "error")


@click.group(invoke_without_command=True)
@click.option("--dead", is_flag=True, help="只看发送失败的。 Dead letters only.")
@click.option("--state", type=click.Choice(STATES), help="只看这种状态。 Only this state.")
@click.option("--page", default=1, show_default=True, type=click.IntRange(1))
@as_json
@click.pass_context
def outbox(context: click.Context, dead: bool, state: str | None, page: int, json_: bool) -> None:
    """通知的发送情况。 Notices and what became of them, the latest first."""
    if context.invoked_subcommand is not None:
        return
    rows = Outbox(made_platform().database).page(state=DEAD if dead else state, page=page)[:PAGE]
    if json_:
        print_json([{name: row[name] for name in SHOWN} for row in rows])
        return
    for row in rows:
        click.echo(f"{row['key']}  {row['state']}  {row['order_number']}  {row['to']}  {row['template']}")
        if row["error"]:
            click.echo(f"    {row['error']}")


@outbox.command("resend")
@click.argument("keys", metavar="KEY...", nargs=-1)
@click.option("--all-dead", "every", flag_value=DEAD, help="所有发送失败的。 Every dead letter.")
@click.option("--all-kept", "every", flag_value=KEPT, help="所有留存未发的。 Every one kept unsent.")
def resend(keys: tuple[str, ...], every: str | None) -> None:
    """再次发送失败或未发的通知。 Send dead or kept notices again, under the same key."""
    if bool(keys) == bool(every):
        raise BadInput("请给出通知的键，或 --all-dead、--all-kept。", "Give keys, or --all-dead, or --all-kept.")
    platform = made_platform()
    connect_queue(platform)
    box, now = Outbox(platform.database), system_clock.now()
    if every:
        keys = tuple(_every(box, every))
    for key in keys:
        if not box.resend(key, now):
            raise BadInput(f"没有可以再发的通知 {key}。", f"No notice {key} that can be sent again.")
    click.echo(f"{len(keys)} 条通知将再次发送。 / {len(keys)} notices will be sent again.")


def _every(box: Outbox, state: str) -> list[str]:
    keys: list[str] = []
    page = 1
    while rows := box.page(state=state, page=page):
        keys += [str(row["key"]) for row in rows[:PAGE] if not row["unreal"]]
        page += 1
    return keys
