"""Languages: Turkish at the plain path, English under /en/."""

from pathlib import Path

_SITES = Path(__file__).resolve().parents[2] / "sites"

USE_I18N = True
LANGUAGE_CODE = "tr"
LANGUAGES = [("tr", "Türkçe"), ("en", "English")]
# Texts are written in English in the code; each site keeps its Turkish beside it.
LOCALE_PATHS = [_SITES / site / "locale" for site in ("portal", "login", "backoffice", "demo", "api", "ui")]
