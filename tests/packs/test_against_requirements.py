"""The packs against the list of what the regulations ask for, which stands beside the project and not in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from app.platform import Platform
from processes.articles import Articles, attach
from processes.pack import read_pack
from processes.regulation import Regulation

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bpmn" / "nanchang"


@cache
def regulation() -> Regulation:
    return Platform.compile(read_pack(FOLDER))


def _listed(shared: Path, pattern: str) -> set[str]:
    text = (shared / "requirements.md").read_text(encoding="utf-8")
    timers = text[text.index("# D. All timers") : text.index("# E. Proposed decomposition")]
    return set(re.findall(rf"^\| ({pattern}) \|", timers, re.MULTILINE))


def test_every_timer_of_the_list_is_in_the_pack_and_no_other(shared_dir: Path) -> None:
    wanted = _listed(shared_dir, r"T-NC-\d\d") | _listed(shared_dir, "T-ALL-01")
    assert len(wanted) == 32
    assert {one["timer"] for one in regulation().timers()} == wanted


def test_every_timer_is_shown_by_a_scenario(shared_dir: Path) -> None:
    told: set[str] = set()
    for file in sorted((FOLDER / "scenarios").glob("*.yaml")):
        for story in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            told |= set(story.get("timers", ()))
    assert _listed(shared_dir, r"T-NC-\d\d") - told == set()


def test_every_acceptance_scenario_of_the_list_is_a_file(shared_dir: Path) -> None:
    text = (shared_dir / "requirements.md").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\*\*(NC-S\d\d)\*\*", text))
    names = " ".join(
        story["scenario"]
        for file in (FOLDER / "scenarios").glob("*.yaml")
        for story in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    )
    assert len(wanted) == 30
    assert {one for one in wanted if one not in names} == set()


def test_every_article_has_its_place_or_says_why_it_has_none() -> None:
    articles = Articles(regulation())
    assert len(articles.all) > 60
    assert articles.problems() == []


def test_every_article_of_the_official_text_is_spoken_of(shared_dir: Path) -> None:
    text = (shared_dir / "regulations" / "nanchang.txt").read_bytes()
    articles = Articles(Platform.compile(attach(read_pack(FOLDER), text)))
    assert len(articles.official()) > 25
    assert articles.unmapped() == []
