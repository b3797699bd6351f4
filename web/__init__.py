"""The Flask front end: a thin shell over ``workflow.services`` and ``workflow.queries``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from whitenoise import WhiteNoise

from web import (
    access,
    core,
    devices,
    errors,
    frame,
    given_back,
    headers,
    language,
    login,
    pieces,
    request_size,
    words,
)
from web.client_address import BehindProxies
from web.views import (
    absences,
    account,
    administration,
    closed_days,
    consultations,
    deadlines,
    desk,
    feed,
    health,
    mail_choices,
    mails,
    own_sessions,
    password_link,
    post_reviews,
    progress,
    public,
    publication,
    reorganisation,
    sheets,
    status,
    unsent,
    workbench,
)
from workflow.application import Application

csrf = CSRFProtect()


def create_app(application: Application) -> Flask:
    """The WSGI application over a composed :class:`Application`.

    Raises:
        ValueError: no signing key is set (there is no default one), or Flask is in debug mode.
    """
    settings = application.settings
    app = Flask(__name__)
    if app.debug:
        raise ValueError("FLASK_DEBUG shows tracebacks to readers; unset it")
    app.config.update(
        SECRET_KEY=settings.signing_key,
        SESSION_COOKIE_NAME="__Host-hyoka" if settings.secure_cookies else "hyoka",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Only when something in it changed: public pages that caches keep must set no cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        # No link is ever built from the request's host.
        TRUSTED_HOSTS=list(settings.hosts),
        WTF_CSRF_TIME_LIMIT=settings.session_hours * 3600,
        # Behind the city's proxy the request seems to come by plain HTTP; the cookie's SameSite
        # and the token do the work.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions["hyoka"] = application
    if settings.proxies:
        app.wsgi_app = BehindProxies(  # type: ignore[method-assign]
            app.wsgi_app, most=settings.proxies, trusted=settings.proxy_networks
        )
    request_size.init_app(app)
    csrf.init_app(app)
    core.init_app(app)
    devices.init_app(app)
    login.init_app(app)
    language.init_app(app)
    words.init_app(app)
    pieces.init_app(app)
    access.init_app(app)
    frame.init_app(app)
    headers.init_app(app, settings)
    errors.init_app(app)
    given_back.init_app(app)
    for area in (
        account,
        own_sessions,
        unsent,
        feed,
        password_link,
        desk,
        absences,
        consultations,
        post_reviews,
        sheets,
        workbench,
        progress,
        deadlines,
        publication,
        administration,
        reorganisation,
        status,
        closed_days,
        mail_choices,
        mails,
        public,
        health,
    ):
        app.register_blueprint(area.blueprint)
    csrf.exempt(health.blueprint)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(Path(__file__).parent / "static"),
        prefix="static/",
        max_age=3600,
        add_headers_function=headers.for_static_files(settings),
    )
    return app
