"""The authorization table, whole: who may, and who may not, with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.facts import (
    BUREAU,
    BUREAU_SECTION,
    CLERK,
    DEPARTMENT,
    DIRECTOR,
    HEAD,
    PUBLISHER,
    SECTION,
    facts,
    holder,
    signed,
)
from workflow.definition.facts import Grant, Holder, Rank, Roster
from workflow.definition.load import standard
from workflow.definition.refusal import Refusal
from workflow.policy import (
    SYSTEM,
    TABLE,
    Actor,
    Permission,
    Relation,
    acting_as,
    check,
    check_edit,
    standing_relations,
    unit_relations,
)

STAFF = Actor(CLERK, "担当", CLERK * 100, SECTION, "担当")
#: What somebody is → the actor, and what they are to the thing that is asked for.
PEOPLE: dict[str, tuple[Actor, frozenset[Relation]]] = {
    "engine": (SYSTEM, frozenset()),
    "anybody": (STAFF, frozenset()),
    "lead": (STAFF, frozenset({Relation.LEAD_SECTION})),
    "project": (STAFF, frozenset({Relation.PROJECT_SECTION})),
    "holder": (STAFF, frozenset({Relation.STAGE_HOLDER})),
    "previous": (STAFF, frozenset({Relation.PREVIOUS_ACTOR})),
    "oneself": (STAFF, frozenset({Relation.ONESELF})),
    "publisher": (replace(STAFF, grants=frozenset({Grant.PUBLISHER})), frozenset()),
    "administrator": (replace(STAFF, grants=frozenset({Grant.ADMINISTRATOR})), frozenset()),
}
EVERYBODY = "engine anybody lead project holder previous oneself publisher administrator"
#: Permission → who may; everybody else may not, with this reason. To be reviewed by reading.
MATRIX = {
    Permission.ACT_ON_SHEET: ("holder previous", "not_your_turn"),
    Permission.ADMINISTER: ("engine administrator", "administrators_only"),
    Permission.ANSWER_CONSULTATION: ("oneself", "not_asked"),
    Permission.CHANGE_DEFINITION: ("engine publisher", "publishers_only"),
    Permission.CHANGE_OWN_ACCOUNT: (EVERYBODY, "sign_in_first"),
    Permission.EDIT_SHEET: ("lead", "lead_section_only"),
    Permission.EDIT_PROJECT_FIGURES: ("lead project", "project_sections_only"),
    Permission.FOLLOW_UP: ("publisher administrator", "administrators_only"),
    Permission.GRANT_EXTENSION: ("publisher", "publishers_only"),
    Permission.IMPORT: ("engine administrator", "administrators_only"),
    Permission.NUDGE: ("publisher", "publishers_only"),
    Permission.OPEN_CYCLE: ("engine publisher", "publishers_only"),
    Permission.PRINT_PASSWORD: ("engine", "shell_only"),
    Permission.PUBLISH: ("publisher", "publishers_only"),
    Permission.READ: (EVERYBODY, "sign_in_first"),
    Permission.REDRAFT: ("lead", "lead_section_quotes"),
    Permission.REGISTER_ABSENCE: ("engine oneself administrator", "own_absence_only"),
    Permission.REVIEW_AFTERWARDS: ("oneself", "not_passed_over"),
    Permission.RUN_ENGINE: ("engine", "engine_only"),
    Permission.SET_PASSWORD_BY_LINK: ("oneself", "link_over"),
    Permission.VERIFY_LEDGER: ("engine publisher administrator", "administrators_only"),
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_not_and_who_may(permission: Permission, who: str) -> None:
    may, reason = MATRIX[permission]
    actor, relations = PEOPLE[who]

    answer = check(actor, permission, relations)

    assert (answer.code if answer else None) == (None if who in may.split() else reason)


def test_the_table_and_the_matrix_know_every_permission() -> None:
    assert set(TABLE) == set(MATRIX) == set(Permission)


def test_an_administrator_neither_signs_nor_writes_nor_publishes_by_that() -> None:
    actor, _ = PEOPLE["administrator"]

    for permission in (
        Permission.ACT_ON_SHEET,
        Permission.EDIT_SHEET,
        Permission.EDIT_PROJECT_FIGURES,
        Permission.PUBLISH,
        Permission.OPEN_CYCLE,
        Permission.CHANGE_DEFINITION,
        Permission.RUN_ENGINE,
    ):
        assert check(actor, permission) is not None


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "engine"])
def test_with_a_one_time_password_one_may_change_the_own_account_and_nothing_else(
    permission: Permission, who: str
) -> None:
    actor, relations = PEOPLE[who]
    newcomer = replace(actor, must_change_password=True)

    answer = check(newcomer, permission, relations)

    if permission is Permission.CHANGE_OWN_ACCOUNT:
        assert answer is None
    else:
        assert answer == Refusal("change_password_first")


def test_the_engine_is_nobody_who_is_signed_in() -> None:
    assert standing_relations(SYSTEM) == {Relation.SYSTEM}
    assert standing_relations(STAFF) == {Relation.SIGNED_IN}


@pytest.mark.parametrize(
    ("unit", "lead", "projects", "expected"),
    [
        (None, None, frozenset({None}), set()),
        (SECTION, None, frozenset(), set()),
        (SECTION, DEPARTMENT, frozenset(), set()),
        (SECTION, SECTION, frozenset(), {Relation.LEAD_SECTION}),
        (SECTION, DEPARTMENT, frozenset({SECTION}), {Relation.PROJECT_SECTION}),
        (SECTION, SECTION, frozenset({SECTION}), {Relation.LEAD_SECTION, Relation.PROJECT_SECTION}),
    ],
)
def test_what_one_is_to_a_sheet_follows_from_the_unit_of_the_post(
    unit: int | None, lead: int | None, projects: frozenset[int], expected: set[Relation]
) -> None:
    actor = replace(STAFF, unit_id=unit)

    assert unit_relations(actor, lead_section=lead, project_sections=projects) == expected


# Writing


@pytest.mark.parametrize("state", ["department_review", "bureau_approval", "approved", "published"])
def test_people_write_only_where_the_definition_lets_them(state: str) -> None:
    def code(at: str) -> str | None:
        answer = check_edit(STAFF, Permission.EDIT_SHEET, standard(), at, lead_section=SECTION)
        return answer.code if answer else None

    assert code(state) == "not_editable"
    assert code("draft") is None


def test_who_belongs_to_the_section_by_another_post_is_told_to_switch() -> None:
    def code(actor: Actor) -> str | None:
        answer = check_edit(
            actor,
            Permission.EDIT_PROJECT_FIGURES,
            standard(),
            "draft",
            lead_section=SECTION,
            project_sections=frozenset({BUREAU_SECTION}),
        )
        return answer.code if answer else None

    elsewhere = replace(STAFF, unit_id=DEPARTMENT)
    assert code(elsewhere) == "project_sections_only"
    assert code(replace(elsewhere, other_units=frozenset({BUREAU}))) == "project_sections_only"
    assert code(replace(elsewhere, other_units=frozenset({SECTION}))) == "other_post"
    assert code(replace(elsewhere, other_units=frozenset({BUREAU_SECTION}))) == "other_post"
    newcomer = replace(elsewhere, other_units=frozenset({SECTION}), must_change_password=True)
    assert code(newcomer) == "change_password_first"


# Acting


def acting(actor: Actor, state: str, action: str, **changes: object) -> Holder | str:
    row = standard().find(state, action)
    assert row is not None
    answer = acting_as(actor, standard(), row, facts(state, **changes))
    return answer.code if isinstance(answer, Refusal) else answer


def person(number: int, **changes: object) -> Actor:
    return replace(Actor(number, "", number * 100), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("approved", "publish"),
        ("department_review", "content_changed"),
        ("bureau_approval", "content_changed"),
        ("approved", "content_changed"),
    ],
)
def test_what_the_engine_walks_no_person_walks_and_neither_does_it_by_this_door(
    state: str, action: str
) -> None:
    for actor in (person(PUBLISHER), person(DIRECTOR), SYSTEM):
        assert acting(actor, state, action) == "engine_only"


@pytest.mark.parametrize(
    ("state", "action"),
    [("draft", "submit"), ("department_review", "approve"), ("department_review", "withdraw")],
)
def test_the_engine_does_nothing_that_people_do(state: str, action: str) -> None:
    assert acting(SYSTEM, state, action) == "people_only"


def test_whose_turn_it_is_not_is_told_whose_it_is() -> None:
    row = standard().find("department_review", "approve")
    assert row is not None

    answer = acting_as(person(CLERK), standard(), row, facts("department_review"))

    assert isinstance(answer, Refusal)
    assert answer == Refusal("not_your_turn", {"stage": "部局審査", "who": "部長 部長"})


def test_one_acts_from_the_post_that_was_chosen() -> None:
    second = holder(HEAD, SECTION, Rank.STAFF, assignment=444)
    roster = Roster((*facts().roster.holders, second), facts().roster.publishers)

    answer = acting(person(HEAD), "department_review", "approve", roster=roster)
    assert isinstance(answer, Holder)
    assert answer.assignment_id == HEAD * 100
    from_second = person(HEAD, assignment_id=444)
    assert acting(from_second, "department_review", "approve", roster=roster) == "other_post"


def test_a_grant_acts_from_whatever_post() -> None:
    for assignment in (None, 1, PUBLISHER * 100):
        actor = person(PUBLISHER, assignment_id=assignment)
        assert isinstance(acting(actor, "approved", "return"), Holder)


def test_four_eyes_is_told_before_anything_else_about_turns() -> None:
    wrote = facts("department_review").roster
    assert (
        acting(
            person(HEAD), "department_review", "approve", authors=frozenset({HEAD}), roster=wrote
        )
        == "wrote_the_sheet"
    )
    assert (
        acting(
            person(HEAD),
            "bureau_approval",
            "approve",
            signatures=(signed(HEAD, "department_review"),),
        )
        == "signed_earlier_stage"
    )


def test_when_nobody_is_left_that_is_what_is_said() -> None:
    everybody = frozenset({HEAD, 5})

    assert acting(person(CLERK), "department_review", "approve", authors=everybody) == "nobody_left"


def test_only_the_mover_takes_back() -> None:
    submitted = {"entered_by": CLERK, "entered_from": "draft"}
    for who in (HEAD, DIRECTOR, PUBLISHER):
        assert acting(person(who), "department_review", "withdraw", **submitted) == "not_your_move"
    answer = acting(person(CLERK), "department_review", "withdraw", **submitted)
    assert isinstance(answer, Holder)
    assert answer.assignment_id == CLERK * 100


@pytest.mark.parametrize("came_from", ["bureau_approval", "approved", "department_review", None])
def test_a_return_or_a_withdrawal_is_no_move_to_be_taken_back(came_from: str | None) -> None:
    """The director returned it to the department: that does not let them take it to the draft."""
    moved = {"entered_by": DIRECTOR, "entered_from": came_from}

    assert acting(person(DIRECTOR), "department_review", "withdraw", **moved) == "not_your_move"


def test_what_the_engine_moved_nobody_takes_back() -> None:
    moved = {"entered_by": None, "entered_from": "draft"}

    assert acting(person(CLERK), "department_review", "withdraw", **moved) == "not_your_move"


def test_with_a_one_time_password_one_does_not_act() -> None:
    newcomer = person(HEAD, must_change_password=True)

    assert acting(newcomer, "department_review", "approve") == "change_password_first"
