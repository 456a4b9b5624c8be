"""The rules of a field as WTForms validators: callables of (form, field) that raise `ValidationError`.

They run after the reader, on a value that is there and has its stored shape; that something is there at all
is the field's own first question (`DomainField.pre_validate`).
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING, Any

from wtforms.validators import ValidationError

from forms.expressions import Expression
from forms.files import check_file
from forms.identity import birth_date
from forms.messages import FormError, Message
from forms.moments import Subtype, parse_moment, spoken
from forms.patterns import compile_pattern
from forms.specs import FieldSpec

if TYPE_CHECKING:
    from forms.fields import DomainField, DomainForm

Validator = Callable[["DomainForm", "DomainField"], None]

_FROM_ISO: dict[Subtype, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def validators_for(spec: FieldSpec, limits: dict[str, Expression], zone: tzinfo) -> Sequence[Validator]:
    """The validators of a field. `limits`: compiled `not_before` and `not_after`, where the field has
    them.
    """
    rules: list[Validator] = []
    if spec.min_length is not None or spec.max_length is not None:
        rules.append(Length(spec.min_length or 0, spec.max_length))
    if spec.pattern is not None and spec.max_length is not None:
        rules.append(Pattern(compile_pattern(spec.pattern, longest=spec.max_length), spec.max_length))
    if spec.minimum is not None or spec.maximum is not None:
        rules.append(Bounds(spec.minimum, spec.maximum))
    if spec.choices_key is not None:
        rules.append(OneOfChoices())
    if spec.not_in is not None:
        rules.append(NotIn(spec.not_in))
    if spec.kind == "id_number":
        rules.append(born_already)
    if spec.component == "filepicker":
        rules.append(acceptable_files)
    rules.extend(Limit(name, expression, zone) for name, expression in limits.items())
    return tuple(rules)


class Length:
    """Between `low` and `high` characters."""

    def __init__(self, low: int, high: int | None) -> None:
        self.low, self.high = low, high

    def __call__(self, form: "DomainForm", field: "DomainField") -> None:
        length = len(field.data)
        if length < self.low:
            raise ValidationError(Message("too_short", min=self.low, length=length))
        if self.high is not None and length > self.high:
            raise ValidationError(Message("too_long", max=self.high, length=length))


class Pattern:
    """Found by the pattern; a text longer than the pattern was judged safe for is left to `Length`."""

    def __init__(self, pattern: re.Pattern[str], longest: int) -> None:
        self.pattern, self.longest = pattern, longest

    def __call__(self, form: "DomainForm", field: "DomainField") -> None:
        if len(field.data) <= self.longest and not self.pattern.search(field.data):
            raise ValidationError(Message("pattern"))


class Bounds:
    """A number within both bounds, which belong to the range."""

    def __init__(self, low: int | float | None, high: int | float | None) -> None:
        self.low, self.high = low, high

    def __call__(self, form: "DomainForm", field: "DomainField") -> None:
        if self.low is not None and field.data < self.low:
            raise ValidationError(Message("below_min", min=self.low))
        if self.high is not None and field.data > self.high:
            raise ValidationError(Message("above_max", max=self.high))


class OneOfChoices:
    """Every value is among the choices the caller supplies for the field."""

    def __call__(self, form: "DomainForm", field: "DomainField") -> None:
        choices = field.choices
        for value in field.data if field.spec.multiple else [field.data]:
            if not choices.has(value):
                raise ValidationError(Message("unknown_option", value=str(value)[:60]))


class NotIn:
    """Not among the values of another field of the form, or of a fact of that name."""

    def __init__(self, other: str) -> None:
        self.other = other

    def __call__(self, form: "DomainForm", field: "DomainField") -> None:
        value: Any = form.context
        for name in self.other.split("."):
            value = value.get(name) if hasattr(value, "get") else None
        taken = value if isinstance(value, list | tuple) else [value]
        label = form.fields[self.other].spec.label if self.other in form.fields else self.other
        for own in field.data if field.spec.multiple else [field.data]:
            if own in taken:
                raise ValidationError(Message("excluded", value=field.choices.label(own), other=label))


class Limit:
    """A date or time not before, or not after, what an expression gives; null sets no limit.

    `now` is handed in with the scope, as everywhere: a form that compares with it cannot be checked without.
    """

    def __init__(self, name: str, expression: Expression, zone: tzinfo) -> None:
        self.name, self.expression, self.zone = name, expression, zone

    def __call__(self, form: "DomainForm", field: "DomainField") -> None:
        limit = self.limit(form, field.spec)
        if limit is None:
            return
        value = _FROM_ISO[field.spec.subtype](field.data)
        if self.name == "not_before" and value < limit:
            raise ValidationError(Message("too_early", limit=spoken(limit)))
        if self.name == "not_after" and value > limit:
            code = "in_future" if self.expression.text == "now" else "too_late"
            raise ValidationError(Message(code, limit=spoken(limit)))

    def limit(self, form: "DomainForm", spec: FieldSpec) -> Any:
        """The limit as `date`, `time` or `datetime`, like the field's value. Raises `FormError`."""
        expression = self.expression
        if expression.text == "now":
            # Not through FEEL: the caller's clock is a date and time already, and this is a hot path.
            given = form.context.get("now")
            if given is None:
                raise FormError("no_now", where=expression.where, field=spec.key)
        else:
            given = expression.evaluate(form.context)
        if given is None:
            return None
        try:
            plain = given if isinstance(given, str | date | datetime | time) else str(given)
            return parse_moment(plain, spec.subtype, self.zone)
        except (ValueError, OverflowError):
            raise FormError("bad_limit", where=expression.where, field=spec.key, name=self.name) from None


def born_already(form: "DomainForm", field: "DomainField") -> None:
    """The birth date of an identity number is not ahead of `now`, where the scope has it."""
    now = form.context.get("now")
    if isinstance(now, datetime) and birth_date(field.data) > now.date():
        raise ValidationError(Message("id_date"))


def acceptable_files(form: "DomainForm", field: "DomainField") -> None:
    """Number, size and type of the files are what the form declares."""
    if len(field.data) > field.spec.max_files:
        raise ValidationError(Message("too_many", max=field.spec.max_files))
    for entry in field.data:
        problem = check_file(field.spec, name=entry["name"], size=entry["size"], mime=entry["type"])
        if problem is not None:
            raise ValidationError(problem)
