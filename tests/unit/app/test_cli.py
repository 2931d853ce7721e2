"""The command from outside: a sentence and an exit code for everything a user can get wrong."""

import re
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from outcry.app.cli import main
from outcry.app.commands import app
from outcry.app.processes import GROUPS, SERVICES


def outcry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Run the command in this process; returns exit code, output and errors."""
    monkeypatch.setattr(sys, "argv", ["outcry", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    output, errors = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else int(bool(code))), output, errors


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("run", "gossip"), 2, "there is no service 'gossip'; services are asset,"),
        (("run", "core"), 2, "postgres.dsn is not set: `outcry run core` needs a server"),
        (("tail", "gossip"), 2, "there is no stream 'gossip'; there are log, commands, facts"),
        (("tail", "facts:1"), 2, "facts:1: there are shards 0 to 0"),
        (("tail", "log"), 2, "there is no exchange in"),
        (("verify",), 2, "there is no exchange in"),
        (("reset", "--yes"), 2, "there is no exchange in"),
        (("recover",), 2, "say so with --accept-loss"),
        (("recover", "--accept-loss"), 2, "there is no exchange in"),
        (("token", "ann"), 2, "there is no exchange in"),
        (("token", "ann", "--ttl", "soon"), 2, "write 90s, 15m, 12h or 30d"),
        (("config", "check", "--config", "none.toml"), 2, "none.toml: cannot be read"),
        (("export", "trades"), 2, "there is no exchange in"),
        (("export", "gossip"), 2, "there is no table 'gossip' to export; there are trades,"),
        (("export", "trades", "--format", "xls"), 2, "there is no format 'xls'; there are csv,"),
        (("export", "trades", "--format", "parquet"), 2, "name a file with --out"),
        (("export", "balances", "--since", "2027-01-01"), 2, "nothing that --since and --until"),
        (("export", "trades", "--since", "soon"), 2, "'soon' is no date or time; write 2027-06-01"),
        (("backup", "x.tar"), 2, "there is no exchange in"),
        (("restore", "x.tar"), 2, "there is no backup"),
        (("start", "gossip"), 2, "there is no service 'gossip'"),
        (("start", "core"), 2, "postgres.dsn is not set"),
        (("frobnicate",), 2, "No such command"),
        (("up", "--colour"), 2, "No such option"),
    ],
)
def test_what_a_user_gets_wrong_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    """Exit code 2, one sentence on standard error, no traceback, nothing made."""
    monkeypatch.chdir(tmp_path)
    ended, _, errors = outcry(monkeypatch, capsys, *arguments)
    assert ended == code
    assert sentence in " ".join(re.sub(r"[│╭╮╰╯─]", "", errors).split())
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`config check` ends with 2 and says where the mistake is."""
    file = tmp_path / "market.toml"
    file.write_text("[http]\nport = 99999\n")
    code, _, errors = outcry(monkeypatch, capsys, "config", "check", "-c", str(file))
    assert code == 2
    assert f"{file}: http.port: must be a whole number from 0 to 65535; got 99999" in errors


def test_a_good_configuration_is_shown_without_passwords(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`config show` prints every setting as it is used; passwords in addresses are stars."""
    monkeypatch.setenv("OUTCRY_POSTGRES_DSN", "postgresql://me:secret@db/market")
    code, output, _ = outcry(monkeypatch, capsys, "config", "show", "-d", str(tmp_path / "x"))
    assert code == 0
    assert "postgres.dsn = 'postgresql://me:***@db/market'" in output
    assert f"data_dir = '{tmp_path / 'x'}'" in output
    assert "secret" not in output
    assert outcry(monkeypatch, capsys, "config", "check", "-d", str(tmp_path / "x"))[0] == 0


def test_nothing_running_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`status` ends with 1 and `stop` with 0 where no exchange runs."""
    monkeypatch.setenv("OUTCRY_DATA_DIR", str(tmp_path / "none"))
    for port in ("CORE", "MATCH", "EDGE", "HISTORY"):
        monkeypatch.setenv(f"OUTCRY_METRICS_{port}_PORT", "0")
    code, output, _ = outcry(monkeypatch, capsys, "status")
    assert (code, "No exchange runs in" in output) == (1, True)
    code, output, _ = outcry(monkeypatch, capsys, "stop")
    assert (code, "No exchange runs in" in output) == (0, True)


@pytest.mark.parametrize(
    "command",
    ["up", "run", "status", "stop", "verify", "tail", "reset", "token", "recover", "export"],
)
def test_every_command_has_help_with_examples_and_the_common_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """--help shows examples, --config and --data-dir."""
    code, output, _ = outcry(monkeypatch, capsys, command, "--help")
    assert code == 0
    for word in ("Examples", f"outcry {command}", "--config", "--data-dir"):
        assert word in output


def test_every_service_belongs_to_one_group() -> None:
    """The groups are a partition of the services."""
    assert len(SERVICES) == len(set(SERVICES)) == 12
    assert set(GROUPS) == {"core", "match", "history", "edge"}


def test_the_reference_names_every_command_and_option() -> None:
    """docs/reference/cli.md has a heading for each command and mentions each of its options."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text("utf-8")
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        assert f"`outcry {name}" in text
        for parameter in command.params:
            long = [option for option in parameter.opts if option.startswith("--")]
            assert all(option in text for option in long), (name, long)
