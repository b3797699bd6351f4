"""Japanese is complete by itself, English has no gaps, and the reader chooses."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from tests.web.site import Site, text_of
from web.language import CATALOGUES
from web.translation_gaps import gaps, messages

DRAFTER = DRAFTERS["611"]
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def english() -> Catalog:
    """The English catalogue as it lies in the repository."""
    with (CATALOGUES / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def test_english_has_no_gaps() -> None:
    assert gaps("en") == []
    assert gaps("ja") == []


def test_a_language_without_a_catalogue_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        gaps("fr")


def test_the_catalogue_holds_no_sentence_that_is_no_longer_said(english: Catalog) -> None:
    said = set(messages())

    assert [entry.id for entry in english if entry.id and entry.id not in said] == []


def test_a_translation_has_the_same_placeholders(english: Catalog) -> None:
    wrong = [
        entry.id
        for entry in english
        if entry.id
        and sorted(set(_PLACEHOLDER.findall(str(entry.id))))
        != sorted(set(_PLACEHOLDER.findall(str(entry.string))))
    ]

    assert wrong == []


def test_a_translation_is_english(english: Catalog) -> None:
    assert [e.id for e in english if e.id and _JAPANESE.search(str(e.string))] == []


def test_the_browser_asks_for_the_language_and_japanese_is_the_first(site: Site) -> None:
    door = "/sign-in"

    for asked, word in [("en-GB,en;q=0.8", "Sign in"), ("ja", "ログイン"), ("fr", "ログイン")]:
        html = site.browser().get(door, headers={"Accept-Language": asked}).text
        assert f"<h1>{word}</h1>" in html, asked


def test_the_reader_switches_and_stays_where_they_were(site: Site) -> None:
    browser = site.signed_in(DRAFTER)

    response = browser.post("/language", {"locale": "en", "next": "/progress"})
    html = browser.get(response.headers["Location"]).text
    back = browser.post("/language", {"locale": "ja", "next": "//evil.example"})

    assert response.headers["Location"] == "/progress"
    assert '<html lang="en">' in html
    assert "<h1>Progress</h1>" in html
    assert back.headers["Location"] == "/"
    assert "<h1>進捗</h1>" in browser.get("/progress").text


def test_the_choice_outlives_signing_in_and_out(site: Site) -> None:
    browser = site.browser()
    browser.post("/language", {"locale": "en", "next": "/sign-in"})

    browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])
    inside = browser.get("/progress").text
    browser.post("/sign-out")
    outside = browser.get("/sign-in").text

    assert '<html lang="en">' in inside
    assert '<html lang="en">' in outside
    assert "You are signed out." in outside


def test_an_unknown_language_is_refused(site: Site) -> None:
    assert site.browser().post("/language", {"locale": "xx"}).status_code == 422


def test_public_pages_take_the_language_from_the_address_and_keep_it(site: Site) -> None:
    site.city.publish(["611"])
    browser = site.browser()

    html = browser.get("/public/?lang=en").text
    japanese = browser.get("/public/?lang=xx").text

    assert "<h1>Published evaluations</h1>" in html
    assert 'href="/public/ex_post-2021-1/?lang=en"' in html
    assert 'hreflang="ja"' in html
    assert "<h1>行政評価の公表</h1>" in japanese


def test_refusals_are_said_in_the_language_of_the_reader(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    browser.post("/language", {"locale": "en"})

    said = text_of(browser.get("/publication").text)

    assert "Only publishers can do this." in said
    assert "You cannot do this" in said


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (DRAFTER, "/progress"), (DRAFTER, "/account/password"), (DRAFTER, "/no-such-page"),
        (PUBLISHER, "/publication"), (PUBLISHER, "/publication/1"),
        (ADMINISTRATOR, "/administration/people"), (ADMINISTRATOR, "/administration/sessions"),
        (ADMINISTRATOR, "/administration/mails"), (ADMINISTRATOR, "/administration/ledger"),
    ],
)  # fmt: skip
def test_an_english_page_says_in_japanese_only_what_the_city_wrote(
    site: Site, name: str, path: str
) -> None:
    site.city.publish(["611"])
    browser = site.signed_in(name)
    browser.post("/language", {"locale": "en"})

    html = browser.get(path).text.partition("<main")[2].partition("</main>")[0]
    # The city's own words are marked as Japanese; lists of facts hold names of people and posts.
    ours = re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', "", html, flags=re.S)
    ours = re.sub(r"<dd>.*?</dd>", "", ours, flags=re.S)

    assert _JAPANESE.findall(re.sub(r"<[^>]+>", " ", ours)) == []
