"""The check of an uploaded pack runs in a process of its own, which is ended when it does not end."""

import json
from collections.abc import Iterator

import pytest

from app import pack_check
from app.pack_check import Endless, Refused, check_apart
from tests.app.uploading import files_of_small, zipped
from tests.small import MONDAY, Small

STORY = "scenario: {}\npack: small\ngiven:\n  at: 2026-03-02T09:00:00+08:00\nsteps:\n  - expect:\n      open: []\n"


@pytest.fixture
def small() -> Iterator[Small]:
    small = Small()
    yield small
    small.close()


@pytest.mark.parametrize(("limit", "value"), [("CPU_SECONDS", 1), ("WALL_SECONDS", 1)])
def test_a_check_that_does_not_end_is_stopped(
    small: Small, limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_check, limit, value)
    stories = {f"scenarios/{number}.yaml": STORY.format(number).encode() for number in range(400)}
    with pytest.raises(Endless):
        check_apart(
            small.platform.library, "small", zipped(files_of_small(lambda files: files.update(stories))), MONDAY
        )


def test_what_the_other_process_refuses_arrives_with_its_sentence(small: Small) -> None:
    with pytest.raises(Refused) as refused:
        check_apart(small.platform.library, "small", zipped({"pack.toml": b"", "x.md": b"", "x.md/y.md": b""}), MONDAY)
    assert "x.md：既是文件又是目录" in refused.value.zh and refused.value.status == 422


def test_it_knows_no_secret_and_finds_what_the_server_would(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_MASTER_KEY", "nobody else's business")
    environments = []
    run = pack_check.subprocess.run

    def seen(*args: object, **more: object) -> object:
        environments.append(more["env"])
        return run(*args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(pack_check.subprocess, "run", seen)
    data = zipped(files_of_small(lambda files: files.update({"notes.md": b"x"})))
    found = check_apart(small.platform.library, "small", data, MONDAY)
    assert "JIEBAN_MASTER_KEY" not in environments[0]
    here = pack_check.check_archive(data, {"small": small.regulation})
    assert found == json.loads(json.dumps(here)) and found["fit"]
