"""Settings, read once from the environment (prefix ``HYOKA_``) and never changed after.

Secrets may come from files: ``HYOKA_SECRET_KEY_FILE`` wins over ``HYOKA_SECRET_KEY``.
"""

from __future__ import annotations

from datetime import time
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

#: A shorter key could be guessed; 32 bytes is what Flask's documentation asks for.
SHORTEST_SECRET = 32

#: An SMTP conversation has six steps; whatever their timeout, all of them together must end well
#: before a worker's own time limit.
SMTP_STEPS, LONGEST_CONVERSATION = 6, 120.0


class Settings(BaseSettings):
    """Everything an installation can set. All other values live in the database."""

    model_config = SettingsConfigDict(env_prefix="HYOKA_", frozen=True, extra="ignore")

    #: The application's role; it can read and write, never change events.
    database_url: SecretStr
    #: The role that owns the tables; only migrations use it.
    owner_database_url: SecretStr | None = None
    #: Broker of the doorbell.
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")

    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None

    #: Where people reach the pages; links in mails are built from it, never from a request.
    public_url: str = "http://127.0.0.1:8000"
    #: Host names that the web answers to; empty means those of ``public_url``.
    trusted_hosts: tuple[str, ...] = ()
    #: Number of reverse proxies in front, for the client's address.
    proxies: int = 0

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_start_tls: bool = False
    #: Seconds for each step of an SMTP conversation.
    smtp_timeout: float = 20.0
    mail_from: str = "hyoka@localhost"

    #: Local time of the daily digest.
    digest_time: time = time(8, 45)
    #: Seconds in which further immediate notices to one person are gathered.
    notice_grouping_seconds: int = 300
    #: Seconds between two ticks of beat.
    tick_seconds: float = 30.0

    #: Minutes without a request after which one must sign in again.
    session_idle_minutes: int = 60
    #: Hours after which one must sign in again in any case.
    session_hours: int = 10
    #: A demonstration may let the one-time passwords stay.
    keep_one_time_passwords: bool = False

    #: Folder of orders for fault experiments (``workflow.failpoints``); refused where TLS is used.
    failpoints: Path | None = None

    database_pool_size: int = Field(default=5, ge=1)
    log_format: str = "json"

    @model_validator(mode="after")
    def _secret_key_is_strong(self) -> Self:
        key = self.secret_key.get_secret_value() if self.secret_key else ""
        if self.secret_key_file is not None:
            key = self.secret_key_file.read_text("utf-8").strip()
        if key and len(key.encode()) < SHORTEST_SECRET:
            raise ValueError(f"the secret key must have at least {SHORTEST_SECRET} bytes")
        return self

    @model_validator(mode="after")
    def _failpoints_stay_in_tests(self) -> Self:
        if self.failpoints is not None and self.secure_cookies:
            raise ValueError("failpoints are for experiments; this installation is reached by TLS")
        return self

    @field_validator("mail_from")
    @classmethod
    def _mail_from_is_an_address(cls, value: str) -> str:
        """A bare address: the name before it is the municipality's, from the database."""
        try:
            Address(addr_spec=value)
        except (ValueError, MessageError) as error:
            raise ValueError(f"{value!r} is not a bare address like name@host: {error}") from error
        return value

    @property
    def signing_key(self) -> str:
        """The key that signs cookies.

        Raises:
            ValueError: when neither ``HYOKA_SECRET_KEY`` nor ``HYOKA_SECRET_KEY_FILE`` is set.
        """
        if self.secret_key_file is not None:
            return self.secret_key_file.read_text("utf-8").strip()
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
        return self.public_url.startswith("https://")
