"""What clients sign for: the addresses that official clients carry, or the operator's own."""

import pytest

from outcry.services.api.clob.profiles import ProfileError, own, sandbox


@pytest.mark.parametrize("chain_id", [80_002, 137])
def test_the_sandbox_has_what_official_clients_sign_for(chain_id: int) -> None:
    """The addresses are those in the packages of both generations, so nothing need be changed."""
    v1 = pytest.importorskip("py_clob_client.config")
    v2 = pytest.importorskip("py_clob_client_v2.config")
    profile = sandbox(chain_id)
    first = v1.get_contract_config(chain_id).exchange
    assert profile.exchanges["1"].hex() == first.lower().removeprefix("0x")
    second = v2.get_contract_config(chain_id).exchange_v2
    assert profile.exchanges["2"].hex() == second.lower().removeprefix("0x")


def test_the_sandbox_is_a_test_network_unless_said_otherwise() -> None:
    """Nobody signs for the real chain without having asked for it; other chains are refused."""
    assert sandbox().chain_id == 80_002
    with pytest.raises(ProfileError, match="not 31337"):
        sandbox(31_337)


def test_a_profile_of_ones_own_is_whole() -> None:
    """A missing address is named, instead of orders being signed for nobody."""
    address = "0x" + "11" * 20
    assert own(31_337, address, address).exchanges["2"] == b"\x11" * 20
    assert own(31_337, "", address).exchanges == {"2": b"\x11" * 20}
    with pytest.raises(ProfileError, match="exchange_v2"):
        own(31_337, "", "")
    with pytest.raises(ProfileError, match="chain_id"):
        own(0, address, address)
