"""`python -m bench.scale`: compute the tables of `docs/scale.md` anew from `bench/results.json`, in their place.

A table stands in the page between `<!-- NAME -->` and `<!-- end -->`. What is assumed stands here, once, and is printed
beside what is measured.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
RESULTS = Path(__file__).with_name("results.json")

ORDERS, COMMANDS, FIRED = 1_895, 23_417, 5_836
"""Of the replay of real messages (`docs/performance.md`): orders, their commands, and the deadlines among these."""
KILOBYTES = 23.3
"""Of an order in the database, with all indexes: a million generated ones (`docs/performance.md`)."""
IN_DATABASE = 0.5
"""Part of a step that is spent in PostgreSQL: the profile in `docs/performance.md`."""
CORES_OF_HTTP = 2
"""Cores that the HTTP benchmark keeps busy: time over requests on two cores."""
INBOXES, ORDER_PAGES = 1, 2
"""Pages around one form: the list, the order with the form, and the order again after it."""
BUSY_HOURS, PEAK, SPARE = 10, 3, 2
"""Hours of a working day; busiest second over the mean one; cores bought over cores busy."""
SIZES = {"a large city": 3.6e6, "Beijing": 24e6, "the whole country": 1e9}
"""Orders a year."""
YEARS, COPIES, WAL = 5, 2, 2.5
"""Years kept; with a replica; bytes of write-ahead log over bytes of data."""
CORE_HOUR, GB_MONTH = 0.30, 1.00
"""Yuan: an assumption, near the list prices of public clouds; put in your own."""
CLOSE_SECONDS = 60
"""In which the limits that end at the close of business are to fire."""


@dataclass(frozen=True)
class Costs:
    """Seconds of one core: of a command, of a deadline that fires, of a form's pages in the web process and in the
    database.
    """

    command: float
    deadline: float
    web: float
    database: float


def costs() -> Costs:
    measured = {one["name"]: one for one in json.loads(RESULTS.read_text(encoding="utf-8"))}

    def ms(name: str) -> float:
        return float(measured[name]["ours"]) / 1e3

    database = INBOXES * ms("inbox_slowest_sql_1m") + ORDER_PAGES * ms("order_page_slowest_sql_1m")
    pages = INBOXES * ms("inbox_1m") + ORDER_PAGES * ms("order_page_1m")
    post = CORES_OF_HTTP * measured["http_request"]["baseline"] / 1e3
    fired = float(measured["fire_rate_1_worker"]["ours"])
    return Costs(ms("step_pg_vs_flowable"), fired, pages - database + post, database)


def one_order(c: Costs) -> list[list[str]]:
    forms = (COMMANDS - FIRED) / ORDERS
    return [
        ["figure", "value", "where it comes from"],
        ["commands of an order", f"{COMMANDS / ORDERS:.1f}", f"replay of {ORDERS:,} real messages: {COMMANDS:,}"],
        ["of these deadlines that fire by themselves", f"{FIRED / ORDERS:.1f}", f"the same: {FIRED:,}"],
        ["so forms that somebody sends", f"{forms:.1f}", "the difference"],
        [
            "a command, order loaded from PostgreSQL",
            f"{c.command * 1e3:.1f} ms",
            "`step_pg_…`, wall time, taken as CPU",
        ],
        ["of it in PostgreSQL", f"{c.command * IN_DATABASE * 1e3:.1f} ms", "half: the profile in `performance.md`"],
        ["a deadline that fires", f"{c.deadline * 1e3:.1f} ms", "`fire_rate_1_worker`, jobs included"],
        [
            "pages around a form, in the web process",
            f"{c.web * 1e3:.0f} ms",
            f"{INBOXES} × `inbox_1m`, {ORDER_PAGES} × `order_page_1m`, without SQL; an empty POST (`http_request`)",
        ],
        [
            "the same pages, in PostgreSQL",
            f"{c.database * 1e3:.0f} ms",
            "their `…_slowest_sql_1m`: SQL time of the slowest page, driver and waiting included",
        ],
        ["an order: commands", f"{_door(c) * 1e3:.0f} ms", "all of them"],
        ["an order: pages, web process", f"{forms * c.web:.2f} s", "forms only: nobody clicks for a deadline"],
        ["an order: pages, PostgreSQL", f"{forms * c.database:.2f} s", "the same"],
        ["database, with all indexes", f"{KILOBYTES:.1f} kB", "a million generated orders"],
    ]


def _door(c: Costs) -> float:
    """Seconds of all commands of an order, in product and database."""
    return COMMANDS / ORDERS * c.command


def sizes(c: Costs) -> list[list[str]]:
    forms = (COMMANDS - FIRED) / ORDERS
    busiest = [a_year / 365 / BUSY_HOURS / 3600 * PEAK for a_year in SIZES.values()]
    door = [rate * _door(c) * (1 - IN_DATABASE) for rate in busiest]
    web = [rate * forms * c.web for rate in busiest]
    steps = [rate * _door(c) * IN_DATABASE for rate in busiest]
    reading = [rate * forms * c.database for rate in busiest]
    years = [a_year * KILOBYTES / 1e6 for a_year in SIZES.values()]
    return [
        ["", *SIZES],
        ["orders a year", *(f"{a_year / 1e6:,.4g} million" for a_year in SIZES.values())],
        ["orders a day", *(f"{a_year / 365:,.0f}" for a_year in SIZES.values())],
        ["commands a second, busiest", *(f"{rate * COMMANDS / ORDERS:,.0f}" for rate in busiest)],
        ["pages a second, busiest", *(f"{rate * forms * (INBOXES + ORDER_PAGES):,.0f}" for rate in busiest)],
        ["cores for the door", *_cores(door)],
        ["cores for pages", *_cores(web)],
        ["cores for PostgreSQL: commands", *_cores(steps)],
        ["cores for PostgreSQL: pages", *_cores(reading)],
        ["gunicorn processes, at half load", *(f"{ceil(SPARE * (a + b)):,}" for a, b in zip(door, web, strict=True))],
        ["new data a year", *(_size(one) for one in years)],
        [f"{YEARS} years kept, and a replica", *(_size(one * YEARS * COPIES) for one in years)],
        ["write-ahead log a day", *(_size(one * WAL / 365) for one in years)],
    ]


def close(c: Costs) -> list[list[str]]:
    """All deadlines of a day due at one moment."""
    due = [a_year / 365 * FIRED / ORDERS for a_year in SIZES.values()]
    return [
        ["", *SIZES],
        ["deadlines of a day, all due at once", *(f"{one:,.0f}" for one in due)],
        [
            f"workers, to fire them in {CLOSE_SECONDS} s",
            *(f"{ceil(one * c.deadline / CLOSE_SECONDS):,}" for one in due),
        ],
        ["with two workers the last one fires after", *(_minutes(one * c.deadline / 2) for one in due)],
    ]


def money(c: Costs) -> list[list[str]]:
    """Machines that stand all year, at the busiest second's size with room to spare."""
    forms = (COMMANDS - FIRED) / ORDERS
    rows = [["", *SIZES]]
    cores = [
        SPARE * a_year / 365 / BUSY_HOURS / 3600 * PEAK * (_door(c) + forms * (c.web + c.database))
        for a_year in SIZES.values()
    ]
    machines = [one * 24 * 365 * CORE_HOUR for one in cores]
    disks = [a_year * KILOBYTES / 1e6 * YEARS * COPIES * 12 * GB_MONTH for a_year in SIZES.values()]
    both = [a + b for a, b in zip(machines, disks, strict=True)]
    rows.append(["cores that stand there", *(f"{one:,.0f}" for one in cores)])
    rows.append(["cores a year", *(_yuan(one) for one in machines)])
    rows.append([f"disks a year, {YEARS} years kept, and a replica", *(_yuan(one) for one in disks)])
    each = [f"{one / a_year:.3f} yuan" for one, a_year in zip(both, SIZES.values(), strict=True)]
    return [*rows, ["together, for each order", *each]]


