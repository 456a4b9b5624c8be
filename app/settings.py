"""What differs from one installation to the next, read once from the environment and checked before anything starts.

| variable | meaning | default |
|---|---|---|
| `JIEBAN_DATABASE_URL` | `sqlite:///…` or `postgresql://…` | `sqlite:///var/jieban.db` |
| `JIEBAN_SECRET_KEY` | key of the session cookies; 16 characters at least | SQLite: made once, in `var/` |
| `JIEBAN_MASTER_KEY` | key that wraps the keys of personal values; losing it loses them | SQLite: the secret key |
| `JIEBAN_HTTPS` | `1` when a proxy in front ends TLS: cookies then go over https only | off |
| `JIEBAN_SMTP_URL` | `smtp://`, `smtp+starttls://` or `smtps://` `[user:password@]host[:port]` | no e-mail |
| `JIEBAN_MAIL_FROM` | address that e-mails come from | needed with `JIEBAN_SMTP_URL` |
| `JIEBAN_WEBHOOK_URL` | where notices to petitioners are posted (an SMS gateway) | no gateway |
| `JIEBAN_WEBHOOK_SECRET` | signs what is posted; 16 characters at least | needed with `JIEBAN_WEBHOOK_URL` |
| `JIEBAN_WEBHOOK_PRIVATE` | `1`: the gateway may be in the own network, and speak plain http | off |
| `JIEBAN_ANCHORS` | digests of the journal, kept outside the database | beside an SQLite file |
| `JIEBAN_METRICS_TOKEN` | bearer token that `/metrics` asks for | loopback only; nobody with `JIEBAN_HTTPS` |
| `JIEBAN_LOG_LEVEL` | `DEBUG`, `INFO`, `WARNING`, `ERROR` | `WARNING` |

Every variable may be given as a file instead, `JIEBAN_SECRET_KEY_FILE=/run/secrets/…`, so that no secret need stand in
an environment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from app.delivery.ways import MailServer, Ways, Webhook, is_address

ROOT = Path(__file__).resolve().parent.parent

DEMO_PASSWORD = "jieban-demo"
"""The password of every demo user; shown on the sign-in page of a demo."""

LEAST_SECRET = 16
PLACEHOLDER = "CHANGE-ME"
"""How secrets read in the examples of `deploy/`."""
SWITCH = ("", "0", "1")
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class BadSetting(Exception):
    """A variable of the environment that cannot be used. `name`: which."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        self.name, self.zh, self.en = name, f"{name}：{zh}", f"{name}: {en}"
        super().__init__(f"{self.zh} / {self.en}")


@dataclass(frozen=True, slots=True)
class Settings:
    """`demo` shows the demo people at the sign-in and lets them in; nobody else's settings do.

    `request_bytes` bounds a request, `upload_bytes` one with a pack, `attachment_bytes` a form with its files.
    """

    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    master_key: str = field(repr=False)
    demo: bool = False
    https: bool = False
    request_bytes: int = 4 * 1024 * 1024
    upload_bytes: int = 21 * 1024 * 1024
    attachment_bytes: int = 25 * 1024 * 1024
    ways: Ways = field(default_factory=Ways)
    anchors: Path | None = None
    metrics_token: str | None = field(default=None, repr=False)
    log_level: str = "WARNING"


def from_environment(environ: Mapping[str, str] = os.environ, *, demo: bool = False) -> Settings:
    """Settings of this process. Creates `var/` beside the code when a default needs it. Raises `BadSetting`."""
    given = Given(environ)
    var = ROOT / "var"
    url, key = given.text("JIEBAN_DATABASE_URL"), given.secret("JIEBAN_SECRET_KEY")
    _check_shared(given, url)
    if not url or not key:
        var.mkdir(exist_ok=True)
    key = key or _kept_key(var / "secret_key")
    anchors = given.text("JIEBAN_ANCHORS")
    level = given.text("JIEBAN_LOG_LEVEL") or "WARNING"
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise BadSetting("JIEBAN_LOG_LEVEL", "应为 DEBUG、INFO、WARNING 或 ERROR。", "DEBUG, INFO, WARNING or ERROR.")
    return Settings(
        database_url=url or f"sqlite:///{var / 'jieban.db'}",
        secret_key=key,
        master_key=given.secret("JIEBAN_MASTER_KEY") or key,
        demo=demo,
        https=given.switch("JIEBAN_HTTPS"),
        # Demo accounts are open to everybody: what they do must reach nobody outside.
        ways=Ways() if demo else Ways(_mail(given), _webhook(given)),
        anchors=Path(anchors) if anchors else beside(url or f"sqlite:///{var / 'jieban.db'}"),
        metrics_token=given.secret("JIEBAN_METRICS_TOKEN"),
        log_level=level,
    )


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Which database, for what needs no key: copies. Raises `BadSetting`."""
    return Given(environ).text("JIEBAN_DATABASE_URL") or f"sqlite:///{ROOT / 'var' / 'jieban.db'}"


def _check_shared(given: Given, url: str) -> None:
    """A server is shared by machines: a key that each made for itself would open nobody else's sessions and values."""
    if not url.startswith("postgres"):
        return
    for name in ("JIEBAN_SECRET_KEY", "JIEBAN_MASTER_KEY"):
        if not given.text(name):
            raise BadSetting(name, "使用 PostgreSQL 时必须设置。", "is needed with PostgreSQL.")


