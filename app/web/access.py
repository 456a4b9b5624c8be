"""The access log: which kind of page, how it was answered, how long it took. Never the address or a form as typed."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, request

from timers.clock import elapsed

log = logging.getLogger("app.access")


def init_access_log(app: Flask) -> None:
    """One record per request, at INFO."""

    @app.before_request
    def begin() -> None:
        g.begun = elapsed()

    @app.after_request
    def end(response: Response) -> Response:
        if log.isEnabledFor(logging.INFO):
            # The rule, not the path: what somebody typed into an address may be anything.
            said: dict[str, Any] = {
                "method": request.method,
                "route": str(request.url_rule) if request.url_rule else "-",
                "status": response.status_code,
                "milliseconds": round((elapsed() - g.get("begun", elapsed())) * 1000, 1),
            }
            log.info("request", extra=said)
        return response
