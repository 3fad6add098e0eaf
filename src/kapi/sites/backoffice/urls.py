"""Pages of the work site, per language."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from kapi.sites.backoffice import (
    assistance,
    audit,
    client_changes,
    clients,
    corrections,
    desk,
    emergencies,
    home,
    institutions,
    members,
    passkey,
    proposals,
    refusals,
    revisions,
    services,
    status,
    tokens_for_tests,
    voices,
)


class RowConverter(IntConverter):
    """The id of a row: as many digits as a database takes."""

    regex = "[0-9]{1,18}"


register_converter(RowConverter, "row")

app_name = "backoffice"
urlpatterns = [
    path("yonetim/", home.home, name="home"),
    path("yonetim/gecis-anahtari/", passkey.passkey, name="passkey"),
    path("yonetim/destek/", assistance.assistances, name="assistances"),
    path("yonetim/destek/<row:assistance_id>/", assistance.assistance, name="assistance"),
    path("yonetim/gise/", desk.desk, name="desk"),
    path("yonetim/gise/kayit/", desk.register, name="desk_register"),
    path("yonetim/gise/kisi/", desk.person, name="desk_person"),
    path("yonetim/gise/duzelt/", corrections.correct, name="desk_correct"),
    path("yonetim/gise/hesap-ac/", desk.issue, name="desk_issue"),
    path("yonetim/gise/hesap-geri-ver/", desk.recover, name="desk_recover"),
    path("yonetim/kurumlar/", institutions.institutions, name="institutions"),
    path("yonetim/kurumlar/oner/", institutions.propose, name="institution_propose"),
    path("yonetim/kurumlar/<slug:code>/", institutions.institution, name="institution"),
    path("yonetim/kurumlar/<slug:code>/duzenle/", institutions.change, name="institution_change"),
    path("yonetim/kurumlar/<slug:code>/birim-ekle/", institutions.add_unit, name="institution_add_unit"),
    path("yonetim/kurumlar/<slug:code>/gorevliler/", members.members, name="members"),
    path("yonetim/olaganustu/", emergencies.emergencies, name="emergencies"),
    path("yonetim/olaganustu/<row:emergency_id>/", emergencies.emergency, name="emergency"),
    path("yonetim/oneriler/", proposals.proposals, name="proposals"),
    path("yonetim/oneriler/<row:proposal_id>/", proposals.proposal, name="proposal"),
    path("yonetim/kurumlar/<slug:code>/yeni-hizmet/", revisions.new_service, name="service_new"),
    path("yonetim/hizmetler/", services.services, name="services"),
    path("yonetim/hizmetler/<slug:code>/", services.service, name="service"),
    path("yonetim/hizmetler/<slug:code>/kapat/", services.retire, name="service_retire"),
    path("yonetim/hizmetler/<slug:code>/yeni-surum/", revisions.new_revision, name="revision_new"),
    path("yonetim/istemciler/", clients.clients, name="clients"),
    path("yonetim/istemciler/<str:client_id>/", clients.client, name="client"),
    path("yonetim/istemciler/<str:client_id>/duzenle/", client_changes.change, name="client_change"),
    path("yonetim/istemciler/<str:client_id>/anahtarlar/", client_changes.keys, name="client_keys"),
    path("yonetim/istemciler/<str:client_id>/deneme-belirteci/", tokens_for_tests.test_token, name="client_test_token"),
    path("yonetim/istemciler/<str:client_id>/gizli-anahtar/", client_changes.secret, name="client_secret"),
    path("yonetim/kurumlar/<slug:code>/yeni-istemci/", clients.new_client, name="client_new"),
    path("yonetim/reddedilen-istekler/", refusals.refusals, name="refusals"),
    path("yonetim/geri-bildirim/", voices.feedback, name="feedback"),
    path("yonetim/engeller/", voices.barriers, name="barriers"),
    path("yonetim/bulunamayan-aramalar/", voices.searches, name="searches"),
    path("yonetim/durum/", status.status, name="status"),
    path("yonetim/denetim-izi/", audit.audit, name="audit"),
    path("yonetim/surumler/<row:revision_id>/", revisions.revision, name="revision"),
    path("yonetim/surumler/<row:revision_id>/duzenle/", revisions.edit, name="revision_edit"),
]
