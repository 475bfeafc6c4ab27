"""Choosing several departments: the tree with checkboxes, a search and the arrow keys instead of the browser's box."""

from __future__ import annotations

from typing import Any

from django import forms

from hongyan.accounts.models import Department


class DepartmentTree(forms.CheckboxSelectMultiple):
    template_name = "console/components/departments.html"

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **more: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, label, *args, **more)
        department = getattr(value, "instance", None)
        if isinstance(department, Department):
            option |= {"label": department.name, "depth": department.depth}
        return option


class DepartmentsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Departments in the order of the tree."""

    widget = DepartmentTree
