"""One story: five sheets from draft to published, on a real worker, beat, Redis and SMTP."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from hyoka.local.supervisor import Supervisor
from tasks.app import make_celery
from tasks.doorbell import CeleryDoorbell
from tests import office_clock
from tests.city import City
from tests.conftest import Installation
from tests.sample_people import APPROVER, DRAFTERS, PUBLISHER, REVIEWERS, SHEETS
from workflow.application import Application
from workflow.queries import publications
from workflow.settings import Settings

ROOT = Path(__file__).resolve().parents[2]

#: Longer than anything here takes; a story that hangs ends here.
PATIENCE = 60.0


@pytest.fixture
def office(installation: Installation, tmp_path: Path) -> Iterator[tuple[City, Supervisor]]:
    """The installation with a worker and beat; the city rings the real doorbell."""
    settings = {
        **installation.environment,
        "HYOKA_TICK_SECONDS": "1",
        "HYOKA_NOTICE_GROUPING_SECONDS": "1",
    }
    names = {key.removeprefix("HYOKA_").lower(): value for key, value in settings.items()}
    web_settings = Settings(**names)  # type: ignore[arg-type]
    doorbell = CeleryDoorbell(make_celery(web_settings))
    application = Application(web_settings, doorbell=doorbell)
    supervisor = Supervisor(tmp_path / "log")
    environment = {**os.environ, **settings, "REMAP_SIGTERM": "SIGQUIT"}
    celery = [sys.executable, "-m", "celery", "-A", "tasks.entry"]
    try:
        supervisor.start(
            "worker",
            [*celery, "worker", "-Q", "tick,mail,batch", "--concurrency", "2"],
            environment=environment,
            folder=ROOT,
        )
        supervisor.start(
            "beat",
            [*celery, "beat", "--schedule", str(tmp_path / "beat-schedule")],
            environment=environment,
            folder=ROOT,
        )
        yield City(application, installation.passwords), supervisor
    finally:
        supervisor.stop()
        application.dispose()


def mails_to(installation: Installation, name: str) -> list[EmailMessage]:
    """What this person got, oldest first."""
    address = f"{name}@aose.example.jp"
    return [m for m in installation.mailbox.messages() if address in str(m["To"])]


def text_of(message: EmailMessage) -> str:
    """The plain text part."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.timeout(240)
def test_five_sheets_go_from_draft_to_published_and_everybody_is_told(
    installation: Installation, office: tuple[City, Supervisor]
) -> None:
    city, processes = office

    def wait(is_there: Callable[[], object], what: str) -> None:
        processes.wait_for(lambda: bool(is_there()), what=what, seconds=PATIENCE)

    # The cycle was opened: those who draft are told.
    for name in DRAFTERS.values():
        wait(lambda name=name: mails_to(installation, name), f"the first mail to {name}")
    first = mails_to(installation, DRAFTERS["611"])[0]
    assert "評価シート1件" in str(first["Subject"])
    assert str(first["Subject"]).startswith("【期限 ")
    assert "611 参画協働のまちづくり" in text_of(first)
    assert f"http://127.0.0.1:8000/sheets/{city.evaluation('611')}" in text_of(first)

    # Submitted, opened, returned with a reason, and submitted again.
    city.submit("611")
    wait(lambda: mails_to(installation, REVIEWERS["611"]), "the mail to the reviewer")
    assert city.open_sheet(REVIEWERS["611"], "611")
    city.give_back("611", reason="成果②の数字を確認してください。")
    wait(lambda: len(mails_to(installation, DRAFTERS["611"])) > 1, "the mail about the return")
    returned = mails_to(installation, DRAFTERS["611"])[1]
    assert "差し戻されました" in str(returned["Subject"])
    assert "成果②の数字を確認してください。" in text_of(returned)
    city.save("611", results="数字を確認し、書き直した。")
    city.submit("611")

    # Sheet 632 stays too long: its drafters get one digest on the business day after.
    unsent = "SELECT count(*) FROM mail WHERE state <> 'sent'"
    waiting = "SELECT count(*) FROM notice WHERE gathered_at IS NULL"
    wait(lambda: city.scalar(unsent) == 0 == city.scalar(waiting), "all mails so far")
    thursday = after_the_deadline(city, "632")
    with psycopg.connect(installation.database.superuser_url, autocommit=True) as connection:
        office_clock.set_to(connection, thursday)

    def digests() -> list[str]:
        return [
            text_of(message)
            for message in mails_to(installation, DRAFTERS["632"])
            if "期限が過ぎています" in str(message["Subject"])
        ]

    wait(digests, "the digest about what is late")
    [digest] = digests()
    assert digest.count("632 人材育成") == 1
    assert "超過" in digest

    # On Friday, when everybody may get another digest, all five are reviewed and approved, also
    # those whose department is the bureau itself.
    with psycopg.connect(installation.database.superuser_url, autocommit=True) as connection:
        office_clock.set_to(connection, thursday + timedelta(days=1))
    for code in SHEETS:
        city.bring_to(code, "approved")
    wait(lambda: mails_to(installation, APPROVER), "the mail to the bureau's head")

    # The bureau publishes; a worker does it.
    publication_id = city.request_publication(SHEETS)
    wait(lambda: city.publication(publication_id).state == "published", "the publication")
    assert [city.state(code) for code in SHEETS] == ["published"] * 5
    with city.application.query() as ctx:
        _, sheets = publications.public_sheets(ctx, "ex_post", 2021, 1)
    assert [sheet.content.total_project_cost for sheet in sheets] == [
        410, 105_911, 162_184, 1_354_422, 31_187,
    ]  # fmt: skip
    for name in {*DRAFTERS.values(), *REVIEWERS.values(), APPROVER}:
        wait(
            lambda name=name: [
                m for m in mails_to(installation, name) if "公表されました" in str(m["Subject"])
            ],
            f"the mail about the publication to {name}",
        )
    assert not [
        m for m in mails_to(installation, PUBLISHER) if "公表されました" in str(m["Subject"])
    ]

    # The record: every chain holds, and nothing was mailed twice.
    verification = city.verify()
    assert verification.broken == ()
    assert verification.evaluations == 5
    assert city.events("611") == [
        "open", "submit", "return", "save", "submit", "approve", "approve", "publish",
    ]  # fmt: skip
    wait(lambda: city.scalar(unsent) == 0, "the last mail to be noted as sent")
    assert digests() == [digest]
    ids = [str(message["Message-ID"]) for message in installation.mailbox.messages()]
    assert len(ids) == len(set(ids)) == city.scalar("SELECT count(*) FROM mail")


def after_the_deadline(city: City, code: str) -> datetime:
    """The moment at which the sheet's notice of being late has fallen due."""
    due_at = city.scalar(
        "SELECT max(t.due_at) FROM timer t JOIN stage_entry s ON s.id = t.stage_entry_id "
        "WHERE t.evaluation_id = :id AND t.kind = 'overdue' AND s.left_at IS NULL",
        id=city.evaluation(code),
    )
    assert isinstance(due_at, datetime)
    return due_at.astimezone(UTC) + timedelta(minutes=1)
