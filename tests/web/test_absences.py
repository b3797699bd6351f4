"""不在の登録 on the pages: form, check, registration, the banner, and the end of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest

from tests.authority import assignment, away, open_reviews, today
from tests.city import City
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
    TWO_POSTS,
)
from tests.web.sheet_forms import forms_on, press
from tests.web.site import Browser, Site, links, text_of

HEAD, SUBSTITUTE, CHIEF = REVIEWERS["611"], "kimura.daisuke", COLLEAGUES["611"]
STAGE = "substitutes-department_review"
DAY = timedelta(days=1)


def filled(city: City, *names: str, first: date | None = None, last: date | None = None,
           **others: str) -> dict[str, str]:  # fmt: skip
    """The form as somebody fills it in; *names* are the substitutes in their order."""
    first, last = first or today(), last or first or today()
    fields = {"kind": "leave"}
    for name, value in (("first_day", first), ("last_day", last)):
        fields |= {
            f"{name}-year": f"R{value.year - 2018}",
            f"{name}-month": str(value.month),
            f"{name}-day": str(value.day),
        }
    for place, name in enumerate(names, start=1):
        fields[f"{STAGE}-{place}"] = str(assignment(city, name))
    return fields | others


def confirm(browser: Browser, checked: str) -> str:
    """Press 「この内容で登録する」 exactly as the check page offers it; returns where it leads."""
    response = press(browser, "/absences", forms_on(checked)["/absences"])
    assert response.status_code == 303, response.text
    return urlsplit(response.headers["Location"]).path


def summary(html: str) -> list[tuple[str, str]]:
    """(field, sentence) of the error summary; each link leads to a field that is on the page."""
    part = html.partition('id="error-summary"')[2].partition("</ul>")[0]
    found = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', part)
    for field, _ in found:
        assert f'id="{field}"' in html, field
    return found


# Who may not


def test_nobody_registers_or_sees_the_absence_of_somebody_else(site: Site, city: City) -> None:
    away(city, APPROVER)
    other = str(city.person_id(HEAD))
    running = city.scalar("SELECT id FROM absence")
    before = city.counts()

    for name in (SUBSTITUTE, PUBLISHER):
        browser = site.signed_in(name)
        for response in (
            browser.get(f"/absences/new?person={other}"),
            browser.post("/absences/check", filled(city, person=other)),
            browser.post("/absences", filled(city, person=other)),
            browser.post(f"/absences/{running}/end"),
        ):
            assert response.status_code == 403
            assert "自分の不在だけ" in response.text
        assert "森田 健二" not in text_of(browser.get("/absences").text)

    after = city.counts()
    assert after["absence"] == before["absence"] == 1
    assert city.scalar("SELECT ended_at FROM absence") is None


def test_a_post_number_from_nowhere_or_of_a_stranger_is_refused(site: Site, city: City) -> None:
    browser = site.signed_in(HEAD)

    for typed in ("x", "-1", "987654", str(assignment(city, TWO_POSTS)), "9" * 40):
        response = browser.post("/absences/check", filled(city, **{f"{STAGE}-1": typed}))
        assert response.status_code == 422, typed
        assert [field for field, _ in summary(response.text)] == [STAGE]
    assert city.scalar("SELECT count(*) FROM absence") == 0


# The form


def test_the_form_offers_my_kinds_of_steps_and_proposes_who_comes_first(
    site: Site, city: City
) -> None:
    html = site.signed_in(HEAD).get("/absences/new").text

    assert "「部局審査」の代理者" in html
    assert "「総合政策部の審査・承認」" not in html
    assert "「合議の回答」の代理者" in html
    chosen = re.findall(r'<option value="(\d+)" selected>([^<]+)<', html)
    in_order = ["まちづくり推進課長 山田 花子", "市民課長 木村 大輔"]
    assert [label for _, label in chosen] == in_order * 2
    english = text_of(
        site.signed_in(HEAD).get("/absences/new", headers={"Accept-Language": "en"}).text
    )
    assert "Department review" in english
    assert "Joint answer" in english
    assert html.count("<h1") == 1


def test_somebody_with_two_posts_is_proposed_once(site: Site, city: City) -> None:
    browser = site.signed_in(APPROVER)

    html = browser.get("/absences/new").text

    chosen = {
        name: re.findall(r'<option value="(\d+)" selected>([^<]+)<', options)
        for name, options in re.findall(r'name="(substitutes[^"]+)"(.*?)</select>', html, re.S)
    }
    assert len(chosen) == 9
    for stage in ("department_review", "joint_answer", "bureau_approval"):
        named = [chosen[f"substitutes-{stage}-{place}"][0][1] for place in (1, 2, 3)]
        assert named[0] == "総合政策部次長 岡本 幸子"
        assert len({label.partition(" ")[2] for label in named}) == 3, named
    proposal = {name: found[0][0] for name, found in chosen.items()}
    assert browser.post("/absences/check", filled(city) | proposal).status_code == 200


def test_who_is_away_is_shown_as_such_in_the_list(site: Site, city: City) -> None:
    away(city, SUBSTITUTE, first=today() + DAY, last=today() + 3 * DAY)

    assert "市民課長 木村 大輔（6/2～6/4は不在）" in site.signed_in(HEAD).get("/absences/new").text


def test_somebody_who_reviews_nothing_needs_no_substitute(site: Site, city: City) -> None:
    browser = site.signed_in(DRAFTERS["611"])

    html = browser.get("/absences/new").text
    checked = browser.post("/absences/check", filled(city)).text

    assert "代理者の指定は要りません。" in html
    assert "<select" not in html
    assert "影響を受けるシートはありません" in checked
    assert "代理者の順位が使われます" not in checked
    assert confirm(browser, checked) == "/absences"


def test_only_where_somebody_is_named_a_page_says_that_sheets_go_to_them(
    site: Site, city: City
) -> None:
    browser = site.signed_in(HEAD)

    empty = browser.get("/absences").text
    named = browser.post("/absences/check", filled(city, SUBSTITUTE)).text
    nobody = browser.post("/absences/check", filled(city)).text

    assert "あなたの番のシートが代理者に渡ります" not in empty
    assert "代理者を指定すると、あなたの番のシートはその人に渡ります。" in empty
    assert "上の代理者の順位が使われます" in named
    assert "上の代理者の順位が使われます" not in nobody


def test_everything_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(
    site: Site, city: City
) -> None:
    away(city, SUBSTITUTE)
    typed = filled(city, SUBSTITUTE, kind="?", **{"first_day-day": "31"})

    response = site.signed_in(HEAD).post("/absences/check", typed)

    assert response.status_code == 422
    no_day = "「R4年6月31日」は日付として読めません。例: 2026年7月15日、令和8年7月15日"
    assert summary(response.text) == [
        ("first_day", f"不在の始まる日: {no_day}"),
        ("kind", "理由: 一覧から選んでください。"),
        (STAGE, "木村 大輔さんも、この期間に不在の登録があります。別の職員を選んでください。"),
    ]
    assert "<title>エラー：" in response.text
    form = forms_on(response.text)["/absences/check"]
    assert (form["first_day-year"], form["first_day-day"]) == ("R4", "31")
    assert f'value="{assignment(city, SUBSTITUTE)}" selected' in response.text
    assert city.scalar("SELECT count(*) FROM absence") == 1


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        (2, 1, "last_day", "終わりの日が始まりの日より前です。"),
        (-3, -1, "last_day", "すでに過ぎた期間です。"),
        (0, 700, "last_day", "366日より長い期間は登録できません。"),
        (5, 5, "first_day", "この期間と重なる不在"),
    ],
)
def test_a_period_that_cannot_be_is_said_at_its_field(
    site: Site, city: City, first: int, last: int, field: str, words: str
) -> None:
    away(city, HEAD, first=today() + 5 * DAY, last=today() + 5 * DAY)
    period = {"first": today() + first * DAY, "last": today() + last * DAY}

    html = site.signed_in(HEAD).post("/absences/check", filled(city, **period)).text  # type: ignore[arg-type]

    [(place, sentence)] = summary(html)
    assert place == field
    assert words in sentence


def test_an_empty_form_asks_for_what_it_needs(site: Site) -> None:
    response = site.signed_in(HEAD).post("/absences/check")

    assert response.status_code == 422
    assert [field for field, _ in summary(response.text)] == ["first_day", "last_day", "kind"]


# The check, and the registration


def test_the_check_says_where_each_sheet_goes_and_writes_nothing(site: Site, city: City) -> None:
    city.submit("611")
    browser = site.signed_in(HEAD)
    before = city.counts()

    html = browser.post("/absences/check", filled(city, SUBSTITUTE)).text
    said = text_of(html)

    assert "令和4年6月1日（水）" in said
    assert "611 参画協働のまちづくり 部局審査 市民課長 木村 大輔 が代理で処理します。" in said
    assert "登録するとすぐに、次のようになります。" in said
    assert f"/sheets/{city.evaluation('611')}" in links(html)
    after = city.counts()
    assert {
        name: n for name, n in after.items() if before[name] != n and name != "user_session"
    } == {}


def test_the_check_says_that_a_sheet_would_be_passed_over(site: Site, city: City) -> None:
    city.submit("611")

    browser = site.signed_in(HEAD)
    html = browser.post("/absences/check", filled(city, first=today() + DAY)).text

    assert "この段階の処理を経ずに「総合政策部承認」へ進み、あとで閲覧（後閲）します。" in text_of(
        html
    )
    assert "いまのまま不在が始まったとき" in text_of(html)


def test_the_check_says_which_mails_would_go_to_whom(site: Site, city: City, clock: Clock) -> None:
    city.submit("611")
    clock.set(date(2022, 7, 5))
    browser = site.signed_in(HEAD)
    days = {"first": date(2022, 7, 6), "last": date(2022, 7, 7)}

    named = text_of(browser.post("/absences/check", filled(city, SUBSTITUTE, **days)).text)  # type: ignore[arg-type]
    nobody = text_of(browser.post("/absences/check", filled(city, **days)).text)  # type: ignore[arg-type]

    assert "7月6日（水） 611 高橋 典子 期限の予告 木村 大輔 期限の予告" in named
    assert "7月7日（木） 611 高橋 典子 期限超過の督促 木村 大輔 期限超過の督促" in named
    assert "進む日からあとのメールは、ここに含みません: 611" in nobody
    assert "ほかに、宛先が変わるメールも、不在の間に本人に届くメールもありません。" in nobody


def test_the_check_says_who_gets_nothing_and_what_comes_all_the_same(
    site: Site, city: City, clock: Clock
) -> None:
    city.bring_to("611", "bureau_approval")
    clock.set(date(2022, 7, 20))
    days = {"first": date(2022, 7, 21), "last": date(2022, 7, 21)}

    said = text_of(site.signed_in(APPROVER).post("/absences/check", filled(city, **days)).text)  # type: ignore[arg-type]
    clock.set(date(2022, 6, 14))
    drafting = {"first": date(2022, 6, 15), "last": date(2022, 6, 15)}
    drafts = text_of(
        site.signed_in(DRAFTERS["612"]).post("/absences/check", filled(city, **drafting)).text  # type: ignore[arg-type]
    )

    assert "7月21日（木） 611 森田 健二 期限の予告 だれにも届きません。" in said
    assert "6月15日（水） 612 近藤 歩美 期限の予告 近藤 歩美 期限の予告 変わりません。" in drafts


def test_an_absence_beyond_the_days_that_are_looked_at_says_so(site: Site, city: City) -> None:
    later = today() + 40 * DAY

    said = text_of(site.signed_in(HEAD).post("/absences/check", filled(city, first=later)).text)

    assert "令和4年7月2日（土）までのメールを調べます。不在はそのあとに始まるため" in said


def test_what_was_typed_can_still_be_changed_after_the_check(site: Site, city: City) -> None:
    browser = site.signed_in(HEAD)
    checked = browser.post("/absences/check", filled(city, SUBSTITUTE, last=today() + DAY)).text
    fields = forms_on(checked)["/absences"] | {"change": "1"}

    html = press(browser, "/absences/check", fields)

    assert html.status_code == 200
    form = forms_on(html.text)["/absences/check"]
    assert (form["last_day-day"], form["kind"]) == ("2", "leave")
    assert f'value="{assignment(city, SUBSTITUTE)}" selected' in html.text


def test_a_registration_leads_to_the_list_and_the_sheet_to_the_substitute(
    site: Site, city: City
) -> None:
    city.submit("611")
    browser = site.signed_in(HEAD)
    checked = browser.post("/absences/check", filled(city, SUBSTITUTE, last=today() + DAY)).text

    assert confirm(browser, checked) == "/absences"
    said = text_of(browser.get("/absences").text)

    assert "不在を登録しました（6/1～6/2）。" in said
    assert "不在中" in said
    assert "部局審査: 市民課長 木村 大輔" in said
    desk = text_of(site.signed_in(SUBSTITUTE).get("/desk").text)
    assert "市民自治部長 高橋 典子の代理として" in desk
    mine = text_of(site.signed_in(SUBSTITUTE).get("/absences").text)
    assert "市民自治部長 高橋 典子" in mine
    assert "部局審査（1番目）" in mine


def test_pressing_twice_registers_once_and_says_so(site: Site, city: City) -> None:
    browser = site.signed_in(HEAD)
    checked = browser.post("/absences/check", filled(city)).text
    confirm(browser, checked)

    again = press(browser, "/absences", forms_on(checked)["/absences"])

    assert again.status_code == 422
    assert "この期間と重なる不在" in again.text
    assert city.scalar("SELECT count(*) FROM absence") == 1


def test_a_substitute_who_goes_away_between_check_and_registration_is_refused(
    site: Site, city: City
) -> None:
    browser = site.signed_in(HEAD)
    checked = browser.post("/absences/check", filled(city, SUBSTITUTE)).text
    away(city, SUBSTITUTE)

    response = press(browser, "/absences", forms_on(checked)["/absences"])

    assert response.status_code == 422
    assert [field for field, _ in summary(response.text)] == [STAGE]


# While somebody is away


def test_every_page_says_that_i_am_registered_as_absent_and_ends_it(
    site: Site, city: City, clock: Clock
) -> None:
    city.submit("611")
    away(city, HEAD, last=today() + 14 * DAY, substitutes={"department_review": [SUBSTITUTE]})
    browser = site.signed_in(HEAD)
    banner = "不在として登録されています（6/15まで）。戻られたときは、不在を終了してください。"
    sheet = f"/sheets/{city.evaluation('611')}"
    for path in ("/desk", "/sheets", "/progress", sheet, "/absences", "/no-such-page"):
        assert banner in browser.get(path).text, path
    assert banner not in site.signed_in(SUBSTITUTE).get("/desk").text
    assert banner not in browser.get("/public/").text
    clock.forward(minutes=1)

    [end] = [target for target in forms_on(browser.get(sheet).text) if target.endswith("/end")]
    response = press(browser, end, forms_on(browser.get(sheet).text)[end])

    assert response.headers["Location"] == sheet
    html = browser.get(sheet).text
    assert "不在を終了しました。" in html
    assert banner not in html
    assert f"{sheet}/approve" in [urlsplit(href).path for href in links(html)]
    again = browser.post(end, {"next": "//elsewhere.example"})
    assert again.headers["Location"] == "/absences"
    assert "すでに終了しています" in browser.get("/absences").text


def test_an_absence_to_come_can_be_called_off(site: Site, city: City) -> None:
    absence = away(city, HEAD, first=today() + DAY, last=today() + DAY)
    browser = site.signed_in(HEAD)
    assert "不在として登録されています" not in browser.get("/desk").text

    page = browser.get("/absences").text
    press(browser, f"/absences/{absence}/end", forms_on(page)[f"/absences/{absence}/end"])

    said = text_of(browser.get("/absences").text)
    assert "不在の登録を取り消しました。" in said
    assert "登録されている不在はありません。" in said
    assert "取消し" in said


# Administrators


def test_an_administrator_registers_from_the_persons_page_and_acts_on_nothing(
    site: Site, city: City
) -> None:
    city.submit("611")
    browser = site.signed_in(ADMINISTRATOR)
    person = city.person_id(HEAD)
    address = f"/absences/new?person={person}"
    assert address in links(browser.get(f"/administration/people/{person}").text)
    assert "高橋 典子" in browser.get(address).text

    checked = browser.post("/absences/check", filled(city, person=str(person)))
    assert confirm(browser, checked.text) == "/administration/absences"

    said = text_of(browser.get("/administration/absences").text)
    assert "高橋 典子 市民自治部長" in said
    assert "長谷川 亮さんが登録" in said
    assert "不在として登録されています" not in browser.get("/desk").text
    assert "不在として登録されています" in site.signed_in(HEAD).get("/desk").text
    assert city.state("611") == "department_review"


def test_the_tab_ends_an_absence_for_somebody(site: Site, city: City) -> None:
    absence = away(city, HEAD)
    browser = site.signed_in(ADMINISTRATOR)
    target = f"/absences/{absence}/end"

    fields = forms_on(browser.get("/administration/absences").text)[target]
    response = press(browser, target, fields)

    assert response.headers["Location"] == "/administration/absences"
    assert city.scalar("SELECT ended_by FROM absence") == city.person_id(ADMINISTRATOR)


def test_readings_that_wait_long_are_listed_for_those_who_look_after_them(
    site: Site, city: City, clock: Clock
) -> None:
    away(city, HEAD, last=today() + 30 * DAY)
    city.submit("611")
    assert open_reviews(city, HEAD)
    title = "代決・後閲で確認の済んでいないもの"

    # Wednesday, 1 June; five business days later is the 8th.
    for day, listed in ((date(2022, 6, 8), False), (date(2022, 6, 9), True)):
        clock.set(day)
        for name in (ADMINISTRATOR, PUBLISHER):
            html = site.signed_in(name).get("/administration/post-reviews").text
            assert title in html
            assert ("市民自治部長 高橋 典子" in text_of(html)) is listed, (day, name)
    assert "不在中（7/1まで）" in text_of(html)
    assert [href for href in links(html) if href.startswith("/post-reviews/")] == []
    assert "/administration/post-reviews" in links(site.signed_in(PUBLISHER).get("/desk").text)
    assert site.signed_in(HEAD).get("/administration/post-reviews").status_code == 403


def test_the_pages_read_in_english_too(site: Site, city: City) -> None:
    city.submit("611")
    away(city, APPROVER)
    for name in (HEAD, APPROVER):
        browser = site.signed_in(name)
        browser.post("/language", {"locale": "en"})
        for response in (
            browser.get("/absences"),
            browser.get("/absences/new"),
            browser.post("/absences/check", filled(city, first=today() + DAY)),
        ):
            assert response.status_code == 200
            assert '<html lang="en">' in response.text
            assert "登録" not in text_of(response.text)


# A substitute goes away as well


def test_a_named_substitute_sees_before_registering_what_that_opens(site: Site, city: City) -> None:
    named = {"department_review": [SUBSTITUTE, CHIEF]}
    away(city, HEAD, last=today() + 9 * DAY, substitutes=named)
    away(city, APPROVER, substitutes={"bureau_approval": ["okamoto.sachiko"]})
    browser = site.signed_in(SUBSTITUTE)

    said = text_of(
        browser.post(
            "/absences/check", filled(city, first=today() + DAY, last=today() + 2 * DAY)
        ).text
    )
    elsewhere = text_of(
        browser.post("/absences/check", filled(city, first=today() + 10 * DAY)).text
    )

    assert "代理を頼まれている不在への影響" in said
    assert "高橋 典子" in said
    assert (
        "部局審査、6/2～6/3: 市民課長 木村 大輔 が不在です。 "
        "次の順位の まちづくり推進課長 山田 花子 が代理します。"
    ) in said
    assert "森田 健二" not in said
    assert "代理を頼まれている不在への影響" not in elsewhere


def test_where_nobody_is_left_the_check_says_what_the_route_says(site: Site, city: City) -> None:
    away(city, HEAD, substitutes={"department_review": [SUBSTITUTE]})
    away(city, APPROVER, substitutes={"bureau_approval": ["okamoto.sachiko"]})

    reviewed = text_of(site.signed_in(SUBSTITUTE).post("/absences/check", filled(city)).text)
    decided = site.signed_in("okamoto.sachiko").post(
        "/absences/check", filled(city), headers={"Accept-Language": "en"}
    )

    assert "代理者がいなくなります。 「部局審査」の流れの定め: 次の順の人が処理する → " in reviewed
    assert "What this opens for those who named you" in decided.text
    assert "No substitute is left. “Bureau approval” waits for the return." in text_of(decided.text)


def test_both_see_it_on_their_pages_until_either_absence_ends(
    site: Site, city: City, clock: Clock
) -> None:
    away(city, HEAD, last=today() + 9 * DAY, substitutes={"department_review": [SUBSTITUTE]})
    gone = away(city, SUBSTITUTE, first=today() + DAY, last=today() + 2 * DAY)
    sentence = "部局審査、6/2～6/3: 市民課長 木村 大輔 が不在です。 代理者がいなくなります。"
    pages = ((HEAD, "/absences"), (SUBSTITUTE, "/absences"),
             (ADMINISTRATOR, "/administration/absences"))  # fmt: skip

    for name, page in pages:
        assert text_of(site.signed_in(name).get(page).text).count(sentence) == 1, name
    assert "不在です" not in text_of(site.signed_in(CHIEF).get("/absences").text)

    clock.set(today() + 2 * DAY)
    assert "部局審査、6/3: 市民課長 木村 大輔" in text_of(
        site.signed_in(HEAD).get("/absences").text
    )
    end = f"/absences/{gone}/end"
    browser = site.signed_in(SUBSTITUTE)
    press(browser, end, forms_on(browser.get("/absences").text)[end])
    for name, page in pages:
        assert "代理者がいなくなります" not in site.signed_in(name).get(page).text, name
