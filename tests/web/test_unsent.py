"""Nothing typed is lost: the session ended, or a newer one made the form's token stale."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from werkzeug.test import TestResponse

from tests.architecture.sources import ROOT
from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, COLLEAGUES, DRAFTERS
from tests.web.sheet_forms import forms_on
from tests.web.site import Browser, Site, site_of, text_of
from tests.web.test_access import methods, rules
from tests.web.typed_forms import CLICKS, FORMS, TEXT, Opened, TypedForm, form_with
from web.access import access, of_endpoint
from web.core import command
from web.unsent import PASSWORDS
from workflow import sealing
from workflow.application import Application
from workflow.clock import machine_now
from workflow.models import Base
from workflow.policy import Permission
from workflow.services import accounts, unsent_forms

DRAFTER, COLLEAGUE = DRAFTERS["611"], COLLEAGUES["611"]
OWN = "静かな湖畔の森の影から now"
AS_TYPED = TEXT.replace("\r\n", "\n")
NOT_DONE = "まだ何も行われていません"


def end_sessions(city: City, name: str) -> None:
    """What an administrator, or a new password elsewhere, does to all of somebody's sessions."""
    own = "SELECT id FROM user_session WHERE person_id = :id AND ended_at IS NULL"
    for row in city.rows(own, id=city.person_id(name)):
        with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
            accounts.end_session(ctx, session_id=row.id)


def press(browser: Browser, opened: Opened, form: TypedForm) -> TestResponse:
    return browser.client.post(opened.target, data=opened.fields | dict(form.typed))


def back_at_the_form(browser: Browser, city: City, name: str, pressed: TestResponse) -> str:
    """From the press of an ended session over the door to the page that comes back."""
    assert pressed.status_code == 302, pressed.text
    door = browser.get(pressed.headers["Location"])
    assert NOT_DONE in text_of(door.text)
    fields = forms_on(door.text)["/sign-in"]
    signed_in = browser.client.post(
        "/sign-in", data=fields | {"sign_in_name": name, "password": city.passwords[name]}
    )
    page = browser.get(signed_in.headers["Location"])
    assert page.status_code == 200, page.text
    return page.text


def is_as_typed(
    html: str, opened: Opened, form: TypedForm, *, in_same_session: bool = False
) -> None:
    """The form stands on the page with everything that was typed, and a token that holds."""
    target = form.lies_before or opened.target
    assert NOT_DONE in text_of(html)
    if form.endpoint == "workbench.check":
        box = re.search(rf'name="chosen" value="{opened.fields["at"]}"[^>]* checked>', html)
        assert box is not None
        return
    found = form_with(html, target, form.typed)
    for name, value in form.typed.items():
        assert found.get(name, "").replace("\r\n", "\n") == value.replace("\r\n", "\n"), name
    for name in ("request_key", "version", "seen_hash", "expected_version"):
        if form.lies_before is None and name in opened.fields and name in found:
            assert found[name] == opened.fields[name], name
    assert in_same_session or found["csrf_token"] != opened.fields["csrf_token"]
    if form.lies_before is None:
        assert set(found) <= set(opened.fields | dict(form.typed)), "a box is ticked that was not"
    if "chosen" in opened.fields:
        assert found["chosen"] in opened.fields["chosen"]


