"""不在・後閲 in the reader's words: kinds, causes, what becomes of a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from web.deadline_words import notice_kind as notice_kind
from web.language import gettext as _
from web.language import locale
from web.sheet_story import people
from web.words import short_day, stage_label
from workflow.definition.model import NamedFor
from workflow.definition.words import step_label, ways_after_substitutes
from workflow.queries.absence_forecast import Fate, Forecast
from workflow.queries.absence_notices import NoticeChange
from workflow.queries.substitutes import PossibleSubstitute
from workflow.services.substitute_gaps import Gap

#: A word that is said in the language of whoever reads it.
Words = Callable[[], str]

ABSENCE_KINDS: Mapping[str, Words] = {
    "business_trip": lambda: _("出張"),
    "leave": lambda: _("休暇"),
    "illness": lambda: _("病気・事故"),
    "other": lambda: _("その他"),
}
#: Codes of sheets that stand in one cell.
MOST_CODES = 6
#: Cause of a reading → (its name, what it means).
CAUSES: Mapping[str, tuple[Words, Words]] = {
    "absence": (
        lambda: _("不在のため後閲"),
        lambda: _(
            "ご不在で、代理で処理できる職員もいなかったため、この段階の処理を経ずに進みました。"
        ),
    ),
    "substitute": (
        lambda: _("代決・代理"),
        lambda: _("ご不在の間に、代理の職員があなたに代わって処理しました。"),
    ),
    "pull_up": (
        lambda: _("引上げ"),
        lambda: _("上位の職員が引き上げて処理しました。"),
    ),
}


def period(first: date, last: date) -> str:
    """7/1～7/5; one day alone is said once."""
    return short_day(first) if first == last else f"{short_day(first)}～{short_day(last)}"


def step_name(step: NamedFor) -> str:
    """What the office calls the kind of step."""
    return step_label(step, locale())


def gap(one: Gap) -> str:
    """Who of an order of substitutes is away on which days, and who stands in then."""
    said = _(
        "%(step)s、%(days)s: %(who)s が不在です。",
        step=step_name(one.step),
        days=period(one.first_day, one.last_day),
        who=_("、").join(one.missing),
    )
    return " ".join([said, *_instead(one)])


def _instead(one: Gap) -> Iterator[str]:
    if one.left and one.is_led:
        yield _("次の順位の %(who)s が代理します。", who=one.left[0])
    elif one.left:
        yield _("先の順位の %(who)s が、これまでどおり代理します。", who=one.left[0])
    else:
        yield _("代理者がいなくなります。")
    for stage in one.stages:
        ways = " → ".join(ways_after_substitutes(stage, locale()))
        if ways:
            yield _("「%(stage)s」の流れの定め: %(ways)s。", stage=stage_label(stage), ways=ways)
        else:
            yield _("「%(stage)s」は、戻るまで止まります。", stage=stage_label(stage))


def substitute(candidate: PossibleSubstitute) -> str:
    """The choice in the list: post, name, and when they are away themselves."""
    name = f"{candidate.title} {candidate.name}"
    if not candidate.away:
        return name
    days = "、".join(period(first, last) for first, last in candidate.away)
    return _("%(name)s（%(days)sは不在）", name=name, days=days)


def sheets(codes: Sequence[str]) -> str:
    """Which sheets; only how many there are besides where they are more than a line holds."""
    named = _("、").join(codes[:MOST_CODES])
    if len(codes) <= MOST_CODES:
        return named
    return _("%(codes)s ほか%(n)s件", codes=named, n=len(codes) - MOST_CODES)


def who_else_is_told(change: NoticeChange) -> str:
    """What stands below those who are told with the absence; empty where they say it all."""
    if change.before == change.after:
        return _("変わりません。")
    if change.after:
        return ""
    if change.waits_for_return:
        return _("戻られてから届きます。")
    if change.others:
        return _("いまと同じく、ほかの%(n)s名だけに届きます。", n=change.others)
    return _("だれにも届きません。")


def what_becomes(one: Forecast) -> str:
    """What would become of a sheet, in a sentence."""
    who = people(one.holders)
    if one.fate is Fate.SUBSTITUTE:
        return _("%(who)s が代理で処理します。", who=who)
    if one.fate is Fate.NEXT_IN_ORDER:
        return _("次の順位の %(who)s が処理します。", who=who)
    if one.fate is Fate.OTHERS:
        return _("いまと同じく %(who)s が処理します。", who=who)
    if one.fate is Fate.ON_HOLD:
        return _("保留中で、解ける職員がほかにいません。戻られるまで止まります。")
    if one.fate is Fate.NOBODY:
        return _("処理できる職員がいなくなります。戻られるまで止まり、システム管理者に知らせます。")
    if one.enters is not None:
        return _(
            "この段階の処理を経ずに「%(stage)s」へ進み、あとで閲覧（後閲）します。",
            stage=stage_label(one.enters),
        )
    return _("あなたの処理を待たずに進み、あとで閲覧（後閲）します。")
