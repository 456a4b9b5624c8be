"""People and what they may do: accounts made, passwords reset, duties given and taken. For admins.

An admin acts on people all of whose offices they administer: whoever may reset a password may become that person.
Everything is written to the office's journal. A password made here works once: the next page asks for one's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user, login_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app.accounts import MOST_NAME, add_account, duties_under, is_login, is_name, one_time_password
from app.delivery.ways import is_address
from app.web import context
from app.web.auth import PROBES, SignedIn, knows_password
from app.web.language import _
from app.web.passwords import hash_password
from app.web.recording import recorded
from processes.errors import NotFound
from processes.people import Duty, is_reserved, offices

blueprint = Blueprint("accounts", __name__, url_prefix="/people")

LEAST_PASSWORD, MOST_PASSWORD = 10, 200
Answer = str | tuple[str, int] | Response


@blueprint.route("/new", methods=["GET", "POST"])
def add() -> Answer:
    """A new account with its first duty; its password is shown once."""
    context.require_admin()
    typed = {name: request.form.get(name, "").strip() for name in ("login", "name", "role", "unit")}
    if request.method != "POST":
        return _form(typed, {})
    people, wrong = context.platform().people, {}
    if is_reserved(typed["login"]):
        wrong["login"] = _("这个名称由系统保留，请换一个。")
    elif not is_login(typed["login"]):
        wrong["login"] = _("账号应以小写字母开头，由小写字母、数字和 . _ - 组成，2 至 60 个字符。")
    elif people.by_login(typed["login"]) is not None:
        wrong["login"] = _("这个账号已经存在。")
    if is_reserved(typed["name"]):
        wrong["name"] = _("这个名称由系统保留，请换一个。")
    elif not is_name(typed["name"]):
        wrong["name"] = _("请填写姓名，不超过 %(n)s 个字。", n=MOST_NAME)
    duty, said = _duty(typed)
    if duty is None:
        wrong["role"] = said
    if wrong or duty is None:
        return _form(typed, wrong), 422
    user, password = add_account(context.platform(), context.me(), typed["login"], typed["name"], duty, context.now())
    return _account(user, password=password)


@blueprint.get("/<user>")
def show(user: str) -> str:
    """One person: duties, state, password."""
    context.require_admin()
    return _account(user)


@blueprint.post("/<user>/password")
def reset(user: str) -> str:
    """A new password that works once; live sessions end."""
    context.require_admin()
    found = managed(user)
    password = one_time_password()
    hashed = hash_password(password)
    with recorded("reset_password", {"login": found["login"]}):
        context.platform().people.update(
            user, end_sessions=True, password_hash=hashed, password_once=True, failed_attempts=0, locked_until=None
        )
    return _account(user, password=password)


@blueprint.post("/<user>/email")
def set_email(user: str) -> Answer:
    """Where notices for the person's duties go; empty takes it away."""
    context.require_admin()
    found = managed(user)
    typed = request.form.get("email", "").strip()
    if typed and not is_address(typed):
        return _account(user, wrong_email=_("这不是有效的电子邮件地址。")), 422
    # Masked: the journal tells where notices went without keeping an address for ever.
    changed = {"login": found["login"], "before": _masked(found["email"]), "after": _masked(typed)}
    with recorded("set_email", changed):
        context.platform().people.update(user, email=typed or None)
    flash(_("已保存电子邮件地址。"), "done")
    return redirect(url_for("accounts.show", user=user))


@blueprint.post("/<user>/duties")
def add_duty(user: str) -> Answer:
    """Give a duty of this office."""
    context.require_admin()
    found = managed(user)
    duty, said = _duty(request.form)
    if duty is None:
        return _account(user, wrong=said), 422
    if duty not in context.platform().people.duties(user):
        with recorded("add_duty", {"login": found["login"], "role": duty.role, "unit": duty.unit}):
            context.platform().people.add_duty(user, duty)
        flash(_("已增加职责：%(duty)s。", duty=_duty_words(duty)), "done")
    return redirect(url_for("accounts.show", user=user))


@blueprint.post("/<user>/duties/remove")
def remove_duty(user: str) -> Answer:
    """Take a duty of this office; the last one stays, the account is disabled instead."""
    context.require_admin()
    found, people = managed(user), context.platform().people
    duty = Duty(context.office(), request.form.get("role", ""), request.form.get("unit") or None)
    held = people.duties(user)
    if duty not in held:
        raise NotFound()
    if len(held) == 1:
        return _account(user, wrong=_("这是最后一项职责，不能撤销；不再使用的账号请停用。")), 422
    if user == context.person().id and duty.role == context.ADMIN:
        return _account(user, wrong=_("不能撤销自己的管理职责，请由另一位管理员办理。")), 422
    with recorded("remove_duty", {"login": found["login"], "role": duty.role, "unit": duty.unit}):
        people.remove_duty(user, duty)
    flash(_("已撤销职责：%(duty)s。", duty=_duty_words(duty)), "done")
    return redirect(url_for("accounts.show", user=user))


