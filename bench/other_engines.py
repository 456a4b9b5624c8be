"""One durable step beside other engines: Flowable and Operaton embedded in Java, and `bpmn-engine` in Node.js.

All run the main line of the small pack (`diagram`), on the same PostgreSQL cluster over TCP, one step a transaction,
history on. Ours and theirs take turns, in several runs; the figures are medians over all runs after warming up.
An engine whose runtime is not installed is left out, with a line that says so.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
import psycopg

from bench.cluster import Cluster, NoPostgres, cluster
from bench.rows import row
from bench.steps import FIRST, Ours
from tests.small import FOLDER, MONDAY

PEERS = Path(__file__).parent / "peers"
RUNS, WARM_UP, ROUNDS = 3, 300, 60
"""A round is one order and the five steps of `FIRST`. Java needs hundreds of rounds before it is warm."""
STATEMENTS = """SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
    WHERE query !~* '^(BEGIN|COMMIT|ROLLBACK|SET|SHOW)' AND query !~* 'pg_stat|txid_'"""
"""How often statements ran since the last reset, without those that begin and end transactions, and this look."""
TRANSACTIONS = "SELECT txid_snapshot_xmax(txid_current_snapshot())"
"""Moves on by one for every transaction that writes."""
Measured = dict[str, Any]
"""`engine`: its name and version; `times_ms`: of every step; `steps`: statements and commits of each."""


def measure() -> list[dict[str, Any]]:
    """`step_pg_vs_…` for every engine that can run here, and the SQL statements of each step."""
    engines = {name: command for name, command in _commands().items() if command}
    try:
        with cluster(shared_preload_libraries="pg_stat_statements") as postgres, TemporaryDirectory() as folder:
            return _compare(postgres, Path(folder), engines)
    except NoPostgres as missing:
        click.echo(f"left out: {missing}")
        return []


def _compare(postgres: Cluster, folder: Path, engines: dict[str, list[str]]) -> list[dict[str, Any]]:
    for name in engines:
        (folder / f"{name}.bpmn").write_text(diagram(name), encoding="utf-8")
    url = postgres.database()
    ours = Ours(url)
    _rounds(ours, WARM_UP // 10)
    own: list[float] = []
    theirs: dict[str, list[float]] = {}
    others: dict[str, Measured] = {}
    for _ in range(RUNS):
        for name, command in engines.items():
            others[name] = _run(name, [*command, *_arguments(postgres, name, folder)])
            theirs.setdefault(name, []).extend(others[name]["times_ms"])
        own += _rounds(ours, ROUNDS)
    counted = _counted(ours, url)
    ours.small.close()
    rows = []
    for name, times in theirs.items():
        engine, title = others[name]["engine"], name.replace("-", "_")
        first = "step_vs_" if name == "bpmn-engine" else "step_pg_vs_"
        rows.append(row(first + title, "ms", median(own), median(times), engine, goal=1, n=len(own)))
        for mine, other in zip(counted, others[name]["steps"], strict=True):
            title_of = f"statements_{other['step']}_vs_{title}"
            rows.append(row(title_of, "statements", mine["statements"], other["statements"], engine, goal=None, n=1))
        # The median step: now and then an engine fetches a block of ids, or autovacuum works, in one of its own.
        mine_, other_ = (median(one["commits"] for one in steps) for steps in (counted, others[name]["steps"]))
        rows.append(row(f"commits_vs_{title}", "commits", mine_, other_, engine, goal=None, n=len(counted)))
    return rows


def _rounds(ours: Ours, n: int) -> list[float]:
    """Milliseconds of the steps of `n` orders; each cold, as in a server that sees the order for the first time."""
    times = []
    for _ in range(n):
        order = ours.start()
        times += [ours.complete(order, step) * 1e3 for step in FIRST]
    return times


def _counted(ours: Ours, url: str) -> list[dict[str, int]]:
    """Statements and writing transactions of each step, as PostgreSQL counts them."""
    order, counts = ours.start(), []
    with psycopg.connect(url, autocommit=True) as looking:
        looking.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        for element, values in FIRST:
            task = ours.small.task(order, element).id
            ours.small.forget()
            looking.execute("SELECT pg_stat_statements_reset()")
            before = looking.execute(TRANSACTIONS).fetchone()
            ours.small.complete_task(task, element, values, MONDAY)
            statements, after = looking.execute(STATEMENTS).fetchone(), looking.execute(TRANSACTIONS).fetchone()
            assert statements and before and after
            counts.append({"statements": int(statements[0]), "commits": int(after[0]) - int(before[0])})
    return counts


def diagram(engine: str) -> str:
    """The small pack's main line in the words of the engine: the same elements, flows, limits and duties."""
    if engine == "bpmn-engine":
        opening = 'language="javascript">next(null, this.environment.output.'
        closing, work = ")", 'implementation="${environment.services.nothing}"'
    else:
        opening, closing, work = ">${", "}", 'camunda:expression="${true}"'
    text = (FOLDER / "main.bpmn").read_text(encoding="utf-8")
    text = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", text, flags=re.S)
    text = re.sub(r"<bpmn:extensionElements>.*?</bpmn:extensionElements>", "", text, flags=re.S)
    text = re.sub(r' (camunda:(formRef|dueDate|resultVariable|type|topic|candidateStarterGroups)|scriptFormat)="[^"]*"',
                  "", text)  # fmt: skip
    text = re.sub(r"(<bpmn:timeDuration[^>]*>).*?<", r"\1P10D<", text)
    condition = rf"<bpmn:conditionExpression xsi:type='bpmn:tFormalExpression' {opening}\1 == '\2'{closing}<"
    text = re.sub(r'<bpmn:conditionExpression[^>]*>(\w+) = "(\w+)"<', condition, text)
    does = rf"<bpmn:serviceTask \2 {work}/>"
    text = re.sub(r"<bpmn:(script|service)Task ([^>]*?)\s*(/>|>.*?</bpmn:\1Task>)", does, text, flags=re.S)
    instance = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    text = text.replace("<bpmn:definitions ", f"<bpmn:definitions {instance} ")
    if engine == "flowable":
        text = text.replace("http://camunda.org/schema/1.0/bpmn", "http://flowable.org/bpmn")
        text = text.replace("camunda:", "flowable:").replace("xmlns:camunda=", "xmlns:flowable=")
    return text


