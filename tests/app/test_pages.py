"""The other pages: lists, regulations, calendar, errors, both languages."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.platform import Platform
from persistence.sight import Sight
from processes.people import SYSTEM
from tests.app.browsing import OFFICE, ROOT, Browser, Clock

SignIn = Callable[[str], Browser]
Make = Callable[..., str]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOTICE = "2027-01-01..2027-01-04,放假,元旦\n2027-02-05..2027-02-11,放假,春节\n2027-02-14,上班,春节"


def test_work_stands_in_the_list_by_time_left(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched(title="列表里的工单")
    page = signed_in("clerk").get("/inbox?tab=sign_for")
    row = next(words for words in page.words("//tbody/tr") if number in words)
    assert "剩 1 个工作日" in row and "列表里的工单" in row and "市住建局" in row and "签收" in row


def test_what_is_done_is_listed_as_done(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    assert any(number in words for words in signed_in("dispatcher").get("/inbox?tab=done").words("//tbody/tr"))


def test_overdue_work_is_filtered_by_its_lamp(dispatched: Make, signed_in: SignIn, clock: Clock) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    assert not any(number in words for words in clerk.get("/inbox?lamp=late").words("//tbody/tr"))
    clock.pass_time(days=3)
    page = clerk.get("/inbox?lamp=late")
    row = next(words for words in page.words("//tbody/tr") if number in words)
    assert "已超期" in row


def test_search_finds_by_number_and_part_of_the_title(received: Make, signed_in: SignIn) -> None:
    number = received(title="独一无二的 100% 标题_甲")
    agent = signed_in("agent")
    for text in (number, "独一无二", "100%25", "标题_甲"):
        assert len(agent.get(f"/inbox?tab=all&q={text}").words("//tbody/tr")) == 1
    assert agent.get("/inbox?tab=all&q=1%25%25%25标").words("//tbody/tr") == []


@pytest.mark.parametrize(
    "query",
    ["tab=../x", "lamp=x", "status='%20OR%201=1", "page=-1", "page=999999999999", "page=x", "q=%E2%80%AE", "sort=x"],
)
def test_unknown_filters_are_ignored(signed_in: SignIn, query: str) -> None:
    assert signed_in("agent").get(f"/inbox?{query}").status == 200


@pytest.mark.parametrize("tab", ["sign_for", "todo", "done", "supervised", "archived"])
def test_an_empty_list_says_what_will_appear(signed_in: SignIn, tab: str) -> None:
    page = signed_in("stranger").get(f"/inbox?tab={tab}")
    assert len(page.words("//div[@class='empty']/p")) == 2


def test_the_regulation_can_be_read(signed_in: SignIn) -> None:
    agent = signed_in("agent")
    assert len(agent.get("/packs/").words("//tbody/tr")) == 1
    page = agent.get("/packs/nanchang")
    assert page.status == 200
    timers = page.words("//section[@id='timers']//tbody/tr")
    assert any("T-NC-01" in row and "1 个工作日" in row and "第十五条" in row and "条文" in row for row in timers)
    links = page.tree.xpath("//section[@id='processes' or @id='decisions']//a/@href")
    assert len(links) > 10
    for link in links:
        assert agent.get(link).status == 200
    assert any("办理时限" in words for words in page.words("//section[@id='decisions']//a"))
    assert agent.client.get("/packs/nanchang/decisions/limits.dmn").status_code == 200
    assert agent.get("/packs/nanchang/decisions/nothing").status == 404
    assert agent.get("/packs/elsewhere").status == 404


def test_the_office_journal_is_for_those_who_oversee(signed_in: SignIn) -> None:
    assert signed_in("agent").get("/packs/journal").status == 403
    rows = signed_in("auditor").get("/packs/journal").words("//tbody/tr")
    assert "确认数值" in rows[-1] and "province_days" in rows[-1], "the first entry: what the text hides was confirmed"
    assert "部署规程" in rows[-2]


def test_a_year_says_where_its_holidays_come_from(signed_in: SignIn) -> None:
    page = signed_in("agent").get("/calendar/?year=2026")
    assert len(page.words("//td[contains(@class, 'holiday')]")) > 10
    assert len(page.words("//td[contains(@class, 'makeup')]")) > 3
    assert page.tree.xpath("//section[@id='import']") == []


def test_a_year_without_notice_is_called_provisional(signed_in: SignIn) -> None:
    assert "尚未公布" in signed_in("agent").get("/calendar/?year=2031").words("//div[@role='status']")[0]
    assert signed_in("agent").get("/calendar/?year=1800").status == 404


def test_a_notice_is_previewed_then_applied(
    signed_in: SignIn, received: Make, platform: Platform, clock: Clock
) -> None:
    clock.pass_time(days=80)  # 31 December: a limit now reaches into the year without notice
    number = received()
    agent, dispatcher, admin = signed_in("agent"), signed_in("dispatcher"), signed_in("admin")
    agent.get(f"/orders/{number}")
    agent.submit({"decision": "accept"})
    dispatcher.get(f"/orders/{number}")
    dispatcher.submit({"lead_unit": "housing_bureau", "basis": "权责清单", "urgency": "none"})
    order = platform.read.order(Sight(SYSTEM, OFFICE, whole_office=True), number)
    assert any(row["provisional"] for row in platform.read.deadlines_of(order["id"]))
    before = platform.calendars.current(OFFICE).version

    admin.get("/calendar/")
    page = admin.submit({"year": "2027", "source": "", "notice": "不是日期"})
    assert page.status == 422 and page.filled()["notice"] == ["不是日期"]
    values = {"year": "2027", "source": "国办发明电〔2026〕9号", "notice": NOTICE}
    page = admin.submit(values)
    assert number in " ".join(page.words("//tbody/tr"))
    assert platform.calendars.current(OFFICE).version == before
    back = admin.post("/calendar/edit", values)
    assert back.filled()["notice"] == [NOTICE]
    assert admin.post("/calendar/apply", values).status == 302
    assert platform.calendars.current(OFFICE).version != before
    assert not any(row["provisional"] for row in platform.read.deadlines_of(order["id"]))
    admin.get("/calendar/?year=2027")
    assert admin.post("/calendar/apply", values, follow_redirects=True).status == 200


@pytest.mark.parametrize("act", ["preview", "apply", "edit"])
def test_only_an_admin_imports_a_notice(signed_in: SignIn, act: str) -> None:
    agent = signed_in("agent")
    agent.get("/inbox")
    assert agent.post(f"/calendar/{act}", {"year": "2027", "notice": NOTICE}).status == 403


def test_healthz_answers_without_a_session(visitor: Browser) -> None:
    page = visitor.get("/healthz")
    assert (page.status, page.text) == (200, "ok\n")


def test_errors_are_pages_with_a_way_back(signed_in: SignIn, visitor: Browser) -> None:
    agent = signed_in("agent")
    for path, status in (("/nowhere", 404), ("/people/", 403), ("/orders/NC0", 404)):
        page = agent.get(path)
        assert page.status == status
        assert page.tree.xpath("//a[@class='btn btn-primary']/@href") == ["/inbox"]
    assert agent.get("/sign-out").status == 405
    assert visitor.get("/nowhere").status == 404


def test_the_whole_app_speaks_english(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    admin = signed_in("admin")
    admin.get("/inbox")
    assert admin.post("/preferences", {"language": "en", "next": "/inbox"}).headers["Location"] == "/inbox"
    page = admin.get("/inbox")
    assert page.tree.get("lang") == "en"
    assert page.words("//nav[@class='tabs']/a")[0].startswith("To sign for")
    page = admin.get(f"/orders/{number}")
    clock = page.words("//section[contains(@class, 'clock-first')]")[0]
    assert "1 working day left" in clock and "Due by" in clock and "How computed" in clock
    for path in ("/calendar/", "/people/", "/packs/nanchang", "/packs/journal", "/nowhere"):
        heading = admin.get(path).words("//h1")[0]
        assert path == "/packs/nanchang" or not CHINESE.search(heading)


def test_preferences_lead_back_into_the_house_only(visitor: Browser) -> None:
    visitor.get("/sign-in")
    page = visitor.post("/preferences", {"look": "dark", "next": "//evil.example"})
    assert page.headers["Location"] == "/"
    assert "tokens-dark.css" in visitor.get("/sign-in").text


def test_every_sentence_has_its_english(tmp_path: Path) -> None:
    found = tmp_path / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
    command += ["-F", "app/translations/babel.cfg", "-o", str(found), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    with (ROOT / "app/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        english = {message.id: message.string for message in read_po(file) if message.id}
    with found.open("rb") as file:
        asked = {message.id for message in read_po(file) if message.id}
    assert {sentence for sentence in asked if not english.get(sentence)} == set()
    assert set(english) - asked == set()
    for sentence, said in english.items():
        assert sorted(re.findall(r"%\(\w+\)s", said)) == sorted(re.findall(r"%\(\w+\)s", sentence))
