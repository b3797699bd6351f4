"""The one authorization table: permission × relation × state → yes or no with a reason code.

Every command asks ``check`` before it changes anything (``ctx.require``); pages ask it before
they draw a button. What a person is to a thing (``Relation``) is worked out by pure functions
here, from frozen facts; nothing else in the program decides who may do what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Grant, Holder
from workflow.definition.model import Basis, Definition, Transition
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import BY_THE_ENGINE


class Permission(StrEnum):
    """What can be asked for; alphabetical."""

    #: Act on a sheet that waits: submit, approve, return, withdraw, answer, hold, ask.
    ACT_ON_SHEET = "act_on_sheet"
    #: People, posts, sessions, grants, mail states.
    ADMINISTER = "administer"
    #: One's own password, post, language and sessions.
    CHANGE_OWN_ACCOUNT = "change_own_account"
    #: Bring a running cycle over to another definition.
    CHANGE_DEFINITION = "change_definition"
    #: Answer a question that was asked of oneself (相談).
    ANSWER_CONSULTATION = "answer_consultation"
    #: Write the narrative and the indicators of a draft.
    EDIT_SHEET = "edit_sheet"
    #: Write the costs of a project.
    EDIT_PROJECT_FIGURES = "edit_project_figures"
    #: See what waits for long to be read afterwards; gives no right to act.
    FOLLOW_UP = "follow_up"
    #: Grant or refuse more time (期限の延長).
    GRANT_EXTENSION = "grant_extension"
    #: Take in a plan, its figures and its people from a file.
    IMPORT = "import"
    #: Ask those who have late sheets to act (催促).
    NUDGE = "nudge"
    #: Begin a new sheet that quotes one that was ended (引用起案).
    REDRAFT = "redraft"
    #: Register an absence and who stands in.
    REGISTER_ABSENCE = "register_absence"
    #: Acknowledge what was decided in one's absence (後閲).
    REVIEW_AFTERWARDS = "review_afterwards"
    #: Check the chain of events.
    VERIFY_LEDGER = "verify_ledger"
    #: Open a cycle and set its dates.
    OPEN_CYCLE = "open_cycle"
    #: Print a one-time password: who has a shell there has the database.
    PRINT_PASSWORD = "print_password"  # noqa: S105 - a name
    #: Select approved evaluations and publish them.
    PUBLISH = "publish"
    #: Read sheets, progress and timelines.
    READ = "read"
    #: Set a new password by the link that went to one's own address.
    SET_PASSWORD_BY_LINK = "set_password_by_link"  # noqa: S105 - a name
    #: What the engine does by itself: ticks, deliveries, publication jobs.
    RUN_ENGINE = "run_engine"


class Relation(StrEnum):
    """What an actor is to the thing that is asked for."""

    #: The engine itself: worker, tick, command line of an operator.
    SYSTEM = "system"
    #: Anybody with a valid session.
    SIGNED_IN = "signed_in"
    #: Acts in a post of the section that leads the sheet.
    LEAD_SECTION = "lead_section"
    #: Acts in a post of a section that carries the project.
    PROJECT_SECTION = "project_section"
    #: The definition selects this person for the stage, and four eyes does not bar them.
    STAGE_HOLDER = "stage_holder"
    #: Made the move that brought the sheet where it is.
    PREVIOUS_ACTOR = "previous_actor"
    #: The very person whom it is about: who is asked, who is absent, who was passed over.
    ONESELF = "oneself"
    #: Holds the grant of a publisher.
    PUBLISHER = "publisher"
    #: Holds the grant of an administrator.
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Actor:
    """Who asks: a person in one chosen post, or the engine.

    Attributes:
        person_id: None for the engine.
        assignment_id: the post in which the person acts now; None for the engine, and for people
            who hold a grant and no post.
        unit_id: the unit of that post.
        capacity: the post in words, as recorded with each event.
        other_units: units of the person's other posts of today (to say "switch to …").
        must_change_password: signed in with a one-time password, nothing else allowed yet.
    """

    person_id: int | None
    name: str
    assignment_id: int | None = None
    unit_id: int | None = None
    capacity: str = ""
    grants: frozenset[Grant] = frozenset()
    other_units: frozenset[int] = frozenset()
    must_change_password: bool = False

    @property
    def is_system(self) -> bool:
        """Whether this is the engine itself."""
        return self.person_id is None


#: The engine, as an ordinary actor: same services, same rules, same history.
SYSTEM = Actor(person_id=None, name="hyoka", capacity="自動処理")


@dataclass(frozen=True)
class Rule:
    """One row of the table: any of *relations* suffices; otherwise *refusal* is the reason."""

    relations: frozenset[Relation]
    refusal: str


def _rule(refusal: str, *relations: Relation) -> Rule:
    return Rule(frozenset(relations), refusal)


#: The table. ``ACT_ON_SHEET`` depends on the transition as well, see ``check_action``.
TABLE: Mapping[Permission, Rule] = {
    Permission.ACT_ON_SHEET: _rule("not_your_turn", Relation.STAGE_HOLDER, Relation.PREVIOUS_ACTOR),
    Permission.ADMINISTER: _rule("administrators_only", Relation.ADMINISTRATOR, Relation.SYSTEM),
    Permission.ANSWER_CONSULTATION: _rule("not_asked", Relation.ONESELF),
    Permission.CHANGE_DEFINITION: _rule("publishers_only", Relation.PUBLISHER, Relation.SYSTEM),
    Permission.CHANGE_OWN_ACCOUNT: _rule("sign_in_first", Relation.SIGNED_IN, Relation.SYSTEM),
    Permission.EDIT_SHEET: _rule("lead_section_only", Relation.LEAD_SECTION),
    Permission.EDIT_PROJECT_FIGURES: _rule(
        "project_sections_only", Relation.LEAD_SECTION, Relation.PROJECT_SECTION
    ),
    Permission.FOLLOW_UP: _rule("administrators_only", Relation.ADMINISTRATOR, Relation.PUBLISHER),
    Permission.GRANT_EXTENSION: _rule("publishers_only", Relation.PUBLISHER),
    Permission.IMPORT: _rule("administrators_only", Relation.ADMINISTRATOR, Relation.SYSTEM),
    Permission.NUDGE: _rule("publishers_only", Relation.PUBLISHER),
    Permission.OPEN_CYCLE: _rule("publishers_only", Relation.PUBLISHER, Relation.SYSTEM),
    Permission.PRINT_PASSWORD: _rule("shell_only", Relation.SYSTEM),
    Permission.PUBLISH: _rule("publishers_only", Relation.PUBLISHER),
    Permission.READ: _rule("sign_in_first", Relation.SIGNED_IN, Relation.SYSTEM),
    Permission.REDRAFT: _rule("lead_section_quotes", Relation.LEAD_SECTION),
    Permission.REGISTER_ABSENCE: _rule(
        "own_absence_only", Relation.ONESELF, Relation.ADMINISTRATOR, Relation.SYSTEM
    ),
    Permission.REVIEW_AFTERWARDS: _rule("not_passed_over", Relation.ONESELF),
    Permission.RUN_ENGINE: _rule("engine_only", Relation.SYSTEM),
    Permission.SET_PASSWORD_BY_LINK: _rule("link_over", Relation.ONESELF),
    Permission.VERIFY_LEDGER: _rule(
        "administrators_only", Relation.ADMINISTRATOR, Relation.PUBLISHER, Relation.SYSTEM
    ),
}


def standing_relations(actor: Actor) -> frozenset[Relation]:
    """What *actor* is without looking at any sheet."""
    if actor.is_system:
        return frozenset({Relation.SYSTEM})
    relations = {Relation.SIGNED_IN}
    if Grant.PUBLISHER in actor.grants:
        relations.add(Relation.PUBLISHER)
    if Grant.ADMINISTRATOR in actor.grants:
        relations.add(Relation.ADMINISTRATOR)
    return frozenset(relations)


def unit_relations(
    actor: Actor, *, lead_section: int | None, project_sections: frozenset[int] = frozenset()
) -> frozenset[Relation]:
    """What *actor* is to a sheet by the unit of the post in which they act."""
    relations: set[Relation] = set()
    if actor.unit_id is not None:
        if actor.unit_id == lead_section:
            relations.add(Relation.LEAD_SECTION)
        if actor.unit_id in project_sections:
            relations.add(Relation.PROJECT_SECTION)
    return frozenset(relations)


def check(
    actor: Actor, permission: Permission, relations: frozenset[Relation] = frozenset()
) -> Refusal | None:
    """None when *actor* may; otherwise why not."""
    if actor.must_change_password and permission is not Permission.CHANGE_OWN_ACCOUNT:
        return Refusal("change_password_first")
    rule = TABLE[permission]
    if rule.relations & (relations | standing_relations(actor)):
        return None
    return Refusal(rule.refusal)


def check_edit(
    actor: Actor,
    permission: Permission,
    definition: Definition,
    state: str,
    *,
    lead_section: int | None,
    project_sections: frozenset[int] = frozenset(),
) -> Refusal | None:
    """Whether *actor* may write into a sheet in *state*; people write only at editable stages."""
    relations = unit_relations(actor, lead_section=lead_section, project_sections=project_sections)
    refusal = check(actor, permission, relations)
    if refusal is not None:
        elsewhere = {lead_section} | set(project_sections)
        if refusal.code != "change_password_first" and actor.other_units & elsewhere:
            return Refusal("other_post")
        return refusal
    stage = definition.stage(state)
    return None if stage.editable else Refusal("not_editable", {"stage": stage.label})


def oneself(actor: Actor, person_id: int | None) -> frozenset[Relation]:
    """The relation to what concerns *person_id* alone."""
    mine = person_id is not None and person_id == actor.person_id
    return frozenset({Relation.ONESELF}) if mine else frozenset()


def acting_as(
    actor: Actor, definition: Definition, row: Transition, facts: EvaluationFacts
) -> Holder | Refusal:
    """The post in which *actor* may walk *row*, or why not.

    Four eyes is asked here, on the person: it holds from whichever post they act.
    """
    if row.by in BY_THE_ENGINE:
        return Refusal("change_password_first" if actor.must_change_password else "engine_only")
    if row.by == "previous":
        return _person(actor) or _previous(actor, row, facts)
    if row.by == "target":
        return acting_at(actor, definition, replace(facts, state=row.target, hold=None))
    return acting_at(actor, definition, facts)


def acting_at(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Holder | Refusal:
    """The post in which *actor* has the sheet where it is, or why not."""
    if refusal := _person(actor):
        return refusal
    stage = definition.stage(facts.state)
    answer = eligible(definition, stage, facts)
    posts = answer.find(actor.person_id or 0)
    for holder in posts:
        # What was kept from a former post is done from the present one.
        if holder.kept or holder.assignment_id in (None, actor.assignment_id):
            return holder
    if posts:
        return Refusal("other_post", {"post": posts[0].title})
    if actor.person_id is not None and actor.person_id in answer.barred:
        return answer.barred[actor.person_id]
    if not answer.holders:
        return Refusal("nobody_left", {"stage": stage.label})
    names = "、".join(f"{holder.title} {holder.name}" for holder in answer.holders[:3])
    return Refusal("not_your_turn", {"stage": stage.label, "who": names})


def _person(actor: Actor) -> Refusal | None:
    """Why this actor presses no buttons at all."""
    if actor.must_change_password:
        return Refusal("change_password_first")
    return Refusal("people_only") if actor.person_id is None else None


def basis_of(definition: Definition, row: Transition, holder: Holder) -> Basis:
    """By what right *holder* walks *row*; written with the event and shown on the sheet."""
    if row.by == "target":
        return Basis.PULL_UP
    if holder.basis is not Basis.OWN:
        return holder.basis
    delegated = definition.stage(row.source).delegated is not None
    return Basis.DELEGATED if row.signs and delegated else Basis.OWN


def _previous(actor: Actor, row: Transition, facts: EvaluationFacts) -> Holder | Refusal:
    """Only one's own move forwards is taken back: never a return or another withdrawal."""
    if actor.person_id is None or actor.person_id != facts.entered_by:
        return Refusal("not_your_move")
    if facts.entered_from != row.target:
        return Refusal("not_your_move")
    return Holder(
        person_id=actor.person_id,
        name=actor.name,
        assignment_id=actor.assignment_id,
        unit_id=actor.unit_id,
        rank=None,
        title=actor.capacity,
    )
