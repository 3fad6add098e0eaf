"""Addresses of the portal's pages, in Turkish words for every language."""

from django.urls import path

from kapi.sites.portal import (
    barriers,
    categories,
    favourites,
    feedback,
    home,
    institutions,
    life_events,
    machines,
    my_pages,
    privacy,
    search,
    services,
    standards,
    statements,
)

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("ara", search.search, name="search"),
    path("hizmet/<slug:code>/", services.service, name="service"),
    path("hizmet/<slug:code>/git/", services.go, name="service_go"),
    path("hizmet/<slug:code>/favori/", favourites.favourite, name="favourite"),
    path("yasam-olaylari/", life_events.life_events, name="life_events"),
    path("yasam-olaylari/<slug:code>/", life_events.life_event, name="life_event"),
    path("kategoriler/", categories.categories, name="categories"),
    path("kategoriler/<slug:code>/", categories.category, name="category"),
    path("kurumlar/", institutions.institutions, name="institutions"),
    path("kurumlar/<slug:code>/", institutions.institution, name="institution"),
    path("kurumlar/<slug:code>/hizmet-standartlari/", standards.standards, name="standards"),
    path("uygulama.webmanifest", machines.manifest, name="manifest"),
    path("sayfam/", my_pages.my_pages, name="my_pages"),
    path("yardim/", statements.help_page, name="help"),
    path("erisilebilirlik/", statements.accessibility, name="accessibility"),
    path("erisilebilirlik/engel-bildir/", barriers.report, name="barrier"),
    path("erisilebilirlik/engel-bildir/alindi/", barriers.received, name="barrier_received"),
    path("gizlilik/", privacy.privacy, name="privacy"),
    path("geri-bildirim/", feedback.feedback, name="feedback"),
    path("geri-bildirim/yanit/", feedback.answer, name="feedback_answer"),
    path("geri-bildirim/alindi/", feedback.received, name="feedback_received"),
]
