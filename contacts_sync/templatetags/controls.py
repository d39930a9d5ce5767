"""Form controls as the style sheet knows them."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """Render a field's control with its style class; Django adds `aria-describedby` itself."""
    match field.field.widget:
        case CheckboxInput() | RadioSelect():
            style = "form-check-input"
        case Select():
            style = "form-select"
        case _:
            style = "form-control"
    return field.as_widget(attrs={"class": f"{style} is-invalid" if field.errors else style})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)
