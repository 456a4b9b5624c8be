"""The web app: `create_app` puts pages, sessions and error answers on top of a `Platform`.

The house rules of a view: load through what the actor may see, validate with the form, call one verb, redirect.
"""

from __future__ import annotations

from flask import Flask

from app.platform import Platform
from app.settings import Settings
from app.web import (
    access,
    accounts,
    archive,
    articles,
    attachments,
    calendar,
    cases,
    context,
    decisions,
    diagrams,
    errors,
    form_pages,
    health,
    inbox,
    incidents,
    intake,
    language,
    ledger,
    navigation,
    once,
    orders,
    outbox,
    packs,
    people,
    security,
    sign_in,
    taking,
    units,
    uploads,
)
from app.web.auth import init_auth
from timers.clock import Clock, system_clock


def create_app(settings: Settings, platform: Platform | None = None, clock: Clock = system_clock) -> Flask:
    """The WSGI application. `platform`: shared with the scheduler of this process; made here when not given."""
    app = Flask("app")
    app.secret_key = settings.secret_key
    app.config.update(MAX_CONTENT_LENGTH=settings.request_bytes)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    platform = platform or Platform(settings.database_url, settings.master_key)
    context.init_context(app, settings, platform, clock)
    access.init_access_log(app)
    health.init_health(app, platform, clock)
    uploads.init_uploads(app, settings)
    attachments.init_attachments(app, settings)
    security.init_security(app, https=settings.https)
    language.init_language(app)
    form_pages.init_forms(app)
    once.init_once(app)
    init_auth(app, platform.people, demo=settings.demo)
    app.before_request(accounts.ask_for_own_password)
    navigation.init_navigation(app)
    errors.init_errors(app)
    for pages in (health, sign_in, inbox, intake, orders, taking, diagrams, packs, decisions, calendar, people):
        app.register_blueprint(pages.blueprint)
    for registers in (cases, ledger, archive, incidents, outbox, accounts, units, uploads, articles, attachments):
        app.register_blueprint(registers.blueprint)
    return app
