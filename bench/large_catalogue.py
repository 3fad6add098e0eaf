"""A catalogue of any size, made from words as Turkish catalogues use them, the same every time."""

import csv
import io
import random
from dataclasses import dataclass

from kapi.contexts.catalogue.rules.rows import SERVICE_COLUMNS


def _words(text: str, separator: str | None = None) -> list[str]:
    return [" ".join(item.split()) for item in text.split(separator)]


_THINGS = _words(
    """
    öğrenci adres nüfus kimlik pasaport sürücü araç trafik vergi borç emlak tapu konut kira su elektrik doğalgaz
    abonelik sigorta emeklilik maaş prim hizmet işe giriş sağlık aşı reçete randevu rapor engelli yaşlı çocuk
    doğum ölüm evlilik boşanma soyadı miras dava icra adli sicil arşiv noter vekâlet şirket ticaret ihracat
    gümrük marka patent tarım çiftçi hayvan orman avcılık balıkçılık turizm otel müze kültür spor burs yurt
    sınav diploma denklik lise okul nakil servis ulaşım kart otopark imar ruhsat iskân inşaat deprem afet
    itfaiye zabıta temizlik çöp ağaç park mezarlık nikâh kurs meslek iş arayan işveren istihdam grev sendika
    güvenlik silah özel koruma yabancı ikamet vize çalışma göç mülteci internet telefon hat operatör posta kargo
    tüketici şikâyet bilgi edinme kişisel veri seçmen muhtar belediye il ilçe
    """
)
_DEEDS = _words(
    """
    Belgesi Sorgulama | Başvurusu | Borcu Ödeme | Kaydı Bildirimi | Durumu Sorgulama | Randevusu Alma | Yenileme
    Başvurusu | İtirazı | İzni Başvurusu | Listesi Görüntüleme | İptali | Sonucu Sorgulama | Desteği Başvurusu |
    Bilgisi Güncelleme | Raporu Alma
    """,
    "|",
)
_DEEDS_EN = _words(
    """
    certificate | application | debt payment | registration | status enquiry | appointment | renewal | objection
    | permit | list | cancellation | result | support | update | report
    """,
    "|",
)
_SYLLABLES = _words(
    """
    ba be bı ka ke ko la le ma me na ne ra re sa se ta te ya ye çı şa ğu lü mü nı rı
    """
)


@dataclass(frozen=True)
class LargeCatalogue:
    """CSV files for `kapi load`."""

    institutions: bytes
    categories: bytes
    services: bytes


def large_catalogue(*, services: int, institutions: int = 500, seed: int = 7) -> LargeCatalogue:
    """Make a catalogue of so many services; most of their words are shared with many others."""
    random.seed(seed)
    codes = [f"{70_000_001 + number}" for number in range(institutions)]
    names = [f"{_name().capitalize()} {random.choice(['Belediyesi', 'Üniversitesi', 'Müdürlüğü'])}" for _ in codes]
    institution_rows = [
        {"code": code, "name_tr": name, "kind": "agency"} for code, name in zip(codes, names, strict=True)
    ]
    category_rows = [{"code": f"konu-{number}", "title_tr": f"Konu {number}"} for number in range(20)]
    return LargeCatalogue(
        institutions=_csv(
            ["code", "parent_code", "name_tr", "name_en", "kind", "url", "phone", "address_tr", "description_tr",
             "description_en"],
            institution_rows,
        ),
        categories=_csv(["code", "title_tr", "title_en"], category_rows),
        services=_csv(list(SERVICE_COLUMNS), [_service(number, random.choice(codes)) for number in range(services)]),
    )  # fmt: skip


def _service(number: int, institution_code: str) -> dict[str, str]:
    deed = random.randrange(len(_DEEDS))
    first, second, own = random.choice(_THINGS), random.choice(_THINGS), _name()
    title = f"{first.capitalize()} {second.capitalize()} {own.capitalize()} {_DEEDS[deed]}"
    text = " ".join(random.choice(_THINGS) for _ in range(60))
    return {
        "code": f"hizmet-{number}",
        "institution_code": institution_code,
        "title_tr": title,
        "title_en": f"{own.capitalize()} {_DEEDS_EN[deed]}",
        "summary_tr": f"{first.capitalize()} ve {second} için {own} işlemini yapın: {text[:80]}.",
        "summary_en": f"Do the {own} {_DEEDS_EN[deed]}.",
        "description_tr": f"{text}.",
        "kind": random.choice(["information", "enquiry", "application", "payment", "document"]),
        "maturity": str(random.randint(1, 5)),
        "audience": str(random.randint(100, 5_000_000)),
        "assurance": random.choice(["low", "substantial", "high"]),
        "processing_time": random.choice(["PT0S", "P3D", "P15D", "P1M"]),
        "working_days": random.choice(["yes", "no"]),
        "cost_amount": random.choice(["0", "125.50", ""]),
        "cost_currency": "TRY",
        "requirements_tr": f"{first} sahibi olmak|{second} kaydı bulunmak",
        "evidence_tr": "Kimlik belgesi|Dilekçe",
        "output_tr": f"{own} belgesi",
        "output_type": "document",
        "categories": f"konu-{random.randrange(20)}|konu-{random.randrange(20)}",
        "keywords_tr": f"{first} {own}|{random.choice(_THINGS)}|{random.choice(_THINGS)}",
        "synonyms": f"{own} kağıdı|{random.choice(_THINGS)} {random.choice(_THINGS)}|{first} {_name()}",
        "channel_web": f"https://kurum.example/{number}",
        "channel_phone": "+90 000 000 00 00",
        "complaint_authority_tr": "İlgili bakanlık",
    }


def _name() -> str:
    """Make a word that sounds like one; about 8,000 different ones in a large catalogue."""
    return "".join(random.choice(_SYLLABLES) for _ in range(random.randint(2, 4)))


def _csv(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
