"""The sample that ``make run`` loads: what a visitor can try in it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from hyoka.bootstrap import ROUTE, load_sample
from tests import office_clock
from tests.authority import reply
from tests.city import City
from tests.conftest import START, settings_for
from tests.databases import Database
from tests.sample_people import APPROVER
from workflow.application import Application
from workflow.definition.facts import Verdict
from workflow.definition.load import named
from workflow.policy import SYSTEM
from workflow.queries import definition_check

#: Who answers for the related departments of 612, 621 and 631.
HEADS = {
    "612": ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko"),
    "621": ("takahashi.noriko", "imai.kazuo", "ogawa.tetsuo"),
    "631": ("kawaguchi.osamu", "ogawa.tetsuo", "takahashi.noriko"),
}


@pytest.fixture
def sample(empty_database: Database) -> Iterator[City]:
    """The sample as ``hyoka up --sample`` takes it in."""
    with psycopg.connect(empty_database.superuser_url, autocommit=True) as connection:
        office_clock.set_to(connection, START)
    environment = {"HYOKA_DATABASE_URL": empty_database.app_url}
    passwords = {name: password for name, _role, password in _load(environment)}
    application = Application(settings_for(empty_database))
    yield City(application, passwords)
    application.dispose()


def _load(environment: dict[str, str]) -> list[tuple[str, str, str]]:
    made = load_sample(environment, keep_passwords=False)
    assert load_sample(environment, keep_passwords=False) == []
    return made


def test_related_departments_answer_and_sheets_without_any_pass(sample: City) -> None:
    sample.submit("611")
    sample.approve("611")
    assert sample.state("611") == "bureau_approval"

    for code, heads in HEADS.items():
        sample.submit(code)
        sample.approve(code)
        assert sample.state(code) == "joint_agreement"
        for name in heads[:-1]:
            reply(sample, name, code)
        reply(sample, heads[-1], code, Verdict.AGREE_WITH_OPINION, opinion="根拠を示すこと。")
        assert sample.state(code) == "bureau_approval"
        sample.approve(code, by=APPROVER)
    sample.publish(list(HEADS))
    assert {sample.state(code) for code in HEADS} == {"published"}


def test_its_route_is_proved_in_its_organisation(sample: City) -> None:
    with sample.application.query(SYSTEM) as ctx:
        found = definition_check.check_definition(ctx, named(ROUTE))

    assert (found.findings, found.warnings) == ((), ())