def _cores(values: Sequence[float]) -> list[str]:
    return [f"{one:,.0f}" if one >= 10 else f"{one:.1f}" if one >= 0.1 else f"{one:.2f}" for one in values]


def _size(gigabytes: float) -> str:
    if gigabytes >= 1000:
        return f"{gigabytes / 1000:,.3g} TB"
    return f"{gigabytes:,.0f} GB" if gigabytes >= 10 else f"{gigabytes:.1f} GB"


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 600 else f"{seconds / 60:,.0f} min"


def _yuan(amount: float) -> str:
    return f"{amount / 1e6:,.1f} million yuan" if amount >= 1e6 else f"{amount:,.0f} yuan"


TABLES: dict[str, Callable[[Costs], list[list[str]]]] = {
    "one order": one_order,
    "sizes": sizes,
    "close": close,
    "money": money,
}


def with_tables(page: str) -> str:
    """The page with every table computed anew."""
    found = costs()
    for name, table in TABLES.items():
        head, *rows = table(found)
        lines = [head, ["---"] * len(head), *rows]
        text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        page, times = re.subn(
            f"<!-- {name} -->\n.*?<!-- end -->", f"<!-- {name} -->\n{text}\n<!-- end -->", page, flags=re.S
        )
        if times != 1:
            raise ValueError(f"the page has {times} places for {name}")
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
