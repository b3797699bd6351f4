"""代決・専決・後閲: who decides when the final approver or the reviewer is away, and what is read
afterwards."""

from __future__ import annotations

from datetime import date

import pytest

from tests.authority import acknowledge, away, back, end_posts, give_post, open_reviews, today
from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    REVIEWERS,
    TWO_POSTS,
)
from workflow.errors import BadInput, Conflict, Refused

#: 総合政策部次長; 経営企画課長.
DEPUTY, CHIEF = "okamoto.sachiko", TWO_POSTS
DECIDES = {"bureau_approval": [DEPUTY, CHIEF]}


def last_event(city: City, code: str) -> tuple[str, str, str | None]:
    """Action, basis and on whose behalf, of the newest event."""
    row = city.rows(
        """
        SELECT v.action, v.basis, p.sign_in_name FROM event v
        LEFT JOIN person p ON p.id = v.on_behalf_of
        WHERE v.evaluation_id = :id ORDER BY v.sequence DESC LIMIT 1
        """,
        id=city.evaluation(code),
    )[0]
    return row.action, row.basis, row.sign_in_name


def test_the_final_approver_decides_by_standing_authority(city: City) -> None:
    """専決: the bureau's head in the mayor's place."""
    city.bring_to("611", "approved")

    assert last_event(city, "611") == ("approve", "delegated", None)


def test_while_the_decider_is_there_nobody_decides_in_their_place(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, first=date(2022, 6, 2), last=date(2022, 6, 3), substitutes=DECIDES)

    with pytest.raises(Refused, match="not_your_turn"):
        city.approve("611", by=DEPUTY)


def test_the_first_substitute_decides_and_the_decider_reads_it_afterwards(city: City) -> None:
    """代決と後閲."""
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes=DECIDES)

    with pytest.raises(Refused, match="you_are_absent"):
        city.approve("611", by=APPROVER)
    with pytest.raises(Refused, match="not_your_turn"):
        city.act(city.actor(CHIEF), "611", "approve")
    city.approve("611", by=DEPUTY)

    assert city.state("611") == "approved"
    assert last_event(city, "611") == ("approve", "substitute", APPROVER)
    [(review, code, stage, cause)] = open_reviews(city, APPROVER)
    assert (code, stage, cause) == ("611", "bureau_approval", "substitute")
    with pytest.raises(Refused, match="not_passed_over"):
        acknowledge(city, DEPUTY, review)
    acknowledge(city, APPROVER, review, remark="異存ありません。")
    assert open_reviews(city, APPROVER) == []
    assert last_event(city, "611") == ("post_review", "post_review", None)
    assert acknowledge(city, APPROVER, review).repeated
    assert city.verify().broken == ()


def test_the_substitute_who_reviewed_leaves_the_decision_to_the_next(city: City) -> None:
    """総合政策部's own sheet: its deputy reviewed it, so the next substitute decides."""
    city.bring_to("621", "bureau_approval")
    away(city, APPROVER, substitutes=DECIDES)

    with pytest.raises(Refused, match="signed_earlier_stage"):
        city.approve("621", by=DEPUTY)
    city.act(city.actor(CHIEF), "621", "approve")

    assert last_event(city, "621") == ("approve", "substitute", APPROVER)


def test_the_substitute_who_wrote_never_decides(city: City) -> None:
    """経営企画課長 leads 631 and submitted it."""
    city.submit("631", by=CHIEF)
    city.approve("631")
    away(city, APPROVER, substitutes={"bureau_approval": [CHIEF]})

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(CHIEF), "631", "approve")
    assert city.page(APPROVER, "631").holders == ()


def test_nobody_stands_in_for_a_substitute(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes={"bureau_approval": [DEPUTY]})
    away(city, DEPUTY, substitutes={"bureau_approval": [CHIEF]})

    assert city.page(APPROVER, "611").holders == ()
    for name in (APPROVER, DEPUTY, CHIEF):
        with pytest.raises(Refused):
            city.act(city.actor(name), "611", "approve")


def test_a_vacant_post_is_no_absence(city: City) -> None:
    """欠員: the registered order of somebody who left stands in for nobody."""
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes=DECIDES)
    end_posts(city, APPROVER)

    with pytest.raises(Refused):
        city.approve("611", by=DEPUTY)
    assert city.page(APPROVER, "611").holders == ()


def test_a_substitute_whose_post_ended_does_not_decide(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes=DECIDES)
    end_posts(city, DEPUTY)

    city.act(city.actor(CHIEF), "611", "approve")
    assert city.state("611") == "approved"


def test_the_substitution_ends_overnight(city: City, clock: Clock) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes=DECIDES)
    page = city.page(DEPUTY, "611")
    clock.forward(days=1)

    with pytest.raises(Refused, match="not_your_turn"):
        city.act(DEPUTY, "611", "approve", seen=page)
    city.approve("611", by=APPROVER)
    assert open_reviews(city, APPROVER) == []


