"""Errors of the domain: nouns with a sentence.

Each says in Chinese and English what is wrong and what to do next; `status` is the HTTP answer and `code` the stable
word that scenarios see. One handler in `app/` maps them; nothing else needs to know HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.pack import Problem
    from processes.parameters import Parameter


class Refusal(Exception):
    """A command that the rules refuse. Nothing was written."""

    status = 409
    code = "REFUSED"
    zh = "操作未被接受。"
    en = "The command was refused."

    def __init__(self, zh: str | None = None, en: str | None = None, **details: object) -> None:
        self.zh = zh or type(self).zh
        self.en = en or type(self).en
        self.details = details
        super().__init__(f"{self.code}: {self.en}")


class NotFound(Refusal):
    """What the actor may not see does not exist for them."""

    status, code = 404, "NOT_FOUND"
    zh, en = "没有找到，或您无权查看。", "Not found, or not yours to see."


class NotYourDuty(Refusal):
    """The actor sees it but holds no duty for it, or the four-eyes rule forbids it."""

    status, code = 403, "NOT_YOUR_DUTY"
    zh, en = "这不是您的职责，请转交有权办理的人员。", "This is not your duty; ask someone who holds it."


class Confidential(NotYourDuty):
    """Name and contact of somebody who asked that they be kept, or gave none."""

    code = "CONFIDENTIAL"
    zh = "诉求人要求对身份保密，姓名和联系方式只有规程指定的人员可以查看；需要联系诉求人的，请通过热线转达。"
    en = (
        "The petitioner asked for confidentiality: only those whom the regulation names may see name and contact. "
        "Ask the hotline to pass a message on."
    )


class NoReason(Refusal):
    """Personal values are shown for a reason only."""

    status, code = 422, "NO_REASON"
    zh = "请写明查看原因，至少两个汉字或四个字母。"
    en = "Give the reason, in four letters or two characters at least."


class ReservedName(Refusal):
    """Nobody may be called like the platform: journals and pages would take the one for the other."""

    status, code = 422, "RESERVED_NAME"
    zh, en = "这个名称由系统保留，请换一个。", "This name is the system's own; choose another."


class AlreadyHandled(Refusal):
    """The task is finished or cancelled."""

    status, code = 409, "ALREADY_HANDLED"
    zh, en = "该任务已由他人办理或已取消，请刷新后查看最新情况。", "The task was already handled; reload."


class TakenByAnother(AlreadyHandled):
    """A colleague has taken the task; whoever has the same duty may take it over."""

    code = "TAKEN"
    zh = "该环节已由同事领取。如需由您办理，请在工单页面写明原因后接手。"
    en = "A colleague has taken this task. To do it yourself, take it over on the page of the order, with a reason."


class AlreadySent(Refusal):
    """What was to be made is there already: its form came twice. `order_id`: the order that it is, or is in."""

    status, code = 409, "ALREADY_SENT"
    zh, en = "这份表单已经提交过，没有重复办理。", "This form was sent before; nothing was done twice."

    def __init__(self, order_id: str) -> None:
        super().__init__()
        self.order_id = order_id


class Stale(Refusal):
    """The order changed since it was loaded."""

    status, code = 409, "STALE"
    zh, en = "工单已被他人更新，请刷新后重试。", "The order has changed; reload and try again."


class FileGone(Stale):
    """A file that came with a form and waits no more."""

    zh, en = "有附件已失效，请重新上传。", "A file is no longer there; send it again."


class Altered(Refusal):
    """A stored file is not the one that was handed in."""

    status, code = 409, "ALTERED"
    zh = "附件与审计记录中的摘要不符，已停止下载，请联系系统管理员核查。"
    en = "The file differs from its hash in the journal and is not given out; tell the administrator."


class InHand(Refusal):
    """Somebody else's command is at the order, and this one was not to wait for it."""

    status, code = 409, "IN_HAND"
    zh, en = "该工单正由他人操作，请稍后重试。", "Somebody else is at this order; try again in a moment."


