"""The token state of one instance as short JSON text, and back; and its pruning.

The library's own serializer stores the definitions inside every instance and walks every predicted task. Definitions
belong to the deployment, so a state here is only the task tree: per task its id, parent, spec, state and the little the
engine notes (`rule`, `event_fired`, the item of a multi-instance). Task data is empty but for multi-instance items.

Pruning keeps a state flat over any number of rework rounds, also beside a token that waits all the while: finished
tasks are history, which the journal has, but for those that a waiting join counts or a live task hangs on. It is more
than thrift: the library's joins would count the branches of earlier rounds.
"""

from __future__ import annotations

import json
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
FORMAT = 1
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Workflow(BpmnWorkflow):  # type: ignore[misc]
    """The library's workflow, looking for work in its table of tasks instead of walking the tree."""

    def create_subprocess(self, my_task: Any, spec_name: str) -> Subworkflow:
        subprocess = Subworkflow(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def update_waiting_tasks(self) -> None:
        _update_waiting(self)

    def refresh_timers(self) -> None:
        """Timers fire when they are told to; there is nothing to refresh."""


class Subworkflow(BpmnSubWorkflow):  # type: ignore[misc]
    def update_waiting_tasks(self) -> None:
        _update_waiting(self)


def _update_waiting(workflow: Any) -> None:
    listening = workflow.top_workflow.event_manager.tasks
    for task in list(workflow.tasks.values()):
        # An event that already listens moves only when it is caught; asking it again changes nothing.
        if task._state == TaskState.WAITING and task.id not in listening and task.id in workflow.tasks:
            task.task_spec._update(task)


def dump(workflow: Workflow) -> str:
    """The state as JSON text, keys in a fixed order (the engine depends on order, so never store it as JSONB)."""
    subs = {parent: {"spec": sub.spec.name, **_dump_tree(sub)} for parent, sub in workflow.subprocesses.items()}
    return _encode({"v": FORMAT, **_dump_tree(workflow), "subs": subs})


def _dump_tree(workflow: Any) -> dict[str, Any]:
    tasks = []
    for task in workflow.tasks.values():
        row: list[Any] = [
            task.id,
            task._parent,
            task.task_spec.name,
            task._state,
        ]
        if task.triggered or task.internal_data or task.data:
            row.append(int(task.triggered))
            row.append(task.internal_data)
            row.append(task.data)
        tasks.append(row)
    return {"root": workflow.task_tree.id, "done": int(workflow.completed), "tasks": tasks}


def load(text: str, spec: Any, subprocess_specs: dict[str, Any]) -> Workflow:
    """The workflow of a state, on shared specs. The caller sets `script_engine`."""
    stored = json.loads(text)
    workflow = Workflow(spec, subprocess_specs, deserializing=True)
    _load_tree(workflow, stored)
    waiting = dict(stored["subs"])
    # A subprocess needs the task it hangs on: go on until the nested ones have found theirs.
    while waiting:
        for key in list(waiting):
            owner = next(
                (w for w in (workflow, *workflow.subprocesses.values()) if key in w.tasks),
                None,
            )
            if owner is None:
                continue
            part = waiting.pop(key)
            sub = Subworkflow(
                subprocess_specs[part["spec"]],
                parent_task_id=key,
                top_workflow=workflow,
                deserializing=True,
            )
            _load_tree(sub, part)
            workflow.subprocesses[key] = sub
            parent = owner.tasks[key]
            sub.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
    return workflow


def _load_tree(workflow: Any, stored: dict[str, Any]) -> None:
    task_specs = workflow.spec.task_specs
    tasks = workflow.tasks
    listening = workflow.top_workflow.event_manager
    for row in stored["tasks"]:
        task_id, parent_id = row[0], row[1]
        task = Task(workflow, task_specs[row[2]], state=row[3], id=task_id)
        if parent_id is not None:
            task._parent = parent_id
            tasks[parent_id]._children.append(task_id)
        if len(row) > 4:
            task.triggered = bool(row[4])
            task.internal_data = row[5]
            task.data = row[6]
        if row[3] == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            listening.add_task(task)
    workflow.task_tree = tasks[stored["root"]]
    workflow.completed = bool(stored["done"])


def prune(workflow: Workflow) -> None:
    """Forget the finished past. Keeps every live token, what it hangs on, and what is predicted below."""
    _prune_tree(workflow)
    kept = {workflow}
    for parent, sub in list(workflow.subprocesses.items()):
        if sub.completed or not any(parent in w.tasks for w in (workflow, *workflow.subprocesses.values())):
            for task in sub.tasks.values():
                workflow.event_manager.remove_task(task)
            del workflow.subprocesses[parent]
    for sub in workflow.subprocesses.values():
        _prune_tree(sub)
        kept.add(sub)
    for task in list(workflow.event_manager.tasks.values()):
        if task.workflow not in kept or task.id not in task.workflow.tasks:
            workflow.event_manager.remove_task(task)


def _prune_tree(workflow: Any) -> None:
    tasks = workflow.tasks
    if not any(task._state & LIVE and not isinstance(task.task_spec, _EndJoin) for task in tasks.values()):
        return
    keep = _needed(workflow)
    if len(keep) < len(tasks):
        _contract(workflow, keep)


def _needed(workflow: Any) -> set[str]:
    """Ids of the tasks that the library may still ask for."""
    tasks = workflow.tasks
    keep = {workflow.task_tree.id}
    waiting = {task.task_spec for task in tasks.values() if task._state == TaskState.WAITING}
    joining = {spec for spec in waiting if isinstance(spec, UnstructuredJoin) and not isinstance(spec, _EndJoin)}
    for task in tasks.values():
        spec = task.task_spec
        # What waits for the end of the process is made anew by every token that gets there.
        if isinstance(spec, _EndJoin) and task._state == TaskState.WAITING:
            continue
        # A join counts the branches that have arrived by its own finished tasks and their parents.
        if task._state & TaskState.NOT_FINISHED_MASK or spec in joining:
            parent = task.parent
            keep.add(task.id)
            if parent is not None:
                keep.add(parent.id)
                if isinstance(spec, BoundaryEventJoin) and parent.parent is not None:
                    keep.add(parent.parent.id)
    for task_id in list(keep):
        # The boundaries of an activity, and the instances of a multi-instance, are looked at together.
        if isinstance(tasks[task_id].task_spec, BoundaryEventSplit | LoopTask):
            keep.update(tasks[task_id]._children)
    return keep


def _contract(workflow: Any, keep: set[str]) -> None:
    """Take all other tasks out; what hung below them hangs on the nearest task that is kept."""
    root, tasks = workflow.task_tree, workflow.tasks
    children: dict[str, list[str]] = {root.id: []}
    stack = [(child, root.id) for child in reversed(root.children)]
    while stack:
        task, above = stack.pop()
        if task.id in keep:
            children[above].append(task.id)
            children[task.id] = []
            task._parent = above
            above = task.id
        stack.extend((child, above) for child in reversed(task.children))
    for task_id in list(tasks):
        if task_id in children:
            tasks[task_id]._children = children[task_id]
        else:
            workflow.top_workflow.event_manager.remove_task(tasks.pop(task_id))
