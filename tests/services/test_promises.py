"""Promises that are easily broken from aside: by an empty save, an import, a clock, a role."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from pydantic import ValidationError

from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.plans import Tree, measure, plan, take_in, with_cost
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS, SHEETS
from workflow.application import Application
from workflow.errors import BadInput, Conflict, Refused
from workflow.services import publication

# Four eyes, withdrawals


def test_whoever_saves_a_revision_of_anothers_words_is_an_author(city: City) -> None:
    city.save("621", by=DRAFTERS["621"], results="自動保存された文。", make_revision=False)

    city.save("621", by=COLLEAGUES["621"])

    authors = city.rows(
        "SELECT person_id FROM authorship WHERE evaluation_id = :id", id=city.evaluation("621")
    )
    assert city.person_id(COLLEAGUES["621"]) in {row.person_id for row in authors}


def test_ones_own_return_is_not_withdrawn(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    city.give_back("611", target="department_review", by=APPROVER)

    with pytest.raises(Refused, match="not_your_move"):
        city.withdraw("611", by=APPROVER)

    assert city.state("611") == "department_review"


def test_an_approval_is_withdrawn_once_and_not_the_review_before_it(city: City) -> None:
    city.bring_to("612", "approved")
    city.withdraw("612", by=APPROVER)

    with pytest.raises(Refused, match="not_your_move"):
        city.withdraw("612", by=APPROVER)

    assert city.state("612") == "bureau_approval"
    assert city.events("612")[-1] == "withdraw"


# Nothing that people wrote is lost


def _with_actual(code: str, number: int, text: str | None) -> object:
    def change(tree: Tree) -> None:
        indicator = next(i for i in measure(tree, code)["indicators"] if i["number"] == number)
        if text is None:
            indicator["actuals"] = {}
        else:
            indicator["actuals"]["2021"] = text

    return change


def test_an_edit_page_from_before_an_import_does_not_bring_the_old_figure_back(
    city: City, application: Application
) -> None:
    seen = city.page(DRAFTERS["632"], "632")
    take_in(application, plan(_with_actual("632", 1, "4.16")))  # type: ignore[arg-type]

    with pytest.raises(Conflict, match="edited_meanwhile"):
        city.save("632", seen=seen, actuals={1: "3.16"}, results="別の欄だけ直した。")

    content = city.page(APPROVER, "632").content
    assert content.indicators[0].actuals[2021] == "4.16"


def test_a_file_without_a_figure_does_not_erase_what_was_typed(
    city: City, application: Application
) -> None:
    city.save("632", actuals={1: "5.55"})

    take_in(application, plan(_with_actual("632", 1, None)))  # type: ignore[arg-type]

    assert city.page(APPROVER, "632").content.indicators[0].actuals[2021] == "5.55"


def test_a_file_that_leaves_a_known_project_out_is_refused(
    city: City, application: Application
) -> None:
    def drop(tree: Tree) -> None:
        found = measure(tree, "632")
        gone = found["projects"].pop()
        found["total_project_cost"] -= gone["project_cost"]

    before = city.counts()

    with pytest.raises(BadInput) as refused:
        take_in(application, plan(drop))

    (fault,) = refused.value.faults
    assert (fault.path, fault.code) == ("measures[632].projects", "left_out_of_file")
    assert city.counts() == before


def test_the_same_form_with_other_words_is_not_taken_for_a_repetition(city: City) -> None:
    city.save("611", results="一回目。", request_key="the form")

    with pytest.raises(Conflict, match="edited_meanwhile"):
        city.save("611", results="二回目。", request_key="the form")

    again = city.save("611", results="一回目。", request_key="the form")
    assert not again.changed


# Approvals and figures of other years


def _next_year(prior_cost: int | None = None) -> object:
    def change(tree: Tree) -> None:
        tree["target_fiscal_year"] = 2022
        tree["fiscal_year_label"] = "令和４年度"
        for item in tree["measures"]:
            for indicator in item["indicators"]:
                indicator["actuals"] = {"2022": "7"}
        if prior_cost is not None:
            measure(tree, "611")["projects"][0]["prior_year_project_cost"] = prior_cost

    return change


def test_what_the_next_year_brings_is_not_on_this_years_sheet(
    city: City, application: Application
) -> None:
    evaluation_id = city.bring_to("611", "approved")

    take_in(application, plan(_next_year()))  # type: ignore[arg-type]

    state = city.scalar("SELECT state FROM evaluation WHERE id = :id", id=evaluation_id)
    assert state == "approved"


def test_a_next_years_file_that_changes_this_years_cost_voids_its_approvals(
    city: City, application: Application
) -> None:
    evaluation_id = city.bring_to("611", "approved")

    take_in(application, plan(_next_year(prior_cost=999)))  # type: ignore[arg-type]

    state = city.scalar("SELECT state FROM evaluation WHERE id = :id", id=evaluation_id)
    valid = "SELECT count(*) FROM signature WHERE evaluation_id = :id AND voided_at IS NULL"
    assert state == "department_review"
    assert city.scalar(valid, id=evaluation_id) == 0


# Publication


def test_the_published_date_is_that_of_the_approval_that_counts(city: City, clock: Clock) -> None:
    city.bring_to("611", "approved")
    at = clock.now + timedelta(hours=2)
    publication_id = city.request_publication(["611"], at=at)
    assert not publication.run(city.application, publication_id)

    clock.now += timedelta(hours=1)
    city.give_back("611")
    city.bring_to("611", "approved")
    again = city.scalar("SELECT final_approved_at FROM evaluation WHERE code = '611'")
    clock.now = at
    assert publication.run(city.application, publication_id)

    assert city.scalar("SELECT approved_at FROM snapshot") == again


def test_the_application_can_add_nothing_to_what_was_published(
    city: City, city_database: Database
) -> None:
    city.bring_to("612", "bureau_approval")
    city.publish(["611"])

    with (
        psycopg.connect(city_database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(
            "INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)"
            " SELECT s.publication_id, e.id, e.code, e.content_hash, s.approved_at"
            " FROM snapshot s, evaluation e WHERE e.code = '612'"
        )


@pytest.mark.parametrize("column", ["person_id", "content_hash", "stage", "round"])
def test_the_application_cannot_rewrite_a_signature(
    city: City, city_database: Database, column: str
) -> None:
    city.bring_to("611", "bureau_approval")

    with (
        psycopg.connect(city_database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"UPDATE signature SET {column} = {column}".encode())  # noqa: S608


# The engine


def test_an_act_and_the_tick_do_not_wait_for_each_other_for_ever(
    city: City, city_database: Database, clock: Clock
) -> None:
    """Whoever acts holds the sheet; its due timers are left for the next tick."""
    clock.now = city.scalar("SELECT min(due_at) FROM timer") + timedelta(minutes=1)
    with psycopg.connect(city_database.app_url) as somebody:
        somebody.execute("SELECT 1 FROM evaluation WHERE code = '612' FOR UPDATE")
        first = city.tick().timers
        somebody.rollback()

    second = city.tick().timers

    assert (first, second) == (len(SHEETS) - 1, 1)


def test_on_a_day_that_the_calendar_does_not_know_immediate_mails_still_go_out(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.now += timedelta(days=3650)
    city.submit("611")

    done = city.tick(transport)

    assert done.mails_sent > 0
    subjects = [str(message["Subject"]) for message in transport.sent]
    assert any("ご確認" in subject for subject in subjects)
    assert city.scalar("SELECT beat_at FROM heartbeat WHERE name = 'tick'") == clock.now


def test_a_sender_that_is_no_bare_address_is_refused_at_the_start(city_database: Database) -> None:
    with pytest.raises(ValidationError, match="not a bare address"):
        settings_for(city_database, mail_from="青瀬市 <hyoka@aose.example.jp>")


def test_an_error_of_the_database_does_not_name_the_values(
    city: City, application: Application
) -> None:
    with pytest.raises(Exception, match="parameters hidden") as error:
        city.rows("SELECT 1 / (length(:secret) - length(:secret))", secret="合言葉")

    assert "合言葉" not in str(error.value)


def test_a_late_cost_still_reaches_a_draft(city: City, application: Application) -> None:
    take_in(application, plan(with_cost("611", "611010", 411)))

    assert city.page(REVIEWERS["611"], "611").content.total_project_cost == 411
