"""The import rule: each room imports only what docs/architecture.md lets it.

The table of that page is read here, so the page is the rule and not a copy of it. Modules are read with
`ast`, never imported. Two more rules of the house are kept by the same reading: the wall clock stands in
one module, and no Python outside the tests names a city, for cities live in packs.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLOCK = Path("timers/clock.py")
# Folders with Python of ours that are no rooms: free to import, bound by clock and city all the same.
WORKSHOPS = ("bench", "deploy", "scripts")

WALL_CLOCK = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
CITY = re.compile("南昌|赣州|云南|蚌埠|潍坊|nanchang|ganzhou|yunnan|bengbu|weifang", re.IGNORECASE)


class Rooms(NamedTuple):
    """`may`: room → rooms it may import; `owners`: library, lower case → rooms that may import it."""

    may: dict[str, set[str]]
    owners: dict[str, set[str]]


def read_rooms(page: str) -> Rooms:
    """The table of docs/architecture.md. A row: `room/` | holds | may import | owns the library."""
    rows = re.findall(r"^\| `([\w/]+)/` \|[^|]*\|([^|]*)\|([^|]*)\|$", page, re.MULTILINE)
    names = [room for room, _, _ in rows]
    may: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for room, imports, libraries in rows:
        words = set(re.findall(r"\w+", imports))
        may[room] = {name for name in names if "all" in words or name.split("/")[-1] in words} | {room}
        for library in re.findall(r"\w+", re.sub(r"\(.*?\)", "", libraries)):
            owners.setdefault(library.lower(), set()).add(room)
    return Rooms(may, owners)


def room_of(dotted: str, rooms: Rooms) -> str | None:
    """The innermost room a module lies in; `processes.engine.lint` → `processes/engine`."""
    parts = dotted.split(".")
    candidates = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((name for name in candidates if name in rooms.may), None)


def imports_of(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, relative and by name of a module included."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield from ((node.lineno, f"{base}.{name.name}") for name in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def wall_clock_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every mention of the wall clock, under whatever name it was imported."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {name.asname or name.name: name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            known |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            first, _, rest = ast.unparse(node).partition(".")
            dotted = ".".join(filter(None, [known.get(first, ""), rest]))
            if dotted in WALL_CLOCK:
                yield node.lineno, dotted


def breaches(root: Path, rooms: Rooms) -> list[str]:
    """One sentence per breach, `file:line says what`, in the order of the files."""
    folders = sorted({name.split("/")[0] for name in rooms.may} | set(WORKSHOPS))
    return [
        f"{path.relative_to(root)}:{breach}"
        for folder in folders
        for path in sorted((root / folder).rglob("*.py"))
        for breach in breaches_in(path, path.relative_to(root), rooms)
    ]


def breaches_in(path: Path, relative: Path, rooms: Rooms) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=str(path))
    package = ".".join(relative.parent.parts)
    here = room_of(package, rooms)
    if here is not None:
        for line, dotted in imports_of(tree, package):
            there = room_of(dotted, rooms)
            if there is not None and there not in rooms.may[here]:
                yield f"{line} imports {dotted}: {here}/ may not import {there}/"
            library = dotted.split(".")[0].lower()
            # Extensions of Flask (flask_babel, flask_login…) belong to whom Flask belongs.
            owners = rooms.owners.get(library) or rooms.owners.get(library.split("_")[0])
            if owners is not None and here not in owners:
                yield f"{line} imports {dotted}, which belongs to {', '.join(sorted(owners))}"
    if relative != CLOCK:
        for line, dotted in wall_clock_of(tree):
            yield f"{line} reads the wall clock ({dotted}), which only {CLOCK} may"
    for number, line_text in enumerate(text.splitlines(), 1):
        if found := CITY.search(line_text):
            yield f"{number} names a city: {found.group()}"


ROOMS = read_rooms((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


def test_table_of_the_architecture_page_is_understood() -> None:
    assert ROOMS.may["decisions"] == {"decisions"}
    assert ROOMS.may["processes/engine"] == {"processes/engine"}
    assert ROOMS.may["processes"] == {"processes", "processes/engine", "decisions", "timers"}
    assert ROOMS.may["persistence"] == {"persistence", "processes", "timers"}
    assert ROOMS.may["app"] == set(ROOMS.may)
    assert ROOMS.owners == {
        "lxml": {"decisions", "processes/engine"},
        "apscheduler": {"timers"},
        "spiffworkflow": {"processes/engine"},
        "wtforms": {"forms"},
        "sqlalchemy": {"persistence"},
        "alembic": {"persistence"},
        "flask": {"app"},
        "procrastinate": {"app"},
    }


def test_every_room_with_python_stands_in_the_table() -> None:
    no_rooms = {*WORKSHOPS, "tests"}
    found = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("[!.]*/*.py")}
    assert found - no_rooms <= set(ROOMS.may)


def test_packs_hold_no_python() -> None:
    assert list((ROOT / "bpmn").rglob("*.py")) == []


def test_house_keeps_its_rules() -> None:
    assert breaches(ROOT, ROOMS) == []


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("decisions/feel.py", "import processes.order", "decisions/ may not import processes/"),
        ("timers/sweep.py", "from persistence import store", "timers/ may not import persistence/"),
        ("processes/engine/run.py", "import processes.door", "processes/engine/ may not import processes/"),
        ("processes/engine/run.py", "from ..door import apply", "may not import processes/"),
        ("processes/engine/run.py", "from .. import door", "processes/engine/ may not import processes/"),
        ("persistence/store.py", "from processes import engine", "may not import processes/engine/"),
        ("forms/a.py", "def f():\n    from app import views", "2 imports app.views"),
        ("forms/a.py", "import importlib\nimportlib.import_module('app.views')", "2 imports app.views"),
        ("processes/door.py", "from SpiffWorkflow.bpmn import x", "which belongs to processes/engine"),
        ("persistence/x.py", "import lxml.etree", "which belongs to decisions, processes/engine"),
        ("app/x.py", "import sqlalchemy as sa", "which belongs to persistence"),
        ("app/x.py", "from wtforms import Form", "which belongs to forms"),
        ("app/x.py", "from apscheduler.schedulers import base", "which belongs to timers"),
        ("forms/x.py", "from flask_babel import gettext", "which belongs to app"),
        ("app/x.py", "import datetime\ndatetime.datetime.now()", "the wall clock (datetime.datetime.now)"),
        ("app/x.py", "from datetime import datetime as dt\nx = dt.utcnow", "2 reads the wall clock"),
        ("app/x.py", "from datetime import date\ndate.today()", "2 reads the wall clock"),
        ("bench/x.py", "from time import time\ntime()", "2 reads the wall clock (time.time)"),
        ("app/x.py", "PACK = 'Nanchang'", "1 names a city: Nanchang"),
        ("scripts/x.py", "# 潍坊", "1 names a city: 潍坊"),
    ],
)
def test_breach_is_found(tmp_path: Path, file: str, text: str, says: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    found = breaches(tmp_path, ROOMS)
    assert len(found) == 1
    assert found[0].startswith(f"{file}:")
    assert says in found[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("timers/clock.py", "from datetime import UTC, datetime\ndatetime.now(UTC)"),
        ("app/x.py", "from processes.engine import lint\nimport flask_login, forms.build, persistence.store"),
        ("processes/door.py", "from . import order\nfrom .engine import run\nimport decisions.feel"),
        ("app/x.py", "import time\nstarted = time.perf_counter()"),
        ("forms/x.py", "from datetime import datetime\ndef f(now: datetime): datetime.fromisoformat('x')"),
    ],
)
def test_what_is_allowed_is_left_alone(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert breaches(tmp_path, ROOMS) == []
