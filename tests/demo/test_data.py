"""What demo/data promises beyond its form, which `kapi load` checks."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kapi.kernel.identifiers import IdentityNumber, MersisNumber, TaxNumber

DATA = Path(__file__).parents[2] / "demo" / "data"
# The laws and rules that this project has a source for; add a source before you add a line.
SOURCED = {
    "law;6183;;Amme Alacaklarının Tahsil Usulü Hakkında Kanun",
    "law;6698;12;Kişisel Verilerin Korunması Kanunu",
    "law;6698;13;Kişisel Verilerin Korunması Kanunu",
    "law;7201;;Tebligat Kanunu",
    "regulation;2009/15169;6;Kamu Hizmetlerinin Sunumunda Uyulacak Usul ve Esaslara İlişkin Yönetmelik",
    "regulation;30617;;",
    "communique;30356;;Veri Sorumlusuna Başvuru Usul ve Esasları Hakkında Tebliğ",
    "board_decision;2019/10;;Kişisel Verileri Koruma Kurulu kararı (24.01.2019)",
    "circular;2025/10;;",
}
SAMPLE_ADDRESS = re.compile(
    r"https://[a-z-]+\.kapi\.example(/[a-z0-9/-]+)?|\{(municipality|university)\}(/en)?/hizmet/[a-z0-9-]+"
)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items(cell: str) -> list[str]:
    return cell.split("|") if cell else []


SERVICES = rows("services.csv")
INSTITUTIONS = rows("institutions.csv")
PEOPLE = rows("people.csv")


class TestServices:
    def test_are_enough_to_try_the_gateway_with(self) -> None:
        assert len({service["code"] for service in SERVICES}) == len(SERVICES) >= 300
        assert len({service["institution_code"] for service in SERVICES}) >= 60

    def test_are_written_in_both_languages(self) -> None:
        columns = [column for column in SERVICES[0] if column.endswith("_tr")]
        one_sided = [
            (service["code"], column)
            for service in SERVICES
            for column in columns
            if len(items(service[column])) != len(items(service[f"{column[:-3]}_en"]))
        ]
        assert one_sided == []

    def test_name_only_laws_that_have_a_source(self) -> None:
        assert {law for service in SERVICES for law in items(service["legal_basis"])} == SOURCED

    def test_are_each_described_in_their_own_words(self) -> None:
        for column in ("title_tr", "title_en", "summary_tr", "description_tr"):
            assert len({service[column] for service in SERVICES}) == len(SERVICES), column

    def test_say_that_an_amount_is_a_sample(self) -> None:
        unmarked = [
            service["code"]
            for service in SERVICES
            if service["cost_amount"] != "0" and "örnek" not in service["cost_condition_tr"].lower()
        ]
        assert unmarked == []

    def test_can_be_found_by_the_words_people_use(self) -> None:
        assert [service["code"] for service in SERVICES if not service["synonyms"]] == []

    @pytest.mark.parametrize("column", ["channel_web", "channel_web_en", "sign_language_url", "easy_read_url"])
    def test_lead_to_sample_addresses_only(self, column: str) -> None:
        addresses = [service[column] for service in SERVICES if service[column]]
        assert addresses
        assert [address for address in addresses if not SAMPLE_ADDRESS.fullmatch(address)] == []

    def test_lead_to_english_pages_where_a_sample_institution_has_them(self) -> None:
        with_samples = [service for service in SERVICES if service["channel_web"].startswith("{")]
        assert len(with_samples) == 30
        assert [
            service["code"]
            for service in with_samples
            if service["channel_web_en"] != service["channel_web"].replace("}/hizmet", "}/en/hizmet")
        ] == []


class TestInstitutions:
    def test_stand_in_the_demo_range_below_their_parents(self) -> None:
        seen = {""}
        for institution in INSTITUTIONS:
            assert re.fullmatch(r"9000\d{4}", institution["code"])
            assert institution["parent_code"] in seen
            seen.add(institution["code"])
        assert len(seen) > 60

    def test_cannot_be_called_or_visited(self) -> None:
        phones = [institution["phone"] for institution in INSTITUTIONS]
        phones += [service["channel_phone"] for service in SERVICES if service["channel_phone"]]
        assert [phone for phone in phones if not phone.startswith("+90 000 ")] == []
        addresses = [institution["url"] for institution in INSTITUTIONS if institution["url"]]
        assert [address for address in addresses if not SAMPLE_ADDRESS.fullmatch(address)] == []


class TestPeople:
    def test_have_valid_numbers_from_small_running_bodies(self) -> None:
        numbers = [person["identity_number"] for person in PEOPLE]
        assert len(set(numbers)) == len(numbers) == 12
        for number in numbers:
            IdentityNumber.parse(number)
            assert number.startswith(("1000000", "9900000"))

    @pytest.mark.parametrize(
        ("what", "holds"),
        [
            ("no surname", lambda person: person["family_name"] == ""),
            ("only a year of birth", lambda person: len(person["birth_date"]) == 4),
            ("no day of birth", lambda person: len(person["birth_date"]) == 7),
            ("a foreigner's number", lambda person: person["identity_number"].startswith("99")),
            ("an age below the limit", lambda person: person["role"] == "minor"),
        ],
    )
    def test_show_that_lives_differ(self, what: str, holds: Callable[[dict[str, str]], bool]) -> None:
        assert any(holds(person) for person in PEOPLE), what


class TestLifeEventSteps:
    def test_lead_to_services_that_exist(self) -> None:
        codes = {service["code"] for service in SERVICES} | {""}
        steps = rows("life_event_steps.csv")
        assert {step["life_event"] for step in steps} == {event["code"] for event in rows("life_events.csv")}
        assert [step for step in steps if step["service_code"] not in codes] == []


class TestCompanies:
    def test_have_valid_numbers_from_small_running_bodies(self) -> None:
        companies = rows("companies.csv")
        assert len({company["tax_number"] for company in companies}) == len(companies) == 3
        for company in companies:
            assert TaxNumber.parse(company["tax_number"]).digits.startswith("10000000")
            if company["mersis_number"]:
                MersisNumber.parse(company["mersis_number"])

    def test_are_represented_by_people_of_the_demo_in_services_that_exist(self) -> None:
        lines = rows("representatives.csv")
        assert {line["tax_number"] for line in lines} == {company["tax_number"] for company in rows("companies.csv")}
        assert {line["identity_number"] for line in lines} <= {person["identity_number"] for person in PEOPLE}
        named = {code for line in lines for code in items(line["services"])}
        assert named <= {service["code"] for service in SERVICES}

    def test_let_one_person_act_for_one_and_another_for_two(self) -> None:
        found = [line["identity_number"] for line in rows("representatives.csv")]
        assert sorted(found.count(number) for number in set(found)) == [1, 2]
