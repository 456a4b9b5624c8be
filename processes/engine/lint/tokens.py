"""Where tokens go: joins that wait for ever, loops that never rest, chains too long for the parser.

The joins are judged one choice at a time. A choice is a gateway that takes one exit of several, or an
activity that may be left through a boundary event. If its exits feed different inputs of a parallel join,
or only some of them feed it while other inputs are fed from elsewhere, the join can wait for a token that
never comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from processes.engine.lint.model import ACTIVITIES, SUBPROCESSES, Diagram, Flow, Node, Scope
from processes.engine.lint.registry import Finding, rule

LONGEST_CHAIN = 200
"""Nodes in one chain. The library parses by calling itself for each; somewhere beyond, Python gives up."""
MOST_EFFORT = 1_000_000
"""Flows that the search for starving joins may have to follow; a large honest diagram takes some ten thousand."""
STOPS_THE_SCOPE = frozenset({"terminate", "error", "cancel"})
CHOICES = ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway")
RESTS = frozenset({"userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "callActivity"})


class Exit(NamedTuple):
    """What follows when a choice takes one exit: inputs of the join fed, and whether the path may simply
    end."""

    feeds: frozenset[Flow]
    may_end: bool


@rule("parallel-join-starves")
def parallel_join_starves(diagram: Diagram) -> Iterator[Finding]:
    if sum(map(_effort, diagram.scopes)) > MOST_EFFORT:
        return
    for scope in diagram.scopes:
        choices = list(_choices(scope))
        for join in _joins(scope):
            choice = next((node for node, exits in choices if _starves(join, node, exits)), None)
            if choice:
                yield Finding(
                    join,
                    f"该并行汇合可能永远等不齐：“{choice.name or choice.id}”只走其中一条路。"
                    "请改用排他网关汇合，或让每条路都到达汇合处。",
                    f'The parallel join may wait for ever: only one of the ways from "{choice.name or choice.id}" is '
                    "taken. Join with an exclusive gateway, or lead every way to the join.",
                )


@rule("too-tangled")
def too_tangled(diagram: Diagram) -> Iterator[Finding]:
    if sum(map(_effort, diagram.scopes)) > MOST_EFFORT:
        yield Finding(
            max(diagram.scopes, key=_effort),
            "并行汇合、选择和连线太多，无法检查是否会卡住。请拆成几个流程。",
            "Too many parallel joins, choices and flows to check for deadlock. Split it into several processes.",
        )


@rule("endless-loop")
def endless_loop(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes:
        loop = _restless_loop(scope)
        if loop:
            yield Finding(
                loop[0],
                f"循环（{'、'.join(node.id for node in loop)}）中没有人工任务、定时器或消息，引擎会转个不停。",
                f"The loop ({', '.join(node.id for node in loop)}) holds no user task, timer or message; the "
                "engine would run round it for ever.",
            )


@rule("long-chain")
def long_chain(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes:
        depth = _parse_depth(scope)
        if depth > LONGEST_CHAIN:
            yield Finding(
                scope,
                f"一条路上连着 {depth} 个节点，最多 {LONGEST_CHAIN} 个。请用子流程或调用活动拆开。",
                f"{depth} nodes follow each other; {LONGEST_CHAIN} are allowed. Split with call activities.",
            )


def _joins(scope: Scope) -> list[Node]:
    return [node for node in scope.tagged("parallelGateway") if len(node.incoming) > 1]


def _effort(scope: Scope) -> int:
    return len(_joins(scope)) * sum(len(exits) for _, exits in _choices(scope)) * len(scope.flows)


def _choices(scope: Scope) -> Iterator[tuple[Node, list[list[Flow]]]]:
    """Every choice with what each of its exits consists of."""
    for node in scope.nodes:
        if node.tag in CHOICES and len(node.outgoing) > 1:
            yield node, [[flow] for flow in node.outgoing]
        elif node.tag in ACTIVITIES:
            cutting = [event for event in node.boundaries if event.interrupting or "error" in event.kinds]
            if cutting:
                yield node, [node.outgoing, *(event.outgoing for event in cutting)]
            for event in node.boundaries:
                if event not in cutting:
                    yield event, [event.outgoing, []]


def _starves(join: Node, choice: Node, exits: list[list[Flow]]) -> bool:
    if choice is join:
        return False
    followed = [_follow(flows, join, choice) for flows in exits]
    fed = frozenset[Flow]().union(*(way.feeds for way in followed))
    if not fed:
        return False
    decides_all = fed == frozenset(join.incoming)
    return any(way.feeds != fed and (bool(way.feeds) or (way.may_end and not decides_all)) for way in followed)


def _follow(flows: list[Flow], join: Node, choice: Node) -> Exit:
    """Walk on from the flows, stopping at the join and where the choice is made again."""
    feeds: set[Flow] = set()
    seen: set[Node] = set()
    may_end = not flows
    ahead = list(flows)
    while ahead:
        flow = ahead.pop()
        node = flow.target
        if node is join:
            feeds.add(flow)
        elif node and node is not choice and node not in seen:
            seen.add(node)
            may_end |= not node.exits and not STOPS_THE_SCOPE & set(node.kinds)
            ahead += node.exits
    return Exit(frozenset(feeds), may_end)


def _restless_loop(scope: Scope) -> list[Node]:
    """The nodes of one loop that a token can run round without waiting for anything; empty if there is
    none."""
    restless = {node for node in scope.nodes if not _rests(node)}
    met: set[Node] = set()
    for first in scope.nodes:
        path: list[Node] = []
        branches = [iter([first] if first in restless else [])]
        while branches:
            node = next(branches[-1], None)
            if node is None:
                branches.pop()
                if path:
                    path.pop()
            elif node in path:
                return path[path.index(node) :]
            elif node in restless and node not in met:
                met.add(node)
                path.append(node)
                branches.append(iter(_next(node)))
    return []


def _rests(node: Node) -> bool:
    """True if a token always waits here, for a person, a time or a message."""
    if node.tag == "boundaryEvent":
        return bool({"timer", "message"} & set(node.kinds))
    if node.tag in SUBPROCESSES:
        inside = next((scope for scope in node.scope.scopes if scope.xml is node.xml), None)
        return inside is not None and not _passes(inside)
    return node.tag in RESTS


def _passes(scope: Scope) -> bool:
    """True if a token can run from start to end of the subprocess without waiting."""
    seen: set[Node] = set()
    ahead = scope.tagged("startEvent")
    while ahead:
        node = ahead.pop()
        if node in seen:
            continue
        seen.add(node)
        if _rests(node):
            continue
        if not _next(node):
            return True
        ahead += _next(node)
    return False


def _next(node: Node) -> list[Node]:
    return [flow.target for flow in node.outgoing if flow.target] + node.boundaries


def _parse_depth(scope: Scope) -> int:
    """The deepest that a parser goes which calls itself for every node it has not met, boundary events
    first."""
    deepest = 0
    met: set[Node] = set()
    for start in scope.tagged("startEvent"):
        path = [iter([start])]
        while path:
            node = next(path[-1], None)
            if node is None:
                path.pop()
            elif node not in met:
                met.add(node)
                path.append(iter(node.boundaries + [flow.target for flow in node.outgoing if flow.target]))
                deepest = max(deepest, len(path) - 1)
    return deepest
