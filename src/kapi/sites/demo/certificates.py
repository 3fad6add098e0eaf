"""`/demo/iptal.crl`: what the demo's issuer of certificates has revoked."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def revoked(_request: HttpRequest) -> HttpResponse:
    """Answer the list in DER (RFC 5280, 5)."""
    path: Path = settings.DATA_DIR / "demo-issuer" / "revoked.crl"
    if not settings.DEMO or not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="application/pkix-crl")