def test_who_is_back_early_decides_again(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    absence = away(city, APPROVER, last=date(2022, 6, 10), substitutes=DECIDES)
    back(city, absence, by=APPROVER)

    with pytest.raises(Refused, match="not_your_turn"):
        city.approve("611", by=DEPUTY)
    city.approve("611", by=APPROVER)
    with pytest.raises(BadInput, match="absence_over"):
        back(city, absence, by=APPROVER)


def test_a_sheet_that_waited_already_is_told_to_the_substitute_when_the_absence_begins(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, first=date(2022, 6, 2), last=date(2022, 6, 3), substitutes=DECIDES)
    city.tick(transport)
    assert transport.to(DEPUTY) == []

    clock.set(date(2022, 6, 2))
    city.tick(transport)
    city.tick(transport)

    [mail] = transport.to(DEPUTY)
    assert "611" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_an_absent_reviewer_without_substitutes_is_passed_over_and_reads_it_afterwards(
    city: City,
) -> None:
    """後閲: by a registered absence."""
    away(city, REVIEWERS["611"])
    city.submit("611")

    assert city.state("611") == "bureau_approval"
    assert last_event(city, "611") == ("pass_over", "post_review", REVIEWERS["611"])
    assert [review[1:] for review in open_reviews(city, REVIEWERS["611"])] == [
        ("611", "department_review", "absence")
    ]
    assert city.rows("SELECT 1 FROM signature") == []
    city.approve("611")
    assert city.state("611") == "approved"


def test_what_waits_already_is_passed_over_when_the_absence_begins(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    away(city, REVIEWERS["611"], first=date(2022, 6, 2), last=date(2022, 6, 3))
    city.tick()
    assert city.state("611") == "department_review"

    clock.set(date(2022, 6, 2))
    city.tick()

    assert city.state("611") == "bureau_approval"
    assert len(open_reviews(city, REVIEWERS["611"])) == 1


def test_with_a_substitute_the_review_is_not_passed_over(city: City) -> None:
    """代理: まちづくり推進課長 reviews for the head, but not what she submitted herself."""
    chief = COLLEAGUES["611"]
    away(city, REVIEWERS["611"], substitutes={"department_review": [chief, "kimura.daisuke"]})
    city.submit("611", by=chief)

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.approve("611", by=chief)
    city.approve("611", by="kimura.daisuke")

    assert last_event(city, "611") == ("approve", "substitute", REVIEWERS["611"])
    assert city.state("611") == "bureau_approval"


def test_the_deputy_reviews_in_their_own_right_before_anything_is_passed_over(city: City) -> None:
    give_post(city, "nakano.rie", "市民自治部", "次長", "deputy_director")
    away(city, REVIEWERS["611"])
    city.submit("611")

    assert city.state("611") == "department_review"
    city.act(city.actor("nakano.rie", post="市民自治部次長"), "611", "approve")
    assert last_event(city, "611") == ("approve", "own", None)
    assert open_reviews(city, REVIEWERS["611"]) == []


def test_the_bureaus_own_sheet_is_passed_over_for_its_deputy_and_never_signed_twice(
    city: City,
) -> None:
    """The head gives way to the deputy, who is away: the head still signs but once."""
    away(city, DEPUTY)
    city.submit("621")

    assert city.state("621") == "bureau_approval"
    assert [review[2:] for review in open_reviews(city, DEPUTY)] == [
        ("department_review", "absence")
    ]
    city.approve("621")
    assert len(city.rows("SELECT 1 FROM signature WHERE voided_at IS NULL")) == 1


def test_a_stale_page_of_a_substitute_is_refused_kindly(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    absence = away(city, APPROVER, substitutes=DECIDES)
    page = city.page(DEPUTY, "611")
    back(city, absence, by=APPROVER)
    city.approve("611", by=APPROVER)

    with pytest.raises(Conflict, match="moved_on"):
        city.act(DEPUTY, "611", "approve", seen=page)


def test_only_oneself_or_an_administrator_registers_an_absence(city: City) -> None:
    for name in (DEPUTY, DRAFTERS["611"]):
        with pytest.raises(Refused, match="own_absence_only"):
            away(city, APPROVER, by=name)

    away(city, APPROVER, by=ADMINISTRATOR)
    assert city.scalar("SELECT registered_by FROM absence") == city.person_id(ADMINISTRATOR)


def test_everything_that_is_wrong_with_an_absence_is_said_at_once(city: City) -> None:
    away(city, DEPUTY, last=date(2022, 6, 10))

    with pytest.raises(BadInput) as refused:
        away(
            city,
            APPROVER,
            first=date(2022, 5, 1),
            last=date(2022, 5, 2),
            substitutes={
                "bureau_approval": [CHIEF, CHIEF],
                "department_review": ["takahashi.noriko"],
                "nowhere": [CHIEF],
            },
        )

    assert {(fault.path, fault.code) for fault in refused.value.faults} == {
        ("last_day", "period_over"),
        ("substitutes-bureau_approval", "substitute_twice"),
        ("substitutes-department_review", "not_a_substitute"),
        ("substitutes-nowhere", "unknown_stage"),
    }
    with pytest.raises(BadInput) as refused:
        away(city, APPROVER, first=today(), substitutes={"bureau_approval": [DEPUTY]})
    assert refused.value.faults[0].code == "substitute_is_absent"
    with pytest.raises(BadInput) as refused:
        away(city, DEPUTY, first=date(2022, 6, 9), last=date(2022, 6, 20))
    assert refused.value.faults[0].code == "absence_overlaps"
    assert city.scalar("SELECT count(*) FROM absence") == 1
