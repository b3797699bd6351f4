"""Writing a draft: who may write what, what makes a revision, and what a stale form meets."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    OTHER_SECTION,
    PUBLISHER,
    REVIEWERS,
)
from workflow.application import Application
from workflow.errors import BadInput, Conflict, Refused
from workflow.policy import SYSTEM, Permission
from workflow.services import sheets
from workflow.services.sheets import Costs

REVISIONS = "SELECT count(*) FROM revision WHERE evaluation_id = :id"


def revisions(city: City, code: str) -> int:
    return int(city.scalar(REVISIONS, id=city.evaluation(code)))


def authors(city: City, code: str) -> set[str]:
    return {
        row.sign_in_name
        for row in city.rows(
            """SELECT p.sign_in_name FROM authorship a JOIN person p ON p.id = a.person_id
               WHERE a.evaluation_id = :id""",
            id=city.evaluation(code),
        )
    }


@pytest.mark.parametrize(
    "name", [REVIEWERS["611"], APPROVER, PUBLISHER, ADMINISTRATOR, OTHER_SECTION, DRAFTERS["612"]]
)
def test_nobody_outside_the_lead_section_writes_the_narrative(city: City, name: str) -> None:
    before = city.counts()

    with pytest.raises(Refused, match="lead_section_only"):
        city.save("611", by=name, results="よその人の文章")

    assert city.counts() == before


def test_in_a_second_post_one_is_told_to_switch_before_writing(
    city: City, application: Application
) -> None:
    """経営企画課長 leads 631; as 政策室長 the same person writes no other section's costs."""
    here, elsewhere = city.actor("fujii.naoki"), city.actor("fujii.naoki", post="政策室長")
    foreign = min(city.page(here, "631").cost_codes - city.page(elsewhere, "631").cost_codes)

    with pytest.raises(Refused, match="other_post"), application.command(elsewhere) as ctx:
        sheets.save_project_costs(
            ctx,
            evaluation_id=city.evaluation("631"),
            costs={foreign: Costs(1, 1)},
            seen={},
        )


@pytest.mark.parametrize("name", [DRAFTERS["611"], COLLEAGUES["611"]])
def test_everybody_in_the_lead_section_may_write(city: City, name: str) -> None:
    saved = city.save("611", by=name, results="新しい成果。")

    assert saved.changed
    assert city.page(APPROVER, "611").content.results == "新しい成果。"
    assert authors(city, "611") == {name}


@pytest.mark.parametrize("stage", ["department_review", "bureau_approval", "approved", "published"])
def test_nobody_writes_once_it_is_submitted(city: City, stage: str) -> None:
    city.bring_to("611", stage)

    with pytest.raises(Refused, match="not_editable"):
        city.save("611", results="後から直した。")
    with pytest.raises(Refused, match="not_editable"):
        city.save_cost("611", "611010", 1, by=DRAFTERS["611"])


def test_after_a_return_the_drafter_writes_again(city: City) -> None:
    city.submit("611")
    city.give_back("611")

    assert city.save("611", results="直した成果。").changed


def test_saving_makes_one_revision_and_one_event_by_the_writer(city: City) -> None:
    before = revisions(city, "611")

    city.save("611", results="新しい成果。")

    assert revisions(city, "611") == before + 1
    assert city.events("611") == ["open", "save"]
    entry = city.page(APPROVER, "611").timeline[0]
    assert (entry.person, entry.capacity, entry.revision) == (
        "佐藤 一郎",
        "まちづくり推進課主査",
        2,
    )


def test_saving_without_a_change_makes_no_revision_no_event_and_no_author(city: City) -> None:
    before = city.counts()

    saved = city.save("611")

    assert not saved.changed
    assert city.counts() == before
    assert authors(city, "611") == set()


def test_autosave_writes_the_working_copy_alone(city: City) -> None:
    before = revisions(city, "611")

    saved = city.save("611", results="書きかけ", make_revision=False)

    assert saved.changed
    assert revisions(city, "611") == before
    assert city.events("611") == ["open"]
    assert city.page(DRAFTERS["611"], "611").content.results == "書きかけ"


def test_submission_freezes_what_autosave_left(city: City) -> None:
    city.save("611", results="自動保存の成果。", make_revision=False)

    city.submit("611")

    page = city.page(REVIEWERS["611"], "611")
    assert page.content.results == "自動保存の成果。"
    assert page.revision == 2


def test_a_colleagues_save_in_between_is_a_conflict_and_loses_nothing(city: City) -> None:
    stale = city.page(DRAFTERS["611"], "611")
    city.save("611", by=COLLEAGUES["611"], results="同僚の成果。")

    with pytest.raises(Conflict, match="edited_meanwhile"):
        city.save("611", seen=stale, objective="古い画面から書いた目標。")

    page = city.page(DRAFTERS["611"], "611")
    assert page.content.results == "同僚の成果。"
    assert "古い画面" not in page.content.objective


def test_a_second_post_of_the_same_save_changes_nothing(city: City) -> None:
    seen = city.page(DRAFTERS["611"], "611")
    city.save("611", seen=seen, results="一度だけ。", request_key="form-9")
    before = city.counts()

    again = city.save("611", seen=seen, results="一度だけ。", request_key="form-9")

    assert not again.changed
    assert city.counts() == before


def test_an_actual_is_kept_as_typed_and_as_an_exact_number(city: City) -> None:
    city.save("611", actuals={2: "１９，３１５．１０"})

    row = city.rows("""
        SELECT f.actual_text, f.actual_value FROM indicator_figure f
        JOIN indicator i ON i.id = f.indicator_id JOIN measure m ON m.id = i.measure_id
        WHERE m.code = '611' AND i.number = 2 AND f.fiscal_year = 2021
    """)[0]
    assert (row.actual_text, row.actual_value) == ("１９，３１５．１０", Decimal("19315.10"))


def test_an_emptied_actual_is_none_and_the_sheet_incomplete(city: City) -> None:
    city.save("611", actuals={1: " "})

    page = city.page(DRAFTERS["611"], "611")
    assert 2021 not in page.content.indicators[0].actuals
    assert [gap.path for gap in page.missing] == ["indicators[1].actuals[2021]"]


def test_an_actual_that_is_not_touched_makes_no_author(city: City) -> None:
    typed = {i.number: i.actuals[2021] for i in city.page(APPROVER, "611").content.indicators}

    assert not city.save("611", actuals=typed).changed


def test_every_bad_figure_is_listed_and_nothing_is_written(city: City) -> None:
    before = city.counts()

    with pytest.raises(BadInput) as refused:
        city.save("611", actuals={1: "たくさん", 2: "1,12", 9: "5"}, results="書かれない成果。")

    assert [(f.path, f.code) for f in refused.value.faults] == [
        ("actuals-1", "not_a_figure"),
        ("actuals-2", "not_a_figure"),
        ("actuals-9", "no_such_indicator"),
    ]
    assert city.counts() == before
    assert city.page(APPROVER, "611").content.results != "書かれない成果。"


def test_a_rating_above_the_cycles_scale_is_refused(city: City) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text('UPDATE evaluation_cycle SET rating_scale = \'["C","B","A"]\''))

    with pytest.raises(BadInput) as refused:
        city.save("611", rating=4)

    assert [(fault.path, fault.code) for fault in refused.value.faults] == [
        ("rating", "not_a_choice")
    ]
