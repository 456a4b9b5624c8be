"""What can become of a notice: it waits, is sent, is given up (a dead letter), or is kept and never sent."""

from __future__ import annotations

WAITING, SENT, DEAD, KEPT = "waiting", "sent", "dead", "kept"
STATES = (WAITING, SENT, DEAD, KEPT)
