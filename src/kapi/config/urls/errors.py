"""Who answers when no page can."""

handler400 = "kapi.sites.ui.errors.bad_request"
handler403 = "kapi.sites.ui.errors.not_permitted"
handler404 = "kapi.sites.ui.errors.not_found"
handler500 = "kapi.sites.ui.errors.server_error"
