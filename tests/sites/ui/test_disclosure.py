"""security.txt (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.test import Client


class TestSecurityTxt:
    def test_names_a_contact_and_ends_within_a_year(self, client: Client) -> None:
        response = client.get("/.well-known/security.txt")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
        assert fields["Contact"].startswith("mailto:")
        assert fields["Canonical"].endswith("/.well-known/security.txt")
        expires = datetime.fromisoformat(fields["Expires"])
        assert timedelta(days=90) < expires - datetime.now(UTC) < timedelta(days=366)
