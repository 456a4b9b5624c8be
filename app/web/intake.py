"""受理台: a request is taken by the intake form of the regulation in force."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.web import attachments, context
from app.web.form_pages import is_refresh
from app.web.language import _
from app.web.once import id_to_make
from app.web.orders import tell
from forms import BoundForm
from processes import verbs
from processes.errors import NotNow, NotYourDuty

blueprint = Blueprint("intake", __name__)


@blueprint.route("/intake", methods=["GET", "POST"])
def receive() -> str | tuple[str, int] | Response:
    """Show the form, or take the request and go to its order."""
    regulation, me, office = context.in_force(), context.me(), context.office()
    main = regulation.definitions.processes[regulation.main]
    if not me.holds(office, main.starters, None):
        raise NotYourDuty()
    if main.start.form is None:
        raise NotNow()
    compiled = context.platform().form(regulation, main.start.form)
    posted = request.form if request.method == "POST" else None
    order_id = id_to_make()
    # The time offered is this minute; what was typed is held against this very second.
    now = context.now() if posted is not None else context.now().replace(second=0, microsecond=0)
    scope = regulation.names(now, me)
    form = attachments.bind(compiled, posted, scope=scope, choices=context.platform().choices(regulation))
    if posted is None or is_refresh():
        return _page(form)
    if not form.validate():
        return _page(form), 422
    g.form = form
    door, files = context.platform().door, attachments.handed_in(form)
    personal = compiled.personal_keys
    result = verbs.receive(
        door,
        me,
        office,
        form.values,
        context.now(),
        personal=personal,
        files=files,
        pack=regulation.name,
        order_id=order_id,
    )
    tell(result, _("已登记，编号 %(number)s。", number=result.order.number))
    return redirect(url_for("orders.show", number=result.order.number))


def _page(form: BoundForm) -> str:
    regulation = context.in_force()
    words = f"{regulation.title} · {_('第 %(n)s 版', n=regulation.number)}"
    return render_template("intake/intake.html", form=form, regulation=words)
