"""Who may reach which view: reviewed by people, held against the program by test_access.py.

A new view needs a row here, written down by somebody who thought about it.
"""

from __future__ import annotations

from enum import StrEnum


class Who(StrEnum):
    """Who gets past the door of a view."""

    #: No sign-in.
    EVERYBODY = "everybody"
    #: With a one-time password too.
    ONESELF = "oneself"
    #: Anybody who signed in; reading only.
    STAFF = "staff"
    #: Anybody who signed in gets to the view; inside, the sheet decides, or whose thing it is.
    SHEET = "sheet"
    PUBLISHERS = "publishers"
    ADMINISTRATORS = "administrators"
    #: Both kinds of grants.
    AUDITORS = "auditors"


TABLE: dict[str, Who] = {
    "account.home": Who.EVERYBODY,
    "account.sign_in": Who.EVERYBODY,
    "account.sign_in_now": Who.EVERYBODY,
    "account.language": Who.EVERYBODY,
    "account.session_state": Who.EVERYBODY,
    "account.sign_out": Who.ONESELF,
    "account.password": Who.ONESELF,
    "account.change_password": Who.ONESELF,
    "account.choose_post": Who.ONESELF,
    "own_sessions.index": Who.ONESELF,
    "own_sessions.end": Who.ONESELF,
    "own_sessions.end_others": Who.ONESELF,
    "absences.index": Who.SHEET,
    "absences.new": Who.SHEET,
    "absences.check": Who.SHEET,
    "absences.register": Who.SHEET,
    "absences.end": Who.SHEET,
    "administration.absences": Who.ADMINISTRATORS,
    "administration.open_readings": Who.AUDITORS,
    "administration.people": Who.ADMINISTRATORS,
    "administration.person": Who.ADMINISTRATORS,
    "administration.reset_password": Who.ADMINISTRATORS,
    "administration.ask_password": Who.ADMINISTRATORS,
    "administration.confirm_password": Who.ADMINISTRATORS,
    "administration.disable": Who.ADMINISTRATORS,
    "administration.enable": Who.ADMINISTRATORS,
    "administration.sessions": Who.ADMINISTRATORS,
    "administration.end_session": Who.ADMINISTRATORS,
    "administration.ledger_page": Who.AUDITORS,
    "administration.verify_ledger": Who.AUDITORS,
    "closed_days.index": Who.ADMINISTRATORS,
    "closed_days.check": Who.ADMINISTRATORS,
    "closed_days.save": Who.ADMINISTRATORS,
    "closed_days.add_year": Who.ADMINISTRATORS,
    "consultations.show": Who.SHEET,
    "consultations.answer": Who.SHEET,
    "deadlines.index": Who.AUDITORS,
    "deadlines.decide_extension": Who.PUBLISHERS,
    "deadlines.dates": Who.AUDITORS,
    "deadlines.check_dates": Who.PUBLISHERS,
    "deadlines.save_dates": Who.PUBLISHERS,
    "deadlines.check_cut_off": Who.PUBLISHERS,
    "deadlines.save_cut_off": Who.PUBLISHERS,
    "desk.index": Who.STAFF,
    "feed.index": Who.STAFF,
    "feed.make": Who.STAFF,
    "feed.revoke": Who.STAFF,
    # Whoever has the address; it is the secret.
    "feed.show": Who.EVERYBODY,
    "health.livez": Who.EVERYBODY,
    # Whoever has the link; it went to the person's own address alone.
    "password_link.show": Who.EVERYBODY,
    "password_link.use": Who.EVERYBODY,
    "health.readyz": Who.EVERYBODY,
    "mail_choices.index": Who.STAFF,
    "mail_choices.save": Who.STAFF,
    "mail_choices.allow": Who.ADMINISTRATORS,
    "mails.index": Who.ADMINISTRATORS,
    "mails.confirm_address": Who.ADMINISTRATORS,
    "mails.retry": Who.ADMINISTRATORS,
    "post_reviews.show": Who.SHEET,
    "post_reviews.acknowledge": Who.SHEET,
    "progress.as_csv": Who.STAFF,
    "progress.as_workbook": Who.STAFF,
    "progress.index": Who.STAFF,
    "progress.show_forecast": Who.STAFF,
    "progress.nudge": Who.PUBLISHERS,
    "progress.nudge_again": Who.PUBLISHERS,
    "progress.nudge_check": Who.PUBLISHERS,
    "public.index": Who.EVERYBODY,
    "public.cycle": Who.EVERYBODY,
    "public.policy": Who.EVERYBODY,
    "public.measure": Who.EVERYBODY,
    "public.index_json": Who.EVERYBODY,
    "public.measure_json": Who.EVERYBODY,
    "publication.index": Who.PUBLISHERS,
    "publication.check": Who.PUBLISHERS,
    "publication.request_publication": Who.PUBLISHERS,
    "publication.show": Who.PUBLISHERS,
    "publication.progress": Who.PUBLISHERS,
    "publication.cancel": Who.PUBLISHERS,
    "reorganisation.index": Who.ADMINISTRATORS,
    "reorganisation.propose": Who.ADMINISTRATORS,
    "reorganisation.show": Who.ADMINISTRATORS,
    "reorganisation.apply": Who.ADMINISTRATORS,
    "reorganisation.renew": Who.ADMINISTRATORS,
    "reorganisation.call_off": Who.ADMINISTRATORS,
    "sheets.index": Who.STAFF,
    "sheets.show": Who.STAFF,
    "sheets.revision": Who.STAFF,
    "sheets.route": Who.STAFF,
    "sheets.receipt": Who.STAFF,
    "sheets.check": Who.SHEET,
    "sheets.approve": Who.SHEET,
    "sheets.give_back": Who.SHEET,
    "sheets.withdraw": Who.SHEET,
    "sheets.ask": Who.SHEET,
    "sheets.act": Who.SHEET,
    "sheets.hand_over": Who.SHEET,
    "sheets.leave_note": Who.SHEET,
    "sheets.reply": Who.SHEET,
    "sheets.reply_now": Who.SHEET,
    "sheets.take_back": Who.SHEET,
    "sheets.take_back_now": Who.SHEET,
    "sheets.hold": Who.SHEET,
    "sheets.hold_now": Who.SHEET,
    "sheets.lift": Who.SHEET,
    "sheets.lift_now": Who.SHEET,
    "sheets.consult": Who.SHEET,
    "sheets.consult_now": Who.SHEET,
    "sheets.extension": Who.SHEET,
    "sheets.ask_extension": Who.SHEET,
    "sheets.redraft": Who.SHEET,
    "sheets.redraft_now": Who.SHEET,
    "sheets.edit": Who.SHEET,
    "sheets.save": Who.SHEET,
    "sheets.autosave": Who.SHEET,
    "sheets.costs": Who.SHEET,
    "sheets.autosave_costs": Who.SHEET,
    "sheets.save_costs": Who.SHEET,
    "status.index": Who.ADMINISTRATORS,
    "status.try_again": Who.ADMINISTRATORS,
    # For who typed it; to everybody else it is not there.
    "unsent.show": Who.STAFF,
    "workbench.index": Who.STAFF,
    "workbench.again": Who.STAFF,
    "workbench.show": Who.STAFF,
    "workbench.check": Who.SHEET,
    "workbench.approve": Who.SHEET,
    "workbench.sheet_again": Who.STAFF,
    "workbench.reply": Who.SHEET,
    "workbench.answer": Who.SHEET,
}
