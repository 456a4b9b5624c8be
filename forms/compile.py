"""From a form's description to something that can be filled in: once per deployment, then used for every
order.

`compile_form` compiles every expression, checks defaults, and makes a WTForms class. `CompiledForm.bind` is
for pages, `CompiledForm.check` for callers with plain values; check keeps one form object per thread and
refills it, because a replay asks tens of thousands of times.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, cast

from wtforms.fields.core import UnboundField
from wtforms.validators import ValidationError

from forms.bound import BoundForm
from forms.expressions import CompileExpression, Expression, hiding_order
from forms.fields import ChoiceList, DomainField, DomainForm
from forms.messages import FormError, Message
from forms.moments import CHINA_TIME
from forms.readers import reader_for
from forms.specs import FieldSpec, FormSchema
from forms.validators import validators_for

Choices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of `CompiledForm.check`: `values` of active fields (JSON-able) and `errors` by field."""

    values: dict[str, Any]
    errors: dict[str, list[Message]]

    @property
    def ok(self) -> bool:
        return not self.errors


class CompiledForm:
    """A form ready for use; immutable and safe to share between threads.

    `fields`: descriptions in order, for listings; `personal_keys`: fields to be encrypted; `form_class`:
    the WTForms class.
    """

    def __init__(self, schema: FormSchema, form_class: type[DomainForm]) -> None:
        self.schema, self.form_class = schema, form_class
        self.id, self.title = schema.id, schema.title
        self.fields = schema.fields
        self.personal_keys = frozenset(spec.key for spec in self.fields if spec.personal)
        self._kept = threading.local()

    def __getitem__(self, key: str) -> FieldSpec:
        return next(spec for spec in self.fields if spec.key == key)

    def bind(
        self,
        submitted: Any | None,
        *,
        scope: Mapping[str, Any],
        choices: Choices,
        values: Mapping[str, Any] | None = None,
        files: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> BoundForm:
        """The form for a page.

        `submitted`: the posted MultiDict, or None to show the form with `values` (a draft) and defaults.
        `scope`: the instance's names, and `now` (aware). `choices`: (value, label) by kind, `valuesKey` or
        field key. `files`: descriptions of files stored for this post, by field key.
        """
        form = self.form_class()
        if submitted is None:
            form.take(values or {}, scope=scope, choices=choices)
        else:
            form.submit(submitted, files or {}, scope=scope, choices=choices)
        return BoundForm(self.schema, form)

    def check(self, values: Mapping[str, Any], *, scope: Mapping[str, Any], choices: Choices) -> Checked:
        """Validate plain JSON values by the same rules; what is left out gets its default. `scope` as
        for `bind`.
        """
        form: DomainForm | None = getattr(self._kept, "form", None)
        if form is None:
            form = self._kept.form = self.form_class()
        form.take(values, scope=scope, choices=choices)
        ok = form.validate()
        # The form object stays; what it was asked about must not stay with it.
        form.context, form.supplied = {}, {}
        if ok:
            return Checked({field.spec.key: field.data for field in form.active()}, {})
        errors = {key: cast("list[Message]", field.errors) for key, field in form.fields.items() if field.errors}
        values = {field.spec.key: field.data for field in form.active() if not field.errors}
        return Checked(values, errors)


def compile_form(
    schema: FormSchema, *, compile_expression: CompileExpression, zone: tzinfo = CHINA_TIME
) -> CompiledForm:
    """The form as a WTForms class. `zone`: local time of the pack, for dates and times without an offset.

    Raises `FormError`: an expression that does not compile, a default that is no answer, hiding in a circle.
    """
    hiding = [spec.key for spec in hiding_order(schema.fields, where=schema.where)]
    unbound = [(spec.key, _unbound_field(spec, schema.where, compile_expression, zone)) for spec in schema.fields]
    form_class = type(f"Form_{schema.id}", (DomainForm,), {"unbound": unbound, "hiding": hiding})
    return CompiledForm(schema, form_class)


def _unbound_field(
    spec: FieldSpec, where: str, compile_expression: CompileExpression, zone: tzinfo
) -> "UnboundField[DomainField]":
    compiled = {
        name: Expression(text, compile_expression, where=where, field=spec.key, name=name)
        for name, text in spec.expressions()
    }
    limits = {name: expression for name, expression in compiled.items() if name in ("not_before", "not_after")}
    reader = reader_for(spec, zone)
    if spec.default_value is not None:
        try:
            reader(spec.default_value)
        except ValidationError as error:
            raise FormError("bad_default", where=where, field=spec.key, detail=error.args[0]) from None
    return UnboundField(
        DomainField,
        spec,
        reader,
        compiled.get("required_when"),
        compiled.get("conditional.hide"),
        compiled.get("default"),
        ChoiceList((option.wire, option.label) for option in spec.options),
        validators=validators_for(spec, limits, zone),
    )
