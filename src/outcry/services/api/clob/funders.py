"""Whose escrow pays for an order: that of its maker, who is the user or a wallet of theirs.

Where contracts settle a wallet, of whatever make, stands by what a key signs once it has named that
key to the settlement contract: what a wallet would say by itself it may take back before a trade
settles, a name only with a delay. There an order that a wallet stands by is also the proof that it
is the user's wallet: the key that signs in has signed, and the wallet says that this key may. So
the first such order links the two, and from then on the user's account is what the wallet has in
escrow. Elsewhere a wallet that is a contract is asked itself (ERC-1271), if there is a node to ask.
"""

from typing import Final, NamedTuple

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.escrow_requests import LinkWalletOp
from outcry.messages.requests import Declined
from outcry.ports.asset import Asset
from outcry.ports.chain import ChainUnavailable
from outcry.ports.wallets import Wallets
from outcry.runtime.bounded import Bounded
from outcry.services.api.signatures import CONTRACT, OWN_KEY, Terms


#: Wallets that are known to be linked.
LINKED_COUNT_MAX: Final = 10_000


class Signer(NamedTuple):
    """Who signed: a user, and the address of their key in lower case."""

    user_id: int
    address: str


class Funders:
    """Makers of orders that were signed."""

    def __init__(self, asset: Asset, wallets: Wallets | None, *, escrow: bool) -> None:
        """Ask *wallets*, None where there is no chain; *escrow*: what pays is in contracts."""
        self._asset = asset
        self._wallets = wallets
        self._escrow = escrow
        self._linked: Bounded[int, bytes] = Bounded(LINKED_COUNT_MAX)

    async def problem(
        self, who: Signer, terms: Terms, digest: bytes, *, links: bool = True
    ) -> Rejected | None:
        """Return why the maker of a verified order does not pay for it, None if it does.

        Nothing is linked unless the order *links*: one that is only tried does not.
        """
        kind = terms.signature_type
        if kind == OWN_KEY or (kind != CONTRACT and not self._escrow):
            return None
        if self._wallets is None:
            wanted = "a node of the chain to ask the wallet: clob.rpc_url"
            return Rejected(Reject.UNAVAILABLE, expected=wanted) if self._escrow else None
        try:
            wrong = await self._wrong(self._wallets, who, terms, digest)
        except ChainUnavailable as error:
            return Rejected(Reject.UNAVAILABLE, str(error)[:200])
        if wrong or not (self._escrow and links):
            return wrong
        return await self._link(who.user_id, terms.maker)

    async def _wrong(
        self, wallets: Wallets, who: Signer, terms: Terms, digest: bytes
    ) -> Rejected | None:
        """Return why the wallet does not stand by what was signed for it."""
        if not self._escrow:
            if await wallets.accepts(terms.maker, digest, terms.signature):
                return None
            wanted = "isValidSignature"
            return Rejected(Reject.SIGNATURE_INVALID, "not what the wallet accepts", wanted)
        if await wallets.names(terms.maker, bytes.fromhex(who.address[2:])):
            return None
        wanted = f"one that has let {who.address} sign for it: setSigner on the settlement contract"
        return Rejected(Reject.SIGNATURE_INVALID, f"maker 0x{terms.maker.hex()}", wanted)

    async def _link(self, user_id: int, wallet: bytes) -> Rejected | None:
        """Let the user's account be what the wallet has in escrow; the same again does nothing."""
        if self._linked.get(user_id) == wallet:
            return None
        done = await self._asset.funds(LinkWalletOp(user_id, user_id, f"0x{wallet.hex()}"))
        if isinstance(done, Declined):
            return Rejected(Reject(done.reject), done.got, done.expected)
        self._linked.put(user_id, wallet)
        return None
