"""`outcry chain …` as an operator uses it, on a real node."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.contracts.needs import needs_anvil, needs_tokens

from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.deployment import load
from outcry.adapters.evm.devnet import account, signer


pytestmark = [needs_anvil, needs_tokens]
MAIN = "from outcry.app.cli import main; main()"
ALICE = address_text(signer("alice").address)


def outcry(data_dir: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run `outcry chain` with these words and return what it said."""
    command = [sys.executable, "-c", MAIN, "chain", *words, "--data-dir", str(data_dir)]
    environ = {**os.environ, "PATH": path} if path else None
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=180, env=environ
    )


@contextmanager
def chain(data_dir: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run `outcry chain dev` for the time of the block."""
    command = [sys.executable, "-c", MAIN, "chain", "dev", "--port", "0", "--block-ms", "0"]
    command += [*words, "--data-dir", str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail("".join(said))
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.stdout.read().endswith("stopped\n")
            assert process.wait(180) == 0


def test_dev_keeps_what_it_had(tmp_path: Path) -> None:
    """A development chain has its contracts and balances when it starts again; --fresh forgets."""
    with chain(tmp_path):
        first = load(tmp_path)
        done = outcry(tmp_path, "faucet", ALICE, "12.5", "--escrow")
        assert done.stdout == f"12.500000 in the escrow of {ALICE}\n", done.stderr
    with chain(tmp_path):
        again = load(tmp_path)
        assert (again.settlement, again.deployed_block) == (first.settlement, first.deployed_block)
        assert status(tmp_path)["escrowed"] == "12.500000"
    with chain(tmp_path, "--fresh"):
        assert status(tmp_path)["escrowed"] == "0.000000"


def status(data_dir: Path) -> dict[str, object]:
    """Return what `status` says to programs."""
    said = json.loads(outcry(data_dir, "status", "--json").stdout)
    assert isinstance(said, dict)
    return said


def test_files_of_dev(tmp_path: Path) -> None:
    """Deployment and keys are written; keys are readable by their owner alone."""
    with chain(tmp_path):
        deployed = load(tmp_path)
        assert deployed.chain_id == 80_002
        assert deployed.home_v1 == "0xdFE02Eb6733538f8Ea35D585af8DE5958AD99E40"
        for name in ("operator", "oracle"):
            path = tmp_path / "chain" / f"{name}.key"
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.read_text().strip() == f"0x{account(name).hex()}"
            assert getattr(deployed, name) == address_text(signer(name).address)
        assert status(tmp_path)["problem"] == ""
    ended = outcry(tmp_path, "status")
    assert ended.returncode == 1
    assert "does not answer" in ended.stdout


def test_deploy_to_a_chain(tmp_path: Path) -> None:
    """Deploying says what it would do, does nothing when told so, and refuses to do it twice."""
    with chain(tmp_path / "node"):
        url = load(tmp_path / "node").rpc_url
        key = tmp_path / "node" / "chain" / "owner.key"
        words = ("deploy", "--rpc", url, "--key", str(key))
        dry = outcry(tmp_path / "new", *words, "--dry-run")
        assert dry.stdout.endswith("nothing was done\n"), dry.stderr
        assert not (tmp_path / "new" / "chain").exists()
        done = outcry(tmp_path / "new", *words, "--yes", "--exit-delay", "60")
        assert done.returncode == 0, done.stderr
        deployed = load(tmp_path / "new")
        assert deployed.settlement != load(tmp_path / "node").settlement
        assert (deployed.exit_delay, deployed.home_v1) == (60, deployed.settlement)
        again = outcry(tmp_path / "new", *words, "--yes")
        assert again.returncode == 2
        assert "is there already" in again.stderr
        assert deployed.operator in done.stdout.split("next: money for gas")[1]
        poor = outcry(tmp_path / "new", "status")
        assert poor.returncode == 1
        assert "nothing to pay for gas" in poor.stdout
        broke = tmp_path / "broke.key"
        broke.write_text("11" * 32)
        broke.chmod(0o600)
        refused = outcry(tmp_path / "other", "deploy", "--rpc", url, "--key", str(broke), "--yes")
        assert refused.returncode == 2
        assert "the owner needs money for gas" in refused.stderr
        assert not (tmp_path / "other" / "chain").exists()
        asked = outcry(tmp_path / "other", *words, "--home-v1", ALICE, "--collateral", "0x12")
        assert asked.returncode == 2
        assert "no address" in asked.stderr


def test_alias_where_others_are(tmp_path: Path) -> None:
    """On a chain with another number no order may be signed for somebody else's address."""
    with chain(tmp_path / "node", "--chain-id", "137", "--own"):
        url = load(tmp_path / "node").rpc_url
        key = tmp_path / "node" / "chain" / "owner.key"
        words = ("deploy", "--rpc", url, "--key", str(key), "--home-v2", ALICE)
        refused = outcry(tmp_path / "new", *words, "--yes")
        assert refused.returncode == 2
        assert "only on chains 80002 and 31337" in refused.stderr
        refused = outcry(tmp_path / "new", *words[:5], "--yes")
        assert refused.returncode == 2
        assert "--collateral" in refused.stderr


def test_keys_that_others_can_read(tmp_path: Path) -> None:
    """A key that others may read is not used, and its text is not told."""
    key = tmp_path / "owner.key"
    key.write_text("0x" + "12" * 32)
    key.chmod(0o644)
    refused = outcry(tmp_path, "deploy", "--rpc", "http://127.0.0.1:1", "--key", str(key))
    assert refused.returncode != 0
    assert "chmod 600" in refused.stderr
    assert "1212" not in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("faucet", "0x12", "1"), "no address"),
        (("faucet", ALICE, "-1"), "no amount|No such option"),
        (("faucet", ALICE, "0.0000001"), "no amount"),
        (("status",), "outcry chain dev"),
    ],
)
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """What cannot be is told in a sentence, before any chain is asked."""
    refused = outcry(tmp_path, *words)
    assert refused.returncode != 0
    assert re.search(said, refused.stderr)
    assert "Traceback" not in refused.stderr


def test_dev_without_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what npm fetches the command says how to get it, and what works without."""
    monkeypatch.setenv("OUTCRY_ANVIL", str(tmp_path / "nothing"))
    refused = outcry(tmp_path, "dev", "--port", "0")
    assert refused.returncode == 2
    assert "outcry chain fetch" in refused.stderr
    assert "simulated" in refused.stderr


def test_fetch_without_npm(tmp_path: Path) -> None:
    """Without npm nothing is fetched, and the message says what to do."""
    refused = outcry(tmp_path, "fetch", path=str(tmp_path))
    assert refused.returncode == 2
    assert "Node.js" in refused.stderr


def test_node_answers_nobody_else(tmp_path: Path) -> None:
    """The node listens on this machine alone."""
    with chain(tmp_path):
        url = load(tmp_path).rpc_url
        assert url.startswith("http://127.0.0.1:")
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        assert httpx.post(url, json=body, trust_env=False).json()["result"] == hex(80_002)


def test_an_exchange_without_its_contracts_does_not_begin(tmp_path: Path) -> None:
    """It says what is missing before it makes databases, and what makes it."""
    command = [sys.executable, "-c", MAIN, "up", "--data-dir", str(tmp_path / "data")]
    environ = {**os.environ, "OUTCRY_SETTLEMENT_CHAIN": "evm"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=environ
    )
    assert done.returncode != 0
    assert "`outcry chain dev` starts a development chain" in done.stderr
    assert not (tmp_path / "data" / "postgres").exists()
