"""The words of a mail: subject, order, each kind; nothing typed becomes a header or a tag."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from tests.recorders import body_of
from workflow.mail.message import CLOSING, MailDraft, NoticeView, compose, write
from workflow.models.delivery import NoticeKind

DESK = "https://hyoka.aose.example.jp/desk"


def a_notice(kind: NoticeKind = NoticeKind.YOUR_TURN, **fields: object) -> NoticeView:
    values: dict[str, object] = {
        "kind": kind,
        "sheet": "611 参画協働のまちづくり",
        "stage": "部局審査",
        "due_on": date(2022, 7, 6),
        "days_left": 5,
        "remark": "",
        "actor": "まちづくり推進課主査 佐藤 一郎",
        "link": "https://hyoka.aose.example.jp/sheets/1",
    }
    return NoticeView(**(values | fields))  # type: ignore[arg-type]


def a_draft(*notices: NoticeView, name: str = "高橋 典子") -> MailDraft:
    return write(name, notices, municipality="青瀬市", desk=DESK)


def a_message(draft: MailDraft, **fields: object) -> EmailMessage:
    values: dict[str, object] = {
        "sender": "hyoka@aose.example.jp",
        "municipality": "青瀬市",
        "recipient": "takahashi.noriko@aose.example.jp",
        "name": "高橋 典子",
        "message_id": "<hyoka.1@aose.example.jp>",
        "date_sent": datetime(2022, 7, 1, 0, 0, tzinfo=UTC),
    }
    return compose(draft, **(values | fields))  # type: ignore[arg-type]


def received(message: EmailMessage) -> EmailMessage:
    """The message as it reads after the way over the line."""
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (NoticeKind.YOUR_TURN, "【期限 7/6】評価シート1件のご確認について"),
        (NoticeKind.CAME_BACK, "【期限 7/6】評価シート1件が差し戻されました"),
        (NoticeKind.REMINDER, "【期限 7/6】評価シート1件のご提出について"),
        (NoticeKind.OVERDUE, "【期限 7/6】評価シート1件の期限が過ぎています"),
        (NoticeKind.ESCALATION, "【期限 7/6】評価シート1件の処理が期限を過ぎています"),
        (NoticeKind.NUDGE, "【期限 7/6】評価シート1件のご対応のお願い"),
        (NoticeKind.PUBLISHED, "【行政評価】評価シート1件が公表されました"),
        (NoticeKind.NOBODY_LEFT, "【行政評価】評価シート1件を処理できる職員がいません"),
        (NoticeKind.CONSULTED, "【行政評価】評価シート1件についてご相談があります"),
        (NoticeKind.CONSULTATION_ANSWERED, "【行政評価】評価シート1件の相談に回答がありました"),
        (NoticeKind.POST_REVIEW, "【行政評価】評価シート1件の後閲（事後の確認）について"),
        (NoticeKind.ENDED, "【行政評価】評価シート1件が却下または廃案となりました"),
    ],
)
def test_the_subject_begins_with_the_deadline_where_there_is_one(
    kind: NoticeKind, subject: str
) -> None:
    assert a_draft(a_notice(kind)).subject == subject


def test_every_kind_has_its_words() -> None:
    for kind in NoticeKind:
        assert a_draft(a_notice(kind)).text


def test_without_a_deadline_the_subject_names_the_subject_matter() -> None:
    draft = a_draft(a_notice(due_on=None, days_left=None))

    assert draft.subject == "【行政評価】評価シート1件のご確認について"
    assert "期限" not in draft.text


def test_the_earliest_deadline_of_what_presses_most_stands_in_the_subject() -> None:
    draft = a_draft(
        a_notice(due_on=date(2022, 7, 20)),
        a_notice(due_on=date(2022, 7, 6)),
        a_notice(NoticeKind.REMINDER, due_on=date(2022, 6, 1)),
    )

    assert draft.subject == "【期限 7/6】評価シート2件のご確認について（ほか1件）"


def test_what_presses_most_comes_first_in_the_text() -> None:
    draft = a_draft(
        a_notice(NoticeKind.PUBLISHED),
        a_notice(NoticeKind.REMINDER),
        a_notice(NoticeKind.CAME_BACK),
    )

    headings = [line for line in draft.text.splitlines() if line.startswith("■")]
    assert headings == [
        "■ 差し戻されたシート（1件）",
        "■ 公表されたシート（1件）",
        "■ 期限が近いシート（1件）",
    ]


@pytest.mark.parametrize(
    ("days", "words"),
    [(12, "あと12日"), (1, "あと1日"), (0, "本日"), (-1, "1日超過"), (-30, "30日超過")],
)
def test_the_days_left_are_said_in_words(days: int, words: str) -> None:
    assert f"期限: 令和4年7月6日（水）（{words}）" in a_draft(a_notice(days_left=days)).text


def test_each_sheet_stands_with_its_stage_its_actor_its_reason_and_one_link() -> None:
    draft = a_draft(a_notice(NoticeKind.CAME_BACK, remark="指標②の\n  根拠を\t付けてください。"))

    assert draft.text == "\n".join(
        [
            "高橋 典子 様",
            "",
            "青瀬市 行政評価からのお知らせです。",
            "",
            "■ 差し戻されたシート（1件）",
            "・611 参画協働のまちづくり",
            "　段階: 部局審査",
            "　期限: 令和4年7月6日（水）（あと5日）",
            "　前の処理: まちづくり推進課主査 佐藤 一郎",
            "　理由: 指標②の 根拠を 付けてください。",
            "　https://hyoka.aose.example.jp/sheets/1",
            "",
            "私の仕事（一覧）",
            DESK,
            "",
            *CLOSING,
            "",
        ]
    )


def test_what_was_published_speaks_of_no_stage_and_no_deadline() -> None:
    text = a_draft(a_notice(NoticeKind.PUBLISHED)).text

    assert "段階" not in text
    assert "期限" not in text


def told(notice: NoticeView) -> list[str]:
    """What the list of a mail says about one notice."""
    lines = a_draft(notice).text.splitlines()
    return lines[
        lines.index("・611 参画協働のまちづくり") - 1 : lines.index("私の仕事（一覧）") - 1
    ]


def test_a_substitute_reads_first_for_whom_the_sheet_came() -> None:
    assert told(a_notice(instead_of="総合政策部長 森田 健二")) == [
        "■ ご担当の番になったシート（1件）",
        "・611 参画協働のまちづくり",
        "　総合政策部長 森田 健二の代理として、ご確認をお願いします。",
        "　段階: 部局審査",
        "　期限: 令和4年7月6日（水）（あと5日）",
        "　前の処理: まちづくり推進課主査 佐藤 一郎",
        "　https://hyoka.aose.example.jp/sheets/1",
    ]


def test_a_question_comes_with_its_words_and_who_asks() -> None:
    notice = a_notice(
        NoticeKind.CONSULTED,
        due_on=None,
        remark="指標②は\n速報値ですか。",
        actor="市民自治部長 高橋 典子",
        link="https://hyoka.aose.example.jp/consultations/7",
    )
    assert told(notice) == [
        "■ 相談されたシート（1件）",
        "・611 参画協働のまちづくり",
        "　段階: 部局審査",
        "　相談した人: 市民自治部長 高橋 典子",
        "　相談: 指標②は 速報値ですか。",
        "　https://hyoka.aose.example.jp/consultations/7",
    ]


def test_an_answer_comes_with_its_words_and_who_answered() -> None:
    notice = a_notice(
        NoticeKind.CONSULTATION_ANSWERED, due_on=None, remark="確定値です。", actor="課長 山田 花子"
    )
    assert told(notice)[2:] == [
        "　段階: 部局審査",
        "　回答した人: 課長 山田 花子",
        "　回答: 確定値です。",
        "　https://hyoka.aose.example.jp/sheets/1",
    ]


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        ("absence", "ご不在のため、この段階の処理を経ずに進みました（後閲）"),
        ("substitute", "ご不在の間に、代理の職員が処理しました（代決・代理）"),
        ("pull_up", "上位の職員が引き上げて処理しました（引上げ）"),
    ],
)
def test_a_reading_afterwards_says_why_and_who_and_names_no_date(cause: str, why: str) -> None:
    notice = a_notice(
        NoticeKind.POST_REVIEW,
        cause=cause,
        actor="市民課長 木村 大輔",
        link="https://hyoka.aose.example.jp/post-reviews/3",
    )
    assert told(notice) == [
        "■ 後閲をお願いするシート（1件）",
        "・611 参画協働のまちづくり",
        "　段階: 部局審査",
        f"　事由: {why}",
        "　処理した人: 市民課長 木村 大輔",
        "　https://hyoka.aose.example.jp/post-reviews/3",
    ]


def test_an_end_comes_with_its_reason_and_names_no_date() -> None:
    notice = a_notice(
        NoticeKind.ENDED, stage="却下", remark="事業が終わったため。", actor="部長 森田 健二"
    )
    assert told(notice)[2:-1] == [
        "　段階: 却下",
        "　処理した人: 部長 森田 健二",
        "　理由: 事業が終わったため。",
    ]


def test_what_a_mail_says_of_substitutes_and_questions_is_escaped_too() -> None:
    draft = a_draft(
        a_notice(instead_of=NASTY), a_notice(NoticeKind.CONSULTED, remark=NASTY, actor=NASTY)
    )

    assert "<script>" not in draft.html
    assert sum(NASTY in words for words in parsed(draft.html).words) == 3


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(html: str) -> _Tags:
    tags = _Tags()
    tags.feed(html)
    return tags


NASTY = "<script>alert('1')</script> & \"引用\""


def test_what_people_typed_is_text_in_html_and_no_tag() -> None:
    draft = a_draft(
        a_notice(
            NoticeKind.CAME_BACK, sheet=NASTY, remark=NASTY, actor=NASTY, stage=NASTY,
            link='https://x.example/?a="><b>&c',
        ),
        name=NASTY,
    )  # fmt: skip

    tags = parsed(draft.html)
    assert tags.tags == {"html", "body", "p", "h2", "ul", "li", "a", "br"}
    assert tags.links == ['https://x.example/?a="><b>&c', DESK]
    assert sum(NASTY in words for words in tags.words) == 5


def test_the_html_part_says_what_the_text_says() -> None:
    draft = a_draft(a_notice(), a_notice(NoticeKind.REMINDER, sheet="632 人材の育成"))
    words = "".join(parsed(draft.html).words)

    for line in draft.text.splitlines():
        wanted = line.lstrip("■・　 ").strip()
        if wanted and not wanted.startswith("https://"):
            assert wanted in words, wanted


# The message


def test_both_parts_the_addresses_and_the_kind_of_mail_survive_the_line() -> None:
    draft = a_draft(a_notice())

    message = received(a_message(draft))

    assert message["Subject"] == draft.subject
    assert message["From"] == "青瀬市 行政評価 <hyoka@aose.example.jp>"
    assert message["To"] == "高橋 典子 <takahashi.noriko@aose.example.jp>"
    assert message["Message-ID"] == "<hyoka.1@aose.example.jp>"
    assert message["Date"].datetime == datetime(2022, 7, 1, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert body_of(message).strip() == draft.text.strip()
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().replace("\r\n", "\n").strip() == draft.html.strip()


def test_every_line_is_short_enough_and_ascii_for_the_oldest_mail_server() -> None:
    long = a_notice(remark="あ" * 2000, sheet="い" * 500, kind=NoticeKind.CAME_BACK)
    data = a_message(a_draft(*[long] * 30), name="う" * 100).as_bytes()

    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "field",
    ["sender", "municipality", "recipient", "name", "message_id"],
)
@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r"])
def test_a_line_break_in_a_name_or_address_makes_no_header(field: str, break_: str) -> None:
    evil = f"x{break_}Bcc: everybody@example.com"
    try:
        message = a_message(a_draft(a_notice()), **{field: evil})
    except ValueError:
        return
    arrived = received(message)

    assert arrived["Bcc"] is None
    assert "Bcc" not in arrived.keys()  # noqa: SIM118 - the header names


def test_a_line_break_in_the_subject_is_refused() -> None:
    draft = MailDraft("件名\r\nBcc: everybody@example.com", "", "")

    with pytest.raises(ValueError, match="linefeed"):
        a_message(draft)
