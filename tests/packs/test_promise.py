"""The promise that a regulation is data: no code, template or script knows a city, an article or a limit of one."""

from __future__ import annotations

import re
from pathlib import Path

from processes.pack import read_pack

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "decisions", "forms", "persistence", "processes", "timers")
ARTICLE = re.compile(r"第[一二三四五六七八九十百〇零]+条")


def test_no_code_names_a_city_or_an_article() -> None:
    packs = [read_pack(path.parent) for path in sorted((ROOT / "bpmn").glob("*/pack.toml"))]
    assert len(packs) == 5
    names = [pack.name for pack in packs] + [str(pack.settings["office_name"])[:2] for pack in packs]
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix not in (".py", ".html", ".js", ".po") or "vendor" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            found += [f"{path.relative_to(ROOT)}: {word}" for word in (*names, *ARTICLE.findall(text)) if word in text]
    assert found == []


def test_no_code_names_a_timer_of_a_regulation() -> None:
    timer = re.compile(r"T-[A-Z]{2,3}-\d\d")
    paths = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    assert [str(path) for path in paths if timer.search(path.read_text(encoding="utf-8"))] == []
