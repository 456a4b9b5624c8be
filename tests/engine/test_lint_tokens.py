"""Joins that starve and loops that never rest: what is refused, and what merely looks like it."""

from __future__ import annotations

import time

import pytest

from tests.engine.lint_drawing import (
    boundary,
    drawn,
    end,
    flow,
    found,
    gateway,
    judged,
    line,
    node,
    start,
    timer,
    user,
)

SCRIPT = ('scriptFormat="feel" camunda:resultVariable="n"', "<bpmn:script>1</bpmn:script>")
TERMINATE = "<bpmn:terminateEventDefinition/>"
ERROR = "<bpmn:errorEventDefinition/>"


def script(identifier: str) -> str:
    return node("scriptTask", identifier, *SCRIPT)


def choice(identifier: str, default: str) -> str:
    return gateway("exclusive", identifier, f'default="{identifier}_to_{default}"')


def starving(*parts: str) -> list[str]:
    return [element for code, element in found(drawn(*parts)) if code == "parallel-join-starves"]


def looping(*parts: str) -> list[str]:
    return [element for code, element in found(drawn(*parts)) if code == "endless-loop"]


FORK = [start(), gateway("parallel", "fork"), gateway("parallel", "join"), end(), user("a"), user("b")]
BOTH = [*line("begin", "fork", "a"), *line("fork", "b", "join", "finish")]


def test_fork_and_join_are_fine() -> None:
    assert starving(*FORK, *BOTH, *line("a", "join")) == []


def test_branch_that_may_end_before_the_join_starves_it() -> None:
    parts = [*FORK, *BOTH, choice("g", "out"), end("out"), *line("a", "g"), flow("g", "join", "ok")]
    assert starving(*parts, flow("g", "out")) == ["join"]


@pytest.mark.parametrize("definition", [TERMINATE, ERROR])
def test_branch_that_ends_everything_starves_nobody(definition: str) -> None:
    parts = [*FORK, *BOTH, choice("g", "out"), end("out", definition), *line("a", "g")]
    assert starving(*parts, flow("g", "join", "ok"), flow("g", "out")) == []


def test_rework_inside_a_branch_is_fine() -> None:
    parts = [*FORK, *BOTH, choice("g", "a"), *line("a", "g"), flow("g", "join", "ok"), flow("g", "a")]
    assert starving(*parts) == []


def test_rework_that_leaves_the_branch_starves_the_join() -> None:
    parts = [*FORK, gateway("exclusive", "again"), choice("g", "again"), *line("begin", "again", "fork", "a", "g")]
    parts += [flow("g", "join", "ok"), flow("g", "again"), *line("fork", "b", "join", "finish")]
    assert starving(*parts) == ["join"]


def test_choice_that_merges_again_inside_a_branch_is_fine() -> None:
    parts = [*FORK, *BOTH, choice("g", "c"), gateway("exclusive", "m"), user("c"), *line("a", "g")]
    assert starving(*parts, flow("g", "m", "ok"), flow("g", "c"), *line("c", "m", "join")) == []


def test_choice_whether_to_enter_the_block_is_fine() -> None:
    parts = [*FORK, choice("g", "finish"), *line("begin", "g"), flow("g", "fork", "ok"), flow("g", "finish")]
    assert starving(*parts, *line("fork", "a", "join", "finish"), *line("fork", "b", "join")) == []


def test_rework_of_the_whole_block_is_fine() -> None:
    parts = [*FORK, gateway("exclusive", "again"), choice("g", "again"), *line("begin", "again", "fork")]
    parts += [*line("fork", "a", "join", "g"), *line("fork", "b", "join")]
    assert starving(*parts, flow("g", "finish", "ok"), flow("g", "again")) == []


def test_parallel_gateway_as_merge_of_a_loop_starves() -> None:
    parts = [start(), gateway("parallel", "join"), user("a"), choice("g", "join"), end()]
    assert starving(*parts, *line("begin", "join", "a", "g"), flow("g", "finish", "ok"), flow("g", "join")) == ["join"]


def test_event_gateway_before_a_parallel_join_starves_it() -> None:
    parts = [start(), gateway("eventBased", "g"), gateway("parallel", "join"), end()]
    catches = [node("intermediateCatchEvent", name, "", timer("PT1H")) for name in ("a", "b")]
    assert starving(*parts, *catches, *line("begin", "g", "a", "join", "finish"), *line("g", "b", "join")) == ["join"]


def test_interrupting_boundary_that_leaves_the_branch_starves_the_join() -> None:
    parts = [*FORK, *BOTH, *line("a", "join"), boundary("late", "a", timer("PT1H")), end("out")]
    assert starving(*parts, *line("late", "out")) == ["join"]