class NotNow(Refusal):
    """The act is not offered in the present state of the order."""

    status, code = 409, "NOT_NOW"
    zh, en = "当前环节不能进行此操作。", "This cannot be done at the present step."


class Invalid(Refusal):
    """A form with errors; `errors` maps field keys to messages."""

    status, code = 422, "INVALID"
    zh, en = "表单填写有误，请按提示修改。", "The form has errors; please correct them."

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        listed = "；".join(f"{field}: {'，'.join(messages)}" for field, messages in errors.items())
        super().__init__(f"{type(self).zh}（{listed}）", f"{type(self).en} ({listed})", errors=errors)


class BadPack(Refusal):
    """A pack, diagram, table or form that cannot come into force; `problems` lists why."""

    status, code = 422, "BAD_PACK"
    zh, en = "规程包有误，不能部署。", "The pack has errors and cannot be deployed."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = problems
        listed = "; ".join(str(problem) for problem in problems[:20])
        super().__init__(f"{type(self).zh}{listed}", f"{type(self).en} {listed}")


class NoDeployment(Refusal):
    """No regulation of the office is in force at the time."""

    status, code = 409, "NO_DEPLOYMENT"
    zh, en = "该时间没有生效的规程，请先部署规程包。", "No regulation is in force at that time; deploy a pack first."


class RunawayProcess(Refusal):
    """The engine took more steps than any honest diagram needs."""

    status, code = 422, "RUNAWAY"
    zh, en = "流程图存在死循环，已中止，未作任何更改。", "The diagram loops without end; nothing was changed."


class EngineFault(Refusal):
    """An expression, table or operation of the diagram failed; `element` says where."""

    status, code = 422, "ENGINE_FAULT"
    zh, en = "流程执行出错，未作任何更改。", "The process failed; nothing was changed."


class Unconfirmed(Refusal):
    """A pack whose masked values nobody has confirmed; `values` are the parameters that wait."""

    status, code = 422, "UNCONFIRMED"

    def __init__(self, values: Sequence[Parameter]) -> None:
        self.values = list(values)
        listed = "、".join(f"{one.title}（{one.name} = {one.value}{one.unit}）" for one in values)
        pairs = " ".join(f"{one.name}={one.value}" for one in values)
        super().__init__(
            f"规程文本中被遮盖的值须逐一确认后才能生效，尚未确认：{listed}。核对后在“规程包上传”页确认，"
            f"或用命令 jieban confirm 规程包 {pairs}。",
            "Values that are masked in the text must be confirmed one by one before the pack comes into force. "
            f"Check them, then confirm them on the page of the upload, or with: jieban confirm PACK {pairs}",
        )


class NoSuchValue(Refusal):
    """A confirmation of something that is no masked value of the pack."""

    status, code = 422, "NO_SUCH_VALUE"

    @classmethod
    def of(cls, name: str) -> NoSuchValue:
        return cls(f"规程包中没有须确认的值“{name}”。", f"The pack has no value {name!r} to confirm.")


class OtherValue(Refusal):
    """A confirmation of another value than the pack states: to change a value is to revise the pack."""

    status, code = 409, "OTHER_VALUE"

    @classmethod
    def of(cls, title: str, stated: object, confirmed: object) -> OtherValue:
        return cls(
            f"规程包中“{title}”为 {stated}，与所确认的 {confirmed} 不同；请先修改规程包再确认。",
            f"The pack states {stated} for {title!r}, not {confirmed}; revise the pack first.",
        )


class SameNumbers(Refusal):
    """Two packs of one office that would give orders the same numbers."""

    status, code = 422, "SAME_NUMBERS"
    zh = "本机构的另一部规程使用同样的编号规则，请在 pack.toml 中改用不同的 number。"
    en = "Another pack of the office numbers its orders in the same way; give pack.toml another `number`."
