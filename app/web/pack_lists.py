"""Lists of what a regulation asks: its forms with their questions, its timers with their source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import url_for

from app.web import context
from app.web.language import _, language
from app.web.words import exact_moment
from decisions import Decision
from decisions.outline import Outline, outline
from forms import FieldSpec
from processes.engine.diagram import Element, Process
from processes.regulation import Regulation
from timers.words import limit_words

LIMITS = "limits"
"""The decision that says how long everything may take (docs/architecture.md)."""
PARAMETER = re.compile(r"\bparameter\.(\w+)")
LIMIT_CALL = re.compile(r'=?\s*limit\("([^"]+)"\)')


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


def timers_of(regulation: Regulation) -> list[dict[str, Any]]:
    """Limits of the table and of the drawings, with citation and kind (text, reading, default, masked)."""
    table = outline(regulation.tables[LIMITS]) if LIMITS in regulation.tables else None
    listed = _of_table(regulation, table) if table else []
    for process, element in _timer_elements(regulation):
        if _work(element) is not None:
            continue  # its rows of the table say more
        at: dict[str, Any] = {"pack": regulation.name, "deployment": regulation.number, "process": process.id}
        listed.append(
            {
                "id": element.properties.get("timer") or "—",
                "name": element.name or element.id,
                "href": url_for("packs.process", element=element.id, **at),
                "limit": _resolved(regulation, element.timer or ""),
                "cites": element.properties.get("cites"),
                **_kind(element.properties.get("kind", "")),
                "then": process.name.partition("：")[0],
            }
        )
    return sorted(listed, key=lambda timer: (timer["id"] == "—", timer["id"]))


def parameters_of(regulation: Regulation) -> list[dict[str, Any]]:
    """Values that an owner may have to revise, with who confirmed those that are masked in the text."""
    library, names = context.platform().library, context.people_names()
    known = library.confirmations(regulation.office, regulation.name)
    listed = []
    for one in regulation.parameters.values():
        confirmed = known.get(one.name) if one.must_be_confirmed else None
        listed.append(
            {
                "name": one.title,
                "key": one.name,
                "value": _value(one.value),
                "unit": one.unit,
                "cites": one.cites,
                **_kind(one.kind),
                "source": confirmed.source if confirmed else "",
                "by": names.get(confirmed.by, confirmed.by) if confirmed else "",
                "at": exact_moment(confirmed.at, regulation.zone)[:16] if confirmed else "",
            }
        )
    return listed


def _resolved(regulation: Regulation, text: str) -> str:
    """A cell or expression with the values of the parameters it reads."""
    known = regulation.parameters

    def value(found: re.Match[str]) -> str:
        one = known.get(found[1])
        return found[0] if one is None else _("未设定") if one.value is None else _value(one.value)

    return PARAMETER.sub(value, text)


def _value(value: Any) -> str:
    """A value in words; nothing for one that is not set."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "、".join(map(_value, value)) if isinstance(value, list) else "" if value is None else str(value)


def _of_table(regulation: Regulation, table: Outline) -> list[dict[str, Any]]:
    at: dict[str, Any] = {"pack": regulation.name, "deployment": regulation.number, "decision": LIMITS}
    columns = {column.name: index for index, column in enumerate(table.outputs)}
    used: dict[str, list[str]] = {}
    for _process, element in _timer_elements(regulation):
        if work := _work(element):
            used.setdefault(work, []).append(element.name or element.id)
    listed = []
    for rule in table.rules:
        cells = {name: rule.outputs[index].strip().strip('"') for name, index in columns.items()}
        work, timer = rule.inputs[0].strip().strip('"'), cells.get("timer", "null")
        conditions = [
            f"{column.label} {cell}"
            for column, cell in zip(table.inputs[1:], rule.inputs[1:], strict=True)
            if cell.strip() not in ("", "-")
        ]
        listed.append(
            {
                "id": "—" if timer == "null" else timer,
                "name": "、".join(dict.fromkeys(used.get(work, [rule.annotation or work]))),
                "when": "；".join(conditions),
                "href": url_for("decisions.show", **at),
                "limit": limit_text(*(_resolved(regulation, cells.get(key, "")) for key in ("value", "unit"))),
                "cites": cells.get("basis"),
                **_kind(cells.get("kind", "")),
                "then": decision_name(regulation.tables[LIMITS]),
            }
        )
    return listed


def _timer_elements(regulation: Regulation) -> Iterator[tuple[Process, Element]]:
    for process in regulation.processes():
        for element in process.elements.values():
            if element.event == "timer":
                yield process, element


def _work(element: Element) -> str | None:
    """`sign` for a timer drawn as `limit("sign")`."""
    found = LIMIT_CALL.fullmatch((element.timer or "").strip())
    return found[1] if found else None


def limit_text(value: str, unit: str) -> str:
    """`10 个工作日` from the cells of a limits table."""
    if value.isdigit() and unit in ("min", "h", "wd", "d", "month", "year"):
        return limit_words(int(value), unit, language())
    return f"{value} {unit}".strip()


def _kind(kind: str) -> dict[str, str]:
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
        "region": _("区域"), "person": _("人员"), "phone": _("电话"), "id_number": _("身份证号码"), "due": _("时限"),
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
