"""Attacks on the web app, each with the answer that is owed to it. The numbers are those of the list they come from."""

import io
import stat
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from app.pack_archive import BadArchive, read_archive
from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from persistence.sight import Sight
from processes.people import SYSTEM, Duty
from tests.app.browsing import OFFICE, REQUEST, Browser, Clock
from tests.app.uploading import archive_of, files_of_small, upload, zipped
from tests.small import Small

SignIn = Callable[[str], Browser]
Make = Callable[..., str]
House = tuple[Small, Callable[[str], Browser]]
EVIL = "<script>alert(1)</script>{{7*7}}"


def order_of(platform: Platform, number: str) -> dict[str, object]:
    return dict(platform.read.order(Sight(SYSTEM, OFFICE, whole_office=True), number))


def action_of(browser: Browser) -> str:
    return str(browser.page.tree.xpath("//form[@data-keep]/@action")[0]).partition("#")[0]


@pytest.mark.parametrize("login", ["agent", "auditor"])
def test_5_a_deployment_by_a_non_owner_is_refused_and_journalled(small_house: House, login: str) -> None:
    small, enter = small_house
    browser = enter(login)
    assert upload(browser, zipped(files_of_small())).status == 403
    assert browser.post("/deploy/apply", {"effective_from": "2030-01-01"}).status == 403
    assert browser.get("/deploy/").status == 403 and browser.get("/deploy/current.zip").status == 403
    journal = [(row["actor"], row["act"]) for row in small.read.office_journal("small")]
    assert journal[:2] == [(login, "refuse_deploy")] * 2
    assert len(small.platform.library.rows("small")) == 1


def test_6_names_labels_texts_and_file_names_are_inert(small_house: House) -> None:
    _small, enter = small_house
    escaped = EVIL.replace("<", "&lt;").replace(">", "&gt;")

    def evil(files: dict[str, bytes]) -> None:
        files["main.bpmn"] = files["main.bpmn"].replace('name="受理"'.encode(), f'name="{escaped}"'.encode())
        files["intake.form"] = files["intake.form"].replace('"标题"'.encode(), f'"{EVIL}"'.encode())
        files["pack.toml"] = files["pack.toml"].replace(b'title = "', f'title = "{EVIL}'.encode(), 1)

    owner = enter("process_owner")
    page = upload(owner, zipped(files_of_small(evil)), "<img src=x onerror=alert(1)>.zip")
    assert page.status == 200 and EVIL in page.tree.text_content()
    pages = [page]
    pages.append(owner.post("/deploy/apply", {"effective_from": "2026-01-01"}, follow_redirects=True))
    agent = enter("agent")
    agent.get("/intake")
    values = {"request_type": "complaint", "title": EVIL, "content": EVIL, "phone": "13800138000"}
    pages += [agent.page, agent.submit(values), agent.get("/inbox"), agent.get("/archive/"), agent.get("/packs/small")]
    for one in pages:
        assert one.status == 200
        assert "<script>alert" not in one.text and "<img src=x" not in one.text and ">49" not in one.text


@pytest.mark.parametrize("path", ["", "/trace", "/diagram", "/acts/extension_requested", "?task={task}"])
def test_7_what_is_another_units_does_not_exist(
    dispatched: Make, signed_in: SignIn, platform: Platform, path: str
) -> None:
    number = dispatched()
    (task,) = platform.read.open_tasks_of(str(order_of(platform, number)["id"]))
    stranger = signed_in("stranger")
    assert stranger.get(f"/orders/{number}{path.format(task=task['id'])}").status == 404
    stranger.get("/inbox")
    assert stranger.post(f"/orders/{number}/tasks/{task['id']}", {"signed_note": "x"}).status == 404
    assert stranger.post(f"/orders/{number}/reveal", {"reason": "随便看看"}).status == 404


def test_9_the_same_form_fifty_times_at_once_counts_once(
    app: Flask, dispatched: Make, signed_in: SignIn, platform: Platform
) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    page = clerk.get(f"/orders/{number}")
    action, values = action_of(clerk), page.filled()
    cookie = clerk.client.get_cookie("jieban")
    assert cookie is not None

    def send(_: int) -> int:
        client = app.test_client()
        client.set_cookie("jieban", cookie.value)
        return client.post(action, data=values).status_code

    with ThreadPoolExecutor(16) as threads:
        answers = sorted(threads.map(send, range(50)))
    assert answers == [302] + [409] * 49
    journal = platform.read.journal_of(str(order_of(platform, number)["id"]))
    assert [row["element"] for row in journal if row["act"] == "complete"].count("sign_for") == 1


