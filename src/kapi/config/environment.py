"""The one reader of the environment: every `KAPI_*` variable, its meaning, its default, its check."""

import re
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kapi.sites.ui import colours


class Environment(BaseSettings):
    """What the environment decides. There are no development or production variants, only these variables."""

    model_config = SettingsConfigDict(env_prefix="KAPI_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        Path("var"), description="Folder of the embedded database, demo files and exported audit heads"
    )
    database_url: str = Field(
        "", description="postgres://user:password@host/name; empty means SQLite in the data folder"
    )
    database_prepared: bool = Field(
        True,
        description="Let PostgreSQL keep each connection's statements; "
        "`false` behind a PgBouncer before 1.21 in transaction mode",
    )
    redis_url: str = Field(
        "", description="redis://host/0 for counters shared by several machines; empty keeps them in the database"
    )
    broker_url: str = Field(
        "", description="amqp://host to wake workers through RabbitMQ; empty lets each worker look for itself"
    )

    secret_key: SecretStr = Field(
        SecretStr(""), description="At least 32 random characters; every other key is derived from it"
    )
    secret_key_fallbacks: Annotated[list[SecretStr], NoDecode] = Field(
        [], description="Former secret keys, comma separated, still good for reading"
    )

    demo: bool = Field(
        False, description="Demo mode: demo data, demo mailbox, `conformance` clients. Never for real people"
    )
    debug: bool = Field(False, description="Show tracebacks in the browser. Never for real people")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    listen_host: str = Field("127.0.0.1", description="Address that `kapi serve` listens on; 0.0.0.0 for all")
    listen_port: int = Field(8000, ge=1, le=65535, description="Port that `kapi serve` listens on")
    processes: int = Field(
        2, ge=1, le=64, description="Processes of `kapi serve`; over all that run on a machine about one per core"
    )
    work_processes: int = Field(
        2, ge=1, le=64, description="Processes of `kapi work` that share what the broker spreads"
    )
    threads: int = Field(
        2, ge=1, le=64, description="Threads of each process of `kapi serve`; more cost CPU, fewer wait for suppliers"
    )

    gateway_url: str = Field(
        "http://localhost:8000", description="Where people reach the gateway, without a slash at the end"
    )
    login_url: str = Field("", description="Own origin of the sign-in site and the issuer; empty: the gateway's")
    api_url: str = Field("", description="Own origin of the institutions' API; empty: the gateway's")
    backoffice_url: str = Field("", description="Own origin of the work pages; empty: the gateway's")
    cookie_domain: str = Field(
        "",
        validate_default=True,
        description="Common parent domain of the sites' cookies, where they have host names of their own",
    )
    cookie_suffix: str = Field("", description="Ending of cookie names, where gateways on one host must be told apart")
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="How many proxies of ours stand in front and add to X-Forwarded-For"
    )
    client_certificate_header: str = Field(
        "", description="Header in which a proxy of ours passes the client's certificate on (RFC 8705); empty: none"
    )
    client_certificate_proxies: Annotated[list[str], NoDecode] = Field(
        [],
        validate_default=True,
        description="Addresses or networks of the proxies that are believed about it, comma separated",
    )
    client_certificate_verdict: str = Field(
        "",
        validate_default=True,
        description="Header in which that proxy says SUCCESS of a certificate that it has checked (tls_client_auth)",
    )
    mtls_url: str = Field("", description="Origin at which a proxy asks programs for certificates; empty: none")
    allow_private_addresses: bool = Field(
        False, description="Let outgoing calls reach loopback and private addresses (demo, tests)"
    )

    staff_by_password: bool = Field(
        False, description="Let staff work without a phishing-resistant proof (demo only); every work page then says so"
    )
    representatives_register: str = Field(
        "", description="Register that says who may act for which company: `dummy` (demo only); empty: none"
    )

    key_store: str = Field(
        "software", description="Where new signing keys are made: `software`, or the path of a class behind the port"
    )

    mobile_signature: str = Field(
        "", description="Supplier of mobile signatures: `dummy` (demo only), or the path of a class; empty: none"
    )
    trust_list: str = Field(
        "", description="Folder with `trust.toml`: the issuers whose certificates people sign in with; empty: none"
    )

    population_register: str = Field(
        "", description="Register that tells of deaths, names and guardians: `dummy` (demo only); empty: none"
    )

    keep_history_days: int = Field(
        365,
        ge=30,
        le=3650,
        description="Days for which sessions, sign-in history and visits are kept; not stated in law",
    )

    brand_name: str = Field("Kapı", description="Name of the gateway in the header")
    brand_color: str = Field(
        "", description="Strong colour as #RRGGBB, for a state that brings its own; empty keeps ours"
    )
    brand_mark: str = Field("", description="Path of an SVG file with the state's own mark; empty keeps ours")
    contact_email: str = Field(
        "security@kapi.example", description="Where security.txt sends those who found a weakness"
    )
    privacy_contact: str = Field(
        "", description="Where people send requests about their data (postal, KEP or e-mail address); empty: not stated"
    )
    privacy_legal_basis: str = Field(
        "", description="The law on which the processing in the privacy notice rests; empty: not stated"
    )
    operator_name: str = Field(
        "", description="Legal name of the operator in the privacy notice and the accessibility statement"
    )

    @field_validator("secret_key_fallbacks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part for part in value.split(",") if part] if isinstance(value, str) else value

    @field_validator("client_certificate_header", "client_certificate_verdict")
    @classmethod
    def _is_header(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,60}", value):
            raise ValueError("write the name of a header, such as X-Client-Certificate")
        return value

    @field_validator("client_certificate_verdict", "mtls_url")
    @classmethod
    def _needs_certificates(cls, value: str, others: ValidationInfo) -> str:
        """Neither says anything where no proxy passes certificates on."""
        if value and not others.data.get("client_certificate_header"):
            raise ValueError("set KAPI_CLIENT_CERTIFICATE_HEADER and KAPI_CLIENT_CERTIFICATE_PROXIES as well")
        return value

    @field_validator("client_certificate_proxies", mode="before")
    @classmethod
    def _are_networks(cls, value: object, others: ValidationInfo) -> object:
        """A header that anybody can send is believed only from whom it was agreed with."""
        networks = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        if bool(networks) is not bool(others.data.get("client_certificate_header")):
            raise ValueError("KAPI_CLIENT_CERTIFICATE_HEADER and KAPI_CLIENT_CERTIFICATE_PROXIES belong together")
        for network in networks if isinstance(networks, list) else []:
            ip_network(network)
        return networks

    @field_validator("gateway_url", "login_url", "api_url", "backoffice_url", "mtls_url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        if value and (not value.startswith(("http://", "https://")) or value.count("/") != 2):
            raise ValueError("write scheme and host only, such as https://kapi.example")
        return value

    @field_validator("cookie_domain")
    @classmethod
    def _is_common_parent(cls, value: str, others: ValidationInfo) -> str:
        """Without it, a sign-in at one host name would not be known at the next, and each would send people back."""
        origins = (others.data.get(name, "") for name in ("gateway_url", "login_url", "backoffice_url"))
        hosts = {urlsplit(origin).hostname or "" for origin in origins if origin}
        if not value and len(hosts) > 1:
            raise ValueError("set the common parent domain of the sites' host names, such as kapi.example")
        strangers = sorted(host for host in hosts if value and host != value and not host.endswith(f".{value}"))
        if strangers:
            raise ValueError(f"{', '.join(strangers)} is not below it")
        return value

    @field_validator("brand_color")
    @classmethod
    def _is_readable_colour(cls, value: str) -> str:
        if value:
            colours.parse(value)
        return value

    @field_validator("brand_mark")
    @classmethod
    def _is_drawing(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError("name an SVG file that is there")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        return _checked_address(value, ("postgres", "postgresql", "sqlite"), "postgres://user:password@host/name")

    @field_validator("redis_url")
    @classmethod
    def _has_redis(cls, value: str) -> str:
        if value and find_spec("redis") is None:
            raise ValueError("install its client first: `uv sync --extra redis`, or pip install 'kapi[redis]'")
        return _checked_address(value, ("redis", "rediss", "unix"), "redis://host/0")

    @field_validator("broker_url")
    @classmethod
    def _has_celery(cls, value: str) -> str:
        if value and find_spec("celery") is None:
            raise ValueError("install Celery first: `uv sync --extra rabbitmq`, or pip install 'kapi[rabbitmq]'")
        return _checked_address(value, ("amqp", "amqps"), "amqp://user:password@host//")

    @field_validator("representatives_register", "population_register")
    @classmethod
    def _is_register(cls, value: str, others: ValidationInfo) -> str:
        if value not in {"", "dummy"}:
            raise ValueError("write dummy, or leave it empty")
        if value and not others.data.get("demo"):
            raise ValueError("the dummy register is for demo mode only")
        return value

    @field_validator("staff_by_password")
    @classmethod
    def _is_for_demos(cls, value: bool, others: ValidationInfo) -> bool:
        if value and not others.data.get("demo"):
            raise ValueError("staff sign in phishing-resistantly; only the demo may do without")
        return value

    @field_validator("mobile_signature")
    @classmethod
    def _is_signer(cls, value: str, others: ValidationInfo) -> str:
        if value == "dummy" and not others.data.get("demo"):
            raise ValueError("the dummy supplier is for demo mode only")
        if value not in {"", "dummy"} and "." not in value:
            raise ValueError("write dummy, the path of a class such as package.module.Supplier, or leave it empty")
        return value

    @field_validator("trust_list")
    @classmethod
    def _is_trust_list(cls, value: str) -> str:
        if value and not (Path(value) / "trust.toml").is_file():
            raise ValueError("name a folder that holds a file trust.toml")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("write DEBUG, INFO, WARNING or ERROR")
        return value


def _checked_address(value: str, schemes: tuple[str, ...], example: str) -> str:
    """Return the address as it is; it may hold a password, so the error does not repeat it."""
    parts = urlsplit(value)
    try:
        is_good = not value or (parts.scheme in schemes and parts.port != 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(f"write an address such as {example}")
    return value


def _variable(path: tuple[int | str, ...]) -> str:
    return "KAPI_" + "_".join(str(part) for part in path).upper()  # protocol


def read_environment() -> Environment:
    """Read and check every variable.

    :raises SystemExit: listing all variables that are wrong, each with what is expected.
    """
    try:
        return Environment()
    except ValidationError as wrong:
        lines = [f"  {_variable(error['loc'])}: {error['msg']}" for error in wrong.errors()]
        raise SystemExit("These settings are wrong:\n" + "\n".join(lines)) from None


ENVIRONMENT = read_environment()
