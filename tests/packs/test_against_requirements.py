"""The packs against the list of what the regulations ask for, which stands beside the project and not in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.platform import Platform
from processes.articles import Articles, attach
from processes.pack import read_pack
from processes.regulation import Regulation

PACKS = Path(__file__).resolve().parents[2] / "bpmn"
CODES = {"nanchang": "NC", "ganzhou": "GZ", "yunnan": "YN", "bengbu": "BB", "weifang": "WF"}
TIMERS = {"NC": 31, "GZ": 15, "YN": 11, "BB": 21, "WF": 10}
SCENARIOS = {"NC": 30, "GZ": 12, "YN": 11, "BB": 13, "WF": 11}
every_pack = pytest.mark.parametrize("pack", CODES)


@cache
def regulation(pack: str) -> Regulation:
    return Platform.compile(read_pack(PACKS / pack))


@cache
def stories(pack: str) -> tuple[dict[str, Any], ...]:
    return tuple(_stories(pack))


def _stories(pack: str) -> Iterator[dict[str, Any]]:
    for file in sorted((PACKS / pack / "scenarios").rglob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text(encoding="utf-8"))


def _listed(shared: Path, code: str) -> set[str]:
    text = (shared / "requirements.md").read_text(encoding="utf-8")
    timers = text[text.index("# D. All timers") : text.index("# E. Proposed decomposition")]
    found = set(re.findall(rf"^\| (T-{code}-\d\d) \|", timers, re.MULTILINE))
    assert len(found) == TIMERS[code]
    return found


@every_pack
def test_every_timer_of_the_list_is_in_the_pack_and_no_other(pack: str, shared_dir: Path) -> None:
    wanted = _listed(shared_dir, CODES[pack]) | {"T-ALL-01"}
    assert {one["timer"] for one in regulation(pack).timers()} == wanted


@every_pack
def test_every_timer_is_shown_by_a_scenario(pack: str, shared_dir: Path) -> None:
    told = {timer for story in stories(pack) for timer in story.get("timers", ())}
    assert _listed(shared_dir, CODES[pack]) - told == set()


@every_pack
def test_every_acceptance_scenario_of_the_list_is_a_file(pack: str, shared_dir: Path) -> None:
    code = CODES[pack]
    text = (shared_dir / "requirements.md").read_text(encoding="utf-8")
    wanted = set(re.findall(rf"\*\*({code}-S\d\d)\*\*", text))
    assert len(wanted) == SCENARIOS[code]
    names = " ".join(story["scenario"] for story in stories(pack))
    assert {one for one in wanted if one not in names} == set()


@every_pack
def test_a_pack_tells_at_least_ten_stories_of_its_own(pack: str) -> None:
    own = [story["scenario"] for story in stories(pack) if not re.search(rf"\b{CODES[pack]}-S\d\d", story["scenario"])]
    assert len(own) >= 10


@every_pack
def test_every_article_has_its_place_or_says_why_it_has_none(pack: str) -> None:
    articles = Articles(regulation(pack))
    assert len(articles.all) > 15
    assert articles.problems() == []


@every_pack
def test_every_article_of_the_official_text_is_spoken_of(pack: str, shared_dir: Path) -> None:
    text = (shared_dir / "regulations" / f"{pack}.txt").read_bytes()
    articles = Articles(Platform.compile(attach(read_pack(PACKS / pack), text)))
    assert len(articles.official()) >= 5
    assert articles.unmapped() == []
