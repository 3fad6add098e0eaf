"""Pages of the sign-in site, per language."""

from django.urls import path

from kapi.sites.login import (
    account,
    acting,
    approval,
    authenticators,
    cancellation,
    codes,
    extension,
    history,
    passkeys,
    passwords,
    second_step,
    sessions,
    sharings,
    sign_in,
    sign_out,
)

app_name = "login"
urlpatterns = [
    path("giris/", sign_in.sign_in, name="sign_in"),
    path("giris/gecis-anahtari/", passkeys.sign_in, name="passkey"),
    path("giris/gecis-anahtari/istek", passkeys.proof_options, name="passkey_request"),
    path("giris/ikinci-adim/", second_step.second_step, name="second_step"),
    path("giris/ilk-sifre/", passwords.first_password, name="first_password"),
    path("giris/onay/<str:request_id>/", approval.approval, name="approval"),
    path("giris/vazgec/<str:request_id>/", cancellation.cancel, name="cancellation"),
    path("kimin-adina/", acting.acting, name="acting"),
    path("giris/boyle-devam/<str:request_id>/", cancellation.go_on_without, name="go_on_without"),
    path("cikis/", sign_out.sign_out, name="sign_out"),
    path("cikis/tamam/", sign_out.signed_out, name="signed_out"),
    path("oturum/uzat/", extension.extend, name="extension"),
    path("hesabim/", account.account, name="account"),
    path("hesabim/oturumlar/", sessions.sessions, name="sessions"),
    path("hesabim/giris-gecmisi/", history.history, name="history"),
    path("hesabim/paylasimlar/", sharings.sharings, name="sharings"),
    path("hesabim/giris-yontemleri/", authenticators.authenticators, name="authenticators"),
    path("hesabim/giris-yontemleri/istek", passkeys.creation_options, name="new_passkey_request"),
    path("hesabim/giris-yontemleri/<int:authenticator_id>/ad/", authenticators.rename, name="rename_authenticator"),
    path("hesabim/giris-yontemleri/<int:authenticator_id>/kaldir/", authenticators.remove, name="remove_authenticator"),
    path("hesabim/giris-yontemleri/uygulama/", codes.totp, name="totp"),
    path("hesabim/giris-yontemleri/kurtarma-kodlari/", codes.recovery_codes, name="recovery_codes"),
    path("hesabim/sifre/", passwords.password, name="password"),
    path("hesabim/sifre/degisti/", passwords.password_changed, name="password_changed"),
]
