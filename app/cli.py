"""`jieban`: the command line. Each command lies in its own module and is imported when it is called.

Exit code 0: fine; 1: a check failed (lint, scenarios, audit, kit); 2: bad input. An error is one sentence in Chinese
and English on stderr that names the file, element or field; whoever wants to read on has `--help`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from app.commands.failing import sentence_of

COMMANDS = {
    "init": "app.commands.installing:init",
    "user": "app.commands.user:user",
    "serve": "app.commands.serving:serve",
    "web": "app.commands.web:web",
    "worker": "app.commands.working:worker",
    "outbox": "app.commands.outbox:outbox",
    "deploy": "app.commands.deploying:deploy_command",
    "confirm": "app.commands.confirming:confirm",
    "packs": "app.commands.packs:packs",
    "articles": "app.commands.articles:articles",
    "lint": "app.commands.lint:lint",
    "scenario": "app.scenarios.command:scenario",
    "replay": "app.replaying.command:replay",
    "explain": "app.commands.asking:explain",
    "decide": "app.commands.asking:decide",
    "trace": "app.commands.trace:trace",
    "audit": "app.commands.audit:audit",
    "backup": "app.commands.backup:backup",
    "restore": "app.commands.backup:restore",
    "database": "app.commands.database:database",
    "tck": "app.commands.tck:tck",
}


class CommandLine(click.Group):
    """The group of all commands: loads them by name, and turns every error into its sentence and exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def main(  # type: ignore[override]  # the base declares two overloads that differ in what they return
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; with `standalone_mode`, leave with the exit code."""
        code = self._run(args, prog_name, **extra)
        if not standalone_mode:
            return code
        sys.exit(code)

    def _run(self, args: Sequence[str] | None, prog_name: str | None, **extra: Any) -> int:
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
            return code if isinstance(code, int) else 0
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return 2
        except click.UsageError as error:
            click.echo(f"用法有误 / {error.format_message()}", err=True)
            if error.ctx is not None:
                click.echo(f"{error.ctx.command_path} --help", err=True)
            return 2
        except click.ClickException as error:
            click.echo(error.format_message(), err=True)
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("已中断。 / Interrupted.", err=True)
            return 1
        except Exception as error:
            said = sentence_of(error)
            if said is None:
                raise
            click.echo(said, err=True)
            return 2


@click.command(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """接办：按画出来的规程办理 12345 工单。 Jieban runs a 12345 hotline from its drawn regulation."""
