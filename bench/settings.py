"""Which pack the benchmarks run on (`bench/settings.toml`)."""

from __future__ import annotations

import tomllib
from pathlib import Path

PACK = str(tomllib.loads((Path(__file__).parent / "settings.toml").read_text(encoding="utf-8"))["pack"])
