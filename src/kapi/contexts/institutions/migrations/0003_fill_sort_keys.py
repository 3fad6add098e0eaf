"""Fill the sort keys of the institutions that were there before them; repeatable, a thousand at a time."""

import unicodedata

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_BATCH = 1_000
# As kernel.turkish.alphabet_key was on the day of this migration; a test holds both together.
_ALPHABET = "abcçdefgğhıijklmnoöpqrsştuüvwxyz"
_LOWER = str.maketrans({"I": "ı", "İ": "i"})


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give a key to each that has none."""
    rows = apps.get_model("institutions", "Institution").objects.filter(sort_tr="").order_by("code")
    after = ""
    while batch := list(rows.filter(code__gt=after).only("code", "name")[:_BATCH]):
        for row in batch:
            row.sort_tr = _key(row.name.get("tr", ""))
            row.sort_en = _key(row.name.get("en") or row.name.get("tr", ""))
        rows.model.objects.bulk_update(batch, ["sort_tr", "sort_en"])
        after = batch[-1].code


def _key(text: str) -> str:
    lowered = unicodedata.normalize("NFC", text).translate(_LOWER).lower()
    return "".join(_rank(letter) for letter in lowered[:60])


def _rank(letter: str) -> str:
    if letter.isspace():
        return "00"
    plain = letter if letter in _ALPHABET else unicodedata.normalize("NFD", letter)[0]
    if plain in _ALPHABET:
        return str(40 + _ALPHABET.index(plain))
    return f"1{letter}" if letter.isdecimal() and letter.isascii() else "05"


class Migration(migrations.Migration):
    dependencies = [("institutions", "0002_sort_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
