"""`jieban user`: the first account of an installation, and any further one that is easier made from a terminal."""

from __future__ import annotations

from datetime import datetime

import click

from app.accounts import LoginTaken, add_account, duties_under, is_login, is_name
from app.commands.failing import BadInput
from app.commands.printing import as_json, print_json
from app.opening import made_platform
from app.platform import Platform
from processes.people import SYSTEM, Duty
from timers.clock import system_clock


@click.group()
def user() -> None:
    """账号。 Accounts."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True, metavar="NAME", help="姓名。 The person's name.")
@click.option("--office", required=True, metavar="OFFICE", help="所在机构。 The office.")
@click.option("--role", default="admin", show_default=True, metavar="ROLE", help="职责。 The duty.")
@click.option("--unit", metavar="UNIT", help="职责属于单位时，哪个单位。 The unit, for a duty that sits in one.")
@as_json
def add(login: str, name: str, office: str, role: str, unit: str | None, json_: bool) -> None:
    """新增账号并打印一次性密码，首次登录须修改。 Make an account; prints a password that works once."""
    platform, now = made_platform(), system_clock.now()
    if not is_login(login):
        raise BadInput(
            f"账号“{login}”：应以小写字母开头，由小写字母、数字和 . _ - 组成，2 至 60 个字符，且不能是 system。",
            f"{login!r} cannot be a login: 2 to 60 of a-z 0-9 . _ -, a letter first, and not system.",
        )
    if not is_name(name):
        raise BadInput(
            "--name：请填写姓名，不超过 40 个字。", "--name: a name of 40 characters at most, not the system's."
        )
    duty = _duty(platform, office, role, unit, now)
    try:
        _id, password = add_account(platform, SYSTEM, login, name, duty, now)
    except LoginTaken as error:
        raise BadInput(f"账号“{login}”已经存在。", f"There is an account {login!r} already.") from error
    if json_:
        print_json({"login": login, "office": office, "role": role, "unit": duty.unit, "password": password})
    else:
        click.echo(
            f"{login}：一次性密码 {password}，首次登录须修改。 / one-time password, to be changed at first sign-in."
        )


def _duty(platform: Platform, office: str, role: str, unit: str | None, now: datetime) -> Duty:
    """The duty that is asked for. Raises `BadInput` naming what there is."""
    offices = [str(row["id"]) for row in platform.read.offices()]
    if office not in offices:
        listed = "、".join(offices) or "—"
        raise BadInput(
            f"--office：没有机构“{office}”，现有：{listed}。", f"--office: no office {office!r}; there are: {listed}"
        )
    library = platform.library
    sees = duties_under(map(library.of, library.numbers_in_force(office, now)))
    if role not in sees:
        listed = "、".join(sees)
        raise BadInput(f"--role：没有职责“{role}”，现有：{listed}。", f"--role: no duty {role!r}; there are: {listed}")
    if sees[role] != "unit":
        return Duty(office, role)
    units = {str(row["id"]) for row in platform.read.units(office)}
    if unit not in units:
        raise BadInput(f"--unit：职责“{role}”属于单位，请写明单位代码。", f"--unit: {role!r} sits in a unit; name one.")
    return Duty(office, role, unit)
