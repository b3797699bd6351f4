"""From notices to mails: at once, then grouped over five minutes; what is over is left out."""

from __future__ import annotations

from datetime import date, time

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Application
from workflow.errors import Refused
from workflow.policy import SYSTEM
from workflow.services import gathering


def test_it_is_your_turn_goes_out_at_once_to_the_next_person_alone(
    city: City, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(quiet)

    [mail] = quiet.sent
    assert quiet.recipients == ["takahashi.noriko@aose.example.jp"]
    assert mail["Subject"] == "【期限 7/6】評価シート1件のご確認について"
    text = body_of(mail)
    assert text.startswith("高橋 典子 様\n")
    assert "・611 参画協働のまちづくり" in text
    assert "前の処理: まちづくり推進課主査 佐藤 一郎" in text
    assert f"http://localhost:8000/sheets/{city.evaluation('611')}" in text
    assert mail["From"] == "青瀬市 行政評価 <hyoka@aose.example.jp>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_further_notices_within_five_minutes_are_gathered_in_one_more_mail(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    reviewer = REVIEWERS["612"]
    city.submit("612")
    city.tick(quiet)
    assert len(quiet.to(reviewer)) == 1

    for code in ("621", "631"):
        clock.forward(minutes=1)
        city.submit(code)
        city.tick(quiet)
        assert len(quiet.to(reviewer)) == 1

    clock.forward(minutes=2, seconds=59)
    city.tick(quiet)
    assert len(quiet.to(reviewer)) == 1
    clock.forward(seconds=1)
    city.tick(quiet)

    first, second = quiet.to(reviewer)
    assert "・612 " in body_of(first)
    assert "・621 " in body_of(second)
    assert "・631 " in body_of(second)
    assert "・612 " not in body_of(second)


def test_a_return_reaches_those_who_wrote_with_the_reason_in_the_evening_too(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 3), time(23, 0))  # a Friday
    city.give_back("611", reason="指標②の\r\n根拠を付けてください。")
    city.tick(quiet)

    [mail] = quiet.to(DRAFTERS["611"])
    assert mail["Subject"] == "【期限 6/22】評価シート1件が差し戻されました"
    assert "理由: 指標②の 根拠を付けてください。" in body_of(mail)
    assert "前の処理: 市民自治部長 高橋 典子" in body_of(mail)
    # A colleague who did not write it is not bothered.
    assert quiet.to(COLLEAGUES["611"]) == []


def test_when_no_author_is_left_in_the_section_everybody_there_is_told(
    city: City, quiet: RecordingTransport
) -> None:
    city.submit("611")
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE assignment SET valid_until = '2022-05-31' WHERE person_id = :person"),
            {"person": city.person_id(DRAFTERS["611"])},
        )
    city.give_back("611")
    city.tick(quiet)

    assert len(quiet.to(COLLEAGUES["611"])) == 1
    assert quiet.to(DRAFTERS["611"]) == []


def test_only_those_whose_turn_it_is_now_are_told(city: City, quiet: RecordingTransport) -> None:
    city.submit("611", by=COLLEAGUES["611"])
    city.approve("611")
    city.approve("611")
    city.tick(quiet)

    assert quiet.to(COLLEAGUES["611"]) == []
    assert quiet.to(REVIEWERS["611"]) == []
    assert {r.partition("@")[0] for r in quiet.recipients} == {PUBLISHER, "honda.takuya"}


def test_whoever_acts_is_not_told_of_it_but_the_other_drafters_are(
    city: City, quiet: RecordingTransport
) -> None:
    """The publisher drafts as well and is the only author: the colleagues hear of the return."""
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("""INSERT INTO role_grant (person_id, role, valid_from)
                       VALUES (:person, 'publisher', '2021-04-01')"""),
            {"person": city.person_id(COLLEAGUES["611"])},
        )
    city.submit("611", by=COLLEAGUES["611"])
    city.approve("611")
    city.approve("611")
    city.tick()
    city.give_back("611", by=COLLEAGUES["611"])
    city.tick(quiet)

    assert quiet.to(COLLEAGUES["611"]) == []
    assert {r.partition("@")[0] for r in quiet.recipients} == {DRAFTERS["611"]}


def test_a_turn_that_was_over_before_the_mail_was_written_is_not_told(
    city: City, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.approve("611")
    city.approve("611")
    city.tick(quiet)

    assert quiet.to(REVIEWERS["611"]) == []
    assert quiet.to(APPROVER) == []
    assert city.scalar("SELECT count(*) FROM notice WHERE gathered_at IS NULL") == 0


def test_that_it_was_published_is_told_in_the_digest_whatever_became_of_the_sheet(
    city: City, quiet: RecordingTransport
) -> None:
    city.publish(["611"])
    city.tick(quiet)

    assert all(".digest@" in mail["Message-ID"] for mail in quiet.sent)

    assert {r.partition("@")[0] for r in quiet.recipients} == {
        DRAFTERS["611"],
        REVIEWERS["611"],
        APPROVER,
    }
    assert quiet.to(APPROVER)[0]["Subject"] == "【行政評価】評価シート1件が公表されました"


def test_what_presses_most_names_the_mail_and_the_others_are_counted(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("612")
    city.submit("621")
    city.give_back("612", reason="直してください。")
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE notice SET recipient_id = :person WHERE gathered_at IS NULL"),
            {"person": city.person_id(APPROVER)},
        )

    city.tick(quiet)

    [mail] = quiet.to(APPROVER)
    assert mail["Subject"] == "【期限 6/22】評価シート1件が差し戻されました（ほか1件）"


@pytest.mark.parametrize(
    "change", ["disabled_at = TIMESTAMPTZ '2022-06-01 00:00Z'", "mail_state = 'refused'"]
)
def test_nobody_writes_to_a_disabled_person_or_a_refused_address(
    city: City, quiet: RecordingTransport, change: str
) -> None:
    city.submit("611")
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text(f"UPDATE person SET {change} WHERE id = :person"),  # noqa: S608
            {"person": city.person_id(REVIEWERS["611"])},
        )

    city.tick(quiet)

    assert quiet.sent == []


def test_a_mail_promises_more_when_something_came_back(
    city: City, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(quiet)
    city.give_back("611")
    city.tick(quiet)

    promises = city.rows("""
        SELECT p.sign_in_name, m.promise FROM mail m JOIN person p ON p.id = m.recipient_id
        WHERE m.subject LIKE '【期限%' ORDER BY m.id DESC LIMIT 2
    """)
    assert [tuple(row) for row in promises] == [
        (DRAFTERS["611"], "at_least_once"),
        (REVIEWERS["611"], "at_most_once"),
    ]


def test_every_notice_is_tied_to_the_mail_that_told_it(city: City) -> None:
    city.tick()

    loose = city.scalar("""
        SELECT count(*) FROM notice n LEFT JOIN mail m ON m.id = n.mail_id
        WHERE n.gathered_at IS NULL OR m.recipient_id IS DISTINCT FROM n.recipient_id
    """)
    assert loose == 0


def test_people_do_not_gather(city: City, application: Application) -> None:
    with (
        pytest.raises(Refused, match="engine_only"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        gathering.gather(ctx)
