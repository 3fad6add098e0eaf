from datetime import datetime
from typing import Any

from asn1crypto.core import Asn1Value

class Name(Asn1Value):
    @property
    def chosen(self) -> Any: ...

class Certificate(Asn1Value):
    ca: bool
    certificate_policies_value: Any
    crl_distribution_points: list[Any]
    issuer: Name
    key_identifier: bytes | None
    key_usage_value: Asn1Value | None
    not_valid_after: datetime
    not_valid_before: datetime
    ocsp_urls: list[str]
    public_key: Any
    serial_number: int
    subject: Name
