"""Addresses of the sign-in site that have no language: those of the protocol."""

from django.urls import path

from kapi.sites.login import openid

app_name = "oidc"
urlpatterns = [
    path(".well-known/openid-configuration", openid.discovery, name="discovery"),
    path(".well-known/oauth-authorization-server", openid.discovery, name="metadata"),
    path("oidc/jwks", openid.jwks, name="jwks"),
]
