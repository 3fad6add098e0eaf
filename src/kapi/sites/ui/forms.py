"""What people typed into a form, and what is to be mended in it."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class Form:
    """Values as they were typed, and one sentence for each field that is to be mended."""

    values: dict[str, str]
    mistakes: dict[str, str] = field(default_factory=dict)

    def control(self, name: str) -> dict[str, Any]:
        """Give a component's id, name, value and error message for one field."""
        shown: dict[str, Any] = {"id": name, "name": name, "value": self.values[name]}
        if name in self.mistakes:
            shown["errorMessage"] = {"text": self.mistakes[name]}
        return shown

    @property
    def error_list(self) -> list[dict[str, str]]:
        """Give the error summary's links, in the order of the fields."""
        return [{"text": self.mistakes[name], "href": f"#{name}"} for name in self.values if name in self.mistakes]


def read_form(request: HttpRequest, *names: str) -> Form:
    """Take the named fields as they were sent; a missing one is empty."""
    return Form({name: request.POST.get(name, "") for name in names})
