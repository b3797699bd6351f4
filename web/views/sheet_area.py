"""The blueprint that all pages of a sheet hang on, and what each of them begins with."""

from __future__ import annotations

from flask import Blueprint, Response

from web import errors
from web.core import query
from web.language import locale
from workflow.definition.refusal import Refusal
from workflow.errors import Refused
from workflow.messages import say
from workflow.queries import sheet_page
from workflow.queries.sheet_page import SheetPage

blueprint = Blueprint("sheets", __name__)


def page_of(evaluation_id: int) -> SheetPage:
    """The sheet as the reader of this request sees it.

    Raises:
        NotFound: ``no_such_evaluation``.
    """
    with query() as ctx:
        return sheet_page.sheet_page(ctx, evaluation_id)


def refused(answer: Refusal | Refused, evaluation_id: int) -> Response:
    """The page that says why not, with the way back to the sheet."""
    text = say(answer.code, answer.values, locale=locale())
    return errors.page(403, answer.code, text, evaluation_id)
