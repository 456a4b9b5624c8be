"""The story of an order for those who work on it: journal entries as sentences, newest first.

The audit page shows the same rows raw. Values are shown with the labels of the form they were given in; personal ones
never reach the journal, so they cannot appear here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from app.web.language import _
from app.web.reasons import Reasons
from app.web.strip import short_name
from app.web.words import exact_moment, moment, short_moment, size_words
from forms import FieldSpec
from processes.people import SYSTEM
from processes.regulation import Regulation

Row = Mapping[str, Any]
Labels = Mapping[str, str]
MOST_CHARACTERS = 300


class Teller:
    """Tells rows. `people`: user id → name; `units`: unit id → name; `fields(form id)`: the form's questions;
    `files`: id → name of the order's files.
    """

    def __init__(
        self, regulation: Regulation, people: Labels, units: Labels, fields: Mapping[str, Mapping[str, FieldSpec]],
        now: datetime, files: Labels | None = None,
    ) -> None:  # fmt: skip
        self.regulation, self.people, self.units, self.fields, self.now = regulation, people, units, fields, now
        self.files = files or {}
        self.zone = regulation.zone
        self.reasons = Reasons(regulation, fields, self.value)

    def story(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Entries of the timeline, newest first."""
        return [self.entry(row) for row in sorted(rows, key=lambda row: row["seq"], reverse=True)]

    def entry(self, row: Row) -> dict[str, Any]:
        """One entry: `words`, `kind`, `at`, `iso`, `notes`, `said`, `bases`."""
        changed = json.loads(row["changed"] or "{}")
        fired = row["act"] == "fire"
        element = self.regulation.find(row["element"])
        reminder = element is not None and element.properties.get("soft") == "true"
        at = row["due_at"] if fired and row["due_at"] else row["happened_at"]
        return {
            "words": self.words(row, changed),
            "kind": "timer" if fired and not reminder else "",
            "at": short_moment(at, self.zone, self.now),
            "iso": at.isoformat(),
            "notes": self._notes(row, changed),
            "said": self._said(row, changed),
            "bases": self.reasons.sentences(changed),
        }

    def raw(self, row: Row) -> dict[str, Any]:
        """One entry as the audit sees it."""
        changed = json.loads(row["changed"] or "{}")
        return {
            "seq": row["seq"],
            "at": exact_moment(row["happened_at"], self.zone),
            "due": exact_moment(row["due_at"], self.zone) if row["due_at"] else "",
            "actor": self.actor(row["actor"]),
            "act": _acts().get(row["act"], row["act"]),
            "element": self.element(row["element"]),
            "changed": [
                {"label": key, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
                for key, value in changed.items()
            ],
            "why": row["why"],
            "deployment": row["deployment"],
            "hash": row["hash"],
        }

    def actor(self, user: str) -> str:
        """The name of who acted."""
        return _("系统") if user == SYSTEM.user else self.people.get(user, user)

    def element(self, element: str | None) -> str:
        """The name of an element anywhere in the regulation, or its id."""
        found = self.regulation.find(element)
        return (found.name if found else "") or element or ""

    def words(self, row: Row, changed: Mapping[str, Any]) -> str:
        """What happened, in a few words."""
        name = self.element(row["element"])
        if row["act"] in ("receive", "open"):
            return _("登记诉求") if row["act"] == "receive" else _("开立事务")
        if row["act"] == "send":
            starter = self.regulation.definitions.starters.get(str(changed.get("message")))
            return _("申请%(name)s", name=short_name(starter)) if starter else name
        fixed = {
            "reveal": _("查看联系信息"),
            "recalculate": _("按新的放假安排重算时限"),
            "claim": _("接手：%(name)s", name=name) if changed.get("from") else _("领取：%(name)s", name=name),
            "release": _("放回：%(name)s", name=name),
        }
        return fixed.get(row["act"]) or name or str(row["act"])

    def _notes(self, row: Row, changed: Mapping[str, Any]) -> list[str]:
        element = self.regulation.find(row["element"])
        reminder = element is not None and element.properties.get("soft") == "true"
        notes = [" ".join((_("提醒") if reminder else _("时限"), str(changed.get("timer") or ""))).strip()]
        if row["act"] != "fire":
            notes = [self.actor(row["actor"])]
        elif row["happened_at"] > row["due_at"] and (row["happened_at"] - row["due_at"]).total_seconds() > 60:
            notes.append(_("补记于 %(at)s", at=short_moment(row["happened_at"], self.zone, self.now)))
        if row["act"] == "claim" and changed.get("from"):
            notes.append(_("原由%(name)s办理", name=self.actor(str(changed["from"]))))
        for entry in changed.get("refused", ()):
            notes.append(_("按规定不予接受：%(says)s", says=entry.get("says") or "、".join(entry.get("causes", ()))))
        for key, said in (("extended", _("时限延至 %(at)s")), ("moved", _("相关时限移至 %(at)s"))):
            for entry in changed.get(key, ()):
                at = datetime.fromisoformat(str(entry["to"]).replace("Z", "+00:00"))
                notes.append(said % {"at": moment(at, self.zone, self.now)})
        if row["why"]:
            notes.append(_("原因：%(why)s", why=row["why"]))
        return list(dict.fromkeys(notes))

    def _said(self, row: Row, changed: Mapping[str, Any]) -> list[dict[str, Any]]:
        if row["act"] in ("receive", "open"):
            return []
        element = self.regulation.find(row["element"])
        specs = self.fields.get(element.form or "", {}) if element else {}
        values = changed.get("values", {})
        return [
            self.fact(spec, values[key], MOST_CHARACTERS)
            for key, spec in specs.items()
            if values.get(key) not in (None, "", [], False)
        ]

    def fact(self, spec: FieldSpec, value: Any, most: int | None = None) -> dict[str, Any]:
        """`label`, and `value` in words (`most` characters) or `files`: `name`, `size`, `href` of each."""
        if spec.component != "filepicker":
            return {"label": spec.label, "value": self.value(spec, value)[:most]}
        files = [
            {
                "name": self.file_name(file),
                "size": size_words(file["size"]),
                "href": url_for("attachments.download", attachment=file["id"]),
            }
            for file in value
        ]
        return {"label": spec.label, "files": files}

    def file_name(self, file: Mapping[str, Any]) -> str:
        """Names are sealed with their files; descriptions from before have them still."""
        return str(file.get("name") or self.files.get(str(file.get("id"))) or _("（已依法销毁的附件）"))

    def value(self, spec: FieldSpec, value: Any) -> str:
        """A value as the form showed it."""
        if isinstance(value, list):
            return "、".join(self.value(spec, one) for one in value)
        if isinstance(value, Mapping):
            return str(value.get("name") or _("附件"))
        if value is True:
            return _("是")
        if spec.kind == "unit":
            return self.units.get(str(value), str(value))
        if spec.kind in ("region", "category"):
            named = self.regulation.pack.settings.get("regions" if spec.kind == "region" else "categories", {})
            return str(named.get(value, value))
        for option in spec.options:
            if option.value == value:
                return option.label
        if spec.component == "datetime" and spec.subtype == "datetime":
            return moment(datetime.fromisoformat(str(value)), self.zone, self.now)
        return str(value)


def _acts() -> dict[str, str]:
    """The acts of the journal in words."""
    return {
        "receive": _("登记"),
        "complete": _("办理"),
        "send": _("申请"),
        "open": _("开立事务"),
        "fire": _("到期"),
        "reveal": _("查看个人信息"),
        "recalculate": _("重算时限"),
        "claim": _("领取"),
        "release": _("放回"),
        "deploy": _("部署规程"),
        "confirm": _("确认数值"),
        "declare": _("申明"),
        "import_calendar": _("导入历法"),
        "disable_user": _("停用账号"),
        "enable_user": _("启用账号"),
        "add_user": _("新增账号"),
        "reset_password": _("重设密码"),
        "change_password": _("修改密码"),
        "add_duty": _("增加职责"),
        "remove_duty": _("撤销职责"),
        "add_unit": _("新增单位"),
        "rename_unit": _("单位改名"),
        "lock_user": _("锁定账号"),
        "set_email": _("设置电子邮件"),
        "set_ways": _("设置通知方式"),
        "resend_notice": _("再次发送通知"),
        "export_ledger": _("导出台账"),
        "retry_incident": _("重试异常"),
        "refuse_deploy": _("拒绝部署"),
    }
