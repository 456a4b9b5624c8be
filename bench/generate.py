"""A PostgreSQL database with as many orders as wanted, by bulk load: real orders, copied many times.

The demo's orders are played through the door first, at every stage, with their tasks, deadlines, journals, notices and
personal values; then their rows are copied by SQL with other ids, numbers, titles and times. So every row is as long
and as well distributed as the product writes it. What is open is as much as a large city has open, whatever it has
closed: `OPEN` orders at most; the others are closed or archived, spread over the years before. Chains of copies are not
valid: their hashes are those of the originals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.demo import lay_down
from app.platform import Platform
from bench.settings import PACK
from persistence import tables as t
from persistence.confirmations import Confirmed, unconfirmed
from persistence.keys import MasterKey, OrderKey
from processes.pack import read_pack
from processes.people import SYSTEM
from tests.app.browsing import ROOT, Clock

SECRET = "a secret of the benchmarks"
NOW = datetime.fromisoformat("2026-10-14T10:00:00+08:00")
LONG_AGO = datetime.fromisoformat("2022-11-11T00:00:00+08:00")
OPEN, OPEN_SHARE = 30_000, 0.3
"""What a city with ten thousand new orders a day has open; in a new installation, three in ten."""
YEARS = 3
OFFICES = 3
"""Copies of the office with a third of the orders each: nothing of theirs may be seen or slow the first one down."""
CHUNK = 50_000
PLACES = [
    "红谷滩",
    "青山湖",
    "东湖",
    "西湖",
    "青云谱",
    "湾里",
    "进贤",
    "安义",
    "莲塘",
    "新建",
    "经开区",
    "高新区",
    "桃花",
    "象湖",
    "艾溪湖",
    "瑶湖",
    "八一桥",
    "绳金塔",
]
STREETS = [
    "中山路",
    "解放西路",
    "北京东路",
    "阳明路",
    "井冈山大道",
    "洪城路",
    "丰和大道",
    "红谷中大道",
    "上海路",
    "青山路",
    "南京东路",
    "洛阳路",
]
MATTERS = [
    "路灯不亮",
    "井盖破损",
    "地下车库积水",
    "小区停水",
    "夜间施工噪声",
    "物业乱收费",
    "占道经营",
    "垃圾清运不及时",
    "公交线路调整",
    "医保报销",
    "拖欠工资",
    "房产证办理",
    "学区划分",
    "电梯故障",
    "油烟扰民",
    "违章搭建",
    "河道污染",
    "宠物扰民",
    "充电桩不足",
    "暖气不热",
]
CHILDREN = (t.order_unit, t.instance, t.task, t.deadline, t.journal, t.outbox, t.personal)
IDS = {
    "work_order": ("id",),
    "instance": ("id",),
    "task": ("id", "instance"),
    "deadline": ("id", "instance", "held_by"),
}
"""Columns beside `order_id` whose values are new in a copy."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The platform on the database, and how many orders and pending deadlines are in it."""

    platform: Platform
    url: str
    orders: int
    pending: int


def play(url: str) -> Platform:
    """The demo's people and orders, through the door, in an empty database."""
    platform = Platform(url, SECRET)
    pack = read_pack(ROOT / "bpmn" / PACK)
    for one in unconfirmed(pack, {}):
        platform.library.confirm(pack, Confirmed(one.name, one.value), actor=SYSTEM, now=LONG_AGO)
    row = platform.library.deploy(pack, effective_from=LONG_AGO, actor=SYSTEM, note="", now=LONG_AGO)
    platform.library.of(row.number)
    lay_down(platform, PACK, Clock(NOW))
    return platform


def fill(url: str, orders: int, secret: str = SECRET) -> Filled:
    """Copy the orders of a database that was played until there are so many."""
    platform = Platform(url, secret)
    with platform.database.engine.begin() as connection, _without_indexes(connection):
        master = platform.database.master
        _other_offices(connection)
        played = connection.execute(sa.select(t.work_order.c.id, t.work_order.c.closed_at)).all()
        wanted = max(orders - len(played), 0)
        still_open = min(int(orders * OPEN_SHARE), OPEN)
        _copy(
            connection,
            [one.id for one in played if one.closed_at is None],
            still_open,
            timedelta(minutes=30),
            "o",
            master,
        )
        closed = [one.id for one in played if one.closed_at is not None]
        _copy(connection, closed, wanted - still_open, timedelta(days=365 * YEARS), "c", master)
    with platform.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM (ANALYZE)"))
        d = t.deadline.c
        pending = sa.select(sa.func.count()).where(d.fired_at.is_(None), d.cancelled_at.is_(None), d.held_by.is_(None))
        count = sa.select(sa.func.count()).select_from(t.work_order)
        found = connection.execute(count).scalar_one(), connection.execute(pending).scalar_one()
    return Filled(platform, url, int(found[0]), int(found[1]))


