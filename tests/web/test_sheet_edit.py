"""Writing through the pages: who may not, what is kept when it cannot be saved, autosave."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.sheet_forms import forms_on, open_form, press
from tests.web.site import Browser, Site, text_of
from workflow.sheet.content import SheetContent

DRAFTER, COLLEAGUE = DRAFTERS["611"], COLLEAGUES["611"]
REVISIONS = "SELECT count(*) FROM revision WHERE evaluation_id = :id"


def address(city: City, rest: str = "/edit", code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def form(browser: Browser, city: City) -> dict[str, str]:
    """The edit form as the page brings it."""
    return open_form(browser, address(city), address(city))


def content(city: City) -> SheetContent:
    return city.page(DRAFTER, "611").content


@pytest.mark.parametrize("name", [REVIEWERS["611"], APPROVER, PUBLISHER, DRAFTERS["612"]])
def test_others_than_the_lead_section_get_the_reason(site: Site, city: City, name: str) -> None:
    browser = site.signed_in(name)
    theirs = form(site.signed_in(DRAFTER), city) | {"csrf_token": browser.token()}

    read = browser.get(address(city))
    written = press(browser, address(city), theirs | {"issues": "書き換え"})
    saved = press(browser, address(city, "/autosave"), theirs | {"issues": "書き換え"})

    assert [read.status_code, written.status_code, saved.status_code] == [403, 403, 403]
    assert "このシートの主担当課の職員だけです" in text_of(read.text)
    assert "書き換え" not in content(city).issues


def test_after_submission_nobody_edits(site: Site, city: City) -> None:
    city.submit("611")

    response = site.signed_in(DRAFTER).get(address(city))

    assert response.status_code == 403
    assert "「部局審査」の段階では編集できません" in text_of(response.text)


def test_without_the_token_of_the_form_nothing_is_saved(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "書き換え"}
    del fields["csrf_token"]

    for target in (address(city), address(city, "/autosave")):
        assert press(drafter, target, fields).status_code == 400

    assert "書き換え" not in content(city).issues


def test_every_field_has_its_label_counter_and_value(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)

    html = drafter.get(address(city)).text
    fields = form(drafter, city)

    said = text_of(html)
    labels = "実施施策の目標 令和3年度の計画 令和3年度評価 評価の理由 成果 課題"
    for label in [*labels.split(), "令和4年度での対策・対応"]:
        assert f"{label} ※必須" in said
    assert "☆☆☆ 4段階中3" in said.replace("　", " ")
    assert said.count("あと") == 6
    assert fields["objective"] == content(city).objective
    assert fields["rating"] == "3"
    assert fields["actuals-2"] == "19314"
    assert html.count("<h1") == 1


def test_saving_makes_a_revision_and_says_which(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {
        "issues": "　課題を書き直した。\r\n二行目。\r\n\r\n",
        "rating": "4",
        "actuals-2": "２０，０００",
        "then": "stay",
    }

    response = press(drafter, address(city), fields)

    assert response.status_code == 303
    assert response.headers["Location"] == address(city)
    assert "保存しました（版 2）" in text_of(drafter.get(address(city)).text)
    assert content(city).issues == "　課題を書き直した。\n二行目。"
    assert content(city).rating == 4
    assert content(city).indicators[1].actuals[2021] == "20,000"


def test_saving_on_the_way_to_submission_leads_to_the_check_page(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "課題を書き直した。", "then": "check"}

    response = press(drafter, address(city), fields)

    assert response.headers["Location"] == address(city, "/check")
    assert "課題を書き直した。" in text_of(drafter.get(address(city, "/check")).text)


def test_a_double_press_saves_once(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "課題を書き直した。"}

    responses = [press(drafter, address(city), fields) for _ in range(2)]

    assert [r.status_code for r in responses] == [303, 303]
    assert city.scalar(REVISIONS, id=city.evaluation("611")) == 2
    assert city.events("611").count("save") == 1


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"actuals-2": "約２万"}, "actuals-2", "「約2万」は数値として読めません"),
        ({"actuals-1": "1,23"}, "actuals-1", "数値として読めません"),
        ({"rating": "5"}, "rating", "一覧から選んでください。"),
        ({"issues": "長" * 4001}, "issues", "4000字以内で入力してください（いま4001字）。"),
        ({"objective": "あ\x07い"}, "objective", "使えない文字（U+0007）"),
        ({"results": "あ\u202eい"}, "results", "使えない文字（U+202E）"),
    ],
)
def test_what_cannot_be_saved_comes_back_with_everything_that_was_typed(
    site: Site, city: City, typed: dict[str, str], field: str, said: str
) -> None:
    drafter = site.signed_in(DRAFTER)
    before = city.counts()
    fields = form(drafter, city) | {"annual_plan": "書きかけの計画"} | typed

    response = press(drafter, address(city), fields)

    again = forms_on(response.text)[address(city)]
    assert response.status_code == 422
    assert said in text_of(response.text)
    assert "<title>エラー：シート編集｜" in response.text
    assert f'href="#{field}"' in response.text
    assert f'id="{field}-error"' in response.text
    assert again["annual_plan"] == "書きかけの計画"
    assert again["expected_version"] == fields["expected_version"]
    assert city.counts() == before


def test_all_faults_are_told_at_once_in_the_order_of_the_sheet(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {
        "issues": "長" * 4001,
        "actuals-2": "なし",
        "rating": "x",
        "objective": "長" * 4001,
    }

    html = press(drafter, address(city), fields).text

    summary = html.partition('id="error-summary"')[2].partition("</ul>")[0]
    assert "指標② 出前講座等利用数: 「なし」は数値として読めません" in summary
    places = [summary.index(f'href="#{f}"') for f in ("objective", "rating", "actuals-2", "issues")]
    assert places == sorted(places)


@pytest.mark.parametrize("broken", [{"expected_version": "x"}, {"request_key": ""}])
def test_a_form_that_is_not_ours_is_refused(site: Site, city: City, broken: dict[str, str]) -> None:
    drafter = site.signed_in(DRAFTER)

    assert press(drafter, address(city), form(drafter, city) | broken).status_code == 422


# Two people at once


def test_a_colleagues_save_stands_beside_what_was_typed(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "わたしの課題。", "rating": "2"}
    city.save("611", by=COLLEAGUE, issues="同僚の課題。", results="同僚の成果。")

    response = press(drafter, address(city), fields)

    said = text_of(response.text)
    kept = forms_on(response.text)[address(city)]
    assert response.status_code == 409
    assert "ほかの職員が保存しました" in said
    assert "いま保存されている内容 同僚の課題。" in said
    assert kept["issues"] == "わたしの課題。"
    assert kept["rating"] == "2"
    assert "同僚の成果。" not in said, "what nobody touched here is not asked about"
    assert kept["results"] == "同僚の成果。"
    assert content(city).issues == "同僚の課題。"


def test_saving_again_after_looking_is_a_choice_that_counts(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "わたしの課題。"}
    city.save("611", by=COLLEAGUE, issues="同僚の課題。", results="同僚の成果。")
    kept = forms_on(press(drafter, address(city), fields).text)[address(city)]

    response = press(drafter, address(city), kept | {"issues": "二人の課題。"})

    assert response.status_code == 303
    assert content(city).issues == "二人の課題。"
    assert content(city).results == "同僚の成果。"


def test_what_was_typed_is_kept_when_the_sheet_was_submitted_meanwhile(
    site: Site, city: City
) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "まだ保存していない課題。"}
    city.submit("611", by=COLLEAGUE)

    response = press(drafter, address(city), fields)

    assert response.status_code == 403
    assert "「部局審査」の段階では編集できません" in text_of(response.text)
    assert "まだ保存していない課題。" in text_of(response.text)
    assert "右の内容で保存する" not in response.text


# Autosave


def test_autosave_writes_the_working_copy_alone_and_answers_the_script(
    site: Site, city: City, clock: Clock
) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "書きかけの課題"}
    clock.forward(minutes=32)

    response = press(drafter, address(city, "/autosave"), fields)

    assert response.status_code == 200
    assert response.get_json() == {
        "version": int(fields["expected_version"]) + 1,
        "saved_at": "10:32",
        "fields": {"expected_version": str(int(fields["expected_version"]) + 1)},
    }
    assert content(city).issues == "書きかけの課題"
    assert city.scalar(REVISIONS, id=city.evaluation("611")) == 1
    assert "save" not in city.events("611")


def test_autosave_keeps_the_rest_when_one_field_cannot_be_read(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {
        "issues": "書きかけの課題",
        "actuals-2": "1,",
        "rating": "9",
        "objective": "あ\x07",
    }
    before = content(city)

    response = press(drafter, address(city, "/autosave"), fields)

    assert response.status_code == 200
    assert response.get_json()["saved_at"] == "10:00（読み取れない欄を除く）"
    after = content(city)
    assert after.issues == "書きかけの課題"
    assert (after.objective, after.rating, after.indicators) == (
        before.objective,
        before.rating,
        before.indicators,
    )


def test_autosave_never_overwrites_a_colleague(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "わたしの課題"}
    city.save("611", by=COLLEAGUE, issues="同僚の課題。")

    response = drafter.client.post(
        address(city, "/autosave"), data=fields, headers={"Accept": "application/json"}
    )

    assert response.status_code == 409
    assert response.get_json()["code"] == "edited_meanwhile"
    assert content(city).issues == "同僚の課題。"


def test_after_autosave_the_renewed_form_saves(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city) | {"issues": "書きかけの課題"}
    answer = press(drafter, address(city, "/autosave"), fields).get_json()

    response = press(drafter, address(city), fields | answer["fields"])

    assert response.status_code == 303
    assert "保存しました（版 2）" in text_of(drafter.get(address(city)).text)


def test_what_a_reader_cannot_see_is_named_at_the_box_and_before_submitting(
    site: Site, city: City
) -> None:
    drafter = site.signed_in(DRAFTER)
    typed = form(drafter, city) | {"results": "一行目\n成\u200b果\ue000"}
    assert press(drafter, address(city), typed).status_code == 303

    for page in ("/edit", "/check"):
        said = text_of(drafter.get(address(city, page)).text)
        assert "2行目の2文字目に、見えない文字 U+200B（ZERO WIDTH SPACE）があります。" in said
        assert "2行目の4文字目の U+E000 は外字" in said
