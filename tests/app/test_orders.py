"""One order before the people who work on it: forms, duties, refusals, what is kept and what is hidden."""

from collections.abc import Callable

import pytest

from app.platform import Platform
from persistence.sight import Sight
from processes.people import SYSTEM
from tests.app.browsing import OFFICE, REQUEST, Browser, Clock

SignIn = Callable[[str], Browser]
Make = Callable[..., str]


def test_a_request_becomes_an_order_with_its_story(received: Make, signed_in: SignIn) -> None:
    page = signed_in("agent").get(f"/orders/{received()}")
    assert page.words("//h1") == ["地下车库长期积水"]
    assert page.words("//ol[@class='line']/li//span[@class='title']") == ["登记诉求"]
    assert page.words("//section[@id='act-form']/div/h2") == ["受理"]
    assert page.words("//button[@class='btn btn-primary']") == ["受理"]


def test_intake_errors_keep_everything_typed(signed_in: SignIn) -> None:
    agent = signed_in("agent")
    agent.get("/intake")
    page = agent.submit({**REQUEST, "phone": "12", "content": "太短"})
    assert page.status == 422
    kept = page.filled()
    assert (kept["phone"], kept["content"], kept["title"]) == (["12"], ["太短"], [REQUEST["title"]])
    assert len(page.words("//div[@class='form-errors']//li")) == 2
    assert page.tree.xpath("//input[@name='phone']/@aria-invalid") == ["true"]


def test_only_those_whose_duty_it_is_take_requests(signed_in: SignIn) -> None:
    handler = signed_in("handler")
    assert handler.get("/intake").status == 403
    assert "/intake" not in handler.get("/inbox").tree.xpath("//nav//a/@href")


def test_fields_that_the_form_does_not_ask_are_ignored(signed_in: SignIn, received: Make, platform: Platform) -> None:
    number = received(status="archived", lead_unit="health", number="NC1", due_at="2000-01-01")
    order = platform.read.order(Sight(SYSTEM, OFFICE, whole_office=True), number)
    assert order["status"] == "registered"
    assert order["lead_unit"] is None and "number" not in order["facts"]


