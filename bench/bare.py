"""The baseline: SpiffWorkflow alone, its JSON loaded from SQLite, a task completed, the JSON saved again.

The diagram is the small pack's main line in the library's own dialect: Python conditions, quoted durations, scripts for
service tasks. Nothing else is done: no forms, duties, deadlines or journal. The database has the same pragmas as ours,
and the library runs as our engine room has it, without a log record for every change of state: to its advantage.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

SCHEMA = """
create table instance (id integer primary key, state text, done integer);
create table task (id integer primary key, instance integer, name text, status text);
create index task_instance on task (instance, status);
"""


class Bare:
    """`diagram`: the main line of the small pack; `folder`: where its database lies."""

    def __init__(self, diagram: Path, folder: Path) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.ElementTree(etree.fromstring(in_plain_dialect(diagram.read_text(encoding="utf-8")))))
        self._spec = parser.get_spec("main")
        self._subprocesses = parser.get_subprocess_specs("main")
        self._serializer = BpmnWorkflowSerializer()
        self.connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys=ON")
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.executescript(SCHEMA)

    def start(self) -> int:
        """A new instance, run to its first task."""
        workflow = BpmnWorkflow(self._spec, self._subprocesses)
        workflow.do_engine_steps()
        run = self.connection.execute
        run("begin immediate")
        key = run("insert into instance (state, done) values (?, 0)", (self._serializer.serialize_json(workflow),))
        instance = int(key.lastrowid or 0)
        self._open(instance, workflow)
        run("commit")
        return instance

    def complete(self, instance: int, name: str, values: dict[str, Any]) -> None:
        """One durable step: load, complete the task, save, commit."""
        run = self.connection.execute
        run("begin immediate")
        (state,) = run("select state from instance where id = ?", (instance,)).fetchone()
        workflow = self._serializer.deserialize_json(state)
        task = next(one for one in workflow.get_tasks(state=TaskState.READY, manual=True) if one.task_spec.name == name)
        task.data.update(values)
        task.run()
        workflow.do_engine_steps()
        saved = self._serializer.serialize_json(workflow)
        run("update instance set state = ?, done = ? where id = ?", (saved, int(workflow.completed), instance))
        run("update task set status = 'done' where instance = ? and name = ? and status = 'open'", (instance, name))
        self._open(instance, workflow)
        run("commit")

    def _open(self, instance: int, workflow: Any) -> None:
        known = self.connection.execute("select name from task where instance = ? and status = 'open'", (instance,))
        names = {name for (name,) in known}
        for task in workflow.get_tasks(state=TaskState.READY, manual=True):
            if task.task_spec.name not in names:
                row = (instance, task.task_spec.name)
                self.connection.execute("insert into task (instance, name, status) values (?, ?, 'open')", row)


def in_plain_dialect(diagram: str) -> bytes:
    """The diagram as the bare library takes it."""
    text = re.sub(r'(<bpmn:conditionExpression[^>]*>)(\w+) = ("\w+")<', r"\1\2 == \3<", diagram)
    text = re.sub(r"(<bpmn:timeDuration[^>]*>).*?<", r'\1"P10D"<', text)
    text = re.sub(r"<bpmn:script>.*?<", "<bpmn:script>overdue = True<", text)
    script = "<bpmn:script>told = True</bpmn:script></bpmn:scriptTask>"
    text = re.sub(r"<bpmn:serviceTask ([^>]*?)/>", rf"<bpmn:scriptTask \1>{script}", text)
    text = re.sub(r"<bpmn:serviceTask (.*?)</bpmn:serviceTask>", rf"<bpmn:scriptTask \1{script}", text, flags=re.S)
    return text.encode()