@blueprint.route("/password", methods=["GET", "POST"])
def own_password() -> Answer:
    """One's own password: the old one, and the new one twice. Other sessions of the person end."""
    person, people = context.person(), context.platform().people
    row = people.by_id(person.id)
    if row is None:
        raise NotFound()
    if request.method != "POST":
        return _own(row["password_once"], {})
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if max(len(old), len(new), len(again)) > MOST_PASSWORD:
        raise BadRequest()
    wrong = {}
    if not knows_password(context.platform(), row, old, context.now()):
        wrong["old"] = _("原密码不对。")
    if len(new) < LEAST_PASSWORD or new == old or row["login"] in new:
        wrong["new"] = _("新密码至少 %(n)s 个字符，不同于原密码，不含账号。", n=LEAST_PASSWORD)
    elif new != again:
        wrong["again"] = _("两次输入的新密码不一致。")
    if wrong:
        return _own(row["password_once"], wrong), 422
    hashed = hash_password(new)
    with recorded("change_password", {"login": row["login"]}):
        people.update(person.id, end_sessions=True, password_hash=hashed, password_once=False)
        now_stands = people.by_id(person.id)
    login_user(SignedIn(now_stands or row, person.actor))
    flash(_("密码已修改。"), "done")
    return redirect(url_for("inbox.index"))


def ask_for_own_password() -> Response | None:
    """Before every request: who signed in with a one-time password chooses their own first."""
    free = ("accounts.own_password", "sign_in.sign_out", "static", "preferences.choose", *PROBES)
    if request.endpoint in free or not current_user.is_authenticated or not context.person().password_once:
        return None
    return redirect(url_for("accounts.own_password"))


def may_manage(held: Collection[str]) -> bool:
    """Whether the person administers every one of these offices, this one among them."""
    mine = {duty.office for duty in context.me().duties if duty.role == context.ADMIN}
    return context.office() in held and mine.issuperset(held)


def managed(user: str) -> Mapping[str, Any]:
    """The row of somebody the admin may act on. Raises `NotFound`."""
    people = context.platform().people
    found = people.by_id(user)
    if found is None or not may_manage(offices(people.duties(user))):
        raise NotFound()
    return found


def _duty(typed: Mapping[str, str]) -> tuple[Duty | None, str]:
    """The duty that was chosen, or why there is none."""
    role, unit = typed.get("role", ""), typed.get("unit", "") or None
    sees = duties_under([context.in_force()])
    if role not in sees:
        return None, _("请选择职责。")
    if unit is not None and unit not in context.unit_names():
        return None, _("请选择单位。")
    if sees[role] == "unit" and unit is None:
        return None, _("这项职责属于单位，请选择单位。")
    return Duty(context.office(), role, unit if sees[role] == "unit" else None), ""


def _duty_words(duty: Duty) -> str:
    name = context.role_name(duty.role)
    return f"{name}（{context.unit_names().get(duty.unit, duty.unit)}）" if duty.unit else name


def _masked(email: str | None) -> str | None:
    """`z***@city.example`."""
    name, _at, host = (email or "").partition("@")
    return f"{name[:1]}***@{host}" if host else None


def _choices() -> dict[str, Any]:
    sees = duties_under([context.in_force()])
    roles = [(role, context.role_name(role), sight) for role, sight in sees.items()]
    return {"roles": roles, "units": list(context.unit_names().items())}


def _form(typed: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    return render_template("accounts/new.html", typed=typed, wrong=wrong, **_choices())


def _own(once: bool, wrong: Mapping[str, str]) -> str:
    return render_template("accounts/password.html", once=once, wrong=wrong, least=LEAST_PASSWORD)


def _account(user: str, *, password: str = "", wrong: str = "", wrong_email: str = "") -> str:
    found = managed(user)
    here = [duty for duty in context.platform().people.duties(user) if duty.office == context.office()]
    locked = found["locked_until"] is not None and found["locked_until"] > context.now()
    person = {
        "id": found["id"],
        "name": found["name"],
        "login": found["login"],
        "email": request.form.get("email", "") if wrong_email else found["email"] or "",
        "disabled": found["disabled"],
        "locked": locked,
        "once": found["password_once"],
        "own": found["id"] == context.person().id,
    }
    duties = [{"words": _duty_words(duty), "role": duty.role, "unit": duty.unit or ""} for duty in here]
    return render_template(
        "accounts/account.html",
        person=person,
        duties=duties,
        password=password,
        wrong=wrong,
        wrong_email=wrong_email,
        **_choices(),
    )
