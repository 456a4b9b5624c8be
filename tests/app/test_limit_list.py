"""The list of limits on the page of a regulation says in words what tables and drawings say in FEEL."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.platform import Platform
from app.web.limit_list import condition, limit_text, source_kind, timer_words, timers_of
from forms import FieldSpec
from processes.pack import read_pack
from processes.regulation import Regulation
from tests.app.browsing import OFFICE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def regulation() -> Regulation:
    return Platform.compile(read_pack(ROOT / "bpmn" / OFFICE))


@pytest.fixture
def question(platform: Platform, regulation: Regulation) -> FieldSpec:
    return next(one for one in platform.form(regulation, "intake").fields if one.key == "request_type")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("true", "类型"),
        ('"complaint"', "类型 投诉"),
        ('"complaint", "report"', "类型 投诉、举报"),
        ('not("consult")', "类型不是 咨询"),
        ('not("consult",null)', "类型不是 咨询"),
        ('"of no form"', "类型 of no form"),
        ("> 3", "类型 > 3"),
    ],
)
def test_a_condition_in_words(app: Flask, question: FieldSpec, cell: str, words: str) -> None:
    with app.test_request_context():
        assert condition("类型", cell, question) == words


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        ("R/2023-01-01T00:00:00+08:00/P1M", "每月"),
        ("R/2023-01-01T00:00:00+08:00/P11D", "R/2023-01-01T00:00:00+08:00/P11D"),
        ("minutes(30)", "30 分钟"),
        ('before("handle_overdue", working_days(1))', "“办理逾期”前 1 个工作日"),
        ('after("handle_overdue", natural_days(10))', "“办理逾期”后 10 天"),
        ('share("handle_overdue", 0.25)', "“办理逾期”的时限剩余 25% 时"),
        ('share("handle_overdue", 25 / 100)', "“办理逾期”的时限剩余 25% 时"),
        ("at_clock(natural_days(0), 17:30)", "当日 17:30"),
        ("if a then hours(1) else hours(2)", "if a then hours(1) else hours(2)"),
    ],
)
def test_a_drawn_timer_in_words(app: Flask, regulation: Regulation, drawn: str, words: str) -> None:
    with app.test_request_context():
        assert timer_words(regulation, drawn) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("5", "wd", "5 个工作日"),
        ("special_value", "special_unit", "按所填“规定的期限”"),
        ("retention.years", "year", "见表“归档规则”"),
        ("of_no_form", "wd", "of_no_form wd"),
        ("no_table.years", "year", "no_table.years year"),
        ("1 + 1", "wd", "1 + 1 wd"),
    ],
)
def test_a_limit_of_the_table_in_words(
    app: Flask, platform: Platform, regulation: Regulation, value: str, unit: str, words: str
) -> None:
    questions = {one.key: one for one in platform.form(regulation, "dispatch").fields}
    with app.test_request_context():
        assert limit_text(regulation, questions, value, unit) == words


def test_a_masked_value_that_was_confirmed_says_so(app: Flask, regulation: Regulation) -> None:
    masked = next(one for one in regulation.parameters.values() if one.must_be_confirmed)
    with app.test_request_context():
        assert source_kind(regulation, "masked", f"parameter.{masked.name}")["kind"] == "已确认"
        assert source_kind(regulation, "masked", "5")["kind"] == "待确认"
        assert source_kind(regulation, "text", f"parameter.{masked.name}")["kind"] == "条文"


def test_every_limit_is_listed_with_a_place(app: Flask, regulation: Regulation) -> None:
    with app.test_request_context():
        listed = timers_of(regulation)
    assert len(listed) > 30
    assert all(one["name"] and one["limit"] and one["then"] for one in listed)


def test_a_number_that_is_computed_is_not_shown(app: Flask) -> None:
    bengbu = Platform.compile(read_pack(ROOT / "bpmn" / "bengbu"))
    with app.test_request_context():
        numbers = {one["id"] for one in timers_of(bengbu)}
    assert numbers > {"—", "T-BB-19"} and not any("." in one or one == "null" for one in numbers)
