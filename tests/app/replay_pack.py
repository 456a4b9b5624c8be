"""The small pack with replay tables, and a CSV of a handful of messages."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

SMALL = Path(__file__).resolve().parents[1] / "packs" / "small"
COLUMNS = ("message_id", "user_id", "subject", "received_at", "body", "reply", "replied_at")

# Monday 28 September 2020 is followed by the National Day holiday, 1 to 8 October; 27 September and 10 October are
# worked. A complaint is to be answered in 10 working days, a question in 3 (tests/packs/small/limits.dmn).
ROWS = (
    (
        "m1",
        "u1",
        "路灯不亮",
        "2020-09-28T10:00:00+08:00",
        "路灯坏了一周。",
        "已修好。",
        "2020-09-29T16:00:00+08:00",
    ),
    (
        "m2",
        "u2",
        "自来水发黄",
        "2020-09-28T09:00:00+08:00",
        "水黄了三天。",
        "已冲洗。",
        "2020-12-01T10:00:00+08:00",
    ),
    ("m3", "u1", "请问怎么办", "2020-09-30T09:00:00+08:00", "请问怎么办理过户手续？", "", ""),
)

ACTS = (
    ("received", "agent", "0min", "{title: subject, content: body}"),
    ("accept", "agent", "10min", '{decision: "accept"}'),
    ("dispatch", "dispatcher", "20min", "{}"),
    ("sign_for", "handler", "4h", "{}"),
    ("handle", "handler", "reply", "{result_text: reply}"),
    ("review", "reviewer", "4h", '{decision: "close"}'),
)


def pack_in(folder: Path) -> Path:
    """A copy of the small pack with replay tables."""
    pack = Path(shutil.copytree(SMALL, folder / "small"))
    rules = _table(
        "replay_rules",
        "text",
        ("request_type", "lead_unit"),
        (
            ('matches(?, "水")', '"complaint"', '"water"'),
            ('matches(?, "请问")', '"consult"', '"housing"'),
            ("-", '"complaint"', '"housing"'),
        ),
        "FIRST",
    )
    acts = tuple((f'"{task}"', f'"{role}"', f'"{after}"', values) for task, role, after, values in ACTS)
    text = rules + _table("replay_acts", "task", ("role", "after", "values"), acts, "UNIQUE")
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="replay" namespace="r">'
    (pack / "replay.dmn").write_text(f"{head}{text}</definitions>", encoding="utf-8")
    return pack


def csv_in(folder: Path, rows: tuple[tuple[str, ...], ...] = ROWS, columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "messages.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _table(name: str, given: str, outputs: tuple[str, ...], rules: tuple[tuple[str, ...], ...], policy: str) -> str:
    columns = "".join(f'<output id="{name}_{one}" name="{one}" typeRef="Any"/>' for one in outputs)
    rows = ""
    for number, (condition, *results) in enumerate(rules):
        cells = "".join(
            f'<outputEntry id="{name}_{number}_{at}"><text>{cell}</text></outputEntry>'
            for at, cell in enumerate(results)
        )
        rows += (
            f'<rule id="{name}_{number}"><inputEntry id="{name}_{number}_in"><text>{condition}</text></inputEntry>'
            f"{cells}</rule>"
        )
    return (
        f'<decision id="{name}" name="{name}"><decisionTable id="{name}_table" hitPolicy="{policy}">'
        f'<input id="{name}_in"><inputExpression id="{name}_in_e" typeRef="string"><text>{given}</text>'
        f"</inputExpression></input>{columns}{rows}</decisionTable></decision>"
    )
