"""Signing in as the pages do it."""

from __future__ import annotations

from tests.city import City
from workflow.errors import Refused
from workflow.policy import SYSTEM
from workflow.services import accounts
from workflow.services.accounts import SignedIn


def sign_in(city: City, name: str, password: str | None = None) -> str | Refused:
    with city.application.command(SYSTEM) as ctx:
        return accounts.sign_in(
            ctx,
            sign_in_name=name,
            password=city.passwords[name] if password is None else password,
            client="Firefox",
            address="192.0.2.7",
        )


def token_of(city: City, name: str) -> str:
    answer = sign_in(city, name)
    assert isinstance(answer, str), answer
    return answer


def session(city: City, token: str) -> SignedIn | None:
    with city.application.query() as ctx:
        return accounts.session(ctx, token)