def test_9_a_finished_a_cancelled_and_anothers_task(dispatched: Make, signed_in: SignIn, platform: Platform) -> None:
    number = dispatched()
    clerk, handler = signed_in("clerk"), signed_in("handler")
    clerk.get(f"/orders/{number}")
    action = action_of(clerk)
    clerk.submit({})
    clerk.get("/inbox")
    assert clerk.post(action, {"signed_note": "again"}).status == 409
    handler.get(f"/orders/{number}")
    review = action_of(handler)
    signed_in("agent")
    agent = signed_in("agent")
    agent.get("/inbox")
    assert agent.post(review, {"measures": "不是我的"}).status in (403, 422)
    assert [task["element"] for task in platform.read.open_tasks_of(str(order_of(platform, number)["id"]))] == [
        "handle"
    ]


def test_10_extra_fields_change_nothing(dispatched: Make, signed_in: SignIn, platform: Platform) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    page = clerk.get(f"/orders/{number}")
    extra = {"status": "closed", "lead_unit": "health", "role": "admin", "due_at": "2099-01-01", "closed_at": "x"}
    before = order_of(platform, number)["facts"]
    clerk.post(action_of(clerk), {**page.filled(), **extra}, follow_redirects=True)
    order = order_of(platform, number)
    facts = order["facts"]
    assert isinstance(facts, dict) and isinstance(before, dict)
    assert facts["lead_unit"] == before["lead_unit"] and order["closed_at"] is None
    assert not {"status", "role", "due_at", "closed_at"} & facts.keys()


def test_11_nobody_reviews_their_own_work(dispatched: Make, signed_in: SignIn, platform: Platform) -> None:
    both = [Duty(OFFICE, "unit_handler", "housing_bureau"), Duty(OFFICE, "reviewer")]
    platform.people.add("both.hands", "两职", hash_password(DEMO_PASSWORD), both)
    number = dispatched()
    clerk, author = signed_in("clerk"), signed_in("both.hands")
    clerk.get(f"/orders/{number}")
    clerk.submit({})
    author.get(f"/orders/{number}")
    values = {"measures": "已核实", "handler_name": "周工", "handler_phone": "0791-83881234", "result": "done"}
    values |= {"result_text": "已整改", "law_basis": "条例", "answer_given": "已答复", "answer_mode": "phone"}
    assert author.submit(values).status == 200
    (task,) = platform.read.open_tasks_of(str(order_of(platform, number)["id"]))
    assert task["element"] == "review_completion"
    assert author.page.tree.xpath("//form[@data-keep]") == []
    author.get("/inbox")
    assert author.post(f"/orders/{number}/tasks/{task['id']}", {"decision": "close"}).status == 403


@pytest.mark.parametrize("how", ["state", "password"])
def test_12_a_live_session_ends_at_the_next_request(
    signed_in: SignIn, visitor: Browser, new_login: str, platform: Platform, how: str
) -> None:
    visitor.sign_in(new_login)
    assert visitor.get("/inbox").status == 200
    admin, user = signed_in("admin"), platform.people.by_login(new_login)
    assert user is not None
    admin.get("/people/")
    admin.post(f"/people/{user['id']}/{how}", {"to": "disabled"})
    assert visitor.get("/inbox").headers["Location"].startswith("/sign-in")


def test_12_a_duty_that_is_taken_is_gone_at_the_next_request(
    signed_in: SignIn, visitor: Browser, new_login: str, platform: Platform
) -> None:
    user = platform.people.by_login(new_login)
    assert user is not None
    platform.people.add_duty(user["id"], Duty(OFFICE, "admin"))
    visitor.sign_in(new_login)
    assert visitor.get("/units/").status == 200
    admin = signed_in("admin")
    admin.get("/people/")
    admin.post(f"/people/{user['id']}/duties/remove", {"role": "admin"})
    assert visitor.get("/units/").status == 403


