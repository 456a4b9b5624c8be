"""Taking a task for oneself, giving it back, and taking over from a colleague, on the page of the order."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.web import context
from app.web.language import _, pick
from app.web.loaded import Loaded
from app.web.orders import MOST_REASON, Answer, order_page, too_late
from processes import verbs
from processes.errors import NoReason
from processes.order import Task

blueprint = Blueprint("taking", __name__, url_prefix="/orders")


@blueprint.post("/<number>/tasks/<task_id>/claim")
def claim(number: str, task_id: str) -> Answer:
    """Take it; with a `reason`, from whoever has it. A reason that says nothing is asked for again (422)."""
    loaded = Loaded(number)
    task, reason = _task(loaded, task_id), request.form.get("reason")
    why = None if reason is None else reason.strip()[:MOST_REASON]
    try:
        verbs.claim(context.platform().door, context.me(), task.id, context.now(), why=why)
    except NoReason as wrong:
        said = {"task": task.id, "reason": why, "wrong": pick(wrong.zh, wrong.en)}
        with loaded.answers.asked():
            return order_page(loaded, None, None, taking=said), 422
    flash(_("已领取：%(name)s。同事会看到由您办理。", name=task.name), "done")
    return _back(number, task)


@blueprint.post("/<number>/tasks/<task_id>/release")
def release(number: str, task_id: str) -> Answer:
    """Give it back."""
    task = _task(Loaded(number), task_id)
    verbs.release(context.platform().door, context.me(), task.id, context.now())
    flash(_("已放回：%(name)s。同岗位的同事都可以办理。", name=task.name), "done")
    return _back(number, task)


def _task(loaded: Loaded, task_id: str) -> Task:
    """Raises `AlreadyHandled`, `NotFound`."""
    task = loaded.order.tasks.get(task_id)
    if task is None:
        too_late(loaded, task_id)
    return task


def _back(number: str, task: Task) -> Response:
    return redirect(url_for("orders.show", number=number, task=task.id))