def test_interrupting_boundary_that_returns_or_reaches_the_join_is_fine() -> None:
    parts = [*FORK, *BOTH, *line("a", "join"), boundary("late", "a", timer("PT1H")), user("c")]
    merged = [*FORK, *BOTH, gateway("exclusive", "m"), *line("a", "m", "join"), user("c")]
    merged += [boundary("late", "a", timer("PT1H")), *line("late", "c", "m")]
    assert starving(*parts, *line("late", "c", "a")) == []
    assert starving(*merged) == []


def test_reminder_beside_the_work_is_fine_unless_it_feeds_the_join() -> None:
    reminder = boundary("late", "a", timer("PT1H"), 'cancelActivity="false"')
    parts = [*FORK, *BOTH, *line("a", "join"), reminder]
    assert starving(*parts, end("out"), *line("late", "out")) == []
    assert starving(*parts, *line("late", "join")) == ["join"]


def test_joins_of_a_subprocess_are_judged_too() -> None:
    inner = [part.replace("begin", "s").replace("finish", "e") for part in FORK]
    inner += [choice("g", "b"), *line("s", "g"), flow("g", "a", "ok"), flow("g", "b"), *line("fork", "a")]
    inner += [*line("a", "join", "e"), *line("b", "join")]
    parts = [start(), node("subProcess", "sub", "", "".join(inner)), end(), *line("begin", "sub", "finish")]
    assert starving(*parts) == ["join"]


@pytest.mark.parametrize(
    "rest",
    [
        user("y"),
        node("intermediateCatchEvent", "y", "", timer("PT1H")),
        node("callActivity", "y", 'calledElement="archive"'),
        node("subProcess", "y", "", start("s") + user("z") + end("e") + "".join(line("s", "z", "e"))),
    ],
)
def test_loop_with_a_rest_is_fine(rest: str) -> None:
    parts = [start(), script("x"), choice("g", "x"), rest, end()]
    assert looping(*parts, *line("begin", "x", "y", "g", "x"), flow("g", "finish", "n > 3")) == []


@pytest.mark.parametrize(
    "busy",
    [
        script("y"),
        node("intermediateThrowEvent", "y"),
        node("subProcess", "y", "", start("s") + script("z") + end("e") + "".join(line("s", "z", "e"))),
        node(
            "subProcess",
            "y",
            "",
            start("s") + choice("h", "e") + user("z") + end("e") + flow("s", "h") + flow("h", "z", "n > 1")
            + flow("h", "e") + flow("z", "e"),
        ),
    ],
)  # fmt: skip
def test_loop_without_a_rest_is_refused(busy: str) -> None:
    parts = [start(), script("x"), choice("g", "x"), busy, end()]
    assert looping(*parts, *line("begin", "x", "y", "g", "x"), flow("g", "finish", "n > 3")) == ["x"]


def test_error_boundary_back_into_the_task_is_an_endless_loop_a_timer_is_none() -> None:
    parts = [start(), script("x"), end(), *line("begin", "x", "finish"), *line("b", "x")]
    assert looping(*parts, boundary("b", "x", ERROR)) == ["x"]
    assert looping(*parts, boundary("b", "x", timer("PT1H"))) == []


def test_hopelessly_tangled_diagram_is_refused_instead_of_searched() -> None:
    parts = [start(), end(), flow("begin", "g0")]
    for n in range(60):
        parts += [choice(f"g{n}", f"j{n}"), gateway("parallel", f"j{n}"), flow(f"g{n}", f"j{n}")]
        parts.append(flow(f"g{n}", f"j{n + 1 if n < 59 else 0}", "ok"))
        parts.append(flow(f"j{n}", f"g{n + 1}" if n < 59 else "finish"))
    problems = found(drawn(*parts))
    assert ("too-tangled", "main") in problems
    assert "parallel-join-starves" not in {code for code, _ in problems}


def test_largest_diagram_that_is_looked_at_takes_under_a_second() -> None:
    parts = [start(), end(), flow("begin", "g0")]
    for n in range(30):
        parts += [choice(f"g{n}", f"j{n}"), gateway("parallel", f"j{n}"), flow(f"g{n}", f"j{n}")]
        parts.append(flow(f"g{n}", f"t{n}_0", "ok"))
        parts += [user(f"t{n}_{m}") for m in range(14)] + line(*(f"t{n}_{m}" for m in range(14)), f"j{n}")
        parts.append(flow(f"j{n}", f"g{n + 1}" if n < 29 else "finish"))
    data = drawn(*parts)
    began = time.process_time()
    problems = judged(data)
    assert time.process_time() - began < 1
    assert sum(problem.code == "parallel-join-starves" for problem in problems) == 30
