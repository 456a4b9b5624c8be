"""One place where everything that can go wrong becomes a page, in the tone of the office.

A `Refusal` of the domain carries its status and its sentence. What was typed is shown back for copying, so that a
page that came too late never costs the work: forms that can be drawn again are drawn again by their own view.
"""

from __future__ import annotations

import logging

from flask import Flask, g, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from app.observing.metrics import ERRORS
from app.web.language import _, pick
from forms import BoundForm
from processes.errors import Refusal
from timers.errors import TimerError

Answer = tuple[str, int]
log = logging.getLogger(__name__)

WORK = frozenset({"intake", "orders", "cases", "calendar"})
"""The pages whose answers are shown back: those where people write at length. Nothing of accounts."""
NO_ANSWERS = frozenset({"csrf_token", "password", "version", "next", "_refresh"})
MOST_KEPT = 40


def init_errors(app: Flask) -> None:
    """Handlers for refusals, HTTP errors and faults."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(TimerError, lambda error: error_page(422, _("填写有误"), pick(error.zh, error.en)))
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, fault)


def refused(refusal: Refusal) -> Answer:
    """The page of a refusal: its sentence, and what was typed."""
    titles = {403: _("不能办理"), 404: _("没有找到"), 409: _("情况已有变化"), 422: _("填写有误")}
    return error_page(refusal.status, titles.get(refusal.status, _("未能办理")), pick(refusal.zh, refusal.en))


def http_error(error: HTTPException) -> Answer | HTTPException:
    """What the framework refuses, in our words. Redirects pass."""
    status = error.code or 500
    said = {
        400: (_("请求有误"), _("页面可能已过期，或提交的内容不完整。请返回上一页刷新后重试。")),
        401: (_("请先登录"), _("登录后才能继续。")),
        403: (_("不能办理"), _("这不是您的职责，请转交有权办理的人员。")),
        404: (_("没有找到"), _("没有找到这个页面，或您无权查看。")),
        405: (_("请求有误"), _("这个地址不能这样打开。")),
        409: (_("情况已有变化"), _("内容已被他人更新，请刷新后重试。")),
        413: (_("内容过大"), _("提交的内容超过上限，请压缩附件或分次提交。")),
        422: (_("填写有误"), _("请按提示修改后再提交。")),
    }.get(status)
    if status < 400:
        return error
    title, words = said or (_("未能完成"), _("服务器没有接受这个请求。"))
    return error_page(status, title, words)


def fault(error: Exception) -> Answer:
    """A fault of ours: logged with its place, said without its inside."""
    ERRORS.labels("web").inc()
    log.error("%s %s failed", request.method, request.url_rule or "-", exc_info=error)
    words = _("这次操作没有完成，也没有改动任何数据。请稍后再试；若再次出现，请联系系统管理员。")
    return error_page(500, _("系统出错"), words)


def error_page(status: int, title: str, words: str) -> Answer:
    """An error as a page with the way back."""
    # Files belong to nobody: what is said about one must be the same for all.
    inside = status != 500 and request.endpoint != "static" and current_user.is_authenticated
    page = render_template(
        "errors/error.html" if inside else "errors/bare.html",
        title=title,
        words=words,
        kept=typed() if status != 413 else [],
        back=url_for("inbox.index") if inside else url_for("sign_in.sign_in"),
        back_words=_("回到待办") if inside else _("去登录"),
    )
    return page, status


def typed() -> list[tuple[str, str]]:
    """What the person had typed into the form that was refused, by the questions' labels; only where that is work."""
    if request.method != "POST" or request.blueprint not in WORK:
        return []
    form: BoundForm | None = g.get("form")
    if form is not None:
        shown = [(field.spec.label, "、".join(field.typed)) for field in form.form.fields.values()]
    else:
        # No field's key has a hyphen: an input with one is ours.
        answers = [(name, value) for name, value in request.form.items(multi=True) if name not in NO_ANSWERS]
        shown = [(name, value) for name, value in answers if "-" not in name]
    return [(name, value) for name, value in shown if value.strip()][:MOST_KEPT]
