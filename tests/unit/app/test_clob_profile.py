"""What clients of the CLOB surface sign for, by configuration and deployment."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from outcry.app.clob_profile import clob_config, signing_of
from outcry.runtime.config import Clob, Config, ConfigError
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.profiles import sandbox
from outcry.services.api.signed import profile_of


ADDRESS = "0x" + "11" * 20


def config(folder: Path, *, chain: str = "simulated", **clob: object) -> Config:
    """Return a configuration of the data in *folder*."""
    plain = Config(data_dir=str(folder), clob=Clob(**clob))  # type: ignore[arg-type]
    return replace(plain, settlement=replace(plain.settlement, chain=chain))


def deploy(folder: Path, **deployed: object) -> None:
    """Write what deploying writes."""
    (folder / "chain").mkdir()
    (folder / "chain" / "deployment.json").write_text(json.dumps(deployed))


def chosen(found: ClobConfig | None) -> ClobConfig:
    """Return settings that must be there."""
    assert found is not None
    return found


def test_without_a_word_it_is_the_sandbox(tmp_path: Path) -> None:
    """Nothing has to be configured for official clients, and the surface can be left out."""
    assert chosen(clob_config(config(tmp_path))).profile == sandbox(80_002)
    assert chosen(clob_config(config(tmp_path, chain_id=137))).profile == sandbox(137)
    assert clob_config(config(tmp_path, enabled=False)) is None
    with pytest.raises(ConfigError, match="80002 and 137"):
        clob_config(config(tmp_path, chain_id=5))


def test_an_own_profile_comes_from_the_file_and_the_deployment(tmp_path: Path) -> None:
    """What is not named in the configuration is what was deployed."""
    with pytest.raises(ConfigError, match="chain_id"):
        clob_config(config(tmp_path, profile="own"))
    deploy(tmp_path, chain_id=31_337, settlement=ADDRESS, domain_name="Own Exchange")
    profile = chosen(clob_config(config(tmp_path, profile="own"))).profile
    assert (profile.chain_id, profile.name) == (31_337, "Own Exchange")
    assert set(profile.exchanges.values()) == {b"\x11" * 20}
    named = clob_config(config(tmp_path, profile="own", exchange_v2="0x" + "22" * 20))
    assert chosen(named).profile.exchanges["2"] == b"\x22" * 20


def test_orders_of_both_doors_are_for_what_settles(tmp_path: Path) -> None:
    """With a real chain `/api` takes what its contracts take, else what is configured, or none."""
    assert signing_of(config(tmp_path)) is None
    second = "0x" + "22" * 20
    deploy(tmp_path, chain_id=80_002, settlement=ADDRESS, home_v1=ADDRESS, home_v2=second)
    signing = signing_of(config(tmp_path, chain="evm"))
    assert signing is not None
    assert (signing.contract_v1, signing.contract, signing.escrow) == (ADDRESS, second, True)
    assert profile_of(signing).exchanges == {"1": b"\x11" * 20, "2": b"\x22" * 20}


def test_what_settles_is_what_is_signed_for(tmp_path: Path) -> None:
    """With a real chain the deployment decides, and a configuration that differs is refused."""
    deploy(tmp_path, chain_id=80_002, settlement=ADDRESS, home_v1=ADDRESS, home_v2=ADDRESS)
    found = chosen(clob_config(config(tmp_path, chain="evm")))
    assert found.escrow
    assert set(found.profile.exchanges.values()) == {b"\x11" * 20}
    with pytest.raises(ConfigError, match="which settle"):
        clob_config(config(tmp_path, chain="evm", chain_id=137))
