"""Two regulations in one office, and masked values: what people see and do about them in the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from processes.pack import Pack, pack_of, read_pack
from tests.app.browsing import Browser
from tests.app.uploading import files_of_small, upload, zipped
from tests.deploying import put_in_force
from tests.small import FOLDER, LONG_AGO, Small

House = tuple[Small, Callable[[str], Browser]]
PARAMETERS = """
[parameters]
sign_days = { value = 1, unit = "工作日", kind = "masked", name = "签收时限", cites = "第三条" }
stop_day = { kind = "masked", name = "停用日期" }
"""


def other() -> Pack:
    files = dict(read_pack(FOLDER).files)
    settings = files["pack.toml"].decode().replace('name = "small"', 'name = "other"').replace("小规程", "另一部规程")
    files["pack.toml"] = settings.replace("S{date:%Y%m%d}", "O{date:%Y%m%d}").encode()
    return pack_of(files)


def masked(files: dict[str, bytes]) -> None:
    files["pack.toml"] += PARAMETERS.encode()
    main = files["main.bpmn"].decode()
    files["main.bpmn"] = main.replace("working_days(1)</bpmn", "working_days(parameter.sign_days)</bpmn").encode()


def register(agent: Browser, title: str) -> str:
    agent.get("/intake")
    page = agent.submit({"request_type": "complaint", "title": title, "content": "车库积水"})
    assert page.status == 200
    (head,) = page.words("//div[@class='order-head']/span[@class='sub']")
    return head.partition(" ")[0]


def test_a_person_works_by_one_regulation_at_a_time(small_house: House) -> None:
    small, enter = small_house
    assert enter("agent").get("/inbox").tree.xpath("//button[@name='pack']") == [], "one regulation, nothing to choose"
    put_in_force(small.platform, other(), LONG_AGO, office="small")
    agent = enter("agent")
    mine = register(agent, "第一部的诉求")
    page = agent.get("/inbox")
    assert page.words("//button[@name='pack']") == ["小规程", "另一部规程"]
    page = agent.post("/pack", {"pack": "other"}, follow_redirects=True)
    assert page.words("//button[@name='pack'][@aria-pressed='true']") == ["另一部规程"]
    theirs = register(agent, "另一部的诉求")
    assert (mine[0], theirs[0]) == ("S", "O")
    listed = agent.get("/inbox?tab=all").text
    assert theirs in listed and mine not in listed
    assert agent.get(f"/orders/{mine}").status == 200, "an order is found by its number all the same"
    assert agent.post("/pack", {"pack": "nowhere"}).status == 404
    agent.post("/pack", {"pack": "small"})
    listed = agent.get("/inbox?tab=all").text
    assert mine in listed and theirs not in listed
    pages = agent.get("/packs/")
    assert {"小规程", "另一部规程"} <= set(pages.words("//*[@class='title']"))
    assert agent.get("/packs/other").status == 200


def test_a_masked_value_is_confirmed_with_its_source_before_the_pack_is_deployed(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    page = upload(owner, zipped(files_of_small(masked)))
    assert "1 个被遮盖的值待确认" in page.text and page.tree.xpath("//form[@action='/deploy/apply']") == []
    refused = owner.post("/deploy/apply", {"effective_from": "2030-01-01"})
    assert refused.status == 422 and "签收时限" in refused.text
    assert len(small.platform.library.rows("small")) == 1
    empty = owner.post("/deploy/confirm", {"name": "sign_days", "source": " "})
    assert empty.status == 422 and "请写明核对所据" in empty.text
    assert owner.post("/deploy/confirm", {"name": "nothing", "source": "x"}).status == 422
    page = owner.post("/deploy/confirm", {"name": "sign_days", "source": "正式文本第3页"}, follow_redirects=True)
    assert "process_owner" in page.text and "正式文本第3页" in page.text
    page = owner.post("/deploy/apply", {"effective_from": "2026-10-01"}, follow_redirects=True)
    assert page.status == 200 and "第 2 版" in page.text
    rows = [row["act"] for row in small.read.office_journal("small")]
    assert rows[:2] == ["deploy", "confirm"]
    shown = " ".join(owner.get("/packs/small").words("//section[@id='parameters']//tr"))
    assert "签收时限" in shown and "1 工作日" in shown and "未设定" in shown and "正式文本第3页" in shown


def test_only_who_may_deploy_confirms(small_house: House) -> None:
    small, enter = small_house
    upload(enter("process_owner"), zipped(files_of_small(masked)))
    agent = enter("agent")
    agent.get("/inbox")
    assert agent.post("/deploy/confirm", {"name": "sign_days", "source": "x"}).status == 403
    assert small.platform.library.confirmations("small", "small") == {}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_the_command_line_confirms_by_name_and_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'j.db'}")
    monkeypatch.setenv("JIEBAN_SECRET_KEY", "key of the tests")
    folder = tmp_path / "pack"
    for path, data in files_of_small(masked).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    refused = run("deploy", str(folder))
    assert refused.exit_code != 0 and "sign_days=1" in refused.output
    assert "待确认" in run("confirm", str(folder)).output
    assert "请先修改规程包" in run("confirm", str(folder), "sign_days=2").output
    assert "应写作" in run("confirm", str(folder), "sign_days").output
    done = run("confirm", str(folder), "sign_days=1", "--source", "正式文本")
    assert done.exit_code == 0 and "确认" in done.output and "待确认" not in done.output
    assert run("deploy", str(folder)).exit_code == 0
    again = run("deploy", str(folder), "--effective-from", "2031-01-01")
    assert again.exit_code == 0, "a confirmation holds for every deployment with the same value"
    elsewhere = run("deploy", str(folder), "--office", "elsewhere")
    assert elsewhere.exit_code != 0, "another office confirms for itself"
