"""Addresses of the demo that have no language."""

from django.urls import path

from kapi.sites.demo import certificates, outbox

urlpatterns = [
    path("demo/outbox.json", outbox.outbox_json, name="outbox-json"),
    path("demo/iptal.crl", certificates.revoked, name="revoked-certificates"),
]
