"""The yearly notice in the three ways an admin may hand it in, and what is wrong with the others."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timers.errors import BadNotice
from timers.notice import Notice, parse_notice

EXPECTED = Notice(
    2030,
    {date(2030, 1, 1): "元旦", date(2030, 10, 1): "国庆节", date(2030, 10, 2): "国庆节"},
    {date(2030, 9, 29): "国庆节"},
    "2030年部分节假日安排的通知",
    date(2029, 11, 5),
)

CSV = """\
# year: 2030
# source: 2030年部分节假日安排的通知
# published_on: 2029-11-05
date,kind,name
2030-01-01,holiday,元旦
2030-10-01..2030-10-02,放假,国庆节

2030-09-29,调休,国庆节
"""

YAML = """\
year: 2030
source: 2030年部分节假日安排的通知
published_on: 2029-11-05
holidays:
  - {date: 2030-01-01, name: 元旦}
  - {from: 2030-10-01, to: 2030-10-02, name: 国庆节}
workdays:
  2030-09-29: 国庆节
"""

JSON = """{
\t"year": 2030, "source": "2030年部分节假日安排的通知", "published_on": "2029-11-05",
\t"holidays": {"2030-01-01": "元旦", "2030-10-01..2030-10-02": "国庆节"},
\t"workdays": [{"date": "2030-09-29", "name": "国庆节"}]
}"""


@pytest.mark.parametrize("text", [CSV, YAML, JSON, "\ufeff" + CSV, CSV.replace("\n", "\r\n")])
def test_the_notice_is_read_in_every_form(text: str) -> None:
    assert parse_notice(text) == EXPECTED


def test_what_the_text_does_not_say_the_admin_may() -> None:
    found = parse_notice("2030-01-01,holiday", source="电话通知")
    assert found == Notice(2030, {date(2030, 1, 1): ""}, {}, "电话通知")
    assert parse_notice("holidays: [2030-01-01]\nworkdays:\n", year=2030).year == 2030


def test_the_year_is_the_one_most_days_lie_in() -> None:
    text = "2029-12-31,holiday,元旦\n2030-01-01,holiday,元旦\n2030-01-02,holiday,元旦\n"
    assert parse_notice(text).year == 2030


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "no holiday"),
        ("date,kind,name\n", 0, "no holiday"),
        ("2030-01-01,holiday,元旦\n2030-02-30,holiday,x", 2, "2030-02-30"),
        ("2030-01-01,feast,元旦", 1, "feast"),
        ("2030-01-01", 1, "three columns"),
        ("2030-01-01,holiday,a,b", 1, "three columns"),
        ("2030-01-01,holiday,\n2030-01-01,holiday,", 2, "twice"),
        ("2030-01-05,holiday,\n2030-01-05,workday,", 2, "both"),
        ("2030-01-01,holiday,\n2030-01-02,workday,", 2, "weekday"),
        ("# year: 2030\n2031-10-01,holiday,", 2, "not in the year"),
        ("# year: soon\n2030-10-01,holiday,", 1, "soon"),
        ("2030-10-07..2030-10-01,holiday,", 1, "stretch"),
        ("2030-01-01..2030-12-31,holiday,", 1, "stretch"),
        ("year: 2030\nholidays: 2030-01-01\n", 2, "list"),
        ("year: 2030\nholidays:\n  - 2030-01-01\n  - tomorrow\n", 4, "tomorrow"),
        ("year: 2030\nholidays:\n  - {day: 2030-01-01}\n", 3, "date, name"),
        ("year: 2030\nholidays:\n  - [2030-01-01]\n", 3, "keys"),
        ("year: 2030\nferien: []\n", 2, "ferien"),
        ("year: [2030]\n", 1, "single value"),
        ("year: 2030\nholidays: [\n", 3, "not valid"),
        ('{"year": 2030,\n "holidays": ["2030-01-01"\n', 3, "not valid"),
        ("{" * 5000, 0, "brackets"),
        ('2030-01-01,"holiday', 1, "CSV"),
        ("year: 2030\nholidays: " + "- " * 5000, 2, "not valid"),
        ("year: !!python/object/apply:os.system [id]\n", 1, "single value"),
    ],
)
def test_a_faulty_notice_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadNotice) as refused:
        parse_notice(text)
    assert said in refused.value.en
    assert refused.value.line == line
    assert (f"第 {line} 行" in refused.value.zh) == bool(line)


def test_a_text_that_is_far_too_long_is_refused() -> None:
    with pytest.raises(BadNotice):
        parse_notice("2030-01-01,holiday,\n" * 20_000)


def test_a_contradictory_notice_cannot_be_made() -> None:
    with pytest.raises(BadNotice):
        Notice(2030, {date(2030, 1, 5): ""}, {date(2030, 1, 5): ""})


@given(st.text(alphabet=st.sampled_from("2030-19,:#{}[]\n\t\"' abhoilday放假~&*!|>%@"), max_size=80))
def test_any_text_is_a_notice_or_refused(text: str) -> None:
    try:
        assert parse_notice(text).holidays
    except BadNotice as refused:
        assert refused.zh and refused.en
