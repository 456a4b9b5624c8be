"""`jieban backup` and `jieban restore`: the whole database as one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.failing import BadInput
from app.settings import database_url
from persistence.backup import back_up
from persistence.backup import restore as put_back


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """备份数据库，无需停机。 Copy the whole database into FILE while it is in use."""
    if file.exists():
        raise BadInput(f"{file} 已存在，不覆盖旧备份。", f"{file} exists: old backups are not overwritten.")
    size = back_up(database_url(), file)
    click.echo(f"已备份到 {file}（{size} 字节）。主密钥不在备份中，请另行保管。 / Done; keep the master key elsewhere.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="覆盖现有数据。 Instead of what is there.")
def restore(file: Path, replace: bool) -> None:
    """恢复备份；先停止服务和 worker。 Put FILE back; stop servers and workers first, start them afterwards."""
    put_back(database_url(), file, replace=replace)
    click.echo("已恢复。请运行 jieban audit verify，再启动服务。 / Restored. Run jieban audit verify, then start.")
