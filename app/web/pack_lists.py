"""Lists of what a regulation asks: its forms with their questions, its parameters with their source."""

from __future__ import annotations

from typing import Any

from app.web import context
from app.web.language import _
from app.web.words import exact_moment
from decisions import Decision
from forms import FieldSpec
from processes.regulation import Regulation

LIMITS = "limits"
"""The decision that says how long everything may take (docs/architecture.md)."""


def forms_of(regulation: Regulation) -> list[dict[str, Any]]:
    """Every form with its questions."""
    listed = []
    for form_id in regulation.forms:
        form = context.platform().form(regulation, form_id)
        fields = [
            {"label": spec.label, "key": spec.key, "type": _type(spec), "rules": _rules(spec)} for spec in form.fields
        ]
        listed.append({"id": form_id, "name": form.title, "questions": fields})
    return listed


def parameters_of(regulation: Regulation) -> list[dict[str, Any]]:
    """Values that an owner may have to revise, with who confirmed those that are masked in the text."""
    known = context.platform().library.confirmations(regulation.office, regulation.name)
    names = context.people_names(one.by for one in known.values())
    listed = []
    for one in regulation.parameters.values():
        confirmed = known.get(one.name) if one.must_be_confirmed else None
        listed.append(
            {
                "name": one.title,
                "key": one.name,
                "value": value_words(one.value),
                "unit": one.unit,
                "cites": one.cites,
                **kind_words(one.kind, confirmed=confirmed is not None),
                "source": confirmed.source if confirmed else "",
                "by": names.get(confirmed.by, confirmed.by) if confirmed else "",
                "at": exact_moment(confirmed.at, regulation.zone)[:16] if confirmed else "",
            }
        )
    return listed


def value_words(value: Any) -> str:
    """A value in words; nothing for one that is not set."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "、".join(map(value_words, value)) if isinstance(value, list) else "" if value is None else str(value)


def kind_words(kind: str, *, confirmed: bool = False) -> dict[str, str]:
    """`kind`, `kind_class`: the word and the mark for where a value comes from."""
    if kind == "masked" and confirmed:
        return {"kind": _("已确认"), "kind_class": ""}
    said = {"text": _("条文"), "reading": _("解读"), "default": _("默认"), "masked": _("待确认")}
    marks = {"text": "tag-accent", "masked": "tag-soon"}
    return {"kind": said.get(kind, ""), "kind_class": marks.get(kind, "")}


def decision_name(decision: Decision) -> str:
    """The name as drawn; `Decision.name` is that of its variable."""
    table = decision.table
    drawn = table.getparent() if table is not None else None
    return str((drawn.get("name") if drawn is not None else "") or decision.name)


def _type(spec: FieldSpec) -> str:
    kinds = {
        "text": _("单行文字"), "textarea": _("多行文字"), "number": _("数字"), "checkbox": _("勾选"),
        "checklist": _("多选"), "radio": _("单选"), "select": _("下拉选择"), "taglist": _("标签"), "date": _("日期"),
        "time": _("时间"), "datetime": _("日期时间"), "file": _("附件"), "unit": _("单位"), "category": _("事项分类"),
        "region": _("区域"), "phone": _("电话"), "id_number": _("身份证号码"), "due": _("时限"),
        "local_datetime": _("日期时间"),
    }  # fmt: skip
    return kinds.get(spec.kind, spec.kind)


def _rules(spec: FieldSpec) -> str:
    rules = []
    if spec.required:
        rules.append(_("必填"))
    if spec.required_when:
        rules.append(_("当 %(when)s 时必填", when=spec.required_when))
    if spec.hide:
        rules.append(_("当 %(when)s 时不问", when=spec.hide))
    if spec.component in ("textfield", "textarea") and spec.max_length:
        rules.append(_("最多 %(n)s 字", n=spec.max_length))
    if spec.minimum is not None or spec.maximum is not None:
        low, high = spec.minimum, spec.maximum
        rules.append(f"{'' if low is None else low}–{'' if high is None else high}")
    if spec.options:
        rules.append("、".join(option.label for option in spec.options))
    if spec.personal:
        rules.append(_("个人信息，加密保存"))
    if spec.readonly:
        rules.append(_("只读"))
    return "；".join(rules)
