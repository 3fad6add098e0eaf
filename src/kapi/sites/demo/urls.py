"""Addresses of the demo's pages."""

from django.urls import path

from kapi.sites.demo import outbox

app_name = "demo"
urlpatterns = [path("demo/outbox", outbox.outbox_page, name="outbox")]
