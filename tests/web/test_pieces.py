"""What is drawn once and kept: the same words alone give the same picture."""

from __future__ import annotations

import pytest
from flask import Flask
from flask import render_template_string as draw

from web import create_app
from workflow.application import Application

#: A late sheet on the board, by how many days.
KEPT = "{{ kept('progress/_board.html', 'late_row', %s) }}"
ROW = "false, 1, '/sheets/1', %s, '611', '施策', 'chip', false, '部', '課', none, none, '', none"


@pytest.fixture
def app(application: Application) -> Flask:
    """The web application."""
    return create_app(application)


def test_what_is_kept_in_one_language_is_not_shown_in_the_other(app: Flask) -> None:
    def said(language: str) -> str:
        with app.test_request_context(headers={"Accept-Language": language}):
            return draw(KEPT % ROW % 3)

    assert "3日超過" in said("ja")
    assert "3 d late" in said("en")
    assert "3日超過" in said("ja")


def test_whatever_it_is_drawn_from_changes_the_picture(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "ja"}):
        assert "3日超過" in draw(KEPT % ROW % 3)
        assert "4日超過" in draw(KEPT % ROW % 4)
