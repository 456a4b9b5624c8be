"""`jieban replay FILE.csv --pack NAME`: real messages through the regulation, in virtual time, into this database."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.printing import as_json, bar, print_json
from app.deploying import deploy
from app.opening import open_platform
from app.packs_at_hand import find_pack
from app.platform import Platform
from app.replaying.acts import Acts
from app.replaying.reader import read_messages
from app.replaying.report import figures, lines
from app.replaying.run import Replay
from app.settings import from_environment
from persistence.library import NEVER
from persistence.replays import fared
from processes.errors import NoDeployment
from processes.people import SYSTEM
from processes.regulation import Regulation
from timers.clock import elapsed, system_clock


@click.command()
@click.argument("file", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", "pack_", required=True, metavar="DIR|NAME", help="按哪个规程包办理。 The pack to replay by.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="只取最早的 N 封。 Only the earliest N.")
@as_json
def replay(file: Path, pack_: str, limit: int | None, json_: bool) -> None:
    """用真实来信回放：各按其时登记、办理、答复，时限在虚拟时间里到期。 Replay real messages in virtual time.

    中断后再次运行即接着办，不会重复。 Run it again after an interruption: it goes on where it stopped.
    """
    messages = read_messages(file, limit)
    platform = open_platform(from_environment())
    regulation = _regulation(platform, pack_)
    # What a deployment takes, with its scenarios, is not what orders take.
    begun = elapsed()
    acts = Acts(platform, regulation)
    run = Replay(platform, acts, messages, file)
    with bar(len(messages), "回放 / replay") as shown:
        done = run.run(shown.update)
    found = figures(
        done,
        fared(platform.database, regulation.office, acts.reply_elements(messages[0])),
        {story.order_id for story in run.stories},
        regulation,
        platform.calendars.current(regulation.office),
        elapsed() - begun,
    )
    if json_:
        print_json(found.to_json())
    else:
        for line in lines(found, done):
            click.echo(line)


def _regulation(platform: Platform, text: str) -> Regulation:
    """The newest deployment under a name; a folder, or a name that was never deployed, becomes a draft.

    Nothing of a replay is real: it may run on what is not in force, on values that nobody has confirmed.
    """
    now = system_clock.now()
    if "/" not in text and text != ".":
        try:
            return platform.library.latest(text)
        except NoDeployment:
            pass
    row = deploy(platform, find_pack(text), actor=SYSTEM, now=now, note="replay", effective_from=NEVER).row
    return platform.library.of(row.number)
