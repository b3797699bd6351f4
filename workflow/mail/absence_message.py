"""Words of the mail to whoever named substitutes who are away themselves, in both languages. Pure.

It tells the present state: what an earlier one said is said anew, or taken back. Japanese first,
then English, as in every mail that no digest gathers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from workflow.calendar.era import japanese_date
from workflow.mail.message import MailDraft


@dataclass(frozen=True)
class GapLine:
    """Days on which substitutes are away.

    Attributes:
        step: what the office calls the kind of step; in Japanese and in English, as all pairs.
        missing, left: post and name; who is away, and who stands in, first to last.
        is_led: whoever is away comes before all who are left.
        rules: for each stage of a running route, its name and what it says next, in order; only
            where nobody is left.
    """

    step: tuple[str, str]
    first_day: date
    last_day: date
    missing: tuple[str, ...]
    left: tuple[str, ...]
    is_led: bool
    rules: tuple[tuple[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]], ...]


_HEAD = (
    "{municipality} 行政評価の、不在のときの代理者についてのお知らせです。",
    "This is about substitutes during an absence, in the evaluation of {municipality}.",
)
_OPEN = (
    "{whose}不在（{days}）の代理者のうち、次の日は不在の人がいます。",
    "Some substitutes for {whose} absence ({days}) are away themselves on these days.",
)
_CLOSED = (
    "先にお知らせした代理者の不在は、なくなりました。"
    "{whose}不在（{days}）の代理者に、きょうから先の日に不在の人はいません。",
    "What was told of substitutes holds no more. "
    "From today on no substitute for {whose} absence ({days}) is away during it.",
)
_NEXT = ("次の順位の{who}が代理します。", "{who} comes next and stands in.")
_AS_BEFORE = (
    "先の順位の{who}が、これまでどおり代理します。",
    "{who} comes first and stands in as before.",
)
_NOBODY = ("代理者がいなくなります。", "No substitute is left.")
_RULE = ("「{stage}」の流れの定め: {ways}。", "What the route says for “{stage}”: {ways}.")
_WAITS = (
    "「{stage}」は、戻るまで止まります。",
    "“{stage}” waits for the return.",
)
_CHANGE = (
    "代理者を改めるには、いまの不在を終了し（または取り消し）、登録し直してください。",
    "To name others, end the absence (or call it off) and register it again.",
)


def write_gaps(
    name: str,
    lines: Sequence[GapLine],
    *,
    whose: str,
    first_day: date,
    last_day: date,
    municipality: str,
    page: str,
) -> MailDraft:
    """The mail to the person called *name*.

    Args:
        lines: none where what was told before holds no more.
        whose: the name of who is away; empty for the reader's own absence.
        page: address of the page with the absences.
    """
    owners = (f"{whose}さんの" if whose else "あなたの", f"{whose}'s" if whose else "your")
    text = [f"{name} 様", ""]
    for language in (0, 1):
        values = {
            "municipality": municipality,
            "whose": owners[language],
            "days": _days(first_day, last_day, language),
        }
        text += [_HEAD[language].format_map(values), ""]
        text.append((_OPEN if lines else _CLOSED)[language].format_map(values))
        text += [("・", "- ")[language] + _sentence(line, language) for line in lines]
        text += ["", *((_CHANGE[language],) if lines else ()), page, ""]
    paragraphs = "\n".join(
        f'<p><a href="{escape(line)}">{escape(line)}</a></p>'
        if line == page
        else f"<p>{escape(line)}</p>"
        for line in text
        if line
    )
    subject = "代理者の不在について" if lines else "代理者の不在がなくなりました"
    return MailDraft(
        subject=f"【行政評価】{subject}",
        text="\n".join(text),
        html=f'<!DOCTYPE html>\n<html lang="ja"><body>\n{paragraphs}\n</body></html>\n',
    )


def _days(first: date, last: date, language: int) -> str:
    said = [day.isoformat() if language else japanese_date(day) for day in (first, last)]
    return said[0] if first == last else (" to " if language else "から").join(said)


def _sentence(line: GapLine, language: int) -> str:
    days = _days(line.first_day, line.last_day, language)
    missing = ("、", ", ")[language].join(line.missing)
    said = (
        f"{line.step[0]}、{days}: {missing}が不在です。",
        f"{line.step[1]}, {days}: {missing} away. ",
    )[language]
    if line.left:
        return said + (_NEXT if line.is_led else _AS_BEFORE)[language].format(who=line.left[0])
    after = [
        (_RULE if ways[language] else _WAITS)[language].format(
            stage=stage[language], ways=" → ".join(ways[language])
        )
        for stage, ways in line.rules
    ]
    return said + ("", " ")[language].join([_NOBODY[language], *after])
