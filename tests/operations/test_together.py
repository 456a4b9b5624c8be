"""Counters of several processes: what ended ones counted stays, their files do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.observing import together

COUNT = """
import os
from app.observing.metrics import DELIVERIES, LATENESS, STEPS
STEPS.inc(3)
DELIVERIES.labels("sent").inc()
LATENESS.observe(0.2)
LATENESS.observe(7)
print(os.getpid())
"""


def counting(place: Path) -> int:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(place)}
    done = subprocess.run([sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_what_ended_processes_counted_stays(tmp_path: Path) -> None:
    for round_ in (1, 2, 3):
        pid = counting(tmp_path)
        before = together.added_up(tmp_path)
        together.retire(tmp_path, pid)
        assert sorted(together.added_up(tmp_path).splitlines()) == sorted(before.splitlines())
        assert sorted(one.name for one in tmp_path.glob("*.db")) == ["counter_retired.db", "histogram_retired.db"]
        said = before.decode()
        assert f"jieban_steps_total {3.0 * round_}" in said
        assert f'jieban_deliveries_total{{outcome="sent"}} {1.0 * round_}' in said
        assert f'jieban_deadline_lateness_seconds_bucket{{le="0.25"}} {1.0 * round_}' in said
        assert f"jieban_deadline_lateness_seconds_count {2.0 * round_}" in said
    together.retire(tmp_path, 999_999)
    together.forget(tmp_path)
    assert together.added_up(tmp_path) == b""
