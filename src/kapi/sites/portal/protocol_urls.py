"""Addresses of the portal that have no language."""

from django.urls import path

from kapi.sites.portal import health

urlpatterns = [path("saglik", health.health, name="health")]
