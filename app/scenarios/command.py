"""`jieban scenario PATH…`: run scenario files and say, line by line, which hold."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.packs_at_hand import find_pack
from app.scenarios.report import Report, Result
from app.scenarios.run import run_paths


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True, path_type=Path))
@click.option("--pack", "pack_", metavar="DIR|NAME", help="改用这个规程包（草稿）。 Run against this pack (a draft).")
@click.option("--json", "json_", is_flag=True, help="输出 JSON。 Print JSON.")
@click.option("--verbose", is_flag=True, help="列出代为填写的内容。 List what was supplied.")
@click.pass_context
def scenario(context: click.Context, paths: tuple[Path, ...], pack_: str | None, json_: bool, verbose: bool) -> None:
    """在虚拟时间里跑场景文件或目录。 Run scenario files or folders in virtual time.

    退出码 0：全部通过；1：有场景不符；2：文件有误。 Exit code 0: all hold; 1: one does not; 2: a file is wrong.
    """
    pack = find_pack(pack_) if pack_ else None
    report = run_paths(paths, pack=pack, heard=None if json_ else lambda result: _print(result, verbose))
    if json_:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(_total(report))
    context.exit(report.exit_code or (0 if report.results else 2))


def _print(result: Result, verbose: bool) -> None:
    click.echo(f"{'通过 passed' if result.passed else '不符 FAILED'}  {result.scenario or '—'}  {result.file}")
    for difference in result.differences:
        click.echo(f"    {difference}")
    if verbose:
        for supplied in result.supplied:
            click.echo(f"    代填 supplied  {supplied}")


def _total(report: Report) -> str:
    if not report.results:
        return "没有场景。 / No scenarios."
    return f"通过 {report.passed}，不符 {report.failed}。 / {report.passed} passed, {report.failed} failed."