def test_13_every_post_without_a_token_is_refused(app: Flask, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    paths = []
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            values: dict[str, Any] = {name: "1" for name in rule.arguments}
            with app.test_request_context():
                paths.append(app.url_for(rule.endpoint, **values))
    assert len(paths) > 20
    for path in paths:
        assert admin.client.post(path, data={"to": "disabled"}).status_code == 400, path
        assert admin.client.post(path, data={"csrf_token": "forged"}).status_code == 400, path


HOSTILE = {
    "no archive": b"PK\x03\x04 nothing more",
    "nothing": b"",
    "above": archive_of("../pack.toml"),
    "above, deeper": archive_of("pack/../../pack.toml"),
    "absolute": archive_of("/etc/pack.toml"),
    "drive": archive_of("C:/pack.toml"),
    "backslash": archive_of("pack\\..\\pack.toml"),
    "newline": archive_of("pack.toml\nx"),
    "link": archive_of("pack.toml", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
    "device": archive_of("pack.toml", mode=stat.S_IFCHR | 0o666),
    "too large a file": archive_of("pack.toml", b"\n" * 5_000_001),
    "bomb": archive_of("pack.toml", b"\n" * 70_000_000),
    "too many files": zipped({f"{n}.md": b"" for n in range(501)}),
    "archive inside": archive_of("pack.zip", archive_of("pack.toml", b'name = "small"')),
    "two packs": zipped({"a/pack.toml": b"", "b/pack.toml": b""}),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_14_a_hostile_archive_is_refused(small_house: House, data: bytes) -> None:
    small, enter = small_house
    page = upload(enter("process_owner"), data)
    assert page.status == 422 and len(page.words("//*[@class='form-errors']")) == 1
    assert len(small.platform.library.rows("small")) == 1


def test_14_sizes_that_lie_are_counted_while_reading() -> None:
    data = archive_of("pack.toml", b"\n" * 6_000_000)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        true = archive.infolist()[0].file_size.to_bytes(4, "little")
    with pytest.raises(BadArchive):
        read_archive(data.replace(true, (10).to_bytes(4, "little")))


def test_14_an_archive_over_the_bound_is_not_read(small_house: House) -> None:
    _small, enter = small_house
    assert upload(enter("process_owner"), b"x" * (22 * 1024 * 1024)).status == 413


def test_15_cells_that_compute_are_neutralised(received: Make, signed_in: SignIn) -> None:
    number = received(title="=cmd|' /C calc'!A0")
    supervisor = signed_in("supervisor")
    supervisor.get(f"/orders/{number}/acts/supervision_needed")
    page = supervisor.submit({"trigger": "leader", "supervised_unit": "housing_bureau", "demand": "@SUM(1)"})
    assert page.status == 200
    text = supervisor.client.get("/ledger/ledger.csv").data.decode("utf-8-sig")
    assert "'=cmd|" in text and ",=cmd|" not in text and ",@SUM" not in text


@pytest.mark.parametrize(
    "path", ["/inbox", "/ledger/", "/archive/", "/incidents/", "/cases/", "/packs/nanchang/articles"]
)
@pytest.mark.parametrize(
    "query", ["sort=title;drop", "page=-1", "page=1e9", "state=x'--", "kind=x", "tab=..", "q=%27%25_", "order=--"]
)
def test_17_filters_that_are_not_offered_are_ignored(signed_in: SignIn, path: str, query: str) -> None:
    admin = signed_in("admin")
    assert admin.get(f"{path}?{query}").status in (200, 404)
    assert admin.page.status == 200 or "articles" in path


def test_21_guessing_is_slowed_and_tells_nothing(visitor: Browser, new_login: str, clock: Clock) -> None:
    visitor.get("/sign-in")
    answers = []
    for login in (new_login, "nobody.at.all"):
        for _try in range(6):
            page = visitor.post("/sign-in", {"login": login, "password": "guess"})
            answers.append((page.status, page.words("//*[@role='alert']")))
    assert len({str(one) for one in answers}) == 1
    assert visitor.post("/sign-in", {"login": new_login, "password": DEMO_PASSWORD}).status == 401
    clock.pass_time(minutes=16)
    assert visitor.post("/sign-in", {"login": new_login, "password": DEMO_PASSWORD}).status == 302


def test_22_neither_host_nor_next_leads_out(visitor: Browser) -> None:
    page = visitor.get("/archive/", headers={"Host": "evil.example"})
    assert page.headers["Location"] == "/sign-in?next=/archive/"
    visitor.get("/sign-in?next=//evil.example")
    assert not [value for value in visitor.page.tree.xpath("//input/@value") if value.startswith("//")]
    page = visitor.post("/sign-in", {"login": "agent", "password": DEMO_PASSWORD, "next": "//evil.example"})
    assert page.headers["Location"] == "/inbox"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１３８１２３４４４７１", "13812344471"),
        ("138\u202e12344471", None),
        ("138\x0012344471", None),
        ("13812344471x", None),
    ],
)
def test_26_a_phone_number_is_normalised_or_refused(
    signed_in: SignIn, platform: Platform, typed: str, kept: str | None
) -> None:
    agent = signed_in("agent")
    agent.get("/intake")
    page = agent.submit({**REQUEST, "phone": typed})
    if page.status in (400, 422):
        assert kept is None
        return
    number = page.words("//div[@class='order-head']/span[@class='sub']")[0].partition(" ")[0]
    personal = platform.read.personal_of(str(order_of(platform, number)["id"]))
    assert personal["phone"] == (kept or "13812344471")
