"""Pages of the layout itself."""

from django.urls import path

from kapi.sites.ui.gallery import gallery

app_name = "ui"

urlpatterns = [path("demo/bilesenler/", gallery, name="gallery")]