def test_the_main_line_shows_who_does_what_next(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    page = clerk.get(f"/orders/{number}")
    assert page.words("//section[@id='act-form']/div/h2") == ["签收"]
    assert page.words("//li[@class='now']") == ["签收"]
    assert "受理" in page.words("//ol/li[@class='done']/span[2]")
    assert "回访与重办" in page.words("//ol/li[@class='next']")
    page = clerk.submit({"signed_note": "转物业科"})
    assert page.words("//div[@role='status']") == ["已完成：签收"]
    watched = signed_in("dispatcher").get(f"/orders/{number}")
    assert watched.tree.xpath("//section[@id='act-form']") == []
    assert any("办理" in words for words in watched.words("//ul[@class='units']/li"))


def test_due_times_stand_with_their_reasons(dispatched: Make, signed_in: SignIn) -> None:
    page = signed_in("clerk").get(f"/orders/{dispatched()}")
    clock = page.words("//section[contains(@class, 'clock-first')]")[0]
    assert "剩 1 个工作日" in clock and "10月13日（周二）17:30" in clock
    reasons = page.words("//section[contains(@class, 'clock-first')]//details//li")
    assert "当日不计" in reasons and any("第 1 个工作日" in reason for reason in reasons)


def test_a_limit_stands_with_the_rule_that_set_it(dispatched: Make, signed_in: SignIn) -> None:
    page = signed_in("clerk").get(f"/orders/{dispatched()}")
    clocks = page.tree.xpath("//section[contains(@class, 'clock')][@data-timer]")
    said = {clock.get("data-timer"): " ".join(clock.text_content().split()) for clock in clocks}
    assert "为何是此时限" in said["T-NC-01"] and "“办理时限”第" in said["T-NC-01"]
    (link,) = page.tree.xpath("//section[@data-timer='T-NC-01']//details[@class='why']//a/@href")
    path, _, row = link.partition("#")
    assert signed_in("clerk").get(path).tree.xpath(f"//tr[@id='{row}']/td[contains(., '\"sign\"')]")
    rules = page.words("//details[contains(@class, 'bases')]//li")
    assert any("“办理时限”第" in words for words in rules)
    assert any("（受理员意见：受理并转办）" in words for words in rules)


def test_an_order_of_another_unit_is_not_found(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    stranger = signed_in("stranger")
    for path in ("", "/trace", "/diagram", "/acts/request_extension"):
        assert stranger.get(f"/orders/{number}{path}").status == 404
    stranger.get("/inbox")
    assert stranger.post(f"/orders/{number}/reveal", {"reason": "看看"}).status == 404
    assert stranger.get(f"/inbox?tab=all&q={number}").words("//tbody/tr") == []


def test_a_task_that_is_not_my_duty_is_refused_and_keeps_what_i_typed(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    clerk, agent = signed_in("clerk"), signed_in("agent")
    action = clerk.get(f"/orders/{number}").tree.xpath("//form[@data-keep]/@action")[0].partition("#")[0]
    agent.get(f"/orders/{number}")
    page = agent.post(action, {"signed_note": "我来签收"})
    assert page.status == 403
    assert "我来签收" in page.text and "签收备注" in page.text


def test_a_finished_task_answers_409_and_keeps_what_was_typed(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    clerk.get(f"/orders/{number}")
    late = clerk.page
    assert clerk.submit({"signed_note": "第一次"}).status == 200
    clerk.page = late
    page = clerk.submit({"signed_note": "写了很久"})
    assert page.status == 409
    assert "写了很久" in page.text and "已由他人办理" in page.text


def test_a_task_of_another_order_is_not_found(dispatched: Make, signed_in: SignIn) -> None:
    first, second = dispatched(), dispatched()
    clerk = signed_in("clerk")
    action = clerk.get(f"/orders/{first}").tree.xpath("//form[@data-keep]/@action")[0].partition("#")[0]
    assert clerk.post(action.replace(first, second)).status == 404


def test_a_choice_shows_further_questions_without_acting(received: Make, signed_in: SignIn) -> None:
    number = received()
    agent = signed_in("agent")
    page = agent.get(f"/orders/{number}")
    assert page.tree.xpath("//textarea[@name='reason_told']") == []
    page = agent.submit({"decision": "refuse", "_refresh": "1"})
    assert page.status == 200
    assert len(page.tree.xpath("//textarea[@name='reason_told']")) == 1
    page = agent.submit({"reason_told": "属于其他热线", "decision": "accept", "_refresh": "1"})
    assert page.tree.xpath("//input[@type='hidden'][@name='reason_told']/@value") == ["属于其他热线"]


def test_contact_is_masked_until_somebody_gives_a_reason(
    dispatched: Make, signed_in: SignIn, platform: Platform
) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    page = clerk.get(f"/orders/{number}")
    assert "138****4471" in page.text and "13812344471" not in page.text and "王小明" not in page.text
    for reason in (" ", "..", "！！！！", "1234", "abc", "看"):
        page = clerk.post(f"/orders/{number}/reveal", {"reason": reason})
        assert page.status == 422 and "13812344471" not in page.text and "两个汉字" in page.text
    page = clerk.post(f"/orders/{number}/reveal", {"reason": "约定上门时间"})
    assert "13812344471" in page.text and "王小明" in page.text
    assert "13812344471" not in clerk.get(f"/orders/{number}").text
    order = platform.read.order(Sight(SYSTEM, OFFICE, whole_office=True), number)
    entry = platform.read.journal_of(order["id"])[-1]
    assert (entry["actor"], entry["act"], entry["why"]) == ("clerk", "reveal", "约定上门时间")
    assert "13812344471" not in entry["changed"]


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_the_unit_complained_about_does_not_learn_who_asked_for_confidentiality(
    dispatched: Make, signed_in: SignIn, platform: Platform, mode: str
) -> None:
    number = dispatched(identity_mode=mode)
    (path, why) = f"/orders/{number}/reveal", {"reason": "约定上门时间"}
    clerk = signed_in("clerk")
    page = clerk.get(f"/orders/{number}")
    assert "4471" not in page.text and "王" not in page.words("//div[@class='col-request']")[0]
    assert "（保密）" in page.text and "通过热线转达" in page.text and not page.tree.xpath("//details[@class='reveal']")
    for login in ("clerk", "reviewer", "auditor"):
        browser = signed_in(login)
        browser.get(f"/orders/{number}")
        page = browser.post(path, why)
        assert page.status in (403, 404) and "13812344471" not in page.text, login
    order = platform.read.order(Sight(SYSTEM, OFFICE, whole_office=True), number)
    assert "reveal" not in [row["act"] for row in platform.read.journal_of(order["id"])]
    agent = signed_in("agent")
    agent.get(f"/orders/{number}")
    assert "13812344471" in agent.post(path, why).text


def test_an_application_has_a_page_of_its_own(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    page = clerk.get(f"/orders/{number}")
    (href,) = page.tree.xpath("//div[@class='other-acts']/a[text()='退回']/@href")
    clerk.get(href)
    page = clerk.submit({"ground": "not_our_duty", "reason": "短"})
    assert page.status == 422 and page.filled()["reason"] == ["短"]
    page = clerk.submit({"ground": "not_our_duty", "reason": "属物业管理处职责，请改派", "basis": "三定方案"})
    assert page.status == 200
    assert page.words("//li[@class='now aside']") == ["退回 · 审核退回"]


def test_an_act_nobody_may_start_is_not_found(dispatched: Make, signed_in: SignIn) -> None:
    assert signed_in("clerk").get(f"/orders/{dispatched()}/acts/nothing").status == 404


def test_the_trace_shows_the_chain_and_verifies_it(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    page = signed_in("auditor").get(f"/orders/{number}/trace?verify=1")
    assert "记录完整：3 条" in page.words("//div[@role='status']")[0]
    assert page.words("//tbody/tr/td[@data-label='行为']") == ["登记", "办理", "办理"]


def test_the_drawing_marks_what_is_live_and_done(dispatched: Make, signed_in: SignIn) -> None:
    page = signed_in("clerk").get(f"/orders/{dispatched()}/diagram")
    (drawing,) = page.tree.xpath("//div[@data-bpmn]")
    assert drawing.get("data-live").split() == ["sign_for"]
    assert {"dispatch", "acceptance_stage"} <= set(drawing.get("data-done").split())
    diagram = signed_in("clerk").client.get(drawing.get("data-bpmn"))
    assert diagram.status_code == 200 and b"<bpmn:definitions" in diagram.data
    assert diagram.headers["Content-Disposition"].startswith("attachment")


def test_a_missed_limit_is_said_in_words(dispatched: Make, signed_in: SignIn, clock: Clock) -> None:
    number = dispatched()
    clock.pass_time(days=3)
    clerk = signed_in("clerk")
    assert "已超期" in clerk.get(f"/orders/{number}").words("//section[contains(@class, 'clock-first')]")[0]
    page = clerk.submit({})
    fired = page.words("//li[contains(@class, 'timer')]//span[@class='title']")
    assert fired and "签收" in "".join(fired)


@pytest.mark.parametrize("login", ["admin", "auditor"])
def test_those_who_oversee_see_every_order_and_act_on_none(dispatched: Make, signed_in: SignIn, login: str) -> None:
    page = signed_in(login).get(f"/orders/{dispatched()}")
    assert page.status == 200
    assert page.tree.xpath("//section[@id='act-form']") == []


def test_no_id_stands_twice_on_a_page(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    pages = [signed_in("agent").get("/intake"), signed_in("clerk").get(f"/orders/{number}")]
    for page in pages:
        ids = page.tree.xpath("//@id")
        assert len(ids) == len(set(ids))
