"""Who a notice is for, and by which way: people of a role by e-mail, the petitioner through the gateway.

Each office says which way each kind of addressee goes (`email`, `webhook`, `none`). Of the petitioner only the
telephone number is read, and only when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.platform import Platform
from persistence.outbox import Claimed
from processes.regulation import Regulation

PETITIONER = "petitioner"
EMAIL, WEBHOOK, NONE = "email", "webhook", "none"
WAYS_OF_STAFF, WAYS_OF_PETITIONER = (EMAIL, WEBHOOK, NONE), (WEBHOOK, NONE)


@dataclass(frozen=True, slots=True)
class Addressee:
    """`way`: how; `emails`: of the people, for `email`; `phone`: of the petitioner, for `webhook`.

    `why_not`: a sentence (zh, en) when there is nobody to reach.
    """

    way: str = NONE
    emails: tuple[str, ...] = ()
    phone: str | None = None
    why_not: tuple[str, str] | None = None


def addressee(platform: Platform, notice: Claimed) -> Addressee:
    """Whom this notice is for, as things stand now."""
    office = platform.people.ways_of(notice.office)
    if notice.to == PETITIONER:
        if office.petitioner_by == NONE:
            return Addressee(why_not=("本单位不通知诉求人。", "This office does not notify petitioners."))
        phone = phone_of(platform, notice)
        if phone is None:
            return Addressee(why_not=("诉求人没有留下电话。", "The petitioner left no telephone number."))
        return Addressee(WEBHOOK, phone=phone)
    if office.staff_by == NONE:
        return Addressee(why_not=("本单位不通知工作人员。", "This office does not notify its staff."))
    if office.staff_by == WEBHOOK:
        return Addressee(WEBHOOK)
    emails = notice.left or platform.people.emails(notice.office, notice.to, notice.unit)
    if not emails:
        return Addressee(why_not=("担任该职责的人都没有电子邮件地址。", "Nobody with that duty has an e-mail address."))
    return Addressee(EMAIL, tuple(emails))


def phone_of(platform: Platform, notice: Claimed) -> str | None:
    """The telephone number that the request came with; None if none was given, or its key has been destroyed."""
    fields = phone_fields(platform, platform.library.of(notice.deployment))
    given: Mapping[str, Any] = platform.read.personal_of(notice.order_id, fields) if fields else {}
    return next((str(given[name]) for name in fields if given.get(name)), None)


def phone_fields(platform: Platform, regulation: Regulation) -> list[str]:
    """The fields of the intake form that hold a personal telephone number."""
    form_id = regulation.definitions.processes[regulation.main].start.form
    if form_id is None:
        return []
    return [one.key for one in platform.form(regulation, form_id).fields if one.kind == "phone" and one.personal]
