"""What a definition says, in plain words: who acts, who gives way, what follows from absence.

For people who read a route outside a sheet (diagram, documentation), so nobody is named here.
Each word stands in Japanese and in English beside each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workflow.definition.model import (
    Definition,
    JointRule,
    NamedFor,
    NoReply,
    Objection,
    Quorum,
    Requirement,
    Rung,
    Selector,
    Stage,
    StageKind,
    Transition,
    WhenAbsent,
)

#: (Japanese, English).
Words = tuple[str, str]

_UNITS: dict[str, Words] = {
    "lead_section": ("主担当課", "the lead section"),
    "responsible_department": ("評価部局", "the responsible department"),
    "policy_bureau": ("総合政策部", "the policy bureau"),
    "related_departments": ("関連部局それぞれ", "each related department"),
}
_SELECTORS: dict[str, Words] = {
    "drafters_of": ("{unit}の職員", "staff of {unit}"),
    "head_of": ("{unit}の長", "the head of {unit}"),
    "deputy_of": ("{unit}の次長", "the deputy head of {unit}"),
    "coordinators_of": ("{unit}の庶務担当", "the coordinators of {unit}"),
    "publishers": ("公表担当", "the publishers"),
    "external_reviewers": ("外部評価委員", "the external reviewers"),
}
_WALKERS: dict[str, Words] = {
    "previous": ("この段階へ進めた人", "whoever moved it here"),
    "joint": ("自動（回答がそろったとき）", "by itself, when the answers settle it"),
    "absence": ("自動（全員が不在のとき）", "by itself, when everybody is absent"),
    "publication": ("公表担当が選び、公表の処理が進める", "the publishing job, for a publisher"),
    "system": ("自動（内容が変わったとき）", "by itself, when the content has changed"),
}
_ABSENCE: dict[WhenAbsent, Words] = {
    WhenAbsent.SUBSTITUTE: ("登録された代理者が処理する（代決・代理）", "the substitute acts"),
    WhenAbsent.NEXT_IN_ORDER: ("次の順の人が処理する", "the next in order acts"),
    WhenAbsent.POST_REVIEW: (
        "経ずに進め、戻ってから閲覧する（後閲）",
        "it is passed over and read afterwards",
    ),
}
_STEPS: dict[NamedFor, Words] = {
    NamedFor.SECTION_REVIEW: ("課の審査", "Review in the section"),
    NamedFor.DEPARTMENT_REVIEW: ("部局審査", "Department review"),
    NamedFor.JOINT_ANSWER: ("合議の回答", "Joint answer"),
    NamedFor.BUREAU_APPROVAL: ("総合政策部の審査・承認", "Bureau review and approval"),
}
_QUORUM: dict[Quorum, Words] = {
    Quorum.ALL: ("全員の{answer}で調う", "everybody must {answer}"),
    Quorum.ONE_PER_GROUP: ("部局ごとに1人の{answer}で調う", "one in each department must {answer}"),
    Quorum.AT_LEAST: ("{number}人以上の{answer}で調う", "at least {number} must {answer}"),
}
_OBJECTION: dict[Objection, Words] = {
    Objection.VETO: ("1人の不同意で調わない", "one objection settles it against the sheet"),
    Objection.COUNTS: ("不同意は1票と数える", "an objection is a vote"),
    Objection.NOTED: ("不同意は意見として残す", "an objection is kept as an opinion"),
}
_NO_REPLY: dict[NoReply, Words] = {
    NoReply.WAITS: ("期限を過ぎても回答を待つ", "answers are waited for after the last day"),
    NoReply.AGREES: ("期限までに回答がなければ同意とみなす", "silence is consent"),
    NoReply.NOTIFIED: ("期限までに回答がなければ通知済とする", "silence counts as notified"),
    NoReply.OBJECTS: ("期限までに回答がなければ不同意とみなす", "silence is an objection"),
}
_CONDITIONS: dict[str, Words] = {
    "objected": ("不同意のあるシート", "a sheet with an objection"),
}
_GUARDS: dict[str, Words] = {
    "sheet_complete": ("記入がそろっていること", "the sheet is complete"),
    "not_opened": ("まだだれも開いていないこと", "nobody has opened it yet"),
    "content_approved": ("承認された内容のままであること", "the content is the one approved"),
}
_REQUIREMENTS: dict[Requirement, Words] = {
    Requirement.REASON: ("理由が必要", "a reason is needed"),
    Requirement.COMMENT: ("意見の記入が必要", "a comment is needed"),
}


def chosen(words: Words, locale: str) -> str:
    """The one of the two that *locale* (``ja`` or ``en``) reads."""
    return words[locale == "en"]


def _listed(parts: Iterable[str], locale: str) -> str:
    return (", " if locale == "en" else "、").join(parts)


def stage_label(stage: Stage, locale: str) -> str:
    """The stage's name."""
    return chosen((stage.label, stage.label_en), locale)


def step_label(step: NamedFor, locale: str = "ja") -> str:
    """What offices call the kind of step, whatever a route calls its stage."""
    return chosen(_STEPS[step], locale)


def ways_after_substitutes(stage: Stage, locale: str = "ja") -> list[str]:
    """What the stage says next where no substitute is left, in its order."""
    return [
        chosen(_ABSENCE[way], locale)
        for way in stage.when_absent
        if way is not WhenAbsent.SUBSTITUTE
    ]


