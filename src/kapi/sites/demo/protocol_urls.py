"""Addresses of the demo that have no language."""

from django.urls import path

from kapi.sites.demo import outbox

urlpatterns = [path("demo/outbox.json", outbox.outbox_json, name="outbox-json")]
