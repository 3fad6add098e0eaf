"""Pages of the sign-in site, per language."""

from django.urls import path

from kapi.sites.login import (
    account,
    acting,
    approval,
    cancellation,
    extension,
    history,
    passwords,
    sessions,
    sharings,
    sign_in,
    sign_out,
)

app_name = "login"
urlpatterns = [
    path("giris/", sign_in.sign_in, name="sign_in"),
    path("giris/ilk-sifre/", passwords.first_password, name="first_password"),
    path("giris/onay/<str:request_id>/", approval.approval, name="approval"),
    path("giris/vazgec/<str:request_id>/", cancellation.cancel, name="cancellation"),
    path("kimin-adina/", acting.acting, name="acting"),
    path("cikis/", sign_out.sign_out, name="sign_out"),
    path("cikis/tamam/", sign_out.signed_out, name="signed_out"),
    path("oturum/uzat/", extension.extend, name="extension"),
    path("hesabim/", account.account, name="account"),
    path("hesabim/oturumlar/", sessions.sessions, name="sessions"),
    path("hesabim/giris-gecmisi/", history.history, name="history"),
    path("hesabim/paylasimlar/", sharings.sharings, name="sharings"),
    path("hesabim/sifre/", passwords.password, name="password"),
    path("hesabim/sifre/degisti/", passwords.password_changed, name="password_changed"),
]
