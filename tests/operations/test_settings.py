"""Settings are checked before anything starts: what is wrong is said by name, without its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.opening import open_platform
from app.settings import ROOT, BadSetting, Settings, from_environment
from persistence.keys import WrongMasterKey

GOOD = {
    "JIEBAN_DATABASE_URL": "sqlite:////tmp/x.db",
    "JIEBAN_SECRET_KEY": "a secret of the tests",
    "JIEBAN_SMTP_URL": "smtp+starttls://user%40x:p%2Fw@mail.example",
    "JIEBAN_MAIL_FROM": "jieban@city.example",
    "JIEBAN_WEBHOOK_URL": "https://sms.example/send?x=1",
    "JIEBAN_WEBHOOK_SECRET": "sixteen characters",
    "JIEBAN_METRICS_TOKEN": "sixteen characters",
    "JIEBAN_LOG_LEVEL": "INFO",
}


def test_good_settings_are_understood() -> None:
    settings = from_environment(GOOD)
    mail, hook = settings.ways.mail, settings.ways.webhook
    assert mail is not None and hook is not None
    assert (mail.host, mail.port, mail.security, mail.user, mail.password) == (
        "mail.example", 587, "+starttls", "user@x", "p/w",
    )  # fmt: skip
    assert (hook.https, hook.host, hook.port, hook.path, hook.private) == (True, "sms.example", 443, "/send?x=1", False)
    assert settings.anchors == Path("/tmp/x.anchors.jsonl")
    assert "p/w" not in repr(settings) and "sixteen" not in repr(settings)
    assert "a secret" not in repr(settings) and "x.db'" not in repr(settings)


def test_a_demo_sends_nothing() -> None:
    ways = from_environment(GOOD, demo=True).ways
    assert (ways.mail, ways.webhook) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIEBAN_SMTP_URL", "http://mail.example"),
        ("JIEBAN_SMTP_URL", "smtp://:2525"),
        ("JIEBAN_SMTP_URL", "smtp://user:pass@host:notaport"),
        ("JIEBAN_MAIL_FROM", ""),
        ("JIEBAN_MAIL_FROM", "x\ny@city.example"),
        ("JIEBAN_WEBHOOK_URL", "http://sms.example"),
        ("JIEBAN_WEBHOOK_URL", "https://user:pass@sms.example"),
        ("JIEBAN_WEBHOOK_URL", "file:///etc/passwd"),
        ("JIEBAN_WEBHOOK_SECRET", ""),
        ("JIEBAN_WEBHOOK_SECRET", "short"),
        ("JIEBAN_WEBHOOK_PRIVATE", "yes"),
        ("JIEBAN_HTTPS", "on"),
        ("JIEBAN_METRICS_TOKEN", "short"),
        ("JIEBAN_SECRET_KEY", "x"),
        ("JIEBAN_MASTER_KEY", "x"),
        ("JIEBAN_LOG_LEVEL", "LOUD"),
        ("JIEBAN_SECRET_KEY_FILE", "/nowhere/at/all"),
        ("JIEBAN_SECRET_KEY_FILE", "/dev/null"),
    ],
)
def test_bad_settings_are_named_but_not_shown(name: str, value: str) -> None:
    given = {**GOOD, name: value}
    if name == "JIEBAN_SECRET_KEY_FILE":
        del given["JIEBAN_SECRET_KEY"]
    with pytest.raises(BadSetting) as error:
        from_environment(given)
    assert error.value.name == name and error.value.zh.startswith(name) and error.value.en.startswith(name)
    assert not value or value not in str(error.value) or name.endswith("_FILE")


def test_the_examples_secrets_are_refused() -> None:
    """What `deploy/jieban.env.example` says in their place is known to everybody."""
    lines = (ROOT / "deploy/jieban.env.example").read_text().splitlines()
    pairs = [line.lstrip("#").partition("=") for line in lines if "=CHANGE-ME" in line]
    assert [name for name, _, _ in pairs] == [
        "JIEBAN_SECRET_KEY", "JIEBAN_MASTER_KEY", "JIEBAN_WEBHOOK_SECRET", "JIEBAN_METRICS_TOKEN",
    ]  # fmt: skip
    for name, _, value in pairs:
        with pytest.raises(BadSetting) as error:
            from_environment({**GOOD, name: value})
        assert error.value.name == name


@pytest.mark.parametrize("missing", ["JIEBAN_SECRET_KEY", "JIEBAN_MASTER_KEY"])
def test_a_server_needs_both_keys(missing: str) -> None:
    given = {
        **GOOD,
        "JIEBAN_DATABASE_URL": "postgresql://x@db/jieban",
        "JIEBAN_MASTER_KEY": "a master key of the tests",
    }
    assert from_environment(given).master_key == "a master key of the tests"
    with pytest.raises(BadSetting) as error:
        from_environment({key: value for key, value in given.items() if key != missing})
    assert error.value.name == missing


def test_an_empty_file_of_the_database_is_no_default(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("\n")
    given = {key: value for key, value in GOOD.items() if key != "JIEBAN_DATABASE_URL"}
    with pytest.raises(BadSetting, match="JIEBAN_DATABASE_URL_FILE"):
        from_environment({**given, "JIEBAN_DATABASE_URL_FILE": str(tmp_path / "url")})


def test_another_master_key_is_refused_before_the_first_order(database_url: str) -> None:
    def opened(key: str) -> None:
        open_platform(Settings(database_url, "the secret key", key)).database.engine.dispose()

    opened("the first key")
    opened("the first key")
    with pytest.raises(WrongMasterKey):
        opened("another master key")


def test_a_secret_may_be_a_file_but_not_both(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a secret from a file\n")
    given = {key: value for key, value in GOOD.items() if key != "JIEBAN_SECRET_KEY"}
    assert from_environment({**given, "JIEBAN_SECRET_KEY_FILE": str(file)}).secret_key == "a secret from a file"
    with pytest.raises(BadSetting, match="not both"):
        from_environment({**GOOD, "JIEBAN_SECRET_KEY_FILE": str(file)})
