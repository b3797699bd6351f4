"""Mails about absences, questions and readings: to whom, when, and where their links lead."""

from __future__ import annotations

from datetime import date, time, timedelta

from tests.authority import acknowledge, answer, ask, away, back, open_reviews, today
from tests.city import City
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import APPROVER, REVIEWERS

HEAD, SUBSTITUTE, DEPUTY = REVIEWERS["611"], "kimura.daisuke", REVIEWERS["612"]
REVIEW = "department_review"
DAY = timedelta(days=1)


def words(transport: RecordingTransport, name: str) -> str:
    """The one mail that somebody got."""
    [mail] = transport.to(name)
    return f"{mail['Subject']}\n{body_of(mail)}"


def test_nobody_is_told_of_a_reading_while_away(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """Wednesday to Friday away; nothing on these days nor at the weekend, all of it on Monday."""
    away(city, HEAD, last=today() + 2 * DAY)
    city.submit("611")
    for day in range(1, 5):
        clock.set(today() + day * DAY)
        city.tick(quiet)
        assert quiet.to(HEAD) == [], day

    clock.set(date(2022, 6, 6), time(8, 0))
    city.tick(quiet)
    assert quiet.to(HEAD) == []
    clock.set(date(2022, 6, 6), time(8, 50))
    city.tick(quiet)
    city.tick(quiet)

    said = words(quiet, HEAD)
    assert said.startswith("【行政評価】評価シート1件の後閲（事後の確認）について\n")
    assert "事由: ご不在のため、この段階の処理を経ずに進みました（後閲）" in said
    [(review, *_)] = open_reviews(city, HEAD)
    assert f"http://localhost:8000/post-reviews/{review}\n" in said


def test_whoever_comes_back_early_reads_it_in_the_next_digest(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    absence = away(city, HEAD, last=today() + 9 * DAY, substitutes={REVIEW: [SUBSTITUTE]})
    city.submit("611")
    city.approve("611", by=SUBSTITUTE)
    clock.set(today() + DAY, time(7, 30))
    back(city, absence, by=HEAD)
    clock.set(today() + DAY, time(9, 0))
    city.tick(quiet)

    said = words(quiet, HEAD)
    assert "事由: ご不在の間に、代理の職員が処理しました（代決・代理）" in said
    assert "処理した人: 市民課長 木村 大輔" in said


def test_what_was_read_before_the_digest_is_not_told(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    away(city, HEAD)
    city.submit("611")
    [(review, *_)] = open_reviews(city, HEAD)
    acknowledge(city, HEAD, review)

    clock.set(today() + DAY)
    city.tick(quiet)

    assert quiet.to(HEAD) == []


def test_a_substitute_is_told_for_whom_and_the_absent_person_is_not_told(
    city: City, quiet: RecordingTransport
) -> None:
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})
    city.submit("611")
    city.tick(quiet)

    assert quiet.to(HEAD) == []
    said = words(quiet, SUBSTITUTE)
    assert said.startswith("【期限 7/6】評価シート1件のご確認について\n")
    assert "市民自治部長 高橋 典子の代理として、ご確認をお願いします。" in said
    assert f"http://localhost:8000/sheets/{city.evaluation('611')}\n" in said


def test_in_the_own_turn_nobody_is_told_of_standing_in(
    city: City, quiet: RecordingTransport
) -> None:
    """次長 stands in for 部長 at the approval, and reviews 612 in the own right."""
    away(city, APPROVER, substitutes={"bureau_approval": [DEPUTY]})
    city.submit("612")
    city.bring_to("611", "bureau_approval")
    city.tick(quiet)

    lines = words(quiet, DEPUTY).splitlines()
    at = {code: lines.index(line) for code in ("611", "612") for line in lines if code in line[:5]}
    assert "代理として" in lines[at["611"] + 1]
    assert "代理として" not in lines[at["612"] + 1]


def test_each_question_about_a_sheet_is_told_with_its_own_link(
    city: City, quiet: RecordingTransport
) -> None:
    city.submit("611")
    ask(city, HEAD, "611", APPROVER, question="部の考えを聞かせてください。")
    ask(city, HEAD, "611", APPROVER, question="予算との関係はどうですか。")
    city.tick(quiet)

    said = words(quiet, APPROVER)
    assert said.startswith("【行政評価】評価シート2件についてご相談があります\n")
    assert "相談した人: 市民自治部長 高橋 典子" in said
    rows = city.rows("SELECT id FROM consultation ORDER BY id")
    assert len(rows) == 2
    for row in rows:
        assert f"http://localhost:8000/consultations/{row.id}\n" in said
    assert "部の考えを聞かせてください。" in said
    assert "予算との関係はどうですか。" in said


def test_a_question_that_was_answered_before_the_mail_is_not_told_and_the_answer_is(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    ask(city, HEAD, "611", APPROVER)
    answer(city, APPROVER, "611", words="予算は足りています。")
    quiet.forget()
    clock.forward(minutes=10)
    city.tick(quiet)

    assert quiet.to(APPROVER) == []
    said = "".join(body_of(mail) for mail in quiet.to(HEAD))
    assert "回答: 予算は足りています。" in said
    assert "回答した人: 総合政策部長 森田 健二" in said
