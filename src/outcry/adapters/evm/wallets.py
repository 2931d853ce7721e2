"""Wallets, asked on a chain: ``isValidSignature(bytes32,bytes)`` (ERC-1271) of the wallet itself.

Which keys a wallet has named, our settlement contract says; a wallet whose orders settle there is
not asked.
"""

from typing import Final

from outcry.adapters.evm.escrow_calls import FOR_EVER
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.adapters.evm.rpc import Call, Json, Rpc, RpcError
from outcry.ports.chain import ChainUnavailable
from outcry.runtime.bounded import Bounded


#: First four bytes of the call's Keccak-256, and what a wallet answers that accepts.
SELECTOR: Final = bytes.fromhex("1626ba7e")
#: Blocks whose logs are asked for at once, and how often in one look; the next one goes on.
LOGS_BLOCKS_MAX: Final = 2_000
LOOKS_COUNT_MAX: Final = 50
_WORD: Final = 32
_SIGNER_TOPIC: Final = "0x" + SETTLEMENT.topic("SignerSet").hex()
_YES: Final = f"0x{SELECTOR.ljust(_WORD, bytes(1)).hex()}"
#: Gas that a wallet may use to make up its mind.
GAS_MAX: Final = 100_000
#: The longest signature that a wallet is asked about: longer than any that clients make.
SIGNATURE_BYTES_MAX: Final = 320
#: Wallets and keys that were found named in a block that is believed.
NAMED_COUNT_MAX: Final = 10_000
#: Wallets that ever named one key, of which each is asked about; anybody may name anybody's key.
WALLETS_COUNT_MAX: Final = 16
#: What a transaction costs before anything is done, and each byte of its data; yellow paper.
_GAS_BASE, _GAS_BYTE, _GAS_ZERO_BYTE = 21_000, 16, 4


class EvmWallets:
    """The wallets of the chain that a node shows."""

    def __init__(
        self, rpc: Rpc, settlement: str = "", confirmations: int = 1, first_block: int = 0
    ) -> None:
        """Ask *rpc*, which is closed by whoever made it; *settlement* is the contract's address.

        Without it no wallet has named a key. What a wallet has named counts once the block that
        says so has its *confirmations*, as deposits do. Nothing of it is before *first_block*.
        """
        self._rpc = rpc
        self._settlement = settlement
        self._confirmations = confirmations
        self._first_block = first_block
        #: By key: wallets that ever named it, and the block up to which that is known.
        self._found: Bounded[bytes, tuple[list[bytes], int]] = Bounded(NAMED_COUNT_MAX)
        self._believed: Bounded[tuple[bytes, bytes], bool] = Bounded(NAMED_COUNT_MAX)

    async def of(self, key: bytes) -> list[bytes]:
        """Return the wallets that let *key* sign for them, the first one first.

        None of them when more than `WALLETS_COUNT_MAX` ever did.
        """
        if not self._settlement:
            return []
        ever, upto = self._found.get(key) or ([], self._first_block - 1)
        if len(ever) > WALLETS_COUNT_MAX:
            return []
        head = await self._head()
        try:
            for _ in range(LOOKS_COUNT_MAX):
                if upto >= head or len(ever) > WALLETS_COUNT_MAX:
                    break
                last = min(upto + LOGS_BLOCKS_MAX, head)
                ever = await self._named(key, ever, upto + 1, last)
                upto = last
        except RpcError as error:
            raise ChainUnavailable(str(error)) from error
        # Blocks that may still be others are read again.
        self._found.put(key, (ever, min(upto, head - self._confirmations)))
        return await self._naming(ever, key, head) if len(ever) <= WALLETS_COUNT_MAX else []

    async def _named(self, key: bytes, ever: list[bytes], first: int, last: int) -> list[bytes]:
        """Return *ever* and who else named *key* in these blocks; one too many is enough."""
        wanted: Json = {
            "address": self._settlement,
            "topics": [_SIGNER_TOPIC, None, f"0x{key.rjust(_WORD, bytes(1)).hex()}"],
            "fromBlock": hex(max(first, 0)),
            "toBlock": hex(last),
        }
        logs = await self._rpc.call("eth_getLogs", wanted)
        wallets = [bytes.fromhex(log["topics"][1][-40:]) for log in logs]
        return list(dict.fromkeys([*ever, *wallets]))[: WALLETS_COUNT_MAX + 1]

    async def names(self, wallet: bytes, key: bytes) -> bool:
        """Return whether *wallet* lets *key* sign for it until it says otherwise."""
        if not self._settlement:
            return False
        head = 0 if self._believed.get((wallet, key)) else await self._head()
        return bool(await self._naming([wallet], key, head))

    async def _head(self) -> int:
        try:
            return int(await self._rpc.call("eth_blockNumber"), 16)
        except RpcError as error:
            raise ChainUnavailable(str(error)) from error

    async def _naming(self, wallets: list[bytes], key: bytes, head: int) -> list[bytes]:
        """Return those of *wallets* that name *key*, asked in one request."""
        believed = hex(max(head - self._confirmations + 1, 0))
        calls: list[tuple[bytes, Call]] = []
        for wallet in wallets:
            data = f"0x{SETTLEMENT.call('signerUntil', wallet, key).hex()}"
            call: Json = {"to": self._settlement, "data": data}
            blocks = ["latest"] if self._believed.get((wallet, key)) else ["latest", believed]
            calls += [(wallet, Call("eth_call", (call, block))) for block in blocks]
        answers = await self._rpc.batch([call for _, call in calls]) if calls else []
        said = zip(calls, answers, strict=True)
        not_named = {wallet for (wallet, _), answer in said if answer != f"0x{FOR_EVER:064x}"}
        for wallet in wallets:
            self._believed.put((wallet, key), wallet not in not_named)
        return [wallet for wallet in wallets if wallet not in not_named]

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Return whether the contract at *wallet* accepts *signature* of *digest*."""
        if len(signature) > SIGNATURE_BYTES_MAX:
            return False
        data = _data(digest, signature)
        call = {"to": f"0x{wallet.hex()}", "data": f"0x{data.hex()}", "gas": hex(_gas(data))}
        try:
            answer = await self._rpc.call("eth_call", call, "latest")
        except RpcError:
            return False
        # One word is the answer, however much there is.
        return bool(answer[: len(_YES)] == _YES)


def _gas(data: bytes) -> int:
    """Return the gas with which a wallet that is called with *data* has `GAS_MAX`."""
    zeros = data.count(0)
    return _GAS_BASE + _GAS_ZERO_BYTE * zeros + _GAS_BYTE * (len(data) - zeros) + GAS_MAX


def _data(digest: bytes, signature: bytes) -> bytes:
    """Return the call: the digest, where the signature begins, its length, and itself in words."""
    padded = signature + bytes(-len(signature) % _WORD)
    words = digest + _number(2 * _WORD) + _number(len(signature)) + padded
    return SELECTOR + words


def _number(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")
