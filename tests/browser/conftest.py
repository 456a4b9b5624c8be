"""A real browser before a real server: Debian's chromium, and `jieban serve` on a demo database of its own.

The demo is laid down once per run and copied for every module of tests, so that no module sees what another
did. A page that raises an error, or asks any machine but ours for anything, fails its test.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, ViewportSize, expect, sync_playwright

from app.platform import Platform
from tests.browser.desk import Desk

CHROMIUM = Path("/usr/bin/chromium")
JIEBAN = Path(sys.executable).parent / "jieban"
START_SECONDS = 30
STOP_SECONDS = 15
DESK = ViewportSize(width=1440, height=900)
POCKET = ViewportSize(width=390, height=844)
PATIENCE = 15_000
"""Milliseconds that a page may take on a busy machine before a test gives up on it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Per module, not per run: while it is open, playwright keeps an event loop running in this thread, which
# would be in the way of tests elsewhere that start one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium without a window. Tests fail where it is absent: `make test` installs it."""
    if not CHROMIUM.exists():
        pytest.fail("没有 chromium / no chromium: scripts/setup-tests", pytrace=False)
    with sync_playwright() as playwright:
        # --no-sandbox: chromium has no sandbox for root, which is who runs the tests in a container.
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a desk's screen, 1440 x 900, in a session of its own."""
    with opened(browser, DESK) as page:
        yield page


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of a phone's screen, 390 x 844 and touched, in a session of its own."""
    with opened(browser, POCKET, touch=True) as page:
        yield page


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[Page]:
    """A desk's page of a browser that runs no scripts."""
    with opened(browser, DESK, scripts=False) as page:
        yield page


@pytest.fixture
def desk(page: Page, live_server: str) -> Desk:
    """A desk before the live server, with nobody signed in yet."""
    return Desk(page, live_server)


@contextmanager
def opened(browser: Browser, size: ViewportSize, *, touch: bool = False, scripts: bool = True) -> Iterator[Page]:
    context = browser.new_context(
        viewport=size,
        has_touch=touch,
        is_mobile=touch,
        java_script_enabled=scripts,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    problems: list[str] = []

    def watch(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            problems.append(f"asks another machine: {request.url}")

    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.on("request", watch)
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    yield page
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database `jieban init --demo` lays down; copy it, never write in it."""
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([JIEBAN, "init", "--demo", "--pack", "nanchang"], env=environment(folder), check=True, timeout=100)
    return folder


@pytest.fixture(scope="module")
def live_folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module's own copy of the demo: what its live server works on."""
    return Path(shutil.copytree(demo_folder, tmp_path_factory.mktemp("live") / "demo"))


@pytest.fixture(scope="module")
def live_platform(live_folder: Path) -> Platform:
    """The live server's database as this process sees it: for orders that took weeks to get where a test begins."""
    said = environment(live_folder)
    return Platform(said["JIEBAN_DATABASE_URL"], said["JIEBAN_SECRET_KEY"])


@pytest.fixture(scope="module")
def live_server(live_folder: Path) -> Iterator[str]:
    """Address, without a slash at its end, of `jieban serve` on a copy of the demo database."""
    folder = live_folder
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "serve.log").open("wb") as log:
        command = [str(JIEBAN), "serve", "--demo", "--port", str(port)]
        server = subprocess.Popen(command, env=environment(folder), stdout=log, stderr=log)
    try:
        wait_for_answer(address, server, folder / "serve.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the machine's own installation is read or written: not its database, not its key."""
    return os.environ | {
        "JIEBAN_DATABASE_URL": f"sqlite:///{folder / 'jieban.db'}",
        "JIEBAN_SECRET_KEY": "known to the tests only",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_answer(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError as answer:
            pytest.fail(f"{address} answers {answer.code}:\n{log.read_text()}", pytrace=False)
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"jieban serve did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.1)
