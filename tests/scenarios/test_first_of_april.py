"""1 April as an office lives it: sheets in review, people who move, and those who come after them.

Domain 2.3 and 5.1, case 2: the author moved on 1 April with a sheet in review; the reviewer's
section was merged. The organisation and its people are those of sample/transfers.csv.
"""

from __future__ import annotations

from datetime import date, time

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.transfers import FIRST_OF_APRIL, applied, move, row, sample_file, tried
from workflow.errors import Refused
from workflow.models import AbsenceKind
from workflow.queries import desk
from workflow.services import absences, people
from workflow.services.absences import AbsenceForm

MORNING = time(8, 0)
#: 市民自治部長 goes to 総務部, and 総務部長 comes.
REVIEWERS_CHANGE = (
    move("takahashi.noriko", "総務部", "部長", "部長"),
    move("ogawa.tetsuo", "市民自治部", "部長", "部長"),
)


@pytest.fixture
def in_march(clock: Clock) -> Clock:
    """Some days before the first of April."""
    clock.set(date(2023, 3, 20))
    return clock


def april(city: City, clock: Clock, *rows: dict[str, str]) -> None:
    applied(city, *rows, file=None if rows else sample_file())
    clock.set(FIRST_OF_APRIL, MORNING)
    city.tick()


def test_a_sheet_in_review_walks_over_the_first_of_april(city: City, in_march: Clock) -> None:
    # March: まちづくり推進課 submits, 市民自治部長 has the sheet.
    city.submit("611")
    city.submit("612")
    april(city, in_march)

    # The author moved to 経営企画課 and has nothing to do with 611 any more.
    assert city.page("sato.ichiro", "611").edit_refusal is not None
    # The reviewer of 611 stayed: nothing changed for her. The section is now 地域協働課.
    city.give_back("611", by="takahashi.noriko")
    assert city.state("611") == "draft"
    city.submit("611", by="yamada.hanako")
    city.approve("611", by="takahashi.noriko")
    # The last approval is that of the new 総合政策部長; the old one left the office.
    city.approve("611", by="okamoto.sachiko")
    assert city.state("611") == "approved"

    # 612 waited for the 次長, who became 部長 that day. She would keep this step; but the last
    # approval is hers alone now, so she gives way to the new 次長 and approves afterwards.
    waiting = city.page("okamoto.sachiko", "612")
    assert [(h.name, h.title) for h in waiting.holders] == [("藤井 直樹", "総合政策部次長")]
    with pytest.raises(Refused) as needed:
        city.approve("612", by="okamoto.sachiko")
    assert needed.value.code == "needed_later"
    city.approve("612", by="fujii.naoki")
    city.approve("612", by="okamoto.sachiko")
    assert city.state("612") == "approved"
    assert city.verify().broken == ()


def test_whoever_it_waits_for_keeps_this_step_from_the_new_post(
    city: City, in_march: Clock
) -> None:
    city.submit("611")
    april(city, in_march, *REVIEWERS_CHANGE)

    moved = city.actor("takahashi.noriko")
    assert moved.capacity == "総務部長"
    city.approve("611", by="takahashi.noriko")

    (event,) = city.rows(
        "SELECT v.capacity, v.basis, u.name AS unit FROM event v "
        "JOIN assignment a ON a.id = v.assignment_id JOIN post o ON o.id = a.post_id "
        "JOIN org_unit u ON u.id = o.unit_id "
        "WHERE v.action = 'approve' AND v.evaluation_id = :id",
        id=city.evaluation("611"),
    )
    assert (event.capacity, event.basis, event.unit) == ("市民自治部長", "kept", "市民自治部")
    assert city.state("611") == "bureau_approval"


def test_who_comes_into_the_post_does_not_take_the_step_over(city: City, in_march: Clock) -> None:
    city.submit("611")
    april(city, in_march, *REVIEWERS_CHANGE)

    with pytest.raises(Refused) as refused:
        city.approve("611", by="ogawa.tetsuo")

    assert refused.value.code == "another_acts_first"


def test_a_return_finds_the_people_anew(city: City, in_march: Clock) -> None:
    city.submit("611")
    april(city, in_march, *REVIEWERS_CHANGE)
    city.give_back("611", by="takahashi.noriko")
    city.submit("611")

    with pytest.raises(Refused):
        city.approve("611", by="takahashi.noriko")
    city.approve("611", by="ogawa.tetsuo")

    assert city.state("611") == "bureau_approval"


def test_later_steps_find_their_people_in_the_new_organisation(city: City, in_march: Clock) -> None:
    city.submit("611")
    april(
        city, in_march,
        *REVIEWERS_CHANGE,
        row("退職", sign_in_name="morita.kenji"),
        move("okamoto.sachiko", "総合政策部", "部長", "部長"),
    )  # fmt: skip

    city.approve("611", by="takahashi.noriko")
    city.approve("611", by="okamoto.sachiko")

    assert city.state("611") == "approved"


def test_a_sheet_submitted_after_the_day_goes_to_the_new_people(
    city: City, in_march: Clock
) -> None:
    april(city, in_march, *REVIEWERS_CHANGE)
    city.submit("611")

    with pytest.raises(Refused):
        city.approve("611", by="takahashi.noriko")
    city.approve("611", by="ogawa.tetsuo")


