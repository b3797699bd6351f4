"""The findings of the status page in words: what is judged, how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.language import gettext as _
from web.words import day, moment
from workflow.health import Aspect, Finding, Level
from workflow.queries.health import Status

#: Said in the language of whoever reads it.
Words = Callable[[], str]

#: Level → (word, kind of chip, icon).
LEVELS: Mapping[Level, tuple[Words, str, str]] = {
    Level.FAULT: (lambda: _("異常"), "error", "error"),
    Level.ATTENTION: (lambda: _("注意"), "warning", "warning"),
    Level.GOOD: (lambda: _("良好"), "success", "check"),
}
ASPECTS: Mapping[Aspect, Words] = {
    Aspect.TICK: lambda: _("定期処理"),
    Aspect.DUE: lambda: _("期限の処理"),
    Aspect.NOTICES: lambda: _("メールになる前の知らせ"),
    Aspect.MAILS: lambda: _("送信を待つメール"),
    Aspect.LOST_MAILS: lambda: _("届かないメール・届いたか不明なメール"),
    Aspect.PUBLICATIONS: lambda: _("進行中の公表"),
    Aspect.ABSENCES: lambda: _("今日から始まる不在"),
    Aspect.CALENDAR: lambda: _("閉庁日の登録"),
    Aspect.SCHEMA: lambda: _("データベースの構成"),
}
#: What to do, for every finding that is not good.
TO_DO: Mapping[str, Words] = {
    "tick_late": lambda: _(
        "beat と worker が動いているか確かめてください。直るまでは "
        "hyoka tick --once で同じ処理ができます。"
    ),
    "due_late": lambda: _(
        "定期処理が期限を片付けられていません。worker のログを見て、"
        "hyoka tick --once を実行してください。"
    ),
    "notices_wait": lambda: _(
        "すぐ送る知らせがメールになっていません。定期処理が動いているか確かめてください。"
    ),
    "mails_wait": lambda: _(
        "worker とメールサーバーを確かめてください。サーバーの返答は「メール」の画面にあります。"
    ),
    "mails_lost": lambda: _("「メール」の画面で宛先とサーバーの返答を確かめてください。"),
    "publication_late": lambda: _(
        "予定の時刻を過ぎても公表されていません。worker のログと「公表」の画面を確かめてください。"
    ),
    "absences_unseen": lambda: _(
        "不在の人を待つシートがまだ見直されていません。定期処理が動いているか確かめてください。"
    ),
    "calendar_ends": lambda: _(
        "閉庁日が30日先まで登録されていません。「開庁日」の画面で次の年を加えてください。"
    ),
    "schema_differs": lambda: _(
        "プログラムとデータベースの版が違います。hyoka database migrate を実行し、"
        "すべてを同じ版で起動し直してください。"
    ),
}


@dataclass(frozen=True)
class Line:
    """One row of the page, in words; *to_do* is empty where all is well."""

    aspect: str
    level: tuple[str, str, str]
    found: str
    to_do: str


def lines(status: Status) -> list[Line]:
    """Every aspect: the worst first, else in the order of the page."""
    levels, aspects = list(Level), list(Aspect)
    ordered = sorted(
        status.findings,
        key=lambda found: (levels.index(found.level), aspects.index(found.aspect)),
    )
    return [_line(status, found) for found in ordered]


def overall(status: Status) -> tuple[str, str, str]:
    """The worst level of all, in words."""
    levels = list(Level)
    worst = min((found.level for found in status.findings), key=levels.index)
    return level_words(worst)


def level_words(level: Level) -> tuple[str, str, str]:
    """The word of a level with the kind and the icon of its chip."""
    words, kind, icon = LEVELS[level]
    return words(), kind, icon


def _line(status: Status, found: Finding) -> Line:
    to_do = TO_DO.get(found.code)
    return Line(
        ASPECTS[found.aspect](),
        level_words(found.level),
        _found(status, found),
        to_do() if to_do else "",
    )


def _found(status: Status, found: Finding) -> str:
    age = _age(status.now, found.since)
    if found.aspect is Aspect.TICK:
        return _("最後は %(when)s", when=age) if age else _("まだ一度も動いていません")
    if found.aspect is Aspect.CALENDAR:
        until = status.vital.calendar_until
        return _("%(day)sまで", day=day(until)) if until else _("まだ登録がありません")
    if found.aspect is Aspect.SCHEMA:
        return _(
            "データベース %(schema)s、プログラム %(shipped)s",
            schema=status.vital.schema or "－",
            shipped=status.vital.shipped or "－",
        )
    return _with_count(_count(status, found), age)


def _count(status: Status, found: Finding) -> int:
    if found.aspect is Aspect.DUE:
        return status.backlog.due
    if found.aspect is Aspect.MAILS:
        mails = status.backlog.mails
        return mails.get("queued", 0) + mails.get("sending", 0)
    return found.count


def _with_count(count: int, age: str) -> str:
    if count and age:
        return _("%(n)s件（最も古いもの %(when)s）", n=count, when=age)
    return _("%(n)s件", n=count)


def _age(now: datetime, since: datetime | None) -> str:
    """「3分前（令和4年6月1日 10:00）」; empty without an instant."""
    if since is None:
        return ""
    return _(
        "%(age)s前（%(moment)s）", age=_span(max(now - since, timedelta())), moment=moment(since)
    )


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return _("%(n)s秒", n=int(span.total_seconds()))
    if minutes < 120:
        return _("%(n)s分", n=minutes)
    if minutes < 60 * 48:
        return _("%(n)s時間", n=minutes // 60)
    return _("%(n)s日", n=minutes // (60 * 24))
