"""The administrators' pages of 1 April: hand in, look, confirm, receipt, call off."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, PUBLISHER
from tests.transfers import FIRST_OF_APRIL, SAMPLE, csv_of, move, row
from tests.web.site import Browser, Site, text_of
from workflow.exchange import upload_gate

PAGES = "/administration/reorganisations"
RENAMED = row("改称", unit="まちづくり推進課", successor="地域協働課")
DAY = {"effective_on-year": "令和5", "effective_on-month": "4", "effective_on-day": "1"}


@pytest.fixture
def administrator(site: Site, clock: Clock) -> Browser:
    """The administrator at work in March."""
    clock.set(date(2023, 3, 20))
    return site.signed_in(ADMINISTRATOR)


def hand_in(
    browser: Browser, data: bytes, name: str = "異動.csv", **typed: str
) -> tuple[int, str, str]:
    """Choose the file and press the button; status, text and where it leads."""
    form = {**DAY, **typed, "file": (io.BytesIO(data), name)}
    answer = browser.client.post(
        PAGES,
        data={"csrf_token": browser.token(), **form},
        content_type="multipart/form-data",
    )
    return answer.status_code, text_of(answer.text), answer.headers.get("Location", "")


def test_a_file_with_faults_comes_back_with_each_of_them_and_changes_nothing(
    city: City, administrator: Browser
) -> None:
    before = city.counts()
    data = csv_of(row("設置"), move("nobody", "市民課", "主査"), row("退職"))

    status, said, _ = hand_in(administrator, data)

    assert status == 422
    assert "ファイルの誤り 3件" in said
    assert "異動.csv:B2 部署 区分「設置」の行では必須です。入力してください。" in said
    assert "異動.csv:E3 利用者名 「nobody」という利用者はいません。" in said
    assert city.counts() == before


def test_what_is_missing_in_the_form_is_said_at_once(city: City, administrator: Browser) -> None:
    answer = administrator.post(PAGES, {"effective_on-year": "令和5", "effective_on-month": "13"})
    said = text_of(answer.text)

    assert answer.status_code == 422
    assert answer.text.count("field__error") == 2
    assert "「令和5年13月」は日付として読めません" in said
    assert city.scalar("SELECT count(*) FROM reorganisation") == 0


def test_a_day_in_the_past_is_said_at_the_field(administrator: Browser) -> None:
    _, said, _ = hand_in(administrator, csv_of(RENAMED), **{"effective_on-year": "2022"})

    assert "今日か、これから先の日付を入力してください。" in said


def large(megabytes: int) -> bytes:
    """A file of about so many megabytes, nearly all of it remarks."""
    lines = [f"退職,morita.kenji,{'x' * 100_000}\n"] * (megabytes * 10)
    return ("区分,利用者名,備考\n" + "".join(lines)).encode()


def sent(browser: Browser, data: bytes) -> tuple[int, str]:
    """A large file in a form; by hand, for the test client's own would lie in a file of its own."""
    fields = {"csrf_token": browser.token(), **DAY}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}' for n, v in fields.items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
    body = "\r\n".join(parts).encode() + data + b"\r\n--x--\r\n"
    answer = browser.client.post(PAGES, data=body, content_type="multipart/form-data; boundary=x")
    return answer.status_code, text_of(answer.text)


def test_a_file_may_be_as_large_as_the_page_says(administrator: Browser) -> None:
    assert ".csv 又は .xlsx、10MBまで" in text_of(administrator.get(PAGES).text)

    status, said = sent(administrator, large(9))
    # It was read: the rows contradict each other.
    assert (status, "と食い違います" in said) == (422, True)


def test_a_file_a_little_too_large_is_refused_by_the_gate(administrator: Browser) -> None:
    status, said = sent(administrator, b"x" * (upload_gate.LARGEST_FILE + 1))

    assert (status, "上限は10MB" in said) == (422, True)


def test_a_file_much_too_large_gets_a_page_with_the_same_limit(administrator: Browser) -> None:
    body = io.BytesIO(b"x" * (3 * upload_gate.LARGEST_FILE))
    answer = administrator.client.post(
        PAGES,
        input_stream=body,
        content_length=3 * upload_gate.LARGEST_FILE,
        content_type="multipart/form-data; boundary=x",
    )

    assert answer.status_code == 413
    assert "ファイルが大きすぎます（上限は10MB）" in answer.text
    # Else the browser, still sending, would show an error of its own.
    assert body.read() == b""


@pytest.mark.parametrize("name", ["異動.xlsm", "異動.xlsx", "../../異動.exe"])
def test_a_file_of_another_kind_is_refused(administrator: Browser, name: str) -> None:
    status, _, _ = hand_in(administrator, b"MZ not a table", name)

    assert status == 422


def test_the_result_is_shown_before_anything_is_applied(city: City, administrator: Browser) -> None:
    status, _, address = hand_in(administrator, SAMPLE.read_bytes(), "C:\\職員\\transfers.csv")
    said = text_of(administrator.get(address).text)

    assert status == 303
    assert "transfers.csv" in said
    assert "職員\\" not in said
    assert "令和5年4月1日（土）付けの組織改編" in said
    assert "担当が変わるシート 5件" in said
    assert "市民自治部/まちづくり推進課 市民自治部/地域協働課" in said
    assert "総合政策部長 森田 健二 総合政策部長 岡本 幸子" in said
    assert "引継ぎをお願いする作成者 3件" in said
    assert city.scalar("SELECT count(*) FROM org_unit WHERE valid_until IS NOT NULL") == 0
    assert city.scalar("SELECT state FROM reorganisation") == "proposed"


