"""Addresses without a language that every site has."""

from django.urls import path

from kapi.sites.ui import brand, disclosure

urlpatterns = [
    path(".well-known/security.txt", disclosure.security_txt, name="security_txt"),
    path("marka.css", brand.stylesheet, name="brand_stylesheet"),
    path("marka.svg", brand.mark, name="brand_mark"),
]
