"""Files come with a form, survive its corrections, and are given only to who may see the order."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.platform import Platform
from persistence.sight import Sight
from processes import verbs
from processes.errors import Stale
from processes.people import SYSTEM, Actor, Duty
from tests.app.browsing import OFFICE, REQUEST, Browser, Clock, Page

PNG = b"\x89PNG\r\n\x1a\n and what a picture has\xff"
Enter = Callable[[str], Browser]
LINKS = "//div[@class='col-request']//dd//a"
KEPT = "//input[@name='kept-attachments']/@value"


def sent(*files: tuple[str, bytes], field: str = "attachments", **values: Any) -> dict[str, Any]:
    """A post of the intake form with files: (name, content)."""
    return {**REQUEST, **values, field: [(io.BytesIO(content), name) for name, content in files]}


def at_intake(enter: Enter, login: str = "agent") -> Browser:
    browser = enter(login)
    browser.get("/intake")
    return browser


def complaint(page: Page) -> str:
    return " ".join(page.words("//*[@class='wrong']"))


def link(page: Page) -> str:
    (href,) = page.tree.xpath(f"{LINKS}/@href")
    return str(href)


def test_the_form_asks_for_files_without_scripts(signed_in: Enter) -> None:
    page = at_intake(signed_in).page
    assert page.tree.xpath("//form[@data-keep]/@enctype") == ["multipart/form-data"]
    (chooser,) = page.tree.xpath("//input[@type='file']")
    assert (
        chooser.get("name") == "attachments" and ".pdf" in chooser.get("accept") and ".svg" not in chooser.get("accept")
    )


def test_a_file_of_the_request_stands_with_it_and_comes_back_as_it_was(signed_in: Enter) -> None:
    agent = at_intake(signed_in)
    page = agent.submit(sent(("积水 照片.png", PNG), ("录音.mp3", b"x" * 3000)))
    assert page.words(LINKS) == ["积水 照片.png", "录音.mp3"]
    panel = page.words("//div[@class='col-request']")[0]
    assert "附件" in panel and "3 KB" in panel
    answer = agent.client.get(page.tree.xpath(f"{LINKS}/@href")[0])
    assert answer.data == PNG
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "application/octet-stream"
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment;") and "filename*=UTF-8''%E7%A7%AF%E6%B0%B4%20%E7%85%A7%E7%89%87.png" in said


def test_a_form_to_be_corrected_keeps_its_files(signed_in: Enter) -> None:
    agent = at_intake(signed_in)
    page = agent.submit(sent(("a.pdf", b"%PDF"), ("b.pdf", b"%PDF"), title=""))
    assert page.status == 422 and "已上传：a.pdf" in page.text
    first, second = page.tree.xpath(KEPT)
    # The person leaves one out and adds another.
    page = agent.submit({**REQUEST, "kept-attachments": [second], "attachments": [(io.BytesIO(b"c"), "c.txt")]})
    assert page.words(LINKS) == ["b.pdf", "c.txt"]
    assert agent.get(f"/attachments/{first}").status == 404


def test_a_form_drawn_anew_keeps_its_files(signed_in: Enter) -> None:
    page = at_intake(signed_in).submit(sent(("a.pdf", b"%PDF"), _refresh="1"))
    assert page.status == 200 and len(page.tree.xpath(KEPT)) == 1


def test_what_somebody_else_handed_in_cannot_be_used(signed_in: Enter, new_login: str) -> None:
    (theirs,) = at_intake(signed_in).submit(sent(("a.pdf", b"%PDF"), title="")).tree.xpath(KEPT)
    page = at_intake(signed_in, new_login).submit({**REQUEST, "kept-attachments": theirs})
    assert page.status == 422 and "请重新上传" in complaint(page)


def test_a_file_belongs_to_one_order(signed_in: Enter) -> None:
    agent = at_intake(signed_in)
    taken = link(agent.submit(sent(("a.pdf", b"%PDF")))).rpartition("/")[2]
    agent.get("/intake")
    assert agent.submit({**REQUEST, "kept-attachments": taken}).status == 422


def test_what_was_never_sent_off_is_dropped_after_a_week(signed_in: Enter, clock: Clock) -> None:
    agent = at_intake(signed_in)
    (kept,) = agent.submit(sent(("a.pdf", b"%PDF"), title="")).tree.xpath(KEPT)
    clock.pass_time(days=8)
    at_intake(signed_in).submit(sent(("b.pdf", b"%PDF")))
    agent = at_intake(signed_in)
    assert agent.submit({**REQUEST, "kept-attachments": kept}).status == 422


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("图.svg", b"<svg onload='alert(1)'/>", "类型不接受"),
        ("页.HTML", b"<script>alert(1)</script>", "类型不接受"),
        ("页.html. ", b"<script>alert(1)</script>", "类型不接受"),
        ("run.exe", b"MZ", "类型不接受"),
        ("none.pdf", b"", "空文件"),
        ("big.pdf", b"x" * (20 * 1024 * 1024 + 1), "超过 20 MB"),
        ("..", b"x", "请重新上传"),
        ("a\x01.pdf", b"x", "请重新上传"),
    ],
)
def test_what_is_not_taken_is_named_and_the_rest_kept(signed_in: Enter, name: str, content: bytes, says: str) -> None:
    page = at_intake(signed_in).submit(sent((name, content), ("good.pdf", b"%PDF")))
    assert page.status == 422 and says in complaint(page)
    assert len(page.tree.xpath(KEPT)) == 1 and "已上传：good.pdf" in page.text


def test_the_type_a_browser_names_counts_too(signed_in: Enter) -> None:
    file = (io.BytesIO(b"<svg/>"), "a.png", "image/svg+xml")
    page = at_intake(signed_in).submit({**REQUEST, "attachments": [file]})
    assert page.status == 422 and "类型不接受" in complaint(page)


def test_a_request_may_be_large_on_these_pages_only(signed_in: Enter) -> None:
    agent = at_intake(signed_in)
    assert agent.submit(sent(("a.pdf", b"x" * (26 * 1024 * 1024)))).status == 413
    assert "内容过大" in agent.page.text
    agent.get("/intake")
    large = {"file": (io.BytesIO(b"x" * (5 * 1024 * 1024)), "a.pdf")}
    assert agent.post("/preferences", large, follow_redirects=True).status == 413


@pytest.mark.parametrize("name", ["../../etc/a.pdf", "\u202ea.pdf", "/a.pdf", r"C:\windows\a.pdf", r"\\server\a.pdf"])
def test_names_lose_paths_and_marks(signed_in: Enter, name: str) -> None:
    agent = at_intake(signed_in)
    page = agent.submit(sent((name, b"%PDF")))
    assert page.words(LINKS) == ["a.pdf"]
    answer = agent.client.get(link(page))
    assert answer.headers["Content-Disposition"] == "attachment; filename=a.pdf"


def test_a_name_with_quotes_is_kept(signed_in: Enter) -> None:
    page = at_intake(signed_in).submit(sent(("关于%22积水%22的函.pdf", b"%PDF")))
    assert page.words(LINKS) == ['关于"积水"的函.pdf']


def test_a_name_is_text_on_the_page(signed_in: Enter) -> None:
    page = at_intake(signed_in).submit(sent(("<b onclick=x>.pdf", b"%PDF")))
    assert page.words(LINKS) == ["<b onclick=x>.pdf"] and page.tree.xpath("//b[@onclick]") == []


def test_no_commit_has_the_order_without_its_file(signed_in: Enter, platform: Platform) -> None:
    """Whenever the process dies, the database is what some commit left."""
    committed: set[tuple[int, int]] = set()

    def look(connection: sa.Connection) -> None:
        run = connection.connection.cursor().execute
        (orders,) = run("SELECT count(*) FROM work_order WHERE title = '一次提交'").fetchone()
        (files,) = run("SELECT count(order_id) FROM attachment WHERE size = 7777").fetchone()
        committed.add((orders, files))

    sa.event.listen(platform.database.engine, "commit", look)
    try:
        page = at_intake(signed_in).submit(sent(("一次提交.pdf", b"x" * 7777), title="一次提交"))
    finally:
        sa.event.remove(platform.database.engine, "commit", look)
    assert page.words(LINKS) == ["一次提交.pdf"]
    assert committed == {(0, 0), (1, 1)}


def test_a_verb_whose_file_is_gone_does_nothing(signed_in: Enter, platform: Platform, clock: Clock) -> None:
    (theirs,) = at_intake(signed_in).submit(sent(("a.pdf", b"%PDF"), title="")).tree.xpath(KEPT)
    dispatcher = Actor("dispatcher", "陈刚", (Duty(OFFICE, "call_agent"),))
    for file in (theirs, "0" * 32):
        with pytest.raises(Stale, match="no longer there"):
            verbs.receive(platform.door, dispatcher, OFFICE, {"title": "附件已失效"}, clock.now(), files=[file])
    assert platform.read.orders(Sight(SYSTEM, OFFICE, whole_office=True), text="附件已失效") == []


@pytest.fixture
def photographed(signed_in: Enter) -> str:
    """Address of the file of an order that the housing bureau has."""
    agent = at_intake(signed_in)
    page = agent.submit(sent(("a.png", PNG)))
    agent.submit({"decision": "accept"})
    number = page.words("//div[@class='order-head']/span[@class='sub']")[0].partition(" ")[0]
    dispatcher = signed_in("dispatcher")
    dispatcher.get(f"/orders/{number}")
    dispatcher.submit({"lead_unit": "housing_bureau", "basis": "权责清单 3-2", "urgency": "none"})
    return link(page)


def test_only_who_sees_the_order_gets_its_files(photographed: str, signed_in: Enter, visitor: Browser) -> None:
    answer = signed_in("handler").client.get(photographed)
    assert (answer.status_code, answer.data) == (200, PNG)
    assert signed_in("stranger").get(photographed).status == 404
    assert signed_in("handler").get("/attachments/" + "0" * 32).status == 404
    assert visitor.client.get(photographed).status_code in (302, 401)


def test_a_file_of_an_application_stands_in_the_story(dispatched: Callable[..., str], signed_in: Enter) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    clerk.get(f"/orders/{number}")
    clerk.get(f"/orders/{number}/acts/request_return")
    said = {"ground": "not_our_duty", "reason": "该地块由街道管理", "basis": "权责清单 5-1"}
    page = clerk.submit({**said, "evidence": [(io.BytesIO(PNG), "现场.png")]})
    assert page.status == 200, complaint(page)
    (found,) = page.tree.xpath("//ol[@class='line']//a[text()='现场.png']/@href")
    assert clerk.client.get(found).data == PNG
    assert signed_in("stranger").get(found).status == 404