def row_label(row: Transition, locale: str) -> str:
    """What the row's button says."""
    return chosen((row.label, row.label_en), locale)


def _selected(selector: Selector, locale: str) -> str:
    unit = chosen(_UNITS[selector.unit], locale) if selector.unit else ""
    return chosen(_SELECTORS[selector.name], locale).format(unit=unit)


def _all(selectors: Iterable[Selector], locale: str) -> str:
    between = " and " if locale == "en" else "と"
    return between.join(_selected(selector, locale) for selector in selectors)


def who_acts(stage: Stage, locale: str = "ja") -> str:
    """Those whom the stage selects, in their order; empty at an end."""
    between = ", or if they may not, " if locale == "en" else "、処理できないときは"
    return between.join(_selected(selector, locale) for selector in stage.who)


def who_walks(definition: Definition, row: Transition, locale: str = "ja") -> str:
    """Who moves a sheet along *row*."""
    if row.by == "stage":
        return who_acts(definition.stage(row.source), locale)
    if row.by == "target":
        return who_acts(definition.stage(row.target), locale)
    return chosen(_WALKERS[row.by], locale)


def row_conditions(row: Transition, locale: str = "ja") -> list[str]:
    """What the row asks for: guards, words, and what it begins or ends."""
    said = [_GUARDS[guard] for guard in row.guards]
    said += [_REQUIREMENTS[wanted] for wanted in row.requires]
    if row.final_approval:
        said.append(("これが決裁となる", "this is the final approval"))
    if row.new_round:
        said.append(("それまでの承認は効力を失う", "earlier signatures no longer count"))
    return [chosen(words, locale) for words in said]


def joint_rule(rule: JointRule, locale: str = "ja") -> list[str]:
    """How a joint stage is settled."""
    # Where objections are only noted, any answer counts.
    counts = ("回答", "answer") if rule.objection is Objection.NOTED else ("同意", "agree")
    return [
        chosen(_QUORUM[rule.quorum], locale).format(
            number=rule.number, answer=chosen(counts, locale)
        ),
        chosen(_OBJECTION[rule.objection], locale),
        chosen(_NO_REPLY[rule.no_reply], locale),
    ]


def _ladder(rungs: Sequence[Rung]) -> Words | None:
    before = [-rung.offset_business_days for rung in rungs if rung.kind == "reminder"]
    after = [rung.offset_business_days for rung in rungs if rung.kind == "overdue"]
    japanese, english = [], []
    if before:
        days = [f"{n}営業日前" if n else "当日" for n in before]
        japanese.append(f"期限の{'・'.join(days)}に知らせる")
        days = [f"{n} business days before" if n else "on" for n in before]
        english.append(f"reminders {', '.join(days)} the last day")
    if after:
        japanese.append(f"期限の{'・'.join(f'{n}営業日後' for n in after)}に督促する")
        english.append(f"overdue {', '.join(map(str, after))} business days after it")
    for rung in rungs:
        if rung.to:
            day = rung.offset_business_days
            japanese.append(f"{day}営業日後に{_all(rung.to, 'ja')}に知らせる")
            english.append(f"after {day} told to {_all(rung.to, 'en')}")
    return ("、".join(japanese), ", ".join(english)) if japanese else None


def stage_rules(definition: Definition, stage: Stage, locale: str = "ja") -> list[str]:
    """Everything else that the definition says about a stage, one sentence each."""
    return [chosen(words, locale) for words in _rules(definition, stage)]


def _rules(definition: Definition, stage: Stage) -> Iterator[Words]:
    if stage.joint is not None:
        for japanese, english in zip(
            joint_rule(stage.joint, "ja"), joint_rule(stage.joint, "en"), strict=True
        ):
            yield japanese, english
    if stage.delegated is not None:
        of, rule = stage.delegated.instead_of, stage.delegated.rule
        yield f"専決: {of}に代わり決裁する（{rule}）", f"decides in place of {of} ({rule})"
    if stage.distinct_from:
        others = [definition.stage(key) for key in stage.distinct_from]
        yield (
            f"{_listed((s.label for s in others), 'ja')}を処理した人は、ここでは処理できない",
            f"not by whoever acted at: {_listed((s.label_en for s in others), 'en')}",
        )
    if stage.when_absent:
        ways = [_ABSENCE[way] for way in stage.when_absent]
        yield (
            f"不在のとき: {' → '.join(ja for ja, _ in ways)}",
            f"in absence: {' → '.join(en for _, en in ways)}",
        )
    for condition in stage.no_substitute_when:
        japanese, english = _CONDITIONS[condition]
        yield f"{japanese}は代決しない", f"no substitute decides {english}"
    if stage.may_hold:
        yield "保留して期限を止められる", "it may be put on hold, which stops the clock"
    if stage.comment_required:
        yield "意見の記入が必要", "a comment is needed"
    ladder = _ladder(stage.ladder)
    if ladder is not None:
        yield ladder
    if stage.late_days and not stage.final:
        n = stage.late_days
        yield (
            f"期限を過ぎて回ってきたシートは、{n}営業日後が期限になる",
            f"a sheet that comes after the last day has {n} business days",
        )
    if stage.kind is StageKind.DRAFTING:
        yield "ここでだけ本文を書ける", "only here may the text be written"