def test_confirmed_it_is_applied_with_a_receipt_and_links_for_new_people(
    city: City, administrator: Browser
) -> None:
    _, _, address = hand_in(administrator, SAMPLE.read_bytes(), "transfers.csv")

    answer = administrator.post(f"{address}/apply")
    receipt = administrator.get(address).text

    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert "令和5年4月1日（土）付けの組織改編を適用しました。" in receipt
    assert "適用日を待っています" in receipt
    assert "この内容で適用する" not in receipt
    person = city.person_id("aoyama.haruka")
    assert f"/administration/people/{person}" in receipt
    assert city.scalar("SELECT state FROM reorganisation") == "scheduled"
    assert administrator.post(f"{address}/apply").status_code == 409


def test_whoever_did_not_hand_it_in_may_look_and_not_apply(
    city: City, site: Site, administrator: Browser
) -> None:
    _, _, address = hand_in(administrator, csv_of(RENAMED))
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        ctx.asked = True
        ctx.execute(
            sa.text(
                "INSERT INTO role_grant (person_id, role, valid_from) "
                "VALUES (:person, 'administrator', '2021-04-01')"
            ),
            {"person": city.person_id(PUBLISHER)},
        )
    other = site.signed_in(PUBLISHER)

    shown = other.get(address).text
    forced = other.post(f"{address}/apply")

    assert "この内容で適用する" not in shown
    assert forced.status_code == 403
    assert city.scalar("SELECT state FROM reorganisation") == "proposed"


def test_what_came_out_differently_meanwhile_is_said_and_can_be_looked_at_again(
    city: City, administrator: Browser
) -> None:
    _, _, address = hand_in(administrator, SAMPLE.read_bytes(), "transfers.csv")
    city.bring_to("612", "department_review")

    differs = administrator.post(f"{address}/apply")
    renewed = administrator.post(f"{address}/renew")
    applied = administrator.post(f"{address}/apply")

    assert differs.status_code == 409
    assert "いま調べると結果が違います。何も適用していません。" in text_of(differs.text)
    assert renewed.status_code == 303
    assert applied.status_code == 303
    assert city.scalar("SELECT state FROM reorganisation") == "scheduled"


def test_what_can_no_longer_be_applied_is_said_with_its_cells(
    city: City, administrator: Browser
) -> None:
    _, _, address = hand_in(administrator, csv_of(move("sato.ichiro", "市民課", "主査")))
    administrator.post(f"/administration/people/{city.person_id('sato.ichiro')}/disable")

    for press in ("apply", "renew"):
        answer = administrator.post(f"{address}/{press}")
        assert answer.status_code == 409
        assert "異動.csv:E2 利用者名" in text_of(answer.text)


def test_it_can_be_called_off_until_its_day(
    city: City, clock: Clock, administrator: Browser
) -> None:
    _, _, address = hand_in(administrator, csv_of(RENAMED))
    administrator.post(f"{address}/apply")

    off = administrator.post(f"{address}/call-off")
    again = administrator.post(f"{address}/call-off")

    assert (off.status_code, again.status_code) == (303, 409)
    assert "取りやめ" in text_of(administrator.get(PAGES).text)
    assert city.scalar("SELECT count(*) FROM org_unit WHERE valid_until IS NOT NULL") == 0


def test_the_list_says_what_is_to_come_and_what_was_done(
    city: City, clock: Clock, site: Site, administrator: Browser
) -> None:
    _, _, address = hand_in(administrator, csv_of(RENAMED))
    assert "確認待ち" in text_of(administrator.get(PAGES).text)
    administrator.post(f"{address}/apply")
    assert "適用日を待っています" in text_of(administrator.get(PAGES).text)
    clock.set(FIRST_OF_APRIL)
    city.tick()

    later = site.signed_in(ADMINISTRATOR)
    said = text_of(later.get(PAGES).text)
    shown = later.get(address).text

    assert re.search(r"適用済み 異動.csv .* 1 ", said + " ")
    assert "この組織改編を取りやめる" not in shown


def test_the_menu_says_where_one_is(administrator: Browser) -> None:
    html = administrator.get(PAGES).text

    assert html.count('aria-current="page"') == 2, "the menu, and the tab"


def test_the_tables_speak_english_too(administrator: Browser) -> None:
    _, _, address = hand_in(administrator, SAMPLE.read_bytes(), "transfers.csv")
    administrator.post("/language", {"locale": "en", "next": address})

    said = text_of(administrator.get(address).text)

    assert "Sheets that change hands" in said
    assert "Department review" in said


def test_what_a_reader_cannot_see_in_a_file_is_said_with_its_cell(administrator: Browser) -> None:
    _, _, leads_to = hand_in(
        administrator, csv_of(row("設置", unit="危機\u200b管理課", parent="総務部"))
    )
    said = text_of(administrator.get(leads_to).text)

    assert "異動.csv:B2 部署 1行目の3文字目に、見えない文字 U+200B" in said
