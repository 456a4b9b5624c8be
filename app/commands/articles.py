"""`jieban articles`: the articles of a regulation, what of the pack belongs to each, and what is missing."""

from __future__ import annotations

from typing import Any

import click

from app.commands.failing import problem_line
from app.commands.printing import as_json, print_json
from app.opening import existing_platform
from app.packs_at_hand import find_regulation
from processes.articles import Articles
from timers.clock import system_clock


@click.command()
@click.option("--pack", "pack", required=True, metavar="NAME|DIR", help="哪个规程包。 Which pack.")
@as_json
def articles(pack: str, json_: bool) -> None:
    """逐条核对：哪一条落在哪些流程、表和表单。 Which article lives where; exit code 1 for an unexplained gap."""
    found = Articles(find_regulation(pack, existing_platform(), system_clock.now()))
    report = report_of(found)
    if json_:
        print_json(report)
    else:
        _say(report, found)
    if report["gaps"]:
        raise click.exceptions.Exit(1)


def report_of(found: Articles) -> dict[str, Any]:
    """`articles` with what belongs to them, counts, `gaps` (what is unexplained or points at nothing), `unmapped`."""
    listed = [
        {
            "id": article.id,
            "title": article.title,
            "kind": article.kind,
            "processes": list(article.processes),
            "elements": list(article.elements),
            "tables": list(article.tables),
            "forms": list(article.forms),
            "timers": list(article.timers),
            "scenarios": list(article.scenarios),
            "none": article.none,
            "mapped": article.mapped,
        }
        for article in found.all
    ]
    gaps = [{"article": one.element, "code": one.code, "zh": one.zh, "en": one.en} for one in found.problems()]
    if not found.kept:
        gaps.append(
            {"article": "", "code": "file", "zh": "规程包没有 articles.toml。", "en": "The pack has no articles.toml."}
        )
    gaps += [
        {
            "article": str(number),
            "code": "unlisted",
            "zh": f"官方文本的第 {number} 条没有列入。",
            "en": f"Article {number} of the official text is not listed.",
        }
        for number in found.unmapped()
    ]
    return {
        "total": len(listed),
        "mapped": sum(article.mapped for article in found.all),
        "explained": sum(not article.mapped for article in found.all if article.none),
        "elements": len({element for article in found.all for element in article.elements}),
        "official_text": bool(found.official()),
        "articles": listed,
        "gaps": gaps,
    }


def _say(report: dict[str, Any], found: Articles) -> None:
    for article in found.all:
        where = [*article.processes, *article.elements, *article.tables, *article.forms, *article.timers]
        said = "、".join(where) or f"—  {article.none}"
        click.echo(f"{article.id}  {article.title}  [{article.kind}]  {said}")
    for problem in found.problems():
        click.echo(problem_line(problem), err=True)
    for gap in report["gaps"][len(found.problems()) :]:
        click.echo(f"{gap['zh']} / {gap['en']}", err=True)
    counts = f"{report['total']} 条：落实 {report['mapped']}，说明无须落实 {report['explained']}"
    click.echo(f"{counts}，缺口 {len(report['gaps'])}")