def test_whoever_leaves_the_office_keeps_nothing(city: City, in_march: Clock) -> None:
    city.submit("611")
    april(
        city, in_march,
        row("退職", sign_in_name="takahashi.noriko"),
        move("ogawa.tetsuo", "市民自治部", "部長", "部長"),
    )  # fmt: skip

    city.approve("611", by="ogawa.tetsuo")

    assert city.state("611") == "bureau_approval"


def test_an_account_that_is_switched_off_later_gives_the_step_up(
    city: City, in_march: Clock
) -> None:
    city.submit("611")
    april(city, in_march, *REVIEWERS_CHANGE)
    person = city.person_id("takahashi.noriko")
    with city.application.command(city.actor("hasegawa.ryo")) as ctx:
        people.set_disabled(ctx, person_id=person, disabled=True)

    city.approve("611", by="ogawa.tetsuo")

    assert city.state("611") == "bureau_approval"


def test_drafts_stay_with_their_section(city: City, in_march: Clock) -> None:
    april(city, in_march, move("sato.ichiro", "市民課", "主査"))

    assert city.page("sato.ichiro", "611").edit_refusal is not None
    assert city.page("yamada.hanako", "611").edit_refusal is None


def test_the_kept_step_is_on_the_desk(city: City, in_march: Clock) -> None:
    city.submit("611")
    april(city, in_march, *REVIEWERS_CHANGE)

    def waiting(name: str) -> list[str]:
        actor, posts = city.actor(name), city.posts(name)
        with city.application.query(actor) as ctx:
            return [item.code for item in desk.desk(ctx, posts).waiting]

    assert waiting("takahashi.noriko") == ["611"]
    assert "611" not in waiting("ogawa.tetsuo")


def test_four_eyes_holds_over_the_day(city: City, in_march: Clock) -> None:
    """Who drafted 611 comes to approve it a year later, as the new head of the bureau."""
    city.save("611", results="書いた")
    city.submit("611")
    april(
        city, in_march,
        row("退職", sign_in_name="morita.kenji"),
        move("sato.ichiro", "総合政策部", "部長", "部長"),
    )  # fmt: skip
    city.approve("611", by="takahashi.noriko")

    with pytest.raises(Refused) as refused:
        city.approve("611", by="sato.ichiro")

    assert refused.value.code == "wrote_the_sheet"


def test_the_dry_run_says_that_a_step_is_kept(city: City, in_march: Clock) -> None:
    city.submit("611")

    report = tried(city, *REVIEWERS_CHANGE)

    (sheet,) = [line for line in report.sheets if line.code == "611"]
    assert [(s.stage, s.is_kept, s.after) for s in sheet.stages] == [
        ("department_review", True, ("市民自治部長 高橋 典子",))
    ]


def test_a_renamed_department_needs_no_keeping(city: City, in_march: Clock) -> None:
    city.submit("611")
    april(city, in_march, row("改称", unit="市民自治部", successor="市民協働部"))

    assert city.scalar("SELECT count(*) FROM kept_step") == 0
    city.approve("611", by="takahashi.noriko")
    assert city.scalar(
        "SELECT capacity FROM event WHERE action = 'approve'"
    ) == "市民協働部長"  # fmt: skip


# Substitutes


def absent(city: City, person: str, substitute: str, until: date) -> None:
    """市民自治部長 is away over the first of April, and somebody stands in."""
    assignment = city.posts(substitute)[0].assignment_id
    with city.application.command(city.actor(person)) as ctx:
        absences.register(
            ctx,
            person_id=city.person_id(person),
            form=AbsenceForm(
                date(2023, 3, 21), until, AbsenceKind.LEAVE, {"bureau_approval": [assignment]}
            ),
        )


def test_the_dry_run_lists_substitutes_who_move_away(city: City, in_march: Clock) -> None:
    absent(city, "morita.kenji", "okamoto.sachiko", date(2023, 4, 10))

    report = tried(city, move("okamoto.sachiko", "総務部", "次長", "次長"))

    assert [(i.kind, i.what, i.role) for i in report.ownerless if i.kind == "substitute"] == [
        ("substitute", "森田 健二 ← 岡本 幸子", "総合政策部の審査・承認")
    ]


def test_an_absence_that_is_over_by_then_is_no_gap(city: City, in_march: Clock) -> None:
    absent(city, "morita.kenji", "okamoto.sachiko", date(2023, 3, 31))

    report = tried(city, move("okamoto.sachiko", "総務部", "次長", "次長"))

    assert [item for item in report.ownerless if item.kind == "substitute"] == []


def test_a_substitute_in_a_renamed_unit_goes_on_standing_in(city: City, in_march: Clock) -> None:
    absent(city, "morita.kenji", "okamoto.sachiko", date(2023, 4, 10))
    city.bring_to("611", "department_review")
    renamed = row("改称", unit="総合政策部", successor="企画部")
    report = tried(city, renamed)
    assert [item for item in report.ownerless if item.kind == "substitute"] == []
    april(city, in_march, renamed)

    city.approve("611")
    city.approve("611", by="okamoto.sachiko")

    assert city.state("611") == "approved"
    assert city.scalar(
        "SELECT capacity FROM event WHERE basis = 'substitute'"
    ) == "企画部次長"  # fmt: skip
