"""The strip of stages: where the order stands, also where two stages call the same process."""

from __future__ import annotations

from app.web.strip import Stage, places_of

DRAFT = Stage("拟办", frozenset({"draft", "sign"}), False)
WORK = Stage("承办", frozenset({"work"}), False)
ANSWER = Stage("反馈", frozenset({"answer", "sign"}), False)


def test_a_step_of_two_stages_stands_in_the_one_that_was_reached() -> None:
    stages = [DRAFT, WORK, ANSWER]
    assert places_of(stages, {"draft"}, {"sign"}) == {"sign": 0}
    assert places_of(stages, {"draft", "sign", "work"}, {"sign"}) == {"sign": 2}
    assert places_of(stages, {"draft", "sign", "work", "answer"}, {"sign"}) == {"sign": 2}


def test_a_step_of_one_stage_stands_there_whatever_was_done() -> None:
    assert places_of([DRAFT, WORK, ANSWER], {"draft", "sign", "work", "answer"}, {"work", "draft"}) == {
        "work": 1,
        "draft": 0,
    }


def test_a_step_beside_the_line_has_no_stage() -> None:
    assert places_of([DRAFT, WORK], set(), {"supervise"}) == {}
