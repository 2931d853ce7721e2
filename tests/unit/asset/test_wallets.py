"""Wallets in the ledger: an account mirrors one address, and what a wallet has is its user's."""

from tests.support.escrow import Contract, address, on_chain
from tests.support.venue import Venue, limit

from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.mirrors import account_of, address_of, addresses
from outcry.domain.ledger.state import balance_key
from outcry.messages.entry import unpack_entry
from outcry.messages.escrow_requests import LinkWalletOp
from outcry.messages.happenings import Happened
from outcry.messages.ledger_checkpoints import pack_checkpoint, unpack_checkpoint
from outcry.messages.requests import (
    CheckpointOp,
    CreateKeyOp,
    CreateUserOp,
    Declined,
    OpenAccountOp,
    WithdrawOp,
)
from outcry.runtime.escrow_proof import MONEY, expected
from outcry.runtime.fold import Fold
from outcry_wire.records import Side
from outcry_wire.rejects import Reject


HUNDRED = 100_000_000
KEY, WALLET, OTHER = address(7), address(8), address(9)


async def user(venue: Venue, who: str = KEY) -> tuple[int, int]:
    """Register who signs in with an address; return the user and the account."""
    made = await venue.fund(CreateUserOp(0, f"eth:{who}", who, ""))
    return made.id, made.ids[0]


async def agrees(venue: Venue, *known: tuple[str, str, int]) -> None:
    """Every law holds, a fold of the log is the same ledger, and escrow is expected where it is."""
    ledger = venue.asset.ledger
    audit(ledger)
    fold = Fold()
    async for row in venue.log.entries(0):
        if row.body:
            fold.apply_entry(row.n, unpack_entry(row.body))
    for name in ("balances", "positions", "users", "owners", "chain", "addresses"):
        assert getattr(fold.ledger, name) == getattr(ledger, name), name
    assert unpack_checkpoint(pack_checkpoint(ledger)).ledger.chain == ledger.chain
    amounts = {
        place: amount for place, amount in expected(ledger, (), (), "fees").items() if amount
    }
    assert amounts == {(who, asset): amount for who, asset, amount in known}


async def test_what_comes_to_a_linked_wallet_is_its_users() -> None:
    """Deposits, orders, withdrawals and exits of the wallet are those of the user's account."""
    async with on_chain().running() as venue:
        contract, (ann, account) = Contract(venue), await user(venue)
        market = await contract.registered()
        await venue.fund(LinkWalletOp(ann, ann, WALLET.upper().replace("X", "x")))
        assert (await venue.fund(LinkWalletOp(ann, ann, WALLET))).repeated
        await contract.says(Happened.DEPOSITED, WALLET, amount=HUNDRED)
        assert venue.balance(account) == (HUNDRED, 0)
        assert address_of(venue.asset.ledger, account) == WALLET

        bid = limit(account, market, Side.BUY, 6_000, 100)
        wrong = await venue.place(contract.signed(bid, 7))
        assert isinstance(wrong, Declined)
        assert (wrong.reject, wrong.expected) == (
            Reject.SIGNATURE_INVALID, f"the account's own, {WALLET}",
        )  # fmt: skip
        assert not isinstance(await venue.place(contract.signed(bid, 8)), Declined)

        await venue.fund(WithdrawOp(ann, account, COLLATERAL, 1_000, "w"))
        (operation,) = venue.asset.ledger.chain.operations
        await contract.says(Happened.PAID_OUT, WALLET, amount=1_000, number=operation)
        await contract.says(Happened.EXITED, WALLET, amount=2_000)
        await agrees(venue, (WALLET, MONEY, HUNDRED - 3_000))


async def test_what_came_before_the_link_is_the_users_too() -> None:
    """Money, tokens and their dust move with the wallet; nobody else is left with its address."""
    async with on_chain().running() as venue:
        contract, (ann, account) = Contract(venue), await user(venue)
        market = await contract.registered()
        token = contract.token(market, 0)
        before = await contract.funded(8, HUNDRED)
        await contract.says(Happened.DEPOSITED, WALLET, token, 50_007)
        await venue.fund(LinkWalletOp(ann, ann, WALLET))
        ledger, yes = venue.asset.ledger, token_asset(market, 0)
        assert (ledger.total(before, COLLATERAL), ledger.total(before, yes)) == (0, 0)
        assert (ledger.total(account, COLLATERAL), ledger.total(account, yes)) == (HUNDRED, 5)
        assert ledger.chain.dust == {balance_key(account, yes): 7}
        assert address_of(ledger, before) == ""
        await contract.says(Happened.DEPOSITED, WALLET, amount=1)
        await agrees(venue, (WALLET, MONEY, HUNDRED + 1), (WALLET, token, 50_007))


