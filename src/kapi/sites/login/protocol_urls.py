"""Addresses of the sign-in site that have no language: those of the protocol."""

from django.urls import path

from kapi.contexts.openid.values import edevlet as addresses
from kapi.sites.login import edevlet, openid

app_name = "oidc"
urlpatterns = [
    path(".well-known/openid-configuration", openid.discovery, name="discovery"),
    path(".well-known/oauth-authorization-server", openid.discovery, name="metadata"),
    path("oidc/jwks", openid.jwks, name="jwks"),
    path("oidc/par", openid.push, name="push"),
    path("oidc/authorize", openid.authorize, name="authorize"),
    path("oidc/resume/<str:request_id>", openid.resume, name="resume"),
    path("oidc/token", openid.token, name="token"),
    path("oidc/introspect", openid.introspect, name="introspect"),
    path("oidc/revoke", openid.revoke, name="revoke"),
    path("oidc/userinfo", openid.userinfo, name="userinfo"),
    path("oidc/end-session", openid.end_session, name="end_session"),
    path("oidc/end-session/<str:request_id>", openid.resume_end_session, name="resume_end_session"),
    path(addresses.AUTHORIZE[1:], edevlet.authorize, name="edevlet_authorize"),
    path(addresses.TOKEN[1:], edevlet.token, name="edevlet_token"),
    path(addresses.PERSON[1:], edevlet.person, name="edevlet_person"),
    path("Giris/gir", edevlet.sign_in, name="edevlet_sign_in"),
]
