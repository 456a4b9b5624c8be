"""规程包上传: a pack as a zip archive, what lint and scenarios say of it, what it changes, and its deployment.

For admins and process owners. The check is kept with the archive, so that deploying needs no second upload; nothing is
in force before "deploy" is pressed. Somebody else's attempt is refused and stands in the office's journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as Answer

from app.deploying import ScenariosFailed, deploy, zone_of
from app.pack_archive import unpacked, write_archive
from app.pack_check import check_apart
from app.settings import Settings
from app.web import context
from app.web.language import _, pick
from app.web.words import exact_moment
from persistence.confirmations import Confirmed
from persistence.uploads import Upload, Uploads
from processes import verbs
from processes.errors import BadPack, NotFound, Refusal, SameNumbers, Unconfirmed
from processes.pack import read_pack
from processes.parameters import parameters_of

blueprint = Blueprint("uploads", __name__, url_prefix="/deploy")

MOST_NOTE = 500
MOST_SHOWN = 200


def init_uploads(app: Flask, settings: Settings) -> None:
    """Only the upload of a pack may be larger than other requests. Before anything reads the form."""

    @app.before_request
    def bound() -> None:
        if request.endpoint == "uploads.check":
            request.max_content_length = settings.upload_bytes


@blueprint.get("/")
def index() -> str:
    """The form, and the result of the last check."""
    if not context.may_deploy():
        raise Forbidden()
    return _page()


@blueprint.post("/check")
def check() -> Answer | tuple[str, int]:
    """Look at an archive and keep it with the result."""
    _require_owner("check")
    sent = request.files.get("pack")
    name, data = (sent.filename or "", sent.read()) if sent else ("", b"")
    if not data:
        return _page(wrong=_("请选择规程包的 zip 文件。")), 422
    platform, now = context.platform(), context.now()
    try:
        checked = check_apart(platform.library, context.office(), data, now)
    except Refusal as error:
        return _page(wrong=pick(error.zh, error.en)), 422
    upload = Upload(_plain(name), data, checked, now)
    Uploads(platform.database).keep(context.office(), context.person().id, upload)
    return redirect(url_for("uploads.index"))


@blueprint.post("/apply")
def apply() -> Answer | tuple[str, int]:
    """Deploy what was checked, from the date given."""
    _require_owner("deploy")
    platform, here, person = context.platform(), context.office(), context.person()
    uploads = Uploads(platform.database)
    upload = uploads.find(here, person.id)
    if upload is None:
        raise NotFound()
    note = request.form.get("note", "").strip()[:MOST_NOTE]
    try:
        begins = date.fromisoformat(request.form.get("effective_from", ""))
    except ValueError:
        return _page(wrong_date=_("请填写生效日期。")), 422
    if not upload.checked["fit"]:
        return _page(wrong=_("检查未通过，不能部署。")), 422
    with unpacked(upload.content) as folder:
        try:
            pack = read_pack(folder)
            done = deploy(
                platform,
                pack,
                actor=context.me(),
                now=context.now(),
                effective_from=datetime.combine(begins, time(), zone_of(pack)),
                note=note,
                office=here,
                folder=folder,
            )
        except (BadPack, ScenariosFailed, Unconfirmed, SameNumbers) as error:
            return _page(wrong=pick(error.zh, error.en)), 422
    uploads.forget(here, person.id)
    said = _("已部署为第 %(n)s 版，%(day)s 起生效。") if done.new else _("早已部署为第 %(n)s 版，%(day)s 起生效。")
    flash(said % {"n": done.row.number, "day": begins.isoformat()}, "done")
    return redirect(url_for("packs.show", pack=done.row.pack, deployment=done.row.number))


@blueprint.post("/confirm")
def confirm() -> Answer | tuple[str, int]:
    """Confirm one masked value of what was checked."""
    _require_owner("confirm")
    platform, here, person = context.platform(), context.office(), context.person()
    upload = Uploads(platform.database).find(here, person.id)
    if upload is None:
        raise NotFound()
    name, source = request.form.get("name", ""), request.form.get("source", "").strip()[:MOST_NOTE]
    if not source:
        return _page(unsourced=name), 422
    with unpacked(upload.content) as folder:
        pack = read_pack(folder)
        parameter = parameters_of(pack).get(name)
        value = parameter.value if parameter else None
        platform.library.confirm(
            pack, Confirmed(name, value, source), actor=context.me(), now=context.now(), office=here
        )
    return redirect(url_for("uploads.index", _anchor="masked"))


@blueprint.post("/discard")
def discard() -> Answer:
    """Give up what was uploaded."""
    _require_owner("discard")
    Uploads(context.platform().database).forget(context.office(), context.person().id)
    return redirect(url_for("uploads.index"))


@blueprint.get("/current.zip")
def current() -> Response:
    """The pack in force, as an archive to work on."""
    if not context.may_deploy():
        raise Forbidden()
    regulation = context.in_force()
    name = f"{regulation.name}-{regulation.number}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_archive(regulation.pack), content_type="application/zip", headers=headers)


def _require_owner(act: str) -> None:
    """Raises 403, after a line in the journal, for whoever is neither admin nor process owner."""
    if context.may_deploy():
        return
    platform = context.platform()
    verbs.record(platform.door, context.me(), context.office(), "refuse_deploy", {"act": act}, context.now())
    raise Forbidden()


def _plain(name: str) -> str:
    """A file's name for showing: its last part, without control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable())[:120] or "pack.zip"


