"""The WTForms side: one field class for all kinds, and the form that holds them.

What differs between kinds is the reader and the validators, which `compile` puts together; the field keeps
the raw text for redisplay, and knows whether it is hidden, read-only and required in the present state of
the form. That state is settled by the form once per submission: values first, then defaults, then hiding
conditions, each field hidden by them counting as empty for the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from wtforms import Field
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.validators import StopValidation

from forms.expressions import Expression, Layers
from forms.messages import Message
from forms.moments import input_text
from forms.readers import Reader
from forms.specs import FieldSpec, wire


class ChoiceList(tuple[tuple[str, str], ...]):
    """Choices (value, label) that answer in constant time; hand one in instead of a list when it is long
    or kept.
    """

    labels: dict[str, str]

    def __new__(cls, pairs: Iterable[tuple[str, str]] = ()) -> "ChoiceList":
        choices = super().__new__(cls, tuple(pairs))
        choices.labels = dict(choices)
        return choices

    def has(self, value: object) -> bool:
        return value in self.labels

    def label(self, value: object) -> str:
        """The label of a value, or the value itself when it is not (or no longer) a choice."""
        return self.labels.get(value, str(value)) if isinstance(value, str) else str(value)


class DomainField(Field):
    """A question of a form, with its answer so far.

    `spec`: its description; `data`: the value as stored; `errors`: `Message`s; `hidden`, `readonly`: in the
    present state; `sent`: what the person typed, or None when nothing was submitted.
    """

    spec: FieldSpec
    hidden = False
    sent: list[Any] | None = None

    def __init__(
        self,
        spec: FieldSpec,
        reader: Reader,
        required_when: Expression | None,
        hide: Expression | None,
        default: Expression | None,
        own_choices: ChoiceList,
        **kwargs: Any,
    ) -> None:
        super().__init__(spec.label, description=spec.help, **kwargs)
        self.spec, self.reader, self.own_choices = spec, reader, own_choices
        self.required_when, self.hide, self.default_expression = required_when, hide, default
        self.form = cast("DomainForm", kwargs["_form"])

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def help(self) -> str:
        return self.spec.help

    @property
    def readonly(self) -> bool:
        return self.spec.readonly

    @property
    def required(self) -> bool:
        """Whether an answer is needed now, with the form as it stands."""
        if self.hidden or self.spec.readonly:
            return False
        return self.spec.required or (self.required_when is not None and self.required_when.holds(self.form.context))

    @property
    def choices(self) -> ChoiceList:
        """The choices as (wire value, label)."""
        return self.own_choices if self.spec.choices_key is None else self.form.choices_for(self.spec)

    @property
    def typed(self) -> list[str]:
        """The texts to show: exactly what was typed, or the value as a browser's input wants it."""
        if self.sent is not None and not self.spec.readonly:
            return [entry for entry in self.sent if isinstance(entry, str)]
        values = self.data if isinstance(self.data, list) else [] if self.data is None else [self.data]
        if self.spec.component == "datetime":
            return [input_text(value, self.spec.subtype) for value in values]
        return [wire(value) for value in values if not isinstance(value, dict)]

    def process_data(self, value: Any) -> None:
        self.data = None
        self.data = self.reader(value)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.sent = list(valuelist)
        if self.spec.multiple:
            self.process_data(self.sent)
        elif self.spec.component == "checkbox":
            # A page may send a plain "false" before the tick, so the last one counts.
            self.process_data(self.sent[-1] if self.sent else None)
        else:
            self.process_data(self.sent[0] if self.sent else None)

    def pre_validate(self, form: BaseForm) -> None:
        if self.process_errors:
            raise StopValidation()
        if self.data is None or self.data is False or self.data == []:
            raise StopValidation(self.missing() if self.required else "")

    def missing(self) -> Message:
        if self.spec.component == "checkbox":
            return Message("must_tick")
        if self.spec.component == "filepicker":
            return Message("attach")
        return Message("choose" if self.spec.is_choice else "required")


class _Meta(DefaultMeta):
    # CSRF is the app's, for every POST; messages are our own.
    csrf = False
    locales = False


class DomainForm(BaseForm):
    """The WTForms class behind a `.form` file; `compile_form` makes one subclass per form."""

    unbound: ClassVar[Sequence[tuple[str, Any]]] = ()
    hiding: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        super().__init__(self.unbound, meta=_Meta())
        self.fields = cast("dict[str, DomainField]", self._fields)
        self.hiding_fields = [self.fields[key] for key in self.hiding]
        self.context: Mapping[str, Any] = {}
        self.supplied: Mapping[str, Sequence[tuple[str, str]]] = {}

    def choices_for(self, spec: FieldSpec) -> ChoiceList:
        """The supplied choices of a field: under its own key, or under its kind or `valuesKey`."""
        pairs = self.supplied.get(spec.key)
        if pairs is None:
            pairs = self.supplied.get(spec.choices_key or "", ())
        return pairs if isinstance(pairs, ChoiceList) else ChoiceList(pairs)

    def take(
        self,
        given: Mapping[str, Any],
        *,
        scope: Mapping[str, Any],
        choices: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        """Answer with plain values; what is not given gets its default."""
        for key, field in self.fields.items():
            field.sent = None
            field.process(None, given.get(key) if not field.spec.readonly else scope.get(key))
        self.settle(scope, choices, [field for key, field in self.fields.items() if key not in given])

    def submit(
        self,
        formdata: Any,
        files: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        scope: Mapping[str, Any],
        choices: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        """Answer with a browser's post; what is not sent is empty. `files`: what the view stored, by
        field.
        """
        for key, field in self.fields.items():
            if field.spec.readonly:
                field.process(None, scope.get(key))
            elif field.spec.component == "filepicker":
                field.process(None, list(files.get(key, ())))
            else:
                field.process(formdata, None)
        self.settle(scope, choices, [field for field in self.fields.values() if field.spec.readonly])

    def settle(
        self,
        scope: Mapping[str, Any],
        choices: Mapping[str, Sequence[tuple[str, str]]],
        defaulting: Sequence[DomainField],
    ) -> None:
        """Fill in defaults of `defaulting`, then decide what is hidden."""
        self.supplied = choices
        own: dict[str, Any] = {}
        self.context = Layers(own, scope)
        # While defaults are worked out an unanswered field does not cover the fact of its name: `lead_unit`
        # may be the default of `lead_unit`. Without such a fact it is null, and never a FEEL function.
        for key, field in self.fields.items():
            if field.data not in (None, []) or key not in scope:
                own[key] = field.data
        for field in defaulting:
            key, spec = field.spec.key, field.spec
            if spec.readonly and key in scope:
                continue
            if field.default_expression is not None:
                field.process(None, field.default_expression.evaluate(self.context))
            elif spec.default_value is not None:
                field.process(None, spec.default_value)
            if field.data not in (None, []):
                own[key] = field.data
        for key, field in self.fields.items():
            field.hidden = False
            if not (field.spec.readonly and key in scope):
                own[key] = field.data
        for field in self.hiding_fields:
            if field.hide is not None and field.hide.holds(self.context):
                field.hidden = True
                own[field.spec.key] = None

    def active(self) -> list[DomainField]:
        """The fields whose answers count: neither hidden nor read-only."""
        return [field for field in self.fields.values() if not field.hidden and not field.spec.readonly]

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Whether every active field is in order; errors stand at the fields."""
        extra = extra_validators or {}
        ok = True
        for key, field in self.fields.items():
            if field.hidden or field.spec.readonly:
                field.errors = []
            elif not field.validate(self, tuple(extra.get(key, ()))):
                ok = False
        return ok
