"""Lists in pages: where the next and the former page are."""

from urllib.parse import urlencode

from django.http import HttpRequest

from kapi.sites.ui.links import origin_of


def neighbours(request: HttpRequest, *, page: int, page_size: int, total: int) -> dict[str, str | None]:
    """Return the addresses of the next and the previous page, None where there is none."""
    return {
        "next": _address(request, page + 1) if page * page_size < total else None,
        "previous": _address(request, page - 1) if page > 1 else None,
    }


def _address(request: HttpRequest, page: int) -> str:
    parameters = {name: value for name, value in request.GET.items() if name != "page"} | {"page": str(page)}
    return f"{origin_of('api')}{request.path}?{urlencode(parameters)}"