def _commands() -> dict[str, list[str]]:
    """Engine → how it is started; built or installed first where that is still to be done."""
    return {"flowable": _java("flowable"), "operaton": _java("operaton"), "bpmn-engine": _node()}


def _java(name: str) -> list[str]:
    folder = PEERS / name
    if not shutil.which("java") or not shutil.which("mvn"):
        click.echo(f"left out: {name} 需要 Java 17 和 Maven / needs Java 17 and Maven")
        return []
    if subprocess.run(["mvn", "-q", "-B", "package"], cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode:
        click.echo(f"left out: {name} 无法构建 / could not be built")
        return []
    return ["java", "-Xmx1g", "-cp", f"{folder}/target/classes:{folder}/target/lib/*", "Peer"]


def _node() -> list[str]:
    folder = PEERS / "node"
    if not shutil.which("node") or not shutil.which("npm"):
        click.echo("left out: bpmn-engine 需要 Node.js / needs Node.js")
        return []
    install = ["npm", "ci", "--no-progress", "--loglevel=error"]
    if not (folder / "node_modules").is_dir() and subprocess.run(install, cwd=folder, check=False).returncode:
        click.echo("left out: bpmn-engine 无法安装 / could not be installed")
        return []
    return ["node", str(folder / "peer.mjs")]


def _arguments(postgres: Cluster, name: str, folder: Path) -> list[str]:
    database = postgres.database()
    with psycopg.connect(database, autocommit=True) as looking:
        looking.execute("CREATE EXTENSION pg_stat_statements")
    address = database
    if name != "bpmn-engine":
        address = database.replace("postgresql://jieban@", "jdbc:postgresql://") + "?user=jieban"
    return [address, str(folder / f"{name}.bpmn"), str(WARM_UP), str(ROUNDS)]


def _run(name: str, command: list[str]) -> Measured:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[:3000]}")
    found: Measured = json.loads(done.stdout.strip().splitlines()[-1])
    return found
