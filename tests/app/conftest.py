"""The web app before a real store: the Nanchang pack in force, a person for each duty, a clock that tests set."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from app.factory import create_app
from app.platform import Platform
from app.settings import DEMO_PASSWORD, Settings
from app.web.passwords import hash_password
from processes.pack import read_pack
from processes.people import Duty
from tests.app.browsing import OFFICE, PEOPLE, REQUEST, ROOT, Browser, Clock
from tests.deploying import put_in_force
from tests.small import Small


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """One store for the run: tests make their own orders and look at no others."""
    platform = Platform(f"sqlite:///{tmp_path_factory.mktemp('app') / 'jieban.db'}", "a secret of the tests")
    long_ago = datetime(2022, 11, 11, tzinfo=UTC)
    pack = read_pack(ROOT / "bpmn" / "nanchang")
    put_in_force(platform, pack, long_ago, note="首次部署")
    password = hash_password(DEMO_PASSWORD)
    for login, (name, duties) in PEOPLE.items():
        held = [Duty(OFFICE, role, unit) for role, unit in duties]
        platform.people.add(login, name, password, held, demo=login != "admin")
    return platform


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(platform: Platform, clock: Clock) -> Flask:
    settings = Settings("unused: the platform is given", "key of the tests", "", demo=True)
    return create_app(settings, platform, clock)


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Somebody who has not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask) -> Callable[[str], Browser]:
    """`signed_in("agent")`: that person's browser, after signing in."""

    def enter(login: str) -> Browser:
        browser = Browser(app.test_client())
        assert browser.sign_in(login).status == 200
        return browser

    return enter


@pytest.fixture
def small_house(tmp_path: Path, clock: Clock) -> Iterator[tuple[Small, Callable[[str], Browser]]]:
    """An installation of the small pack, with an admin, a process owner, an agent and an auditor."""
    small = Small(f"sqlite:///{tmp_path / 'small.db'}")
    password = hash_password(DEMO_PASSWORD)
    for role in ("admin", "process_owner", "auditor", "agent"):
        small.platform.people.add(role, role, password, [Duty("small", role)])
    settings = Settings("unused: the platform is given", "key of the tests", "")
    app = create_app(settings, small.platform, clock)

    def enter(login: str) -> Browser:
        browser = Browser(app.test_client())
        assert browser.sign_in(login).status == 200
        return browser

    yield small, enter
    small.close()


@pytest.fixture
def new_login(platform: Platform) -> str:
    """A login of its own for tests that lock or disable it."""
    login = f"someone{len(platform.people.of_office(OFFICE))}"
    platform.people.add(login, "某人", hash_password(DEMO_PASSWORD), [Duty(OFFICE, "call_agent")])
    return login


@pytest.fixture
def received(signed_in: Callable[[str], Browser]) -> Callable[..., str]:
    """`received(title=…)` registers a request and gives the order's number."""

    def receive(**values: str) -> str:
        agent = signed_in("agent")
        agent.get("/intake")
        page = agent.submit({**REQUEST, **values})
        assert page.status == 200, page.words("//*[@class='form-errors']")
        (head,) = page.words("//div[@class='order-head']/span[@class='sub']")
        return head.partition(" ")[0]

    return receive


@pytest.fixture
def dispatched(received: Callable[..., str], signed_in: Callable[[str], Browser]) -> Callable[..., str]:
    """The same, accepted and dispatched to the housing bureau."""

    def dispatch(**values: str) -> str:
        number = received(**values)
        agent, dispatcher = signed_in("agent"), signed_in("dispatcher")
        agent.get(f"/orders/{number}")
        agent.submit({"decision": "accept"})
        dispatcher.get(f"/orders/{number}")
        page = dispatcher.submit({"lead_unit": "housing_bureau", "basis": "权责清单 3-2", "urgency": "none"})
        assert page.status == 200, page.words("//*[@class='form-errors']")
        return number

    return dispatch
