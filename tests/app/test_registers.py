"""Office cases, the supervision ledger and its file, the archive, and what is being retried."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from app.web.table_files import inert
from app.working.one_process import Sweeping
from persistence.incidents import Incidents
from persistence.sight import Sight
from processes import verbs
from processes.errors import EngineFault
from processes.people import SYSTEM, Duty
from tests.app.browsing import OFFICE, Browser, Clock

SignIn = Callable[[str], Browser]
Make = Callable[..., str]


@pytest.fixture
def supervised(dispatched: Make, signed_in: SignIn) -> Callable[..., str]:
    """An order under supervision: `supervised(title=…)` gives its number."""

    def supervise(**values: str) -> str:
        number = dispatched(**values)
        supervisor = signed_in("supervisor")
        supervisor.get(f"/orders/{number}/acts/supervision_needed")
        page = supervisor.submit({"trigger": "leader", "supervised_unit": "housing_bureau", "demand": "请抓紧办理"})
        assert page.status == 200, page.words("//*[@class='form-errors']")
        return number

    return supervise


def lines(browser: Browser, query: str = "") -> list[str]:
    """Every line, page by page: other tests leave theirs in the same store."""
    page = browser.get(f"/ledger/{query}")
    found = page.words("//tbody/tr")
    while following := page.tree.xpath("//a[@rel='next']/@href"):
        page = browser.get(following[0])
        found += page.words("//tbody/tr")
    return found


def test_a_supervision_stands_in_the_ledger_with_number_and_form(supervised: Make, signed_in: SignIn) -> None:
    number = supervised(title="台账里的工单")
    supervisor = signed_in("supervisor")
    (line,) = [one for one in lines(supervisor) if number in one]
    assert "督2026-" in line and "领导批示" in line and "市住建局" in line and "办理中" in line
    supervisor.get(f"/orders/{number}")
    supervisor.submit({"demand": "请抓紧办理"})
    (line,) = [one for one in lines(supervisor) if number in one]
    assert "请抓紧办理" in line and "10月" in line


def test_the_ledger_is_filtered_by_state(supervised: Make, signed_in: SignIn, clock: Clock) -> None:
    number = supervised()
    supervisor = signed_in("supervisor")
    supervisor.get(f"/orders/{number}")
    supervisor.submit({"demand": "请抓紧办理"})
    assert any(number in one for one in lines(supervisor, "?state=open"))
    assert not any(number in one for one in lines(supervisor, "?state=overdue"))
    assert not any(number in one for one in lines(supervisor, "?state=closed"))
    clock.pass_time(days=30)
    (line,) = [one for one in lines(supervisor, "?state=overdue") if number in one]
    assert "已逾期" in line
    assert any(number in one for one in lines(supervisor, "?state='%20OR%201=1"))


def test_the_ledger_as_a_file_computes_nothing(supervised: Make, signed_in: SignIn) -> None:
    number = supervised(title="=HYPERLINK(甲)")
    supervisor = signed_in("supervisor")
    answer = supervisor.client.get("/ledger/ledger.csv")
    assert answer.content_type == "text/csv; charset=utf-8" and "attachment" in answer.headers["Content-Disposition"]
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    (row,) = [row for row in rows if number in row]
    assert dict(zip(head, row, strict=True))["标题"] == "'=HYPERLINK(甲)"


def test_the_journal_keeps_who_took_the_ledger_away(supervised: Make, signed_in: SignIn, platform: Platform) -> None:
    supervised()
    supervisor = signed_in("supervisor")
    lines_taken = len(supervisor.client.get("/ledger/ledger.csv?state=open").data.splitlines()) - 1
    row = platform.read.office_journal(OFFICE)[0]
    assert (row["actor"], row["act"]) == ("supervisor", "export_ledger")
    changed = json.loads(row["changed"])
    assert (changed["state"], changed["lines"]) == ("open", lines_taken)
    supervisor.client.head("/ledger/ledger.csv")
    assert platform.read.office_journal(OFFICE)[0]["seq"] == row["seq"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "＝1", "\x00=1"])
def test_a_cell_that_begins_like_a_formula_is_text(cell: str) -> None:
    assert inert(cell).startswith("'")


def test_units_see_their_own_lines_only(supervised: Make, signed_in: SignIn) -> None:
    number = supervised()
    assert any(number in one for one in lines(signed_in("clerk")))
    stranger = signed_in("stranger")
    assert not any(number in one for one in lines(stranger))
    assert number not in stranger.client.get("/ledger/ledger.csv").data.decode()


def test_a_case_is_opened_by_hand_and_listed(signed_in: SignIn, platform: Platform) -> None:
    agent = signed_in("agent")
    page = agent.get("/cases/")
    (href,) = [link for link in page.tree.xpath("//a[@class='card-link']/@href") if "confidentiality" in link]
    agent.get(href)
    assert agent.submit({}).status == 422
    page = agent.submit({"post": "受理员", "promised": "true"})
    assert page.status == 200, page.words("//*[@class='form-errors']")
    cases = platform.read.orders(Sight(SYSTEM, OFFICE, whole_office=True), kind="office")
    case, *_ = [one for one in cases if one["process"] == "confidentiality"]
    assert any(case["number"] in one for one in agent.get("/cases/").words("//tbody/tr"))
    assert signed_in("stranger").get(f"/orders/{case['number']}").status == 404


def test_only_a_post_opens_a_case(signed_in: SignIn, platform: Platform) -> None:
    agent, sight = signed_in("agent"), Sight(SYSTEM, OFFICE, whole_office=True)
    before = len(platform.read.orders(sight, kind="office"))
    for link in agent.get("/cases/").tree.xpath("//a[@class='card-link']/@href"):
        assert agent.client.head(link).status_code == 200
    assert len(platform.read.orders(sight, kind="office")) == before


def test_a_case_is_opened_only_by_those_who_may(signed_in: SignIn) -> None:
    agent = signed_in("agent")
    assert agent.get("/cases/new/hotline_merge").status == 403
    assert agent.get("/cases/new/main").status == 404
    assert agent.get("/cases/new/extension").status == 404
    assert agent.get("/cases/new/nothing").status == 404


def test_duties_that_come_round_show_when_next(signed_in: SignIn, platform: Platform, clock: Clock) -> None:
    Sweeping(platform, clock=clock).sweep(clock.now())
    rows = signed_in("agent").get("/cases/").words("//section[h2='周期事项']//tbody/tr")
    assert any("11月1日" in row and "每月" in row for row in rows)


def test_an_archived_order_is_found_by_its_archive_number(
    dispatched: Make, signed_in: SignIn, platform: Platform
) -> None:
    for role in ("callback_agent", "archivist"):
        platform.people.add(role, role, hash_password(DEMO_PASSWORD), [Duty(OFFICE, role)])
    number = dispatched(title="存档的投诉")
    handled = {"measures": "已到现场核实", "handler_name": "周工", "handler_phone": "0791-83881234", "result": "done"}
    handled |= {
        "result_text": "已整改，复查合格",
        "law_basis": "条例",
        "answer_given": "已答复",
        "answer_mode": "phone",
    }
    steps: list[tuple[str, dict[str, str]]] = [
        ("clerk", {}),
        ("handler", handled),
        ("reviewer", {"decision": "close"}),
        ("callback_agent", {"mode": "manual", "reached": "true", "solved": "yes", "satisfaction": "satisfied"}),
        ("archivist", {"categories": "tickets"}),
    ]
    for login, values in steps:
        browser = signed_in(login)
        browser.get(f"/orders/{number}")
        page = browser.submit(values)
        assert page.status == 200, (login, page.words("//*[@class='form-errors']"))
    for text in (f"{number}-A", "存档的"):
        (row,) = signed_in("supervisor").get(f"/archive/?q={text}").words("//tbody/tr")
        assert number in row and "2029-10-12" in row
    assert signed_in("supervisor").get("/archive/?q=NC1999").words("//tbody/tr") == []
    assert not any(number in row for row in signed_in("stranger").get("/archive/").words("//tbody/tr"))


def test_an_incident_shows_its_cause_and_is_retried(
    dispatched: Make, signed_in: SignIn, platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = dispatched()
    clock.pass_time(days=10)

    def fails(*_: object, **__: object) -> None:
        raise EngineFault("表中没有匹配的规则。", "No rule matches.")

    fire = verbs.fire_due
    monkeypatch.setattr(verbs, "fire_due", fails)
    sweeping = Sweeping(platform, clock=clock)
    sweeping.sweep(clock.now())
    admin = signed_in("admin")
    page = admin.get("/incidents/")
    row = next(one for one in page.words("//tbody/tr") if number in one)
    assert "表中没有匹配的规则" in row and "1 次" in row
    assert page.words("//a[contains(@href, '/incidents/')]")[0].startswith("异常")
    monkeypatch.setattr(verbs, "fire_due", fire)
    sweeping.sweep(clock.now())
    assert any(number in one for one in admin.get("/incidents/").words("//tbody/tr"))
    path = f"//tr[contains(., '{number}')]//form/@action"
    for action in admin.page.tree.xpath(path):
        assert admin.post(action, follow_redirects=True).status == 200
    sweeping.sweep(clock.now())
    sweeping.run_errands(clock.now())
    assert not any(number in one for one in admin.get("/incidents/").words("//tbody/tr"))


def test_only_the_offices_own_incidents_are_retried(platform: Platform, clock: Clock) -> None:
    assert not Incidents(platform.database).retry_now(1, "elsewhere", clock.now() + timedelta(days=1))


def test_a_duty_that_cannot_open_is_shown_with_its_cause_and_retried(
    signed_in: SignIn, platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise EngineFault("单位无法确定。", "The unit cannot be told.")

    sweeping = Sweeping(platform, clock=clock)
    sweeping.sweep(clock.now())
    clock.pass_time(days=40)
    monkeypatch.setattr(verbs, "open_case", fails)
    sweeping.sweep(clock.now())
    admin = signed_in("admin")
    rows = [one for one in admin.get("/incidents/").words("//tbody/tr") if "周期事项" in one]
    assert rows and all("单位无法确定" in one and "1 次" in one for one in rows)
    monkeypatch.undo()
    for action in admin.page.tree.xpath("//tr[contains(., '周期事项')]//form/@action"):
        assert admin.post(action, follow_redirects=True).status == 200
    sweeping.sweep(clock.now())
    assert not any("周期事项" in one for one in admin.get("/incidents/").words("//tbody/tr"))
