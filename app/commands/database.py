"""`jieban database`: what only the owner of the tables does: migrate, and say what the application's role may do."""

from __future__ import annotations

import sys

import click

from app.opening import open_platform
from app.settings import from_environment
from persistence.roles import grant as give_rights


@click.group()
def database() -> None:
    """数据库的结构与权限（由所有者运行）。 Schema and rights, run as the owner."""


@database.command("upgrade")
def upgrade_schema() -> None:
    """建表或升级到本版本。 Bring the schema up to this version."""
    open_platform(from_environment())
    click.echo("数据库已是本版本的结构。 / The schema is up to date.")


@database.command("grant")
@click.argument("role")
@click.option("--password-stdin", is_flag=True, help="从标准输入读角色的新口令。 Read the role's password.")
def grant(role: str, password_stdin: bool) -> None:
    """给应用角色最小权限：流水只能追加，不能改表。 Least privilege: the journal may only grow, no DDL."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    platform = open_platform(from_environment())
    for statement in give_rights(platform.database, role, password or None):
        click.echo(f"{statement};")
