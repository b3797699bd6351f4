"""The findings of the status page in words: what is judged, how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.language import gettext as _
from web.words import day, moment
from workflow import pulses
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
    Aspect.DEAD_TIMERS: lambda: _("あきらめた期限の処理"),
    Aspect.NOTICES: lambda: _("メールになる前の知らせ"),
    Aspect.MAILS: lambda: _("送信を待つメール"),
    Aspect.LOST_MAILS: lambda: _("届かないメール・届いたか不明なメール"),
    Aspect.QUEUES: lambda: _("待ち行列"),
    Aspect.WORKERS: lambda: _("worker の版"),
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
    "tick_failed": lambda: _(
        "失敗した部分のほかは済んでいます。次の定期処理でまた試みます。"
        "続くときは worker のログ（tick_part_failed）で原因を確かめてください。"
    ),
    "tick_slow": lambda: _(
        "遅れています。続くときは beat と worker が動いているか確かめてください。"
    ),
    "timers_dead": lambda: _(
        "5回続けて失敗したので止めました。下の一覧で理由を確かめ、直してから「もう一度」を押してください。"
    ),
    "queue_silent": lambda: _(
        "だれも受け持っていない待ち行列があります。"
        "下の一覧を見て、その worker を起動し直してください。"
        "Redis をもう使わないときは、1日たつとこの注意は消えます。"
    ),
    "worker_differs": lambda: _(
        "画面と違う版の worker が動いています。"
        "入れ替えの途中でなければ、worker を起動し直してください。"
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
        "暦がまだないときは、計画ファイルの取り込みで作られます。"
    ),
    "schema_differs": lambda: _(
        "データベースがプログラムより古い版です。hyoka database migrate を実行してください。"
    ),
    "schema_newer": lambda: _(
        "データベースが先に新しくなりました。この画面は動き続けます。"
        "入れ替えの途中でなければ、すべてを同じ版で起動し直してください。"
    ),
}
#: The queues, as ``workflow.pulses.QUEUES`` names them.
QUEUES: Mapping[str, Words] = {
    "tick": lambda: _("定期処理"),
    "mail": lambda: _("メールの送信"),
    "batch": lambda: _("公表の作業"),
}
#: The parts of the tick, as ``workflow.health.TICK_PARTS`` names them.
PARTS: Mapping[str, Words] = {
    "organisation": lambda: _("組織改編"),
    "absences": lambda: _("不在の始まりと終わり"),
    "joint_stages": lambda: _("合議の締切"),
    "timers": lambda: _("期限の知らせ"),
    "notices": lambda: _("メールの作成"),
    "unsent_forms": lambda: _("預かった入力の片付け"),
    "publications": lambda: _("公表"),
    "guesses": lambda: _("ログインの誤りの忘却"),
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
    age = age_of(status.now, found.since)
    if found.aspect is Aspect.TICK:
        return _tick(status, found, age)
    if found.aspect is Aspect.QUEUES:
        return _queues(status, found)
    if found.aspect is Aspect.WORKERS:
        return _workers(status, found)
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


def _tick(status: Status, found: Finding, age: str) -> str:
    if not age:
        return _("まだ一度も動いていません")
    said = _("最後は %(when)s", when=age)
    if found.code != "tick_failed":
        return said
    parts = _("、").join(PARTS[part]() for part in status.vital.failed_parts if part in PARTS)
    return _("%(said)s。失敗した部分: %(parts)s", said=said, parts=parts)


def _queues(status: Status, found: Finding) -> str:
    if found.code == "queues_none":
        return _("－（Redis なしで運用）")
    if found.code == "queue_silent":
        silent = pulses.silent(status.now, status.tick_seconds, status.vital.queues)
        names = _("、").join(QUEUES[key]() for key in silent)
        return _("受け持つ worker がいません: %(names)s", names=names)
    return _("すべて worker が受け持っています")


def _workers(status: Status, found: Finding) -> str:
    if found.code == "worker_differs":
        return _("違う版の worker が%(n)s件", n=found.count)
    return _("%(n)s件", n=found.count) if found.count else "－"


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


def age_of(now: datetime, since: datetime | None) -> str:
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
