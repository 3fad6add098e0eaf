"""What the two sample institutions offer: the code in the address -> its name in Turkish and English."""

Offers = dict[str, dict[str, str]]

MUNICIPALITY: Offers = {
    "yerlesim-yeri-belgesi": {"tr": "Yerleşim yeri (ikametgâh) belgesi", "en": "Proof of residence"},
    "su-borcu": {"tr": "Su borcu", "en": "Water bill"},
    "su-aboneligi-baslatma": {"tr": "Su aboneliği başlatma", "en": "Start a water subscription"},
    "su-aboneligi-kapatma": {"tr": "Su aboneliği sonlandırma", "en": "End a water subscription"},
    "emlak-vergisi": {"tr": "Emlak vergisi", "en": "Property tax"},
    "emlak-beyani": {"tr": "Emlak vergisi bildirimi", "en": "Declare a property"},
    "borcu-yoktur-belgesi": {"tr": "Borcu yoktur belgesi", "en": "No-debt certificate"},
    "rayic-bedel-belgesi": {"tr": "Emlak rayiç değer belgesi", "en": "Assessed value certificate"},
    "imar-durumu": {"tr": "İmar durumu", "en": "Zoning of a plot"},
    "yapi-ruhsati": {"tr": "Yapı ruhsatı", "en": "Building permit"},
    "isyeri-acma-ruhsati": {"tr": "İş yeri açma ruhsatı", "en": "Licence to open a workplace"},
    "nikah-basvurusu": {"tr": "Nikâh günü", "en": "Wedding date"},
    "belediye-sosyal-yardim": {"tr": "Sosyal yardım", "en": "Help from the municipality"},
    "evde-bakim-belediye": {"tr": "Evde bakım desteği", "en": "Home help and care"},
    "defin-islemleri": {"tr": "Cenaze ve defin", "en": "Funeral and burial"},
    "mezar-yeri-sorgulama": {"tr": "Mezar yeri", "en": "Find a grave"},
    "cevre-temizlik-vergisi": {"tr": "Çevre temizlik vergisi", "en": "Cleaning tax"},
    "belediye-sikayet": {"tr": "Sokaktaki bir sorunu bildirme", "en": "Report a problem in the street"},
    "toplu-tasima-karti": {"tr": "İndirimli ulaşım kartı", "en": "Reduced-fare travel card"},
    "askida-fatura": {"tr": "Askıda fatura", "en": "Pay someone else's bill"},
}

UNIVERSITY: Offers = {
    "ogrenci-belgesi": {"tr": "Öğrenci belgesi", "en": "Student certificate"},
    "not-dokumu": {"tr": "Not dökümü (transkript)", "en": "Transcript of marks"},
    "mezuniyet-belgesi": {"tr": "Mezuniyet belgesi", "en": "Graduation certificate"},
    "diploma-teslim-randevusu": {"tr": "Diploma teslim randevusu", "en": "A time to collect your diploma"},
    "universite-ders-kaydi": {"tr": "Ders kaydı", "en": "Course registration"},
    "universite-harc-odeme": {"tr": "Katkı payı ve öğrenim ücreti", "en": "University fees"},
    "universite-yatay-gecis": {"tr": "Yatay geçiş başvurusu", "en": "Transfer from another university"},
    "universite-kimlik-karti": {"tr": "Öğrenci kimlik kartı", "en": "Student card"},
    "universite-yemekhane-bakiye": {"tr": "Yemekhane bakiyesi", "en": "Canteen balance"},
    "universite-askerlik-durum": {"tr": "Askerlik şubesine öğrencilik bildirimi", "en": "Student status notice"},
}

BY_KIND: dict[str, Offers] = {"municipality": MUNICIPALITY, "university": UNIVERSITY}
