"""`jieban lint`: what would surprise in a pack, with file and element."""

from __future__ import annotations

from collections.abc import Sequence

import click

from app.commands.failing import problem_line
from app.commands.printing import as_json, print_json
from app.pack_safety import unsafe
from app.packs_at_hand import find_pack
from app.platform import Platform
from processes.errors import BadPack
from processes.pack import Problem

UNREADABLE = frozenset({"file", "xml", "dmn", "form", "setting", "unreadable-file", "not-bpmn", "too-many-elements"})
"""Codes of files that cannot be read at all: bad input rather than a failed check."""


@click.command()
@click.argument("pack", metavar="DIR|NAME")
@as_json
def lint(pack: str, json_: bool) -> None:
    """检查规程包：流程图、决策表、表单。 Check the diagrams, tables and forms of a pack on disk."""
    problems = _problems(pack)
    errors = [problem for problem in problems if problem.level == "error"]
    if json_:
        rows = [
            {"level": p.level, "code": p.code, "file": p.file, "element": p.element, "zh": p.zh, "en": p.en}
            for p in problems
        ]
        print_json({"errors": len(errors), "warnings": len(problems) - len(errors), "problems": rows})
    else:
        for problem in problems:
            click.echo(f"[{problem.code}] {problem_line(problem)}", err=problem.level == "error")
        click.echo(f"错误 {len(errors)}，警告 {len(problems) - len(errors)}")
    if errors:
        raise click.exceptions.Exit(2 if any(problem.code in UNREADABLE for problem in errors) else 1)


def _problems(pack: str) -> Sequence[Problem]:
    try:
        regulation = Platform.compile(find_pack(pack))
    except BadPack as error:
        return error.problems
    return [*regulation.warnings, *unsafe(None, regulation)]