def record(city: City) -> dict[str, str]:
    """A hash of each table's rows, but for what signing in and keeping a form write."""
    left_aside = {"user_session", "unsent_form", "credential", "known_device", "sign_in_origin"}
    return {
        table: city.scalar(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")  # noqa: S608
        for table in sorted(set(Base.metadata.tables) - left_aside)
    }


def sign_in_again(browser: Browser, city: City, name: str) -> None:
    """As in another tab: an earlier session is over, and a newer one is in the same browser."""
    end_sessions(city, name)
    assert browser.sign_in(name, city.passwords[name]).status_code == 302


@pytest.fixture
def here(route_city: City) -> tuple[Site, City]:
    """The web over the city on the route that the form's definition asks for."""
    return site_of(route_city.application, route_city.passwords), route_city


def each_form(*forms: TypedForm) -> pytest.MarkDecorator:
    """Each kind of form, on its route."""
    return pytest.mark.parametrize(
        ("form", "route_template"),
        [pytest.param(form, form.route, id=form.endpoint) for form in forms],
        indirect=["route_template"],
    )


def test_every_view_that_takes_a_form_is_tried_here_or_takes_a_click_alone(site: Site) -> None:
    """The form that is added next has to find its place."""
    posted = {
        rule.endpoint
        for rule in rules(site)
        if "POST" in methods(rule) and of_endpoint(site.app, rule.endpoint).permission  # type: ignore[union-attr]
    }
    # What a script sends while somebody types; the page itself stays.
    by_script = {"sheets.autosave", "sheets.autosave_costs"}

    assert posted - by_script == {form.endpoint for form in FORMS} | CLICKS


@each_form(*FORMS)
def test_after_signing_in_again_the_form_is_as_it_was_typed_and_nothing_is_done(
    here: tuple[Site, City], clock: Clock, form: TypedForm
) -> None:
    site, city = here
    browser = site.signed_in(form.person)
    opened = form.prepare(city, clock, browser)
    end_sessions(city, form.person)
    before = record(city)

    html = back_at_the_form(browser, city, form.person, press(browser, opened, form))

    is_as_typed(html, opened, form)
    assert record(city) == before


@each_form(*FORMS)
def test_after_a_new_session_the_form_is_as_it_was_typed_and_nothing_is_done(
    here: tuple[Site, City], clock: Clock, form: TypedForm
) -> None:
    site, city = here
    browser = site.signed_in(form.person)
    opened = form.prepare(city, clock, browser)
    sign_in_again(browser, city, form.person)
    before = record(city)

    pressed = press(browser, opened, form)

    assert pressed.status_code == 400
    is_as_typed(pressed.text, opened, form)
    assert record(city) == before


# Whose it is


NOTE = next(form for form in FORMS if form.endpoint == "sheets.leave_note")


def kept_note(site: Site, city: City, clock: Clock) -> tuple[Browser, Opened, str]:
    """A note whose session had ended when it was sent; the address under which it is kept."""
    browser = site.signed_in(DRAFTER)
    opened = NOTE.prepare(city, clock, browser)
    end_sessions(city, DRAFTER)
    door = press(browser, opened, NOTE).headers["Location"]
    return browser, opened, forms_on(browser.get(door).text)["/sign-in"]["next"]


def test_what_was_typed_is_shown_to_nobody_else_and_lies_sealed(
    site: Site, city: City, clock: Clock
) -> None:
    _browser, _opened, address_kept = kept_note(site, city, clock)

    other = site.signed_in(COLLEAGUE).get(address_kept)
    nobody = site.browser().get(address_kept)
    row = city.rows("SELECT sealed, token_hash FROM unsent_form")[0]

    assert (other.status_code, nobody.status_code) == (404, 302)
    assert "開けるのは入力した本人だけで" in text_of(other.text)
    assert "決算額" not in other.text + nobody.text
    for word in ("決算額", "hand-over", address_kept.rpartition("/")[2]):
        assert word.encode() not in bytes(row.sealed) + bytes(row.token_hash)


def test_a_seal_opens_with_all_of_what_closed_it_and_with_nothing_less() -> None:
    keys = {"signing_key": "key", "token": "token", "belongs_to": "person 1"}
    sealed = sealing.seal("決算額", **keys)

    assert sealing.unseal(sealed, **keys) == "決算額"
    for name in keys:
        assert sealing.unseal(sealed, **keys | {name: "other"}) is None
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        assert sealing.unseal(bytes(broken), **keys) is None


def test_somebody_else_who_signed_in_in_another_tab_is_not_shown_it(
    site: Site, city: City, clock: Clock
) -> None:
    browser = site.signed_in(DRAFTER)
    opened = NOTE.prepare(city, clock, browser)
    sign_in_over(browser, city, DRAFTER, COLLEAGUE)

    pressed = press(browser, opened, NOTE)
    sign_in_over(browser, city, COLLEAGUE, DRAFTER)
    address_kept = re.findall(r"/unsent/[\w-]+", pressed.text)[0]

    assert pressed.status_code == 400
    assert "別の人が開いたものです" in pressed.text
    is_as_typed(browser.get(address_kept).text, opened, NOTE)


def sign_in_over(browser: Browser, city: City, before: str, name: str) -> None:
    """Another person signs in in the same browser."""
    end_sessions(city, before)
    browser.sign_in(name, city.passwords[name])


def test_it_is_gone_after_a_day_and_the_tick_clears_it_away(
    site: Site, city: City, clock: Clock
) -> None:
    browser, opened, address_kept = kept_note(site, city, clock)
    clock.now += unsent_forms.KEPT_FOR - timedelta(seconds=1)
    browser.sign_in(DRAFTER, city.passwords[DRAFTER])
    in_time = browser.get(address_kept)
    clock.forward(seconds=1)
    too_late = browser.get(address_kept)
    city.tick()

    is_as_typed(in_time.text, opened, NOTE)
    assert too_late.status_code == 404
    assert city.scalar("SELECT count(*) FROM unsent_form") == 0


def test_of_one_person_only_so_many_are_kept(site: Site, city: City, clock: Clock) -> None:
    browser, opened, _address = kept_note(site, city, clock)

    for _ in range(unsent_forms.MOST_OF_A_PERSON + 2):
        press(browser, opened, NOTE)

    kept = city.scalar("SELECT count(*) FROM unsent_form")
    assert kept == unsent_forms.MOST_OF_A_PERSON


def test_the_idle_time_that_ended_the_session_and_a_cookie_that_is_gone_lose_nothing(
    site: Site, city: City, clock: Clock
) -> None:
    browser = site.signed_in(DRAFTER)
    opened = NOTE.prepare(city, clock, browser)
    with time_machine.travel(machine_now() + timedelta(days=3), tick=False):
        idle = back_at_the_form(browser, city, DRAFTER, press(browser, opened, NOTE))
        browser.client.delete_cookie("hyoka")
        gone = back_at_the_form(browser, city, DRAFTER, press(browser, opened, NOTE))

    is_as_typed(idle, opened, NOTE)
    is_as_typed(gone, opened, NOTE)


def test_pressed_again_the_note_is_kept_once(site: Site, city: City, clock: Clock) -> None:
    browser, opened, address_kept = kept_note(site, city, clock)
    browser.sign_in(DRAFTER, city.passwords[DRAFTER])
    fields = forms_on(browser.get(address_kept).text)[opened.target]

    answers = [browser.client.post(opened.target, data=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert city.events("611").count("hand_over") == 1


def test_passwords_and_files_are_never_kept_and_the_reader_is_told_of_the_file(
    site: Site, city: City, clock: Clock
) -> None:
    browser = site.signed_in(ADMINISTRATOR)
    html = browser.get("/administration/reorganisations").text
    fields = forms_on(html)["/administration/reorganisations"]
    end_sessions(city, ADMINISTRATOR)
    typed = fields | {"password": "secret 1", "file": (io.BytesIO(b"a,b"), "異動.csv")}

    pressed = browser.client.post("/administration/reorganisations", data=typed)
    back = back_at_the_form(browser, city, ADMINISTRATOR, pressed)
    fields = forms_on(browser.get("/account/password").text)["/account/password"]
    sign_in_again(browser, city, ADMINISTRATOR)
    secret = "a secret of mine"
    changed = browser.client.post(
        "/account/password", data=fields | dict.fromkeys(("current", "new", "again"), secret)
    )

    assert "選んだファイルは預かっていません" in text_of(back)
    assert "secret" not in back + changed.text
    assert NOT_DONE in text_of(changed.text)


def test_no_page_asks_for_a_password_under_a_name_that_would_be_kept() -> None:
    asked = set()
    for path in (ROOT / "web" / "templates").rglob("*.html"):
        source = path.read_text("utf-8")
        for found in re.findall(r"text_field\('(\w+)'[^}]*type='password'", source):
            asked.add(found)
        assert 'type="password"' not in source, path

    assert asked == PASSWORDS


def test_with_a_one_time_password_the_form_comes_back_after_choosing_ones_own(
    city_database: Database, clock: Clock, city: City
) -> None:
    settings = settings_for(city_database, keep_one_time_passwords=False)
    application = Application(settings, clock=clock)
    relaxed = site_of(city.application, city.passwords)
    browser = relaxed.signed_in(DRAFTER)
    opened = NOTE.prepare(city, clock, browser)
    strict = site_of(application, city.passwords).with_cookie(browser.cookie())

    pressed = press(strict, opened, NOTE)
    page = strict.get(pressed.headers["Location"])
    fields = forms_on(page.text)["/account/password"]
    chosen = {"current": city.passwords[DRAFTER], "new": OWN, "again": OWN}
    done = strict.client.post("/account/password", data=fields | chosen)
    back = strict.get(done.headers["Location"])
    application.dispose()

    is_as_typed(back.text, opened, NOTE, in_same_session=True)


def test_a_view_of_next_year_loses_nothing_either(site: Site, city: City) -> None:
    """It knows nothing of sessions, and answers no fault with its form."""

    @access(Permission.READ)
    def next_years_view() -> str:
        with command():
            raise AssertionError("nothing may be done")

    site.app.add_url_rule("/next-year", "next_year", next_years_view, methods=["POST"])
    browser = site.signed_in(DRAFTER)
    opened = Opened("/next-year", {"csrf_token": browser.token(), "words": TEXT})
    end_sessions(city, DRAFTER)

    pressed = browser.client.post(opened.target, data=opened.fields)
    door = browser.get(pressed.headers["Location"])
    fields = forms_on(door.text)["/sign-in"]
    browser.client.post(
        "/sign-in", data=fields | {"sign_in_name": DRAFTER, "password": city.passwords[DRAFTER]}
    )
    back = browser.get(fields["next"])

    assert NOT_DONE in text_of(back.text)
    assert AS_TYPED in to_copy(back.text)


def to_copy(html: str) -> list[str]:
    """What a page that cannot show the form any more gives to be copied."""
    pieces = re.findall(r"<textarea[^>]* readonly[^>]*>(.*?)</textarea>", html, re.DOTALL)
    return [unescape(piece).removeprefix("\n").replace("\r\n", "\n") for piece in pieces]


@pytest.mark.parametrize("ended", [False, True])
def test_where_the_sheet_went_on_meanwhile_what_was_typed_can_be_copied(
    site: Site, city: City, clock: Clock, ended: bool
) -> None:
    browser = site.signed_in(DRAFTER)
    opened = NOTE.prepare(city, clock, browser)
    city.submit("611")
    if ended:
        end_sessions(city, DRAFTER)

    pressed = press(browser, opened, NOTE)
    if ended:
        browser.sign_in(DRAFTER, city.passwords[DRAFTER])
        pressed = browser.get(parse_qs(urlsplit(pressed.headers["Location"]).query)["next"][0])

    assert pressed.status_code == 403
    assert AS_TYPED in to_copy(pressed.text)


def test_a_sheet_that_changed_under_a_reason_gives_the_reason_to_be_copied(
    site: Site, city: City, clock: Clock
) -> None:
    holding = next(form for form in FORMS if form.endpoint == "sheets.hold_now")
    browser = site.signed_in(holding.person)
    opened = holding.prepare(city, clock, browser)
    city.approve("611")

    pressed = press(browser, opened, holding)

    assert pressed.status_code in (403, 409)
    assert AS_TYPED in to_copy(pressed.text)


# What scripts ask


def test_a_script_learns_whether_the_session_of_the_page_goes_on(site: Site, city: City) -> None:
    browser = site.signed_in(DRAFTER)
    token = {"X-Form-Token": browser.token()}

    here = browser.get("/account/session", headers=token).get_json()
    unknown = browser.get("/account/session", headers={"X-Form-Token": "x"}).get_json()
    sign_in_over(browser, city, DRAFTER, COLLEAGUE)
    another = browser.get("/account/session", headers=token).get_json()
    end_sessions(city, COLLEAGUE)
    ended = browser.get("/account/session", headers=token).get_json()

    assert here["state"] == "here"
    assert here["csrf_token"]
    assert (unknown, another) == ({"state": "another"}, {"state": "another"})
    assert ended == {"state": "ended"}


def test_in_place_only_the_person_who_typed_signs_in(site: Site, city: City) -> None:
    browser = site.signed_in(DRAFTER)
    written_by = browser.token()
    end_sessions(city, DRAFTER)
    in_place = {"X-Requested-With": "fetch"}

    def sign_in(name: str, password: str, written_by: str) -> TestResponse:
        html = browser.get("/sign-in", headers=in_place).text
        typed = {"sign_in_name": name, "password": password, "written_by": written_by}
        return browser.client.post(
            "/sign-in", data=forms_on(html)["/sign-in"] | typed, headers=in_place
        )

    wrong = sign_in(DRAFTER, "wrong", written_by)
    other = sign_in(COLLEAGUE, city.passwords[COLLEAGUE], written_by)
    forged = sign_in(COLLEAGUE, city.passwords[COLLEAGUE], "x")
    open_sessions = "SELECT count(*) FROM user_session WHERE ended_at IS NULL"
    before = city.scalar(open_sessions)
    own = sign_in(DRAFTER, city.passwords[DRAFTER], written_by)

    assert (wrong.status_code, other.status_code, forged.status_code) == (422, 422, 422)
    assert "入力していた人としてログイン" in other.text
    assert "<html" not in other.text
    assert (before, city.scalar(open_sessions)) == (0, 1)
    assert own.status_code == 204
    assert browser.is_signed_in


def test_the_door_itself_gives_the_name_back_and_signs_nobody_in(site: Site, city: City) -> None:
    typed = {"sign_in_name": DRAFTER, "password": city.passwords[DRAFTER], "csrf_token": "x"}

    pressed = site.browser().client.post("/sign-in", data=typed)

    assert pressed.status_code == 400
    assert forms_on(pressed.text)["/sign-in"]["sign_in_name"] == DRAFTER
    assert city.passwords[DRAFTER] not in pressed.text
    assert city.scalar("SELECT count(*) FROM user_session") == 0
