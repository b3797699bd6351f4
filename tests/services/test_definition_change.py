"""Bringing a running cycle over to another definition: the plan, the change, old words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from tests.authority import ask, away, end_posts, give_post, grant, hold, lift, reply, today
from tests.city import City, on_route
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
)
from tests.transfers import FIRST_OF_APRIL, applied, move
from workflow.definition.load import named, parse
from workflow.definition.model import Definition
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.policy import SYSTEM, Actor
from workflow.services import definition_change
from workflow.services.change_plan import Asked, ChangePlan

#: 課長 of the lead section of 611, who reviews first in the route with two levels.
CHIEF = COLLEAGUES["611"]
STANDARD, TWO_LEVELS = named("standard"), named("two_levels")


def renamed(**stages: str) -> Definition:
    """The standard route, some stages of which have another key and a label of their own."""
    text = STANDARD.source
    for old, new in stages.items():
        assert f'"{old}"' in text
        text = text.replace(f'"{old}"', f'"{new}"')
        for what in ("kind", "step"):
            text = text.replace(f'{what} = "{new}"', f'{what} = "{old}"')
        label = STANDARD.stage(old).label
        text = text.replace(f'label = "{label}"', f'label = "新{label}"')
    return parse(text)


def planned(
    city: City,
    definition: Definition = TWO_LEVELS,
    *,
    by: str | Actor = PUBLISHER,
    due: Mapping[str, date] | None = None,
    **mapping: str,
) -> ChangePlan:
    actor = city.actor(by) if isinstance(by, str) else by
    with city.application.query(actor) as ctx:
        return definition_change.plan(ctx, Asked(city.cycle(), definition, mapping, due or {}))


def change(
    city: City,
    definition: Definition = TWO_LEVELS,
    *,
    by: str | Actor = PUBLISHER,
    due: Mapping[str, date] | None = None,
    **mapping: str,
) -> ChangePlan:
    seen = planned(city, definition, by=by, due=due, **mapping)
    actor = city.actor(by) if isinstance(by, str) else by
    with city.application.command(actor) as ctx:
        definition_change.apply(ctx, seen)
    return seen


def why_not(plan: ChangePlan, code: str) -> list[str]:
    return [
        refusal.code
        for sheet in plan.sheets
        if sheet.sheet.startswith(code)
        for refusal in sheet.succession.refusals
    ]


def behind(plan: ChangePlan) -> dict[str, list[str]]:
    return {
        sheet.sheet[:3]: [refusal.code for refusal in sheet.succession.refusals]
        for sheet in plan.staying_behind
    }


def whole(city: City) -> dict[str, Any]:
    """Everything that a change writes, to show that nothing was written."""
    tables = (
        "evaluation", "evaluation_cycle", "stage_entry", "timer", "cycle_deadline", "cycle_rung",
        "signature", "joint_reply", "notice", "absence_substitute",
    )  # fmt: skip
    return {t: [tuple(r) for r in city.rows(f"SELECT * FROM {t} ORDER BY 1, 2")] for t in tables}  # noqa: S608


# Who may not, and what may not be


@pytest.mark.parametrize("name", [DRAFTERS["611"], APPROVER, ADMINISTRATOR])
def test_nobody_but_publishers_and_the_shell_may(city: City, name: str) -> None:
    with pytest.raises(Refused, match="publishers_only"):
        planned(city, by=name)
    seen = planned(city, by=SYSTEM)
    with (
        pytest.raises(Refused, match="publishers_only"),
        city.application.command(city.actor(name)) as ctx,
    ):
        definition_change.apply(ctx, seen)


def test_a_plan_changes_nothing(city: City) -> None:
    for code, stage in zip(("612", "621", "631"), ("department_review", "approved", "published"),
                           strict=True):  # fmt: skip
        city.bring_to(code, stage)
    counts, rows = city.counts(), whole(city)

    plan = planned(city, department_review="section_review")

    assert len(plan.sheets) == 5
    assert (city.counts(), whole(city)) == (counts, rows)


def test_no_cycle_the_same_definition_and_unknown_stages_are_refused(city: City) -> None:
    with city.application.query(SYSTEM) as ctx, pytest.raises(NotFound, match="no_such_cycle"):
        definition_change.plan(ctx, Asked(999, TWO_LEVELS))
    with pytest.raises(BadInput, match="definition_unchanged"):
        planned(city, STANDARD)
    with pytest.raises(BadInput) as refused:
        planned(city, limbo="draft", draft="moon", due={"published": today()})
    assert [(f.path, f.code, f.values["stage"]) for f in refused.value.faults] == [
        ("map.limbo", "unknown_stage", "limbo"),
        ("map.draft", "unknown_stage", "moon"),
        ("due.published", "unknown_stage", "published"),
    ]


@pytest.mark.parametrize(
    ("stage", "mapping", "expected"),
    [
        # The stage is gone, and nobody said what it became.
        ("department_review", {}, ["stage_gone"]),
        # It was signed at a stage that is gone.
        ("bureau_approval", {}, ["signed_stage_gone"]),
        ("approved", {}, ["signed_stage_gone"]),
        # What is written stays where people write, and the other way round.
        ("draft", {"draft": "review"}, ["other_kind_of_stage"]),
        ("department_review", {"department_review": "draft"}, ["other_kind_of_stage"]),
        # An end is come to by publishing and rejecting alone.
        ("department_review", {"department_review": "rejected"}, ["other_kind_of_stage"]),
        # Without its last approval a sheet does not come to where it is published.
        (
            "bureau_approval",
            {"department_review": "review", "bureau_approval": "approved"},
            ["approval_skipped"],
        ),
        # A signature is not overtaken.
        (
            "bureau_approval",
            {"department_review": "bureau_approval", "bureau_approval": "review"},
            ["signed_stage_ahead"],
        ),
    ],
)
def test_a_sheet_that_cannot_follow_is_told_and_holds_all_the_others_back(
    city: City, stage: str, mapping: dict[str, str], expected: list[str]
) -> None:
    city.bring_to("611", stage)
    definition = renamed(department_review="review")
    others_behind = [code for code in behind(planned(city, definition, **mapping)) if code != "611"]
    rows = whole(city)

    plan = planned(city, definition, **mapping)

    assert [code for code in why_not(plan, "611") if code != "nobody_at_new_stage"] == expected
    assert others_behind == (["612", "621", "631", "632"] if "draft" in mapping else [])
    with pytest.raises(BadInput) as refused:
        change(city, definition, **mapping)
    assert refused.value.code == "cannot_follow"
    assert ("ex_post-2021-1/611", expected[0]) in [(f.path, f.code) for f in refused.value.faults]
    assert whole(city) == rows


def test_a_published_and_an_ended_sheet_keep_their_place_and_it_must_be_there(city: City) -> None:
    city.publish(["611"])
    city.submit("612")
    city.act(REVIEWERS["612"], "612", "reject", reason="対象外のため。")

    plan = planned(city, renamed(published="public", rejected="refused"),
                   published="public", rejected="refused")  # fmt: skip

    assert behind(plan) == {"611": ["final_stage_gone"], "612": ["final_stage_gone"]}


def test_nobody_at_the_new_place_is_told(city: City) -> None:
    end_posts(city, CHIEF)
    city.submit("611")

    plan = planned(city, department_review="section_review")

    assert behind(plan) == {"611": ["nobody_at_new_stage"]}


@on_route("joint_external")
def test_answers_under_way_are_not_lost(route_city: City) -> None:
    city = route_city
    city.submit("612")
    city.approve("612")
    reply(city, "ogawa.tetsuo", "612")

    assert behind(planned(city, STANDARD)) == {"612": ["stage_gone", "answers_under_way"]}
    away_from_joint = planned(city, STANDARD, joint_agreement="bureau_approval")
    assert behind(away_from_joint) == {"612": ["answers_under_way"]}

    text = named("joint_external").source.replace('"joint_agreement"', '"consent"')
    change(city, parse(text), joint_agreement="consent")

    page = city.page(APPROVER, "612")
    assert (page.stage.key, len(page.holders)) == ("consent", 2)
    reply(city, "kubota.masaru", "612")
    reply(city, "takahashi.noriko", "612")
    assert city.state("612") == "bureau_approval"
    assert len(city.page(APPROVER, "612").timeline) == 8


@on_route("joint_external")
def test_answers_that_were_given_count_for_four_eyes_under_the_new_name(route_city: City) -> None:
    city = route_city
    city.submit("612")
    city.approve("612")
    for name in ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko"):
        reply(city, name, "612")
    assert behind(planned(city, STANDARD)) == {"612": ["signed_stage_gone"]}
    text = named("joint_external").source.replace('"joint_agreement"', '"consent"')
    change(city, parse(text), joint_agreement="consent")
    give_post(city, "ogawa.tetsuo", "総合政策部", "部長心得", "director")

    with pytest.raises(Refused, match="signed_earlier_stage"):
        city.act(city.actor("ogawa.tetsuo", post="総合政策部長心得"), "612", "approve", reason="可")


# What a change does


def test_sheets_whose_stage_keeps_its_key_keep_their_stay_and_nobody_is_told(
    city: City, transport: RecordingTransport
) -> None:
    city.submit("612")
    city.tick(transport)
    mails, before = len(transport.sent), whole(city)

    change(city, parse(STANDARD.source + "# 注記だけが変わった。\n"))
    city.tick(transport)

    after = whole(city)
    for table in ("stage_entry", "timer", "cycle_deadline", "cycle_rung", "signature", "notice"):
        assert after[table] == before[table], table
    assert len(transport.sent) == mails
    assert city.events("612") == ["open", "submit", "definition_changed"]


def test_every_sheet_gets_one_event_with_both_hashes_and_the_chain_holds(city: City) -> None:
    city.publish(["631"])
    change(city)

    rows = city.rows("""
        SELECT v.from_state, v.to_state, v.capacity, n.canonical::json ->> 'reason' AS reason
        FROM event v JOIN event_narrative n ON n.event_id = v.id
        WHERE v.action = 'definition_changed' ORDER BY v.evaluation_id
    """)
    assert [(r.from_state, r.to_state) for r in rows] == [
        ("draft", "draft"), ("draft", "draft"), ("draft", "draft"),
        ("published", "published"), ("draft", "draft"),
    ]  # fmt: skip
    for row in rows:
        assert STANDARD.content_hash.hex() in row.reason
        assert TWO_LEVELS.content_hash.hex() in row.reason
    assert {row.capacity for row in rows} == {city.actor(PUBLISHER).capacity}
    assert city.verify().broken == ()
    pinned = city.scalar("SELECT definition_hash FROM evaluation_cycle")
    assert pinned == TWO_LEVELS.content_hash


def test_a_page_from_before_the_change_is_refused_kindly(city: City) -> None:
    city.submit("611")
    seen = city.page(REVIEWERS["611"], "611")
    change(city)

    with pytest.raises(Conflict) as refused:
        city.act(REVIEWERS["611"], "611", "approve", seen=seen)

    assert refused.value.code == "moved_on"
    assert city.actor(PUBLISHER).name in refused.value.values["who"]


def test_a_plan_from_before_somebody_acted_is_refused_kindly(city: City) -> None:
    seen = planned(city)
    city.submit("611")
    rows = whole(city)

    with (
        pytest.raises(Conflict, match="plan_outdated"),
        city.application.command(city.actor(PUBLISHER)) as ctx,
    ):
        definition_change.apply(ctx, seen)

    assert whole(city) == rows


def test_the_turn_that_passes_to_somebody_else_is_told_to_them_alone(
    city: City, transport: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(transport)
    transport.forget()

    change(city, department_review="section_review")
    city.tick(transport)

    assert [p.name for p in city.page(APPROVER, "611").holders] == [city.actor(CHIEF).name]
    recipients = [r.recipient_id for r in city.rows(
        "SELECT recipient_id FROM notice WHERE kind = 'your_turn' AND stage_entry_id ="
        " (SELECT max(id) FROM stage_entry)")]  # fmt: skip
    assert recipients == [city.person_id(CHIEF)]
    assert len(transport.sent) == len(transport.to(CHIEF)) == 1


def test_a_notice_that_was_not_mailed_yet_goes_along_or_ends(
    city: City, transport: RecordingTransport
) -> None:
    city.submit("612")
    change(city, renamed(department_review="review"), department_review="review")
    city.submit("611")
    change(city, TWO_LEVELS, review="section_review")
    city.tick(transport)

    told = {name: "".join(map(body_of, transport.to(name))) for name in
            (CHIEF, REVIEWERS["611"], COLLEAGUES["612"], REVIEWERS["612"])}  # fmt: skip
    assert [name for name, text in told.items() if "審査してください" in text or "611 " in text
            or "612 " in text] == [CHIEF, COLLEAGUES["612"]]  # fmt: skip


def test_a_sheet_on_hold_stays_on_hold_and_its_dates_move_when_it_is_lifted(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    due = city.page(APPROVER, "611").route[1].due_on

    plan = change(city, renamed(department_review="review"), department_review="review")

    assert [sheet.held for sheet in plan.sheets] == [True, False, False, False, False]
    with pytest.raises(Refused, match="on_hold"):
        city.act(REVIEWERS["611"], "611", "approve")
    clock.forward(days=2)
    lift(city, REVIEWERS["611"], "611")
    moved = city.scalar("SELECT due_on FROM stage_entry WHERE left_at IS NULL AND evaluation_id = "
                        ":id", id=city.evaluation("611"))  # fmt: skip
    assert due is not None
    assert moved > due
    city.act(REVIEWERS["611"], "611", "approve")


def test_dates_are_kept_given_or_proposed_and_open_stays_are_dated_anew(city: City) -> None:
    city.submit("611")
    old = {row.stage: row.due_on for row in city.rows("SELECT stage, due_on FROM cycle_deadline")}
    given = old["department_review"] + timedelta(days=1)

    plan = change(city, due={"department_review": given})

    assert plan.origins == {
        "draft": "kept", "section_review": "proposed", "department_review": "given",
        "bureau_approval": "kept", "approved": "kept",
    }  # fmt: skip
    new = {row.stage: row.due_on for row in city.rows("SELECT stage, due_on FROM cycle_deadline")}
    assert new["draft"] == old["draft"] <= new["section_review"] <= new["department_review"]
    entry = city.rows(
        "SELECT id, due_on FROM stage_entry WHERE left_at IS NULL AND evaluation_id = :id",
        id=city.evaluation("611"),
    )[0]
    assert entry.due_on == new["department_review"] != old["department_review"]
    timers = city.rows("SELECT kind, due_at, outcome FROM timer WHERE stage_entry_id = :id "
                       "ORDER BY due_at", id=entry.id)  # fmt: skip
    rungs = city.rows("SELECT kind, due_at FROM cycle_rung WHERE stage = 'department_review' "
                      "ORDER BY due_at")  # fmt: skip
    assert [(t.kind, t.due_at) for t in timers] == [tuple(r) for r in rungs]
    assert {t.outcome for t in timers} == {None}


def test_dates_out_of_order_are_refused(city: City) -> None:
    with pytest.raises(BadInput) as refused:
        planned(city, due={"section_review": today() + timedelta(days=300)})

    (fault,) = refused.value.faults
    assert (fault.path, fault.code) == ("due.department_review", "dates_out_of_order")


def test_overdue_is_not_told_a_second_time_because_a_stage_has_another_name(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.submit("611")
    clock.forward(days=60)
    city.tick(transport)
    fired = city.scalar("SELECT count(*) FROM timer WHERE outcome = 'fired' AND kind = 'overdue'")

    change(city, renamed(department_review="review"), department_review="review")
    city.tick(transport)

    assert fired == city.scalar(
        "SELECT count(*) FROM timer WHERE outcome = 'fired' AND kind = 'overdue'"
    )
    assert fired > 0


def test_signatures_bar_and_approve_under_the_stages_new_name(city: City) -> None:
    city.bring_to("612", "bureau_approval")
    change(city, renamed(department_review="review"), department_review="review")

    give_post(city, REVIEWERS["612"], "総合政策部", "部長心得", "director")
    with pytest.raises(Refused, match="signed_earlier_stage"):
        city.act(city.actor(REVIEWERS["612"], post="総合政策部長心得"), "612", "approve")
    page = city.page(APPROVER, "612")
    assert [(e.signed, e.from_stage) for e in page.approvals] == [("review", "部局審査")]
    city.publish(["612"])
    assert city.state("612") == "published"


def test_two_stages_made_one_keep_both_signatures_and_nobody_signs_twice(city: City) -> None:
    change(city)
    city.submit("611")
    city.act(CHIEF, "611", "approve")
    give_post(city, CHIEF, "市民自治部", "部長心得", "director")

    change(city, STANDARD, section_review="department_review")

    with pytest.raises(Refused, match="signed_earlier_stage"):
        city.act(city.actor(CHIEF, post="市民自治部長心得"), "611", "approve")
    city.act(REVIEWERS["611"], "611", "approve")
    assert city.state("611") == "bureau_approval"
    assert city.scalar("SELECT count(*) FROM signature WHERE voided_at IS NULL") == 2


def test_stages_that_exchange_their_names_keep_what_is_theirs(city: City) -> None:
    change(city)
    city.submit("611")
    city.act(CHIEF, "611", "approve")
    city.act(REVIEWERS["611"], "611", "approve")
    text = TWO_LEVELS.source.replace('"section_review"', '"x"')
    text = text.replace('"department_review"', '"section_review"').replace(
        '"x"', '"department_review"'
    )

    change(city, parse(text), section_review="department_review",
           department_review="section_review")  # fmt: skip

    assert {
        (r.stage, r.person_id)
        for r in city.rows("SELECT stage, person_id FROM signature WHERE voided_at IS NULL")
    } == {
        ("department_review", city.person_id(CHIEF)),
        ("section_review", city.person_id(REVIEWERS["611"])),
    }


def test_who_stands_in_at_a_stage_stands_in_at_its_successor(city: City) -> None:
    away(city, APPROVER, substitutes={"bureau_approval": [REVIEWERS["612"]]})
    city.bring_to("632", "bureau_approval")

    change(city, renamed(bureau_approval="decision"), bureau_approval="decision")

    assert [h.name for h in city.page(PUBLISHER, "632").holders] == [
        city.actor(REVIEWERS["612"]).name
    ]
    city.act(REVIEWERS["612"], "632", "approve")
    assert city.state("632") == "approved"


def test_a_step_that_was_kept_over_the_first_of_april_is_kept_under_its_new_name_alone(
    city: City, clock: Clock
) -> None:
    clock.set(date(2023, 3, 20))
    city.submit("611")
    moved, came = REVIEWERS["611"], "ogawa.tetsuo"
    applied(city, move(moved, "総務部", "部長", "部長"), move(came, "市民自治部", "部長", "部長"))
    clock.set(FIRST_OF_APRIL)
    city.tick()

    elsewhere = planned(city, department_review="section_review")
    change(city, renamed(department_review="review"), department_review="review")

    # Another step: its people are found in the organisation of the day.
    assert [h.person_id for h in elsewhere.sheets[0].succession.holders] == [city.person_id(CHIEF)]
    # The same step: whoever it waited for keeps it, and nobody is told anything.
    assert [h.person_id for h in city.page(APPROVER, "611").holders] == [city.person_id(moved)]
    with pytest.raises(Refused, match="another_acts_first"):
        city.act(came, "611", "approve")
    city.act(moved, "611", "approve")
    assert city.state("611") == "bureau_approval"


def test_a_joint_stage_that_asks_nobody_is_passed_at_once(city: City) -> None:
    city.submit("632")
    without = [row.code for row in city.rows("""
        SELECT code FROM measure m WHERE NOT EXISTS (
            SELECT 1 FROM measure_related_department r WHERE r.measure_id = m.id)""")]  # fmt: skip
    assert "632" in without
    for name in ("imai.kazuo", "kawaguchi.osamu"):
        grant(city, name, "external_reviewer")

    plan = change(city, named("joint_external"), department_review="joint_agreement")

    assert [s.succession.goes_on for s in plan.sheets if s.sheet.startswith("632")] == [True]
    assert city.state("632") == "bureau_approval"
    assert city.events("632")[-2:] == ["definition_changed", "agreed"]


# What happened before stays readable


def test_history_is_told_in_the_words_of_its_time(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    before = city.page(APPROVER, "611")
    definition = parse(
        renamed(department_review="review", bureau_approval="decision")
        .source.replace('label = "承認する"', 'label = "可とする"')
        .replace('label = "提出する"', 'label = "出す"')
    )
    change(city, definition, department_review="review", bureau_approval="decision")

    page = city.page(APPROVER, "611")
    told = [(e.action, e.label, e.from_stage, e.to_stage) for e in page.timeline]

    assert told[0] == (
        "definition_changed", "流れの定義が変わった", "総合政策部承認", "新総合政策部承認",
    )  # fmt: skip
    assert told[1:] == [(e.action, e.label, e.from_stage, e.to_stage) for e in before.timeline]
    done = [(s.stage.label, s.done_by) for s in page.route if s.state == "done"]
    assert [label for label, _ in done] == ["作成中", "新部局審査"]
    assert [who for _, who in done] == [s.done_by for s in before.route if s.state == "done"]
    assert [e.event_id for e in page.approvals] == [e.event_id for e in before.approvals]
    city.act(APPROVER, "611", "approve")
    assert city.page(APPROVER, "611").timeline[0].label == "可とする"


def test_a_new_stage_behind_a_sheet_is_no_part_of_its_route(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    city.act(DRAFTERS["612"], "612", "abandon", reason="取りやめ。")
    change(city)

    labels = {code: [s.stage.key for s in city.page(APPROVER, code).route] for code in
              ("611", "612", "632")}  # fmt: skip

    assert labels["611"] == [
        "draft", "department_review", "bureau_approval", "approved", "published",
    ]  # fmt: skip
    assert labels["612"] == ["draft", "abandoned"]
    assert labels["632"][1] == "section_review"


def test_history_is_followed_through_every_change(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    change(city, renamed(department_review="review"), department_review="review")
    first = city.actor(REVIEWERS["611"]).name
    city.give_back("611", by=APPROVER)
    change(city, renamed(department_review="look", draft="writing"), review="look",
           draft="writing")  # fmt: skip
    city.act(DRAFTERS["611"], "611", "submit")
    city.act(REVIEWERS["611"], "611", "approve")

    page = city.page(APPROVER, "611")

    assert [(e.action, e.source.key, e.target.key) for e in reversed(page.timeline)] == [
        ("open", "draft", "draft"),
        ("submit", "draft", "department_review"),
        ("approve", "department_review", "bureau_approval"),
        ("definition_changed", "bureau_approval", "bureau_approval"),
        ("return", "bureau_approval", "draft"),
        ("definition_changed", "draft", "writing"),
        ("submit", "writing", "look"),
        ("approve", "look", "bureau_approval"),
    ]
    first_approval = page.timeline[5]
    assert (first_approval.came_from, first_approval.signed) == ("look", None)
    assert first in page.route[1].done_by
    assert [(e.signed, e.sequence) for e in page.approvals] == [("look", 8)]


def test_mails_of_before_the_change_are_written_after_it_in_its_words(
    city: City, transport: RecordingTransport
) -> None:
    city.submit("611")
    ask(city, REVIEWERS["611"], "611", "imai.kazuo")
    city.publish(["632"])
    change(city, renamed(department_review="review"), department_review="review")

    city.tick(transport)

    (question,) = transport.to("imai.kazuo")
    assert "段階: 新部局審査" in body_of(question)
    (turn,) = transport.to(REVIEWERS["611"])
    assert "段階: 新部局審査" in body_of(turn)
    (published,) = transport.to(DRAFTERS["632"])
    assert "632" in body_of(published)


def test_new_measures_begin_where_the_changed_route_begins(city: City) -> None:
    from tests.plans import measure, plan, take_in

    change(city, renamed(draft="writing"), draft="writing")

    def grow(tree: dict[str, Any]) -> None:
        tree["measures"].append({**measure(tree, "632"), "code": "633", "projects": [],
                                 "total_project_cost": 0})  # fmt: skip

    take_in(city.application, plan(grow))

    assert city.state("633") == "writing"
