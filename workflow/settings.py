"""Settings, read once from the environment (prefix ``HYOKA_``) and never changed after.

Secrets may come from files: ``HYOKA_SECRET_KEY_FILE`` wins over ``HYOKA_SECRET_KEY``. A program
reads them by ``workflow.settings_at_start``, which tells all faults at once.
"""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from workflow import settings_checks as checks
from workflow.settings_checks import fault

#: An SMTP conversation has six steps; whatever their timeout, all of them together must end well
#: before a worker's own time limit.
SMTP_STEPS, LONGEST_CONVERSATION = 6, 120.0

Port = Annotated[int, Field(ge=1, le=65535)]
Texts = Annotated[tuple[str, ...], NoDecode]
DAY = 24 * 3600


class Settings(BaseSettings):
    """Everything an installation can set. All other values live in the database.

    A field whose meaning hangs on another stands below it, so that both are told about at once.
    """

    model_config = SettingsConfigDict(
        env_prefix="HYOKA_", frozen=True, extra="ignore", allow_inf_nan=False
    )

    #: The application's role; it can read and write, never change events.
    database_url: SecretStr
    #: The role that owns the tables; only migrations use it.
    owner_database_url: SecretStr | None = None
    #: Broker of the doorbell.
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")

    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None

    #: Address and port of the web; other machines reach it only where this says so.
    listen: str = "127.0.0.1:8000"
    #: Number of reverse proxies in front, for the client's address.
    proxies: int = Field(default=0, ge=0, le=10)
    #: Addresses and networks of those proxies; nobody else is believed about an address.
    trusted_proxies: Texts = ("127.0.0.0/8", "::1/128")
    #: Where people reach the pages; links in mails are built from it, never from a request.
    public_url: str = "http://127.0.0.1:8000"
    #: Host names that the web answers to; empty means those of ``public_url``.
    trusted_hosts: Texts = ()
    #: Seconds for which browsers shall insist on TLS (HSTS); only where it is used, 0: never.
    hsts_seconds: int = Field(default=365 * DAY, ge=0, le=2 * 365 * DAY)

    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 25
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_start_tls: bool = False
    #: Seconds for each step of an SMTP conversation.
    smtp_timeout: float = Field(default=20.0, gt=0, le=600)
    mail_from: str = Field(default="hyoka@localhost", validate_default=False)

    #: Local time of the daily digest.
    digest_time: time = time(8, 45)
    #: Seconds in which further immediate notices to one person are gathered.
    notice_grouping_seconds: int = Field(default=300, ge=0, le=DAY)
    #: Seconds between two ticks of beat.
    tick_seconds: float = Field(default=30.0, gt=0, le=3600)

    #: Minutes without a request after which one must sign in again.
    session_idle_minutes: int = Field(default=60, ge=1, le=DAY // 60)
    #: Hours after which one must sign in again in any case.
    session_hours: int = Field(default=10, ge=1, le=7 * 24)
    #: A demonstration may let the one-time passwords stay.
    keep_one_time_passwords: bool = False

    #: Folder of orders for fault experiments (``workflow.failpoints``); refused where TLS is used.
    failpoints: Path | None = None

    database_pool_size: int = Field(default=5, ge=1, le=100)
    log_format: Literal["json", "plain"] = "json"

    @field_validator("database_url", "owner_database_url")
    @classmethod
    def _database_is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        # A list of hosts is no URL for `urlsplit`; libpq says what is wrong with the rest.
        if value is not None and not value.get_secret_value().startswith(
            ("postgresql://", "postgresql+psycopg://")
        ):
            raise fault("setting_url_scheme", schemes="postgresql://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _broker_is_redis(cls, value: SecretStr) -> SecretStr:
        checks.split_url(
            value.get_secret_value(), ("redis", "rediss", "redis+socket", "unix", "sentinel")
        )
        return value

    @field_validator("secret_key")
    @classmethod
    def _key_is_strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            checks.strong_key(value.get_secret_value())
        return value

    @field_validator("secret_key_file")
    @classmethod
    def _key_in_file_is_strong(cls, value: Path | None) -> Path | None:
        if value is not None:
            checks.strong_key(checks.key_in_file(value))
        return value

    @field_validator("listen")
    @classmethod
    def _listens_somewhere(cls, value: str) -> str:
        return checks.listener(value)

    @field_validator("trusted_proxies", "trusted_hosts", mode="before")
    @classmethod
    def _list_with_commas(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            try:
                return json.loads(value)
            except ValueError as error:
                raise fault("setting_invalid", reason=str(error)) from error
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_have_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        checks.networks(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _public_address_is_reached(cls, value: str, info: ValidationInfo) -> str:
        host = urlsplit(checks.public_address(value)).hostname or ""
        # TLS or a proxy in front: not the one machine on which somebody tries it out.
        is_tried_out = not value.casefold().startswith("https:") and not info.data.get("proxies")
        if not checks.is_of_a_city(host) and not (is_tried_out and checks.is_own_machine(host)):
            raise fault("setting_local_host", host=host)
        return value

    @field_validator("trusted_hosts")
    @classmethod
    def _hosts_are_hosts(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        public = urlsplit(info.data.get("public_url", "")).hostname
        for host in value:
            if not checks.is_host(host):
                raise fault("setting_not_a_host", host=host)
            if checks.is_own_machine(host) and public and not checks.is_own_machine(public):
                raise fault("setting_local_host", host=host)
        return value

    @field_validator("smtp_host")
    @classmethod
    def _mail_server_is_a_host(cls, value: str) -> str:
        if not checks.is_host(value):
            raise fault("setting_not_a_host", host=value or "—")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _password_with_its_user(
        cls, value: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if value is not None and not info.data.get("smtp_user", "?"):
            raise fault("setting_needs_other", other="HYOKA_SMTP_USER")
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_from_is_an_address(cls, value: str, info: ValidationInfo) -> str:
        host = checks.bare_mail_address(value).rpartition("@")[2]
        public = urlsplit(info.data.get("public_url", "")).hostname
        if checks.is_own_machine(host) and public and not checks.is_own_machine(public):
            raise fault("setting_local_host", host=host)
        return value

    @field_validator("digest_time")
    @classmethod
    def _digest_in_local_time(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise fault("setting_not_a_time")
        return value

    @field_validator("failpoints")
    @classmethod
    def _failpoints_stay_in_tests(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("public_url", "").casefold().startswith("https:"):
            raise fault("setting_failpoints")
        return value

    @property
    def signing_key(self) -> str:
        """The key that signs cookies.

        Raises:
            ValueError: when neither ``HYOKA_SECRET_KEY`` nor ``HYOKA_SECRET_KEY_FILE`` is set.
        """
        if self.secret_key_file is not None:
            return checks.key_in_file(self.secret_key_file)
        if self.secret_key is None:
            raise ValueError("set HYOKA_SECRET_KEY_FILE (or HYOKA_SECRET_KEY) to 32 random bytes")
        return self.secret_key.get_secret_value()

    @property
    def smtp_conversation_seconds(self) -> float:
        """The longest that all steps of one SMTP conversation may take together."""
        return min(SMTP_STEPS * self.smtp_timeout, LONGEST_CONVERSATION)

    @property
    def secure_cookies(self) -> bool:
        """Whether the pages are reached by TLS."""
        return self.public_url.casefold().startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host names that the web answers to; on a machine of one's own also its local name."""
        public = urlsplit(self.public_url).hostname or ""
        named = self.trusted_hosts or (public,)
        return (*named, "localhost", "127.0.0.1") if checks.is_own_machine(public) else named

    @property
    def domains(self) -> tuple[str, ...]:
        """The host names that stand in the pages' address and in the sender of mails."""
        return (urlsplit(self.public_url).hostname or "", self.mail_from.rpartition("@")[2])

    @property
    def proxy_networks(self) -> tuple[checks.Network, ...]:
        """Whom to believe about a client's address."""
        return checks.networks(self.trusted_proxies)
