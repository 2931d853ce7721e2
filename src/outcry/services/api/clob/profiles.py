"""Profiles: the chain and the contracts that clients sign for. Pure.

The sandbox has the addresses that official clients carry, so they work without a change. They are
public facts of those packages (research notes, §1.3); the wallets' factories are those of the
relayer clients.
"""

from typing import Final, NamedTuple


AMOY: Final = 80_002
POLYGON: Final = 137
#: Chains that official clients know; every other one they refuse to sign for.
SANDBOX_CHAINS: Final = (AMOY, POLYGON)
NAME: Final = "Polymarket CTF Exchange"
VERSIONS: Final = ("1", "2")
#: An own key, a proxy, a safe, a wallet that is a contract.
EVERY_KIND: Final = (0, 1, 2, 3)


class ProfileError(ValueError):
    """The profile cannot be had; the message is a sentence for the operator."""


class Wallets(NamedTuple):
    """Where wallets of an owner are: a CREATE2 factory and the hash of what it deploys."""

    factory: bytes
    init_code_hash: bytes


class Profile(NamedTuple):
    """What orders and logins are signed for. Addresses have 20 bytes."""

    chain_id: int
    #: Contract of each generation of orders, "1" and "2".
    exchanges: dict[str, bytes]
    proxies: Wallets
    safes: Wallets
    #: The contract of markets that share their collateral, by generation: none is listed here, so
    #: an order for it is only recognised.
    neg_risk: dict[str, bytes] = {}  # noqa: RUF012 - a default that nobody changes
    #: Domain name that clients sign for.
    name: str = NAME
    #: Signature types that are taken: whoever settles has to know the wallet as well.
    kinds: tuple[int, ...] = EVERY_KIND
    #: Whether a proxy or safe is not where its factory makes it, but whoever named the key.
    named: bool = False


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


_EXCHANGE_1: Final = {
    AMOY: _bytes("0xdFE02Eb6733538f8Ea35D585af8DE5958AD99E40"),
    POLYGON: _bytes("0x4bFb41d5B3570DeFd03C39a9A4D8dE6Bd8B8982E"),
}
_EXCHANGE_2: Final = _bytes("0xE111180000d2663C0091e4f400237545B87B996B")
_NEG_RISK_1: Final = {
    AMOY: _bytes("0xd91E80cF2E7be2e162c6513ceD06f1dD0dA35296"),
    POLYGON: _bytes("0xC5d563A36AE78145C45a50134d48A1215220f80a"),
}
_NEG_RISK_2: Final = _bytes("0xe2222d279d744050d28e00520010520000310F59")
#: The factory of proxies stands on Polygon alone; its addresses are the same wherever it stood.
PROXIES: Final = Wallets(
    _bytes("0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"),
    _bytes("0xd21df8dc65880a8606f09fe0ce3df9b8869287ab0b058be05aa9e8af6330a00b"),
)
SAFES: Final = Wallets(
    _bytes("0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"),
    _bytes("0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"),
)


def sandbox(chain_id: int = 0) -> Profile:
    """Return the profile of official clients; raises `ProfileError` for a chain they do not know.

    0 is Amoy, the test network.
    """
    chain_id = chain_id or AMOY
    if chain_id not in SANDBOX_CHAINS:
        raise ProfileError(
            f"clob.chain_id: the sandbox knows {AMOY} and {POLYGON}, not {chain_id}; "
            'use profile = "own"'
        )
    return Profile(
        chain_id,
        {"1": _EXCHANGE_1[chain_id], "2": _EXCHANGE_2},
        PROXIES,
        SAFES,
        {"1": _NEG_RISK_1[chain_id], "2": _NEG_RISK_2},
    )


def own(chain_id: int, exchange_v1: str, exchange_v2: str) -> Profile:
    """Return a profile of the operator's own; raises `ProfileError` when a part is not known.

    Of the two contracts one may be "": orders of that generation are not taken then.
    """
    given = {"1": exchange_v1, "2": exchange_v2}
    exchanges = {version: _bytes(address) for version, address in given.items() if address}
    for name, value in (("chain_id", chain_id), ("exchange_v2", exchanges)):
        if not value:
            raise ProfileError(
                f'clob.{name}: profile "own" needs it, here or in chain/deployment.json'
            )
    return Profile(chain_id, exchanges, PROXIES, SAFES)
