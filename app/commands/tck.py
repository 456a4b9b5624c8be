"""`jieban tck`: the OMG's test kit for decisions, run against ours."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.printing import as_json, bar, print_json
from decisions import tck as kit


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
def tck(directory: Path, json_: bool) -> None:
    """运行 DMN 兼容性测试集。 Run the DMN compatibility kit below DIR."""
    folders = len({path.parent for path in directory.rglob("*-test-*.xml")})
    with bar(folders, "TCK") as shown:
        report = kit.run(directory, progress=lambda _case: shown.update(1))
    if json_:
        print_json(report.to_json())
    else:
        for result in report.results:
            if result.passed is False:
                click.echo(f"{result.case} {result.test}: {result.message}")
        click.echo(f"通过 {report.passed}，失败 {report.failed}，跳过 {report.skipped}")
    if report.failed:
        raise click.exceptions.Exit(1)
