"""The configuration is whole or refused with a sentence that an operator can act on."""

import re
from pathlib import Path

import pytest

import outcry
from outcry.runtime.config import Config, ConfigError, Http, Postgres, describe, load
from outcry.runtime.config.describe import settings


ROOT = Path(__file__).parents[3]


def refusal(path: Path | None = None, **environ: str) -> str:
    """Return the sentence with which a configuration is refused."""
    with pytest.raises(ConfigError) as refused:
        load(path, environ)
    return str(refused.value)


def in_file(tmp_path: Path, text: str) -> Path:
    """Return a configuration file with *text*."""
    path = tmp_path / "outcry.toml"
    path.write_text(text, "utf-8")
    return path


def test_nothing_given_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without file and environment the defaults hold, and the data folder becomes absolute."""
    monkeypatch.chdir(tmp_path)

    assert load(None, {}) == Config(data_dir=str(tmp_path / "outcry-data"))


def test_environment_wins_over_file(tmp_path: Path) -> None:
    """A file sets what the environment does not; both are found where they say."""
    path = in_file(tmp_path, 'data_dir = "/x"\n[http]\nhost = "10.0.0.1"\nport = 81\n')

    config = load(None, {"OUTCRY_CONFIG": str(path), "OUTCRY_HTTP_PORT": "82"})

    assert config.http == Http(host="10.0.0.1", port=82)
    assert config.data_dir == "/x"


def test_environment_text_is_read_as_what_is_wanted() -> None:
    """Numbers and truth values arrive as such from the environment."""
    config = load(
        None, {"OUTCRY_TRADING_UNSIGNED_ORDERS": "true", "OUTCRY_LIMITS_DRAIN_MS_MAX": "5"}
    )

    assert config.trading.unsigned_orders is True
    assert config.limits.drain_ms_max == 5


def test_every_variable_names_one_setting() -> None:
    """No two settings share an environment variable, so the mapping can be read backwards."""
    variables = [setting.variable for setting in describe.settings()]

    assert len(variables) == len(set(variables))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[http]\nprot = 1", ", [http]: there is no setting prot; did you mean port?"),
        ("[htp]\nport = 1", ": there is no setting htp; did you mean http?"),
        ("[shards]\nx = 1", ", [shards]: there is no setting x; there are count"),
        ("http = 1", ": http is a section; write [http] and its settings below"),
        (
            '[http]\nport = "80"',
            ": http.port: must be a whole number from 0 to 65535; got '80'",
        ),
        ("[http]\nport = true", ": http.port: must be a whole number from 0 to 65535; got True"),
        ("[limits]\nbody_bytes_max = 1.5", "must be a whole number from 1024 up; got 1.5"),
        ('data_dir = ""', ": data_dir: must be text; got ''"),
        ("[trading]\nclock = 'fast'", ": trading.clock: must be real or manual; got 'fast'"),
        ("port = [", ": is not TOML: "),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence names file, setting, what it may be and what it was."""
    path = in_file(tmp_path, text)

    refused = refusal(path)

    assert refused.startswith(str(path))
    assert sentence in refused


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        (
            {"OUTCRY_HTTP_PORT": "x"},
            "OUTCRY_HTTP_PORT: must be a whole number from 0 to 65535; got 'x'",
        ),
        (
            {"OUTCRY_HTTP_PROT": "1"},
            "environment: there is no setting OUTCRY_HTTP_PROT; did you mean OUTCRY_HTTP_PORT?",
        ),
        (
            {"OUTCRY_ZZZ": "1"},
            "environment: there is no setting OUTCRY_ZZZ; docs/reference/configuration.md lists",
        ),
        ({"OUTCRY_CONFIG": "/nowhere.toml"}, "/nowhere.toml: cannot be read: No such file"),
    ],
)
def test_a_wrong_environment_is_refused(environ: dict[str, str], sentence: str) -> None:
    """A misspelt variable is refused instead of ignored."""
    assert refusal(None, **environ).startswith(sentence)


def test_variables_of_others_are_left_alone() -> None:
    """The kernel's switches and the client library's variables are no misspelt settings."""
    load(None, {"OUTCRY_PURE": "1", "OUTCRY_SDK_API_KEY": "x", "PATH": "/bin"})


@pytest.mark.parametrize(
    ("environ", "setting"),
    [
        ({"OUTCRY_TRADING_SIGNED_ORDERS": "true"}, "trading.signing_contract"),
        ({"OUTCRY_TRADING_UNSIGNED_ORDERS": "false"}, "trading.unsigned_orders"),
        ({"OUTCRY_FEEDS_PORT": "8000"}, "feeds.port: 127.0.0.1:8000 is taken by http.port"),
        ({"OUTCRY_POSTGRES_DSN": "mysql://x"}, "postgres.dsn"),
        ({"OUTCRY_REDIS_URL": "localhost"}, "redis.url"),
        ({"OUTCRY_HTTP_PROXIES": "127.0.0.1,proxy"}, "http.proxies: 'proxy' does not appear"),
        ({"OUTCRY_LIMITS_UNAPPLIED_CANCELS_COUNT_MAX": "1"}, "limits.unapplied_cancels_count_max"),
        ({"OUTCRY_LIMITS_CLIENT_ORDER_ID_HOURS": "23"}, "limits.client_order_id_hours"),
    ],
)
def test_settings_must_fit_together(environ: dict[str, str], setting: str) -> None:
    """What is right alone and wrong together is refused under the name of the setting."""
    assert refusal(None, **environ).startswith(setting)


def test_ids_of_orders_that_nobody_signs_may_be_forgotten_sooner() -> None:
    """Only a signed order can be posted again by whoever has seen it."""
    hours = {"OUTCRY_LIMITS_CLIENT_ORDER_ID_HOURS": "1", "OUTCRY_CLOB_ENABLED": "false"}
    assert load(None, hours).limits.client_order_id_hours == 1
    chain = {**hours, "OUTCRY_SETTLEMENT_CHAIN": "evm"}
    assert refusal(None, **chain).startswith("limits.client_order_id_hours")


def test_several_ports_may_be_left_to_the_system() -> None:
    """Port 0 means any free port and never collides."""
    assert load(None, {"OUTCRY_HTTP_PORT": "0", "OUTCRY_FEEDS_PORT": "0"}).feeds.port == 0


def test_passwords_are_not_shown() -> None:
    """What is shown of a configuration carries no password, also not one inside an address."""
    config = Config(postgres=Postgres(dsn="postgresql://ann:s3cret@db:5432/x?host=/run"))

    shown = describe.redacted(config)

    assert shown["postgres.dsn"] == "postgresql://ann:***@db:5432/x?host=/run"
    assert shown["http.port"] == 8000


def test_the_page_about_it_is_up_to_date() -> None:
    """docs/reference/configuration.md is what tools/write_reference.py writes."""
    page = (ROOT / "docs/reference/configuration.md").read_text("utf-8")

    assert page == describe.reference()


def test_every_setting_is_obeyed() -> None:
    """Somebody outside the configuration reads each: one that nobody reads is a promise broken."""
    folder = Path(outcry.__file__).parent
    sources = [path for path in folder.rglob("*.py") if "config" not in path.parts]
    words = set(re.findall(r"\w+", "\n".join(path.read_text() for path in sources)))
    assert [one.name for one in settings() if one.place[-1] not in words] == []