def beside(url: str) -> Path | None:
    """Where the anchors of an SQLite file are kept when nobody says; a server's need a place that is said."""
    path = url.removeprefix("sqlite:///")
    return Path(path).with_suffix(".anchors.jsonl") if path not in (url, "", ":memory:") else None


class Given:
    """The environment, each variable by itself or as a file."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        file = self._environ.get(f"{name}_FILE")
        if not file:
            return self._environ.get(name, "").strip()
        if self._environ.get(name):
            raise BadSetting(name, f"与 {name}_FILE 只能设一个。", f"set it or {name}_FILE, not both.")
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{name}_FILE", f"无法读取 {file}。", f"cannot read {file}.") from error
        if not value:
            # A secret that was not filled in: the default in its place would be another database, another key.
            raise BadSetting(f"{name}_FILE", f"{file} 是空的。", f"{file} is empty.")
        return value

    def switch(self, name: str) -> bool:
        value = self.text(name)
        if value not in SWITCH:
            raise BadSetting(name, "应为 1 或 0。", "should be 1 or 0.")
        return value == "1"

    def secret(self, name: str) -> str | None:
        value = self.text(name)
        if value.startswith(PLACEHOLDER):
            raise BadSetting(
                name, "还是示例里的占位内容，请换成自己的。", "still reads as in the example: set your own."
            )
        if value and (len(value) < LEAST_SECRET or not value.isascii()):
            raise BadSetting(name, f"至少 {LEAST_SECRET} 个 ASCII 字符。", f"{LEAST_SECRET} ASCII characters at least.")
        return value or None

    def url(self, name: str, schemes: tuple[str, ...]) -> SplitResult | None:
        """The parts of a URL with a host; what is wrong is said without its value, which may hold a password."""
        value = self.text(name)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:
            listed = "、".join(f"{scheme}://" for scheme in schemes)
            raise BadSetting(name, f"应为以 {listed} 开头的地址。", f"should be a URL: {listed.replace('、', ', ')}")
        return parts


def _mail(given: Given) -> MailServer | None:
    parts = given.url("JIEBAN_SMTP_URL", tuple(SMTP_PORTS))
    if parts is None:
        return None
    sender = given.text("JIEBAN_MAIL_FROM")
    if not is_address(sender):
        raise BadSetting("JIEBAN_MAIL_FROM", "应为发信的电子邮件地址。", "should be the e-mail address to send from.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or SMTP_PORTS[parts.scheme]
    return MailServer(parts.hostname or "", port, parts.scheme.removeprefix("smtp"), user, password, sender)


def _webhook(given: Given) -> Webhook | None:
    private = given.switch("JIEBAN_WEBHOOK_PRIVATE")
    parts = given.url("JIEBAN_WEBHOOK_URL", ("https", "http") if private else ("https",))
    secret = given.secret("JIEBAN_WEBHOOK_SECRET")
    if parts is None:
        return None
    if secret is None:
        raise BadSetting("JIEBAN_WEBHOOK_SECRET", "设了网关地址就要设签名密钥。", "is needed with a webhook.")
    if parts.username or parts.fragment:
        raise BadSetting("JIEBAN_WEBHOOK_URL", "不应含账号或片段。", "should hold no account and no fragment.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Webhook(parts.scheme == "https", parts.hostname or "", port, path, secret, private)


def _kept_key(path: Path) -> str:
    """A key that survives restarts, readable by its owner only."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key
