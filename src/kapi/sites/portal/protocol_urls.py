"""Addresses of the portal that have no language."""

from django.urls import path

from kapi.sites.portal import health, machines

urlpatterns = [
    path("saglik", health.health, name="health"),
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("sitemap-sayfalar.xml", machines.sitemap_of_pages, name="sitemap_of_pages"),
    path("sitemap-hizmetler-<int:part>.xml", machines.sitemap_of_services, name="sitemap_of_services"),
    path("favicon.ico", machines.icon, name="icon"),
]
