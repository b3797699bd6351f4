"""What a route says of absence: for which kind of step substitutes stand in, and what follows."""

from __future__ import annotations

from enum import StrEnum


class WhenAbsent(StrEnum):
    """What follows when everybody who comes first is registered as absent, in the given order."""

    #: 代決・代理: the first substitute of the registered absence acts.
    SUBSTITUTE = "substitute"
    #: Whoever the next selector yields acts in their own right.
    NEXT_IN_ORDER = "next_in_order"
    #: 後閲: the stage is passed over, the absent person reads it afterwards.
    POST_REVIEW = "post_review"


class NamedFor(StrEnum):
    """The kinds of steps for which a substitute is named, whatever a route calls its stages."""

    #: 課の審査: the head of the lead section signs.
    SECTION_REVIEW = "section_review"
    #: 部局審査: the head of the responsible department signs.
    DEPARTMENT_REVIEW = "department_review"
    #: 合議の回答: a department answers.
    JOINT_ANSWER = "joint_answer"
    #: 総合政策部の審査・承認: the head of the policy bureau signs.
    BUREAU_APPROVAL = "bureau_approval"


_SIGNED_FOR = {
    "lead_section": NamedFor.SECTION_REVIEW,
    "responsible_department": NamedFor.DEPARTMENT_REVIEW,
    "related_departments": NamedFor.JOINT_ANSWER,
    "policy_bureau": NamedFor.BUREAU_APPROVAL,
}


def kind_of_step(unit: str | None, *, is_joint: bool) -> NamedFor | None:
    """Which kind of step it is where people sign for *unit* of a sheet.

    None for a committee: nobody stands in for those who are here by a grant.
    """
    if unit is None:
        return None
    return NamedFor.JOINT_ANSWER if is_joint else _SIGNED_FOR[unit]