def _page(*, wrong: str = "", wrong_date: str = "", unsourced: str = "") -> str:
    upload = Uploads(context.platform().database).find(context.office(), context.person().id)
    return render_template(
        "uploads/index.html",
        wrong=wrong,
        wrong_date=wrong_date,
        unsourced=unsourced,
        note=request.form.get("note", ""),
        upload=_shown(upload) if upload else None,
        words=_attribute_words(),
    )


def _shown(upload: Upload) -> dict[str, Any]:
    checked = upload.checked
    scenarios = checked["scenarios"] or {"passed": 0, "failed": 0, "results": []}
    failed = [
        {**result, "differences": [_one_language(line) for line in result["differences"]]}
        for result in scenarios["results"]
        if not result["passed"]
    ]
    masked = _masked(checked)
    return {
        "masked": masked,
        "waiting": sum(not one["by"] for one in masked),
        "name": upload.file_name,
        "at": exact_moment(upload.uploaded_at, context.zone())[:16],
        "title": checked["title"],
        "fit": checked["fit"],
        "problems": checked["problems"],
        "warnings": checked["warnings"],
        "played": checked["scenarios"] is not None,
        "passed": scenarios["passed"],
        "results": scenarios["results"],
        "failed": failed,
        "effective_from": request.form.get("effective_from") or _proposed(checked),
        "against": checked["against"],
        "groups": _groups([*checked["files"], *checked["changes"]]),
    }


def _masked(checked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The masked values of the pack, and who confirmed them as it states them."""
    if not checked.get("masked"):
        return []
    known = context.platform().library.confirmations(context.office(), checked["pack"])
    names = context.people_names(one.by for one in known.values())
    listed = []
    for one in checked["masked"]:
        found = known.get(one["name"])
        valid = found is not None and str(found.value) == str(one["value"])
        said = {
            "by": names.get(found.by, found.by) if found and valid else "",
            "at": exact_moment(found.at, context.zone())[:16] if found and valid else "",
            "source": found.source if found and valid else "",
        }
        listed.append({**one, **said})
    return listed


def _proposed(checked: Mapping[str, Any]) -> str:
    """The date of the pack; the next day for a revision whose date has passed."""
    written = str(checked["effective_from"] or "")
    tomorrow = (context.now().astimezone(context.zone()).date() + timedelta(days=1)).isoformat()
    return max(written, tomorrow) if checked["against"] else written


def _one_language(line: str) -> str:
    """The half of `中文 / English` that the person reads."""
    zh, _slash, en = line.partition(" / ")
    return pick(zh, en or zh)


def _attribute_words() -> dict[str, str]:
    """The attributes that process owners know, in words."""
    return {
        "name": _("名称"), "documentation": _("说明"), "lane": _("泳道"), "timer": _("定时"), "roles": _("职责"),
        "form": _("表单"), "decision": _("规则表"), "message": _("消息"), "script": _("表达式"), "topic": _("平台操作"),
        "inputs": _("输入"), "properties": _("属性"), "attributes": _("平台属性"), "condition": _("条件"),
        "starters": _("可发起的职责"), "called": _("调用流程"), "label": _("标题"), "help": _("填写说明"),
        "required": _("必填"), "options": _("选项"), "max_length": _("最多字数"), "value": _("取值"),
    }  # fmt: skip


def _groups(changes: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Changes by kind, in words; the first few hundred of each."""
    kinds = {
        "unsealed": _("取消加密的个人信息"), "file": _("文件"), "process": _("流程"), "element": _("流程环节"),
        "condition": _("分支条件"), "rule": _("规则表的行"), "field": _("表单字段"), "setting": _("设置"),
    }  # fmt: skip
    how = {"added": _("新增"), "removed": _("删除"), "changed": _("修改")}
    groups = []
    for kind, title in kinds.items():
        mine = [change for change in changes if change["kind"] == kind]
        counts = [(how[one], sum(change["how"] == one for change in mine)) for one in how]
        rows = [
            {
                "how": how[change["how"]],
                "where": " · ".join(part for part in (change["place"], change["id"]) if part),
                "name": change["name"] if change["name"] != change["id"] else "",
                "details": change["details"],
            }
            for change in mine[:MOST_SHOWN]
        ]
        if mine:
            words = "，".join(f"{word} {n}" for word, n in counts if n)
            groups.append({"title": title, "words": words, "rows": rows, "more": len(mine) - len(rows)})
    return groups
