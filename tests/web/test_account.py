"""The door, passwords and posts: what an attacker tries and what staff need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import COLLEAGUES, DRAFTERS, PUBLISHER, TWO_POSTS
from tests.web.site import Site, site_of, text_of
from web.core import safe_path
from workflow.application import Application
from workflow.policy import SYSTEM
from workflow.services import people

DRAFTER = DRAFTERS["611"]
NEW = "静かな湖畔の森の影から now"


@pytest.fixture
def strict_site(city_database: Database, clock: Clock, city: City) -> Iterator[Site]:
    """The same city, where one-time passwords must be changed."""
    settings = settings_for(city_database, keep_one_time_passwords=False)
    application = Application(settings, clock=clock)
    yield site_of(application, city.passwords)
    application.dispose()


# The door


def test_the_root_leads_staff_to_the_door_and_the_door_shows_the_public_way(site: Site) -> None:
    browser = site.browser()

    assert browser.get("/").headers["Location"] == "/sign-in"
    assert 'href="/public/"' in browser.get("/sign-in").text


def test_signing_in_leads_to_the_desk(site: Site) -> None:
    browser = site.browser()

    response = browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])

    assert response.headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == "/desk"
    assert browser.get("/sign-in").headers["Location"] == "/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(site: Site) -> None:
    browser = site.browser()

    door = browser.get("/progress?cycle=1").headers["Location"]
    response = browser.sign_in(DRAFTER, site.city.passwords[DRAFTER], next="/progress?cycle=1")

    assert door == "/sign-in?next=/progress?cycle%3D1"
    assert response.headers["Location"] == "/progress?cycle=1"


def test_what_was_typed_stays_but_for_the_password(site: Site) -> None:
    response = site.browser().sign_in("satou", "a-secret-typed-wrongly")

    assert response.status_code == 422
    assert 'value="satou"' in response.text
    assert "a-secret-typed-wrongly" not in response.text
    assert 'class="error-summary"' in response.text
    assert "<title>エラー：" in response.text


def test_empty_fields_are_named(site: Site) -> None:
    response = site.browser().sign_in("", "")

    assert response.status_code == 422
    assert 'href="#sign_in_name"' in response.text
    assert 'href="#password"' in response.text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "https:evil.example", "https://evil.example", "http:///evil.example",
        "javascript:alert(1)", "evil.example", "/\tevil.example", "/\r\nSet-Cookie: x=1",
        "/a\\b", "", " //evil.example",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(site: Site, target: str) -> None:
    response = site.browser().sign_in(DRAFTER, site.city.passwords[DRAFTER], next=target)

    assert safe_path(target, "/") == "/"
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("target", ["/%0d%0aSet-Cookie:x", "/%09/evil.example", "/%5cevil.example"])
def test_escaped_signs_stay_escaped_on_this_site(site: Site, target: str) -> None:
    response = site.browser().sign_in(DRAFTER, site.city.passwords[DRAFTER], next=target)

    assert response.headers["Location"].startswith("/%")
    assert "Set-Cookie:x" not in str(response.headers.getlist("Set-Cookie"))


def test_next_of_the_address_is_checked_too(site: Site) -> None:
    signed_in = site.signed_in(DRAFTER)

    assert signed_in.get("/sign-in?next=//evil.example").headers["Location"] == "/"
    form = site.browser().get("/sign-in?next=//evil.example").text.partition("<main")[2]
    assert 'name="next" value="/"' in form


# Passwords


def test_the_rules_stand_beforehand_and_pasting_is_allowed(site: Site) -> None:
    html = site.signed_in(DRAFTER).get("/account/password").text

    assert "12文字以上" in text_of(html)
    assert 'autocomplete="current-password"' in html
    assert html.count('autocomplete="new-password"') == 2
    assert "onpaste" not in html
    assert "maxlength" not in html


@pytest.mark.parametrize(
    ("new", "field"),
    [
        ("short", "new"), ("a" * 129, "new"), ("aaaaaaaaaaaaaaaa", "new"),
        ("password1234", "new"), ("sato.ichiro2", "new"), ("", "new"),
    ],
)  # fmt: skip
def test_a_weak_password_is_refused(site: Site, new: str, field: str) -> None:
    browser = site.signed_in(DRAFTER)
    form = {"current": site.city.passwords[DRAFTER], "new": new, "again": new}

    response = browser.post("/account/password", form)

    assert response.status_code == 422
    assert f'href="#{field}"' in response.text
    assert not new or new not in response.text


@pytest.mark.parametrize(
    "new", ["twelve chars", "長い日本語の合言葉でもよい", "a horse " * 16, NEW]
)
def test_a_long_password_needs_no_special_signs(site: Site, new: str) -> None:
    browser = site.signed_in(DRAFTER)
    form = {"current": site.city.passwords[DRAFTER], "new": new, "again": new}

    response = browser.post("/account/password", form)

    assert response.status_code == 302
    assert browser.is_signed_in
    assert site.browser().sign_in(DRAFTER, new).status_code == 302


def test_the_current_password_is_asked_for_and_both_entries_must_agree(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    right = site.city.passwords[DRAFTER]

    wrong = browser.post("/account/password", {"current": "x", "new": NEW, "again": NEW})
    differ = browser.post("/account/password", {"current": right, "new": NEW, "again": "x" * 12})
    same = browser.post("/account/password", {"current": right, "new": right, "again": right})

    assert (wrong.status_code, differ.status_code, same.status_code) == (422, 422, 422)
    assert 'href="#current"' in wrong.text
    assert 'href="#again"' in differ.text
    assert 'href="#new"' in same.text


def test_a_one_time_password_must_be_changed_first(strict_site: Site) -> None:
    browser = strict_site.browser()
    password = strict_site.city.passwords[DRAFTER]

    entered = browser.sign_in(DRAFTER, password, next="/progress")
    refused = browser.get("/progress")
    page = browser.get(entered.headers["Location"])
    form = {"current": password, "new": NEW, "again": NEW, "next": "/progress"}
    changed = browser.post("/account/password", form)

    assert entered.headers["Location"] == "/account/password?next=/progress"
    assert refused.headers["Location"] == "/account/password"
    assert "一時パスワードでログインしました" in text_of(page.text)
    assert changed.headers["Location"] == "/progress"
    assert browser.is_signed_in


def test_one_may_leave_without_changing_the_one_time_password(strict_site: Site) -> None:
    browser = strict_site.signed_in(DRAFTER)

    assert browser.post("/sign-out").headers["Location"] == "/sign-in"


# Posts


def test_somebody_with_two_posts_sees_which_and_switches(site: Site) -> None:
    browser = site.signed_in(TWO_POSTS)
    posts = {post.capacity: post.assignment_id for post in site.city.posts(TWO_POSTS)}
    before = browser.get("/progress").text

    response = browser.post(
        "/account/post", {"assignment_id": posts["政策室長"], "next": "/progress"}
    )
    after = browser.get(response.headers["Location"]).text

    assert "（経営企画課長）" in before
    assert "（政策室長）" in after
    assert "これから「政策室長」として操作します。" in after


def test_the_post_decides_what_one_may_edit(site: Site) -> None:
    browser = site.signed_in(TWO_POSTS)
    posts = {post.capacity: post.assignment_id for post in site.city.posts(TWO_POSTS)}
    edit = f"/sheets/{site.city.evaluation('631')}/edit"
    as_chief = browser.get(edit).status_code

    browser.post("/account/post", {"assignment_id": posts["政策室長"]})
    as_other = browser.get(edit).status_code

    assert (as_chief, as_other) == (200, 403)


def test_nobody_acts_in_the_post_of_another(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    foreign = site.city.posts(COLLEAGUES["612"])[0].assignment_id

    response = browser.post("/account/post", {"assignment_id": foreign})
    nonsense = browser.post("/account/post", {"assignment_id": "x"})

    assert response.status_code == 403
    assert nonsense.status_code == 422


def test_switching_a_post_leads_to_no_other_site(site: Site) -> None:
    browser = site.signed_in(TWO_POSTS)
    post = site.city.posts(TWO_POSTS)[0].assignment_id

    response = browser.post("/account/post", {"assignment_id": post, "next": "//evil.example"})

    assert response.headers["Location"] == "/"


def test_a_grant_that_ended_is_gone_at_the_next_request(
    site: Site, city: City, city_database: Database
) -> None:
    browser = site.signed_in(PUBLISHER)
    assert browser.get("/publication").status_code == 200

    with city.application.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE role_grant SET valid_until = '2022-05-31'")
        connection.commit()

    assert browser.get("/publication").status_code == 403


def test_a_password_given_by_the_shell_ends_the_waiting(site: Site, city: City) -> None:
    for n in range(6):
        site.browser().sign_in(DRAFTER, f"wrong {n}")
    with city.application.command(SYSTEM) as ctx:
        password = people.print_password(ctx, sign_in_name=DRAFTER)

    assert site.browser().sign_in(DRAFTER, password).status_code == 302