async def test_what_the_own_address_has_is_kept_apart() -> None:
    """A further account of the user mirrors it, now and later; it can be withdrawn from there."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann, account = await user(venue)
        await venue.fund(OpenAccountOp(ann, ann, f"escrow of {KEY}"))
        assert await contract.funded(7, HUNDRED) == account
        await venue.fund(LinkWalletOp(ann, ann, WALLET))
        ledger = venue.asset.ledger
        further = account_of(ledger, KEY)
        assert further not in (None, account)
        assert ledger.owners[further or 0] == ann
        assert addresses(ledger) == {account: WALLET, further: KEY}
        await contract.says(Happened.DEPOSITED, KEY, amount=5)
        await contract.says(Happened.DEPOSITED, WALLET, amount=3)
        await venue.fund(WithdrawOp(ann, further or 0, COLLATERAL, 5, "w"))
        assert [one.account for one in ledger.chain.operations.values()] == [further]
        await agrees(venue, (KEY, MONEY, HUNDRED + 5), (WALLET, MONEY, 3))


async def test_a_deposit_for_the_own_address_after_the_link() -> None:
    """The further account comes into being when there is something for it."""
    async with on_chain().running() as venue:
        contract, (ann, account) = Contract(venue), await user(venue)
        await venue.fund(LinkWalletOp(ann, ann, WALLET))
        assert len(venue.asset.ledger.owners) == 1
        await contract.says(Happened.DEPOSITED, KEY, amount=5)
        await contract.says(Happened.DEPOSITED, KEY, amount=6)
        assert venue.asset.ledger.total(account, COLLATERAL) == 0
        assert len(venue.asset.ledger.owners) == 2
        await agrees(venue, (KEY, MONEY, 11))


async def test_wallets_that_cannot_be_linked() -> None:
    """A second one, another user's, one's own address, no address, or an account that is busy."""
    async with on_chain().running() as venue:
        contract, (ann, account) = Contract(venue), await user(venue)
        bob, _ = await user(venue, OTHER)
        market = await contract.registered()
        assert await contract.funded(7, HUNDRED) == account

        async def refused(who: int, wallet: str) -> int:
            return (await venue.refused(LinkWalletOp(who, who, wallet))).reject

        await venue.place(contract.signed(limit(account, market, Side.BUY, 6_000, 100), 7))
        busy = await venue.refused(LinkWalletOp(ann, ann, WALLET))
        assert (busy.reject, busy.got) == (
            Reject.ADDRESS_TAKEN, f"the account of {KEY}: something of it is set aside for orders",
        )  # fmt: skip
        cy = await venue.fund(CreateUserOp(0, "cy", address(11), ""))
        assert await refused(bob, address(11)) == Reject.ADDRESS_TAKEN
        assert venue.asset.ledger.users[cy.id].address == address(11)
        await venue.fund(CreateKeyOp(ann, ann, ("read",), "key"))
        assert await refused(bob, KEY) == Reject.ADDRESS_TAKEN
        assert await refused(bob, OTHER) == Reject.FIELD_INVALID
        assert await refused(bob, "0x12") == Reject.FIELD_INVALID
        assert await refused(99, WALLET) == Reject.USER_UNKNOWN
        await venue.fund(LinkWalletOp(bob, bob, WALLET))
        assert await refused(bob, address(10)) == Reject.ADDRESS_TAKEN
        assert await refused(ann, WALLET) == Reject.ADDRESS_TAKEN
        taken = await venue.refused(CreateUserOp(0, "dan", WALLET, ""))
        assert taken.reject == Reject.ADDRESS_TAKEN


async def test_a_ledger_without_a_chain_links_no_wallets() -> None:
    """There every account is the ledger's alone."""
    async with Venue().running() as venue:
        made = await venue.fund(CreateUserOp(0, "ann", KEY, ""))
        refused = await venue.refused(LinkWalletOp(made.id, made.id, WALLET))
        assert refused.reject == Reject.ON_NO_CHAIN


async def test_when_a_key_ends_the_orders_of_its_wallet_are_cancelled() -> None:
    """They would not settle for long; who has no account is nobody here."""
    async with on_chain().running() as venue:
        contract, (ann, account) = Contract(venue), await user(venue)
        market = await contract.registered()
        await venue.fund(LinkWalletOp(ann, ann, WALLET))
        await contract.says(Happened.DEPOSITED, WALLET, amount=HUNDRED)
        await venue.placed(contract.signed(limit(account, market, Side.BUY, 6_000, 100), 8))
        await contract.says(Happened.KEY_ENDED, OTHER, "")
        await venue.fund(CheckpointOp(0))
        assert venue.asset.ledger.orders
        await contract.says(Happened.KEY_ENDED, WALLET, "")
        await venue.fund(CheckpointOp(0))
        assert not venue.asset.ledger.orders
        assert venue.balance(account) == (HUNDRED, 0)