@contextmanager
def _without_indexes(connection: sa.Connection) -> Iterator[None]:
    """Indexes and keys of the copied tables are taken away and made anew, which is far faster than row by row; their
    references stay away, and the tables without a log: nobody writes into this database any more.
    """
    named = [table.name for table in (t.work_order, *CHILDREN)]
    constraints = connection.execute(sa.text(CONSTRAINTS), {"tables": named}).all()
    for one in constraints:
        connection.execute(sa.text(f"ALTER TABLE {one.at} DROP CONSTRAINT {one.name} CASCADE"))
    indexes = connection.execute(sa.text(INDEXES), {"tables": named}).all()
    for one in indexes:
        connection.execute(sa.text(f"DROP INDEX {one.name}"))
    for name in named:
        connection.execute(sa.text(f"ALTER TABLE {name} SET UNLOGGED"))
    yield
    for one in indexes:
        connection.exec_driver_sql(one.made)
    for one in constraints:
        if one.kind != "f":
            connection.exec_driver_sql(f"ALTER TABLE {one.at} ADD CONSTRAINT {one.name} {one.made}")


CONSTRAINTS = """
SELECT conrelid\\:\\:regclass\\:\\:text AS at, conname AS name, pg_get_constraintdef(oid) AS made,
    contype AS kind FROM pg_constraint
WHERE (conrelid\\:\\:regclass\\:\\:text = ANY (:tables) OR confrelid\\:\\:regclass\\:\\:text = ANY (:tables))
    AND contype IN ('f', 'p', 'u')
ORDER BY contype
"""
INDEXES = "SELECT indexname AS name, indexdef AS made FROM pg_indexes WHERE tablename = ANY (:tables)"


def _other_offices(connection: sa.Connection) -> None:
    offices = connection.execute(sa.select(t.office)).mappings().all()
    for number in range(1, OFFICES):
        connection.execute(t.office.insert(), [dict(row) | {"id": f"{row['id']}_{number}"} for row in offices])


def _copy(
    connection: sa.Connection, originals: Sequence[str], wanted: int, spread: timedelta, mark: str, master: MasterKey
) -> None:
    """`wanted` copies of the originals in turn, each moved back by a part of `spread`."""
    connection.execute(sa.text("CREATE TEMP TABLE original (id text, n bigint)"))
    connection.execute(
        sa.text("INSERT INTO original VALUES (:id, :n)"), [{"id": one, "n": n} for n, one in enumerate(originals)]
    )
    step = spread.total_seconds() / max(wanted, 1)
    for first, last in _chunks(wanted):
        values = {"first": first, "last": last, "every": len(originals), "step": step, "mark": mark}
        connection.execute(sa.text("DROP TABLE IF EXISTS copy"))
        connection.execute(sa.text(COPIES), values)
        connection.execute(sa.text("ANALYZE copy"))
        for table in (t.work_order, *CHILDREN):
            connection.execute(sa.text(_insert(table)))
        _copy_keys(connection, master)
    connection.execute(sa.text("DROP TABLE original"))


COPIES = """
CREATE TEMP TABLE copy AS
SELECT o.id AS original, g.n, :mark || g.n AS tag, make_interval(secs => g.n * :step) AS back
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) g(n) JOIN original o ON o.n = g.n % :every
"""


def _copy_keys(connection: sa.Connection, master: MasterKey) -> None:
    """A wrapped key is bound to its order, so that each copy needs the original's wrapped anew."""
    copies = "SELECT c.original, md5(c.original || c.tag) AS id, k.wrapped FROM copy c JOIN order_key k "
    rows = connection.execute(sa.text(f"{copies} ON k.order_id = c.original")).all()
    keys: dict[str, OrderKey] = {}
    raw: Any = connection.connection.driver_connection
    with raw.cursor().copy("COPY order_key (order_id, wrapped) FROM STDIN") as taking:
        for row in rows:
            if row.original not in keys:
                keys[row.original] = master.unwrap(row.original, row.wrapped)
            taking.write_row((row.id, master.wrap(row.id, keys[row.original])))


def _chunks(wanted: int) -> Iterator[tuple[int, int]]:
    for first in range(0, wanted, CHUNK):
        yield first, min(first + CHUNK, wanted) - 1


def _insert(table: sa.Table) -> str:
    columns = [column for column in table.c if not isinstance(column.type, sa.BigInteger)]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_value(table, column) for column in columns)
    key = "id" if table is t.work_order else "order_id"
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} s JOIN copy c ON c.original = s.{key}"


def _value(table: sa.Table, column: sa.Column[Any]) -> str:
    name = f's."{column.name}"'
    if column.name == "order_id" or column.name in IDS.get(table.name, ()):
        return f"md5({name} || c.tag)"
    if isinstance(column.type, t.Instant):
        return f"{name} - c.back"
    if column.name == "office":
        return f"CASE c.n % {OFFICES} WHEN 0 THEN {name} ELSE {name} || '_' || c.n % {OFFICES} END"
    if table is t.work_order and column.name in ("number", "archive_no"):
        return f"{name} || '-' || c.tag"
    if table is t.work_order and column.name == "title":
        return f"{_one_of(PLACES, 1)} || {_one_of(STREETS, 18)} || 1 + c.n % 997 || '号' || {_one_of(MATTERS, 216)}"
    if table is t.outbox and column.name == "key":
        return f"{name} || c.tag"
    return name


def _one_of(words: Sequence[str], every: int) -> str:
    """A word by the copy's number, another one after every `every` copies."""
    array = ", ".join(f"'{word}'" for word in words)
    return f"(ARRAY[{array}])[1 + (c.n / {every}) % {len(words)}]"
