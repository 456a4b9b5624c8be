"""One order: the request, the one form in front of me, the clocks with their reasons, the story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.web import attachments, context
from app.web.clocks import past_clocks, running_clocks
from app.web.form_pages import is_refresh
from app.web.language import _, pick
from app.web.loaded import Loaded
from app.web.once import id_to_make
from app.web.request_text import contact_fields, intake_fields, request_of
from app.web.story import Teller
from app.web.strip import short_name, strip
from app.web.words import moment
from forms import BoundForm, FieldSpec
from persistence.audit import verify
from processes import duties, verbs
from processes.door import Result
from processes.engine.diagram import Process
from processes.errors import AlreadyHandled, Confidential, NoReason, NotFound
from processes.order import Task

blueprint = Blueprint("orders", __name__, url_prefix="/orders")

WRITTEN = ("textfield", "textarea", "number", "datetime", "taglist")
"""Fields that a form shows filled in when it comes again."""

MOST_REASON = 200
Answer = str | tuple[str, int] | Response


@blueprint.get("/<number>")
def show(number: str) -> Answer:
    """The order with the most urgent task of mine, or the one that `?task=` names."""
    loaded = Loaded(number)
    wanted = request.args.get("task")
    task = next((one for one in loaded.mine if one.id == wanted), loaded.mine[0] if loaded.mine else None)
    with loaded.answers.asked():
        return order_page(loaded, task, bind(loaded, task, task.form) if task else None)


@blueprint.post("/<number>/tasks/<task_id>")
def complete(number: str, task_id: str) -> Answer:
    """Finish a task with its form. Errors draw the page again with everything typed (422)."""
    loaded = Loaded(number)
    task = loaded.order.tasks.get(task_id)
    if task is None:
        too_late(loaded, task_id)
    with loaded.answers.asked():
        keep_typed(loaded, task, task.form)
        duties.require_duty(context.me(), loaded.order, task)
        form = bind(loaded, task, task.form, request.form)
        if is_refresh():
            return order_page(loaded, task, form)
        if form is not None and not form.validate():
            return order_page(loaded, task, form), 422
    values, personal = answers(loaded, task.form, form)
    door, files = context.platform().door, attachments.handed_in(form)
    result = verbs.complete(door, context.me(), task_id, values, context.now(), personal=personal, files=files)
    tell(result, _("已完成：%(name)s", name=task.name))
    return redirect(url_for("orders.show", number=number))


@blueprint.route("/<number>/acts/<message>", methods=["GET", "POST"])
def act(number: str, message: str) -> Answer:
    """Start a side process (an application, an urgent report) by the form of its start."""
    loaded = Loaded(number)
    process = loaded.regulation.definitions.starters.get(message)
    if process is None or not process.starters:
        raise NotFound()
    instance_id = id_to_make()
    with loaded.answers.asked():
        posted = request.form if request.method == "POST" else None
        if posted is not None:
            keep_typed(loaded, None, process.start.form)
        duties.require_start(loaded.answers, process, context.me())
        form = bind(loaded, None, process.start.form, posted)
        if posted is None or is_refresh():
            return act_page(loaded, process, form)
        if form is not None and not form.validate():
            return act_page(loaded, process, form), 422
    values, personal = answers(loaded, process.start.form, form)
    result = verbs.send(
        context.platform().door,
        context.me(),
        loaded.row["id"],
        message,
        values,
        context.now(),
        personal=personal,
        files=attachments.handed_in(form),
        instance_id=instance_id,
    )
    tell(result, _("已提交：%(name)s", name=short_name(process)))
    return redirect(url_for("orders.show", number=number))


@blueprint.post("/<number>/reveal")
def reveal(number: str) -> Answer:
    """Show the contact in clear, once, for a reason that the journal keeps."""
    loaded = Loaded(number)
    reason = request.form.get("reason", "").strip()[:MOST_REASON]
    task = loaded.mine[0] if loaded.mine else None
    with loaded.answers.asked():
        form = bind(loaded, task, task.form) if task else None
        fields = contact_fields(loaded)
        try:
            verbs.reveal(context.platform().door, context.me(), loaded.row["id"], fields, reason, context.now())
        except NoReason as wrong:
            said = {"reveal_errors": pick(wrong.zh, wrong.en), "reveal_reason": reason}
            return order_page(loaded, task, form, **said), 422
        return order_page(Loaded(number), task, form, revealed=fields)


@blueprint.get("/<number>/trace")
def trace(number: str) -> str:
    """The journal as it is kept, with its chain of hashes; `?verify=1` checks it."""
    loaded = Loaded(number)
    teller = teller_of(loaded)
    verified = None
    if request.args.get("verify"):
        found = verify(context.platform().database, order_id=loaded.row["id"])
        words = _("记录完整：%(n)s 条记录的摘要逐条相符。", n=found.entries) if found.intact else found.broken
        verified = {"intact": found.intact, "words": words}
    rows = [teller.raw(row) for row in loaded.journal]
    return render_template("orders/trace.html", order=head_of(loaded, teller), rows=rows, verified=verified)


def keep_typed(loaded: Loaded, task: Task | None, form: str | None) -> None:
    """For the page of a refusal: what was typed. Its files are not stored, for the form may be none of theirs."""
    g.form = bind(loaded, task, form, request.form, store=False)


def bind(
    loaded: Loaded, task: Task | None, form: str | None, posted: Any = None, *, store: bool = True
) -> BoundForm | None:
    """The form of a task or start event, filled with what was posted; None when there is no form to fill."""
    if form is None:
        return None
    compiled = context.platform().form(loaded.regulation, form)
    # A time offered is this minute; what was typed is held against this very second.
    now = loaded.now if posted is not None else loaded.now.replace(second=0, microsecond=0)
    choices = context.platform().choices(loaded.regulation)
    scope, values = loaded.scope(task, now), _said_before(loaded, task, compiled.fields) if task else {}
    return attachments.bind(compiled, posted, scope=scope, choices=choices, values=values, store=store)


def _said_before(loaded: Loaded, task: Task, fields: Sequence[FieldSpec]) -> dict[str, Any]:
    """What was written when this step was done before: words are kept, choices are made anew."""
    instance = loaded.order.instances.get(task.instance)
    if instance is None or task.element not in loaded.order.done or task.local:
        return {}
    return {
        spec.key: instance.vars[spec.key]
        for spec in fields
        if spec.component in WRITTEN and not spec.personal and instance.vars.get(spec.key) is not None
    }


def answers(loaded: Loaded, form_id: str | None, form: BoundForm | None) -> tuple[dict[str, Any], frozenset[str]]:
    """The validated values and which of them are personal."""
    if form is None or form_id is None:
        return {}, frozenset()
    return form.values, context.platform().form(loaded.regulation, form_id).personal_keys


def tell(result: Result, done: str) -> None:
    """Say what was done, and what the rules refused."""
    if result.refused:
        for refused in result.refused:
            flash(_("按规定不予接受：%(says)s", says=refused.says or "、".join(refused.codes)), "care")
    else:
        flash(done, "done")


def order_page(loaded: Loaded, task: Task | None, form: BoundForm | None, **more: Any) -> str:
    """The three columns. `task`: the one whose form stands in the middle."""
    teller = teller_of(loaded)
    return render_template("orders/order.html", **_page(loaded, teller, task, form), **_request(loaded, teller, more))


def act_page(loaded: Loaded, process: Process, form: BoundForm | None) -> str:
    """The page of one act."""
    teller = teller_of(loaded)
    act = {
        "name": short_name(process),
        "help": process.start.documentation or process.documentation,
        "act": _("提交%(name)s", name=short_name(process)),
        "action": url_for("orders.act", number=loaded.row["number"], message=process.start.message),
    }
    page = {"order": head_of(loaded, teller), "act": act, "form": form, "clocks": _clocks(loaded)}
    return render_template("orders/act.html", **page, **_request(loaded, teller, {}))


def teller_of(loaded: Loaded) -> Teller:
    platform, regulation = context.platform(), loaded.regulation
    fields = {form: {spec.key: spec for spec in platform.form(regulation, form).fields} for form in regulation.forms}
    names = context.people_names(row["actor"] for row in loaded.journal)
    files = attachments.names_of(loaded.row["id"])
    return Teller(regulation, names, context.unit_names(), fields, loaded.now, files)


def _page(loaded: Loaded, teller: Teller, task: Task | None, form: BoundForm | None) -> dict[str, Any]:
    number = loaded.row["number"]
    others = [_task(loaded, teller, one) for one in loaded.order.tasks.values() if one not in loaded.mine]
    live = {one["element"]: one["name"] for one in loaded.tasks}
    return {
        "order": head_of(loaded, teller),
        "strip": strip(loaded.regulation, loaded.row["process"], loaded.row["done"], live),
        "clocks": _clocks(loaded),
        "past": past_clocks(loaded.deadlines, loaded.regulation, loaded.now),
        "reasons": teller.reasons.of_limits(loaded.journal, loaded.deadlines),
        "units": _units(loaded),
        "regulation": _regulation(loaded),
        "task": _task(loaded, teller, task) if task else None,
        "form": form,
        "tasks": [_task(loaded, teller, one) | {"current": one is task} for one in loaded.mine],
        "waiting": others,
        "acts": [
            {"label": short_name(loaded.regulation.definitions.starters[message]),
             "href": url_for("orders.act", number=number, message=message)}
            for message in loaded.messages
        ],
        "story": teller.story(loaded.journal),
    }  # fmt: skip


def _request(loaded: Loaded, teller: Teller, more: dict[str, Any]) -> dict[str, Any]:
    revealed = more.get("revealed", ())
    may_reveal = duties.may_reveal(context.me(), loaded.order, loaded.regulation)
    said = request_of(loaded, teller, revealed=revealed, may_reveal=may_reveal)
    return {
        "request_text": said,
        "contact": said["contact"],
        "why_not": "" if may_reveal else pick(Confidential.zh, Confidential.en),
        "revealed": bool(revealed),
        "reveal_errors": more.get("reveal_errors", ""),
        "reveal_reason": more.get("reveal_reason", ""),
        "taking": more.get("taking", {}),
    }


def head_of(loaded: Loaded, teller: Teller) -> dict[str, Any]:
    row, regulation, specs = loaded.row, loaded.regulation, intake_fields(loaded)
    keys = ("request_type", "category", "channel")
    about = [teller.value(specs[key], row[key]) for key in keys if row[key] and key in specs]
    closed = row["archived_at"] or row["closed_at"]
    return {
        "number": row["number"],
        "title": row["title"],
        "about": about,
        "kind": row["kind"],
        "status": regulation.statuses.get(row["status"], row["status"]),
        "replay": row["replay"],
        "lamp": {"state": "done", "words": regulation.statuses.get(row["status"], row["status"])},
        "closed": moment(closed, regulation.zone, loaded.now) if closed else "",
    }


def _clocks(loaded: Loaded) -> list[dict[str, Any]]:
    calendar = context.calendar()
    return running_clocks(loaded.deadlines, loaded.regulation, calendar, loaded.now)


def _units(loaded: Loaded) -> list[dict[str, str]]:
    names, facts = context.unit_names(), loaded.row["facts"]
    lead = facts.get("lead_unit")
    said = [{"label": _("主办"), "value": names.get(str(lead), str(lead))}] if lead else []
    co_units = facts.get("co_units")
    if isinstance(co_units, list) and co_units:
        said.append({"label": _("协办"), "value": "、".join(names.get(str(unit), str(unit)) for unit in co_units)})
    return said


def _regulation(loaded: Loaded) -> dict[str, str]:
    regulation = loaded.regulation
    from_day = regulation.effective_from
    words = _("第 %(n)s 版", n=regulation.number)
    if from_day is not None:
        words += " · " + _("%(day)s 起施行", day=f"{from_day.astimezone(regulation.zone):%Y-%m-%d}")
    return {
        "title": regulation.title,
        "words": words,
        "href": url_for("packs.show", pack=regulation.name, deployment=regulation.number),
    }


def _task(loaded: Loaded, teller: Teller, task: Task) -> dict[str, Any]:
    found = teller.regulation.find(task.element)
    return {
        "name": task.name,
        "act": task.name,
        "duty": _duty(task),
        "help": found.documentation if found else "",
        "action": url_for("orders.complete", number=loaded.row["number"], task_id=task.id),
        "href": url_for("orders.show", number=loaded.row["number"], task=task.id),
        "id": task.id,
        "holder": teller.actor(task.assignee) if task.assignee else "",
        "mine": task.assignee == context.me().user,
        "shared": duties.is_shared(task),
        "may_take": duties.may_take(context.me(), loaded.order, task),
    }


def _duty(task: Task) -> str:
    roles = "、".join(context.role_name(role) for role in task.roles)
    return f"{context.unit_names().get(task.unit, task.unit)} · {roles}" if task.unit else roles


def too_late(loaded: Loaded, task_id: str) -> NoReturn:
    """A task that is not open any more answers 409 and keeps what was typed; another order's is not found."""
    row = context.platform().read.task(task_id)
    if row is None or row["order_id"] != loaded.row["id"]:
        raise NotFound()
    with loaded.answers.asked():
        keep_typed(loaded, None, row["form"])
    raise AlreadyHandled()
