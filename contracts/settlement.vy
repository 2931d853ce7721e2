# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title Settlement
@license Apache-2.0
@notice Escrow and settlement of an order book over Gnosis ConditionalTokens with two outcomes.
@dev Users deposit collateral (asset 0) and outcome tokens (asset = their position id) into escrow. An
     operator settles what a book matched out of orders that users signed, by their own keys or by keys
     that their wallets named (`setSigner`); nobody can be given a price worse than they signed, and no
     order is filled beyond its maker amount. Amounts are atomic units; nothing is ever divided, except
     where payouts are not whole. No wallet is asked while settling: what one would say then, nobody can
     know when orders match.

     What a match rests on cannot be pulled from under it: deposits leave by the operator's `payOut`,
     or without the operator after a delay, and revoking orders, nonces or keys waits for the same delay.
     The escrow of all accounts is what the contract holds: collateral by `escrowed`, tokens by the
     balance of each id. Strays of tokens are bounced, strays of ERC-20 can be swept.

     It never moves an account's escrow anywhere but to a counterparty at a signed price, to the fee
     account within the cap, into or out of a complete set, or out to the account itself.
"""

from ethereum.ercs import IERC20


interface ConditionalTokens:
    def getOutcomeSlotCount(condition: bytes32) -> uint256: view
    def getCollectionId(parent: bytes32, condition: bytes32, indexSet: uint256) -> bytes32: view
    def getPositionId(collateral: address, collection: bytes32) -> uint256: view
    def payoutNumerators(condition: bytes32, outcome: uint256) -> uint256: view
    def payoutDenominator(condition: bytes32) -> uint256: view
    def splitPosition(
        collateral: address, parent: bytes32, condition: bytes32, partition: DynArray[uint256, 2], amount: uint256
    ): nonpayable
    def mergePositions(
        collateral: address, parent: bytes32, condition: bytes32, partition: DynArray[uint256, 2], amount: uint256
    ): nonpayable
    def redeemPositions(
        collateral: address, parent: bytes32, condition: bytes32, indexSets: DynArray[uint256, 2]
    ): nonpayable
    def safeTransferFrom(
        sender: address, receiver: address, id: uint256, amount: uint256, data: Bytes[32]
    ): nonpayable


struct Order:
    version: uint8
    side: uint8
    sigType: uint8
    salt: uint256
    maker: address
    signer: address
    tokenId: uint256
    makerAmount: uint256
    takerAmount: uint256
    # 1: taker, expiration, nonce, feeRateBps. 2: timestamp, metadata, builder, 0
    extra: uint256[4]
    signature: Bytes[320]


struct Fill:
    # outcome tokens
    qty: uint256
    # this maker's own collateral leg
    cash: uint256
    # collateral; a negative fee of the maker is paid out of the taker's
    takerFee: int256
    makerFee: int256


struct Tokens:
    yes: uint256
    no: uint256


struct Exit:
    amount: uint256
    readyAt: uint256


struct Payout:
    yes: uint256
    no: uint256
    per: uint256


event Filled:
    orderHash: indexed(bytes32)
    account: indexed(address)
    tradeId: indexed(uint256)
    tokenId: uint256
    side: uint256
    kind: uint256
    qty: uint256
    cash: uint256
    fee: int256


event Settled:
    tradeId: indexed(uint256)


event Deposited:
    who: indexed(address)
    asset: indexed(uint256)
    sender: indexed(address)
    amount: uint256


event ExitRequested:
    who: indexed(address)
    asset: indexed(uint256)
    amount: uint256
    readyAt: uint256


event Exited:
    who: indexed(address)
    asset: indexed(uint256)
    amount: uint256


event PaidOut:
    withdrawalId: indexed(uint256)
    who: indexed(address)
    asset: indexed(uint256)
    amount: uint256


event Registered:
    condition: indexed(bytes32)
    yes: uint256
    no: uint256


event SplitFor:
    opId: indexed(uint256)
    who: indexed(address)
    condition: indexed(bytes32)
    amount: uint256


event MergedFor:
    opId: indexed(uint256)
    who: indexed(address)
    condition: indexed(bytes32)
    amount: uint256


event Redeemed:
    condition: indexed(bytes32)
    amount: uint256


event RedeemedFor:
    who: indexed(address)
    condition: indexed(bytes32)
    yes: uint256
    no: uint256
    amount: uint256


event OrderRevoked:
    orderHash: indexed(bytes32)
    account: indexed(address)
    effectiveAt: uint256


event NonceRaised:
    account: indexed(address)
    nonce: uint256
    effectiveAt: uint256


event SignerSet:
    account: indexed(address)
    signer: indexed(address)
    until: uint256


event OperatorSet:
    operator: indexed(address)
    allowed: bool


event PausedSet:
    paused: bool


event FeeAccountSet:
    account: indexed(address)


event OwnerProposed:
    owner: indexed(address)


event OwnerSet:
    owner: indexed(address)


event Swept:
    token: indexed(address)
    receiver: indexed(address)
    amount: uint256


# Makers of one call; the exchange's parts of a trade are as large.
MAX_MAKERS: constant(uint256) = 20
# Most of a leg's collateral that a fee may take, in 1/10,000, rounded up.
MAX_FEE_BPS: constant(uint256) = 1000
# What was matched before its expiry may still settle so many seconds later.
EXPIRY_GRACE: constant(uint256) = 600
MAX_EXIT_DELAY: constant(uint256) = 30 * 86400
# Chains that belong to nobody's money, where orders may be signed for another address than ours.
TEST_CHAIN: constant(uint256) = 80002
LOCAL_CHAIN: constant(uint256) = 31337

COLLATERAL_ASSET: constant(uint256) = 0
BUY: constant(uint8) = 0
OWN_KEY: constant(uint8) = 0
WALLET: constant(uint8) = 3
TRADES: constant(uint256) = 0
WITHDRAWALS: constant(uint256) = 1
OPERATIONS: constant(uint256) = 2
TRANSFER: constant(uint256) = 0
MINT: constant(uint256) = 1
MERGE: constant(uint256) = 2
# Kind in the event of a taker, whose fills may be of two kinds.
TAKEN: constant(uint256) = 3
# Amounts are below it, so no product of two overflows.
AMOUNT_LIMIT: constant(uint256) = 2**127
USED_MASK: constant(uint256) = 2**128 - 1
TIME_MASK: constant(uint256) = 2**64 - 1
# Half of the order of secp256k1: of the two signatures that are each other's mirror, one counts.
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
PAIR: constant(uint256[2]) = [1, 2]

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
ORDER_TYPE_1: constant(bytes32) = keccak256(
    "Order(uint256 salt,address maker,address signer,address taker,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint256 expiration,uint256 nonce,uint256 feeRateBps,uint8 side,uint8 signatureType)"
)
ORDER_TYPE_2: constant(bytes32) = keccak256(
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)

# What the key of a wallet signs: the order in the wallet's own domain (ERC-7739), good for it alone.
NESTED_TYPE: constant(bytes32) = keccak256(
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
WALLET_NAME: constant(bytes32) = keccak256("DepositWallet")
WALLET_VERSION: constant(bytes32) = keccak256("1")
# Of its signature: that of the key, domain, contents, the type of an order and its length.
NESTED_BYTES: constant(uint256) = 317

# Reasons of LegFailed(leg, why); leg 0 is the taker, leg k the k-th maker.
SHAPE: constant(uint256) = 1
SIGNATURE: constant(uint256) = 2
EXPIRED: constant(uint256) = 3
NONCE: constant(uint256) = 4
LIMIT: constant(uint256) = 5
OVERFILLED: constant(uint256) = 6
FEE: constant(uint256) = 7
TOKEN: constant(uint256) = 8
NO_CASH: constant(uint256) = 9
NO_TOKENS: constant(uint256) = 10
NOT_FOR_US: constant(uint256) = 11
TAKER_LIMIT: constant(uint256) = 13
REVOKED: constant(uint256) = 14

# Reasons of Refused(why): the call itself, not a leg of it.
NOT_OPERATOR: constant(uint256) = 1
NOT_OWNER: constant(uint256) = 2
PAUSED: constant(uint256) = 3
OTHER_CHAIN: constant(uint256) = 4
DONE_ALREADY: constant(uint256) = 5
FILL_COUNT: constant(uint256) = 6
NOT_YOURS: constant(uint256) = 7
NOBODY: constant(uint256) = 8
AMOUNT: constant(uint256) = 9
NOT_ENOUGH: constant(uint256) = 10
NOT_WHAT_WAS_SENT: constant(uint256) = 11
UNKNOWN: constant(uint256) = 12
RESOLVED: constant(uint256) = 13
NOT_RESOLVED: constant(uint256) = 14
NOTHING: constant(uint256) = 15
TOO_EARLY: constant(uint256) = 16
STRAY: constant(uint256) = 17

COLLATERAL: public(immutable(IERC20))
CTF: public(immutable(ConditionalTokens))
EXIT_DELAY: public(immutable(uint256))
CHAIN_ID: immutable(uint256)
DOMAIN_1: immutable(bytes32)
DOMAIN_2: immutable(bytes32)

owner: public(address)
proposedOwner: public(address)
feeAccount: public(address)
paused: public(bool)
isOperator: public(HashMap[address, bool])

# account -> asset -> atomic units
escrowOf: public(HashMap[address, HashMap[uint256, uint256]])
# Collateral that belongs to accounts, or is waiting for `redeemFor`.
escrowed: public(uint256)
exitOf: public(HashMap[address, HashMap[uint256, Exit]])

complementOf: public(HashMap[uint256, uint256])
conditionOf: public(HashMap[uint256, bytes32])
tokensOf: public(HashMap[bytes32, Tokens])
payoutOf: public(HashMap[bytes32, Payout])

# Low half: of the maker amount, what is used. High half: when a revocation takes effect.
orders: HashMap[bytes32, uint256]
# nonce << 64 | when it takes effect
nonces: HashMap[address, uint256]
# account -> whose key signs for it -> until when
signerUntil: public(HashMap[address, HashMap[address, uint256]])
# What is done once: kind -> word -> bits
done: HashMap[uint256, HashMap[uint256, uint256]]


@deploy
def __init__(
    collateral: address,
    ctf: address,
    name: String[64],
    home1: address,
    home2: address,
    exitDelay: uint256,
    operator: address,
    feeAccount: address,
):
    """
    @param home1 The address that orders of version 1 are signed for; zero: this contract
    @param home2 The same for version 2
    """
    assert collateral != empty(address) and ctf != empty(address), "no address"
    assert feeAccount != empty(address), "no fee account"
    assert exitDelay <= MAX_EXIT_DELAY, "exit delay too long"
    COLLATERAL = IERC20(collateral)
    CTF = ConditionalTokens(ctf)
    EXIT_DELAY = exitDelay
    CHAIN_ID = chain.id
    DOMAIN_1 = self._domain(name, "1", self._home(home1))
    DOMAIN_2 = self._domain(name, "2", self._home(home2))
    self.owner = msg.sender
    self.feeAccount = feeAccount
    if operator != empty(address):
        self.isOperator[operator] = True
        log OperatorSet(operator=operator, allowed=True)
    assert extcall IERC20(collateral).approve(ctf, max_value(uint256), default_return_value=True)
    log OwnerSet(owner=msg.sender)
    log FeeAccountSet(account=feeAccount)


@view
@internal
def _home(home: address) -> address:
    if home == empty(address) or home == self:
        return self
    assert chain.id == TEST_CHAIN or chain.id == LOCAL_CHAIN, "alias on a chain others use"
    return home


@view
@internal
def _domain(name: String[64], version: String[1], home: address) -> bytes32:
    return keccak256(abi_encode(DOMAIN_TYPE, keccak256(name), keccak256(version), chain.id, home))


# ------------------------------------------------------------------------------- settlement


@external
@nonreentrant
def matchOrders(
    tradeId: uint256,
    taker: Order,
    makers: DynArray[Order, MAX_MAKERS],
    fills: DynArray[Fill, MAX_MAKERS],
):
    """
    @notice Settle one part of a trade, all or none
    @param tradeId Trade << 8 | part; each settles once
    @param fills One for each of `makers`
    """
    self._operating()
    self._require(chain.id == CHAIN_ID, OTHER_CHAIN)
    self._once(TRADES, self._wordOf(tradeId), tradeId >> 8)
    self._require(len(makers) != 0 and len(makers) == len(fills), FILL_COUNT)
    takerHash: bytes32 = empty(bytes32)
    takerUsed: uint256 = 0
    takerHash, takerUsed = self._checked(taker, 0)
    complement: uint256 = 0
    qty: uint256 = 0
    cash: uint256 = 0
    fee: int256 = 0
    collected: int256 = 0
    pairs: uint256 = 0
    for i: uint256 in range(len(makers), bound=MAX_MAKERS):
        maker: Order = makers[i]
        fill: Fill = fills[i]
        leg: uint256 = unsafe_add(i, 1)
        makerHash: bytes32 = empty(bytes32)
        makerUsed: uint256 = 0
        makerHash, makerUsed = self._checked(maker, leg)
        if not self._sane(fill.qty) or not self._sane(fill.cash):
            self._fail(leg, SHAPE)
        kind: uint256 = TRANSFER
        takerCash: uint256 = fill.cash
        if maker.tokenId == taker.tokenId:
            if maker.side == taker.side:
                self._fail(leg, TOKEN)
        else:
            if complement == 0:
                complement = self.complementOf[taker.tokenId]
            if complement == 0 or maker.tokenId != complement or maker.side != taker.side:
                self._fail(leg, TOKEN)
            if fill.cash >= fill.qty:
                self._fail(leg, SHAPE)
            takerCash = unsafe_sub(fill.qty, fill.cash)
            kind = MINT if taker.side == BUY else MERGE
            pairs += fill.qty
        if not self._within(taker, fill.qty, takerCash):
            self._fail(leg, TAKER_LIMIT)
        if not self._within(maker, fill.qty, fill.cash):
            self._fail(leg, LIMIT)
        if fill.takerFee < 0 or not self._within_cap(taker, fill.takerFee, takerCash):
            self._fail(0, FEE)
        if fill.makerFee < -fill.takerFee or not self._within_cap(maker, fill.makerFee, fill.cash):
            self._fail(leg, FEE)
        self._use(leg, maker, makerHash, makerUsed, fill.qty, fill.cash)
        self._exchange(leg, maker, fill.qty, fill.cash, fill.makerFee)
        log Filled(
            orderHash=makerHash,
            account=maker.maker,
            tradeId=tradeId,
            tokenId=maker.tokenId,
            side=convert(maker.side, uint256),
            kind=kind,
            qty=fill.qty,
            cash=fill.cash,
            fee=fill.makerFee,
        )
        qty += fill.qty
        cash += takerCash
        fee += fill.takerFee
        collected += fill.takerFee + fill.makerFee
    self._use(0, taker, takerHash, takerUsed, qty, cash)
    self._exchange(0, taker, qty, cash, fee)
    log Filled(
        orderHash=takerHash,
        account=taker.maker,
        tradeId=tradeId,
        tokenId=taker.tokenId,
        side=convert(taker.side, uint256),
        kind=TAKEN,
        qty=qty,
        cash=cash,
        fee=fee,
    )
    if collected > 0:
        self.escrowOf[self.feeAccount][COLLATERAL_ASSET] += convert(collected, uint256)
    if pairs != 0:
        if taker.side == BUY:
            self._split(self.conditionOf[taker.tokenId], pairs)
        else:
            self._merge(self.conditionOf[taker.tokenId], pairs)
    log Settled(tradeId=tradeId)


@internal
def _use(
    leg: uint256, order: Order, orderHash: bytes32, before: uint256, qty: uint256, cash: uint256
):
    """Count what an order has given; `before` is its slot as it was."""
    given: uint256 = cash if order.side == BUY else qty
    # Masked before the sum: that of a taker's fills may be larger than the slot's half.
    if unsafe_add(before & USED_MASK, given) > order.makerAmount:
        self._fail(leg, OVERFILLED)
    self.orders[orderHash] = unsafe_add(before, given)


@internal
def _exchange(leg: uint256, order: Order, qty: uint256, cash: uint256, fee: int256):
    """Move what one side gives and gets; a buyer's fee is on top, a seller's out of the proceeds."""
    money: uint256 = self.escrowOf[order.maker][COLLATERAL_ASSET]
    tokens: uint256 = self.escrowOf[order.maker][order.tokenId]
    if order.side == BUY:
        cost: int256 = unsafe_add(convert(cash, int256), fee)
        if cost > convert(money, int256):
            self._fail(leg, NO_CASH)
        self.escrowOf[order.maker][COLLATERAL_ASSET] = convert(convert(money, int256) - cost, uint256)
        self.escrowOf[order.maker][order.tokenId] = tokens + qty
    else:
        if tokens < qty:
            self._fail(leg, NO_TOKENS)
        proceeds: int256 = unsafe_sub(convert(cash, int256), fee)
        self.escrowOf[order.maker][COLLATERAL_ASSET] = money + convert(proceeds, uint256)
        self.escrowOf[order.maker][order.tokenId] = unsafe_sub(tokens, qty)


@view
@internal
def _checked(order: Order, leg: uint256) -> (bytes32, uint256):
    """Check what does not depend on a fill; return the order's hash and slot."""
    if not self._sane(order.makerAmount) or not self._sane(order.takerAmount) or order.side > 1:
        self._fail(leg, SHAPE)
    if order.tokenId == COLLATERAL_ASSET:
        self._fail(leg, TOKEN)
    if order.version == 1:
        if order.extra[0] != 0 and order.extra[0] != convert(msg.sender, uint256):
            self._fail(leg, NOT_FOR_US)
        if order.extra[1] != 0 and unsafe_sub(block.timestamp, EXPIRY_GRACE) > order.extra[1]:
            self._fail(leg, EXPIRED)
        if order.extra[2] != self._nonce(order.maker):
            self._fail(leg, NONCE)
    elif order.version != 2 or order.extra[3] != 0:
        self._fail(leg, SHAPE)
    orderHash: bytes32 = self._hash(order)
    slot: uint256 = self.orders[orderHash]
    revokedAt: uint256 = slot >> 128
    if revokedAt != 0 and block.timestamp >= revokedAt:
        self._fail(leg, REVOKED)
    if slot & USED_MASK == 0 and not self._signed(order, orderHash):
        self._fail(leg, SIGNATURE)
    return orderHash, slot


@pure
@internal
def _sane(amount: uint256) -> bool:
    return unsafe_sub(amount, 1) < AMOUNT_LIMIT - 1


@pure
@internal
def _within(order: Order, qty: uint256, cash: uint256) -> bool:
    """Whether a price is no worse than what was signed."""
    if order.side == BUY:
        return unsafe_mul(cash, order.takerAmount) <= unsafe_mul(order.makerAmount, qty)
    return unsafe_mul(cash, order.makerAmount) >= unsafe_mul(order.takerAmount, qty)


@pure
@internal
def _within_cap(order: Order, fee: int256, cash: uint256) -> bool:
    """Whether a fee is no more than what may be taken, and than what was signed; rounded up."""
    if fee <= 0:
        return True
    cap: uint256 = MAX_FEE_BPS
    if order.version == 1:
        cap = min(cap, order.extra[3])
    return convert(fee, uint256) <= unsafe_add(unsafe_mul(cash, cap), 9999) // 10000


@pure
@internal
def _fail(leg: uint256, why: uint256):
    raw_revert(abi_encode(leg, why, method_id=method_id("LegFailed(uint256,uint256)")))


@pure
@internal
def _require(met: bool, why: uint256):
    if not met:
        raw_revert(abi_encode(why, method_id=method_id("Refused(uint256)")))


@view
@internal
def _hash(order: Order) -> bytes32:
    if order.version == 1:
        return self._typed(
            DOMAIN_1,
            keccak256(
                abi_encode(
                    ORDER_TYPE_1,
                    order.salt,
                    order.maker,
                    order.signer,
                    order.extra[0],
                    order.tokenId,
                    order.makerAmount,
                    order.takerAmount,
                    order.extra[1],
                    order.extra[2],
                    order.extra[3],
                    order.side,
                    order.sigType,
                )
            ),
        )
    return self._typed(
        DOMAIN_2,
        keccak256(
            abi_encode(
                ORDER_TYPE_2,
                order.salt,
                order.maker,
                order.signer,
                order.tokenId,
                order.makerAmount,
                order.takerAmount,
                order.side,
                order.sigType,
                order.extra[0],
                order.extra[1],
                order.extra[2],
            )
        ),
    )


@pure
@internal
def _typed(domain: bytes32, structHash: bytes32) -> bytes32:
    return keccak256(concat(b"\x19\x01", domain, structHash))


@view
@internal
def _signed(order: Order, orderHash: bytes32) -> bool:
    """Whether the account's own key signed (type 0), or one that the account named."""
    signed: bytes32 = orderHash
    if order.sigType == WALLET:
        if order.version != 2 or order.signer != order.maker or len(order.signature) != NESTED_BYTES:
            return False
        contents: bytes32 = extract32(order.signature, 97)
        if self._typed(DOMAIN_2, contents) != orderHash:
            return False
        signed = self._typed(
            DOMAIN_2,
            keccak256(
                abi_encode(
                    NESTED_TYPE,
                    contents,
                    WALLET_NAME,
                    WALLET_VERSION,
                    chain.id,
                    order.maker,
                    empty(bytes32),
                )
            ),
        )
    elif len(order.signature) != 65:
        return False
    s: uint256 = convert(extract32(order.signature, 32), uint256)
    # The last byte of the word that ends at the 65th.
    v: uint256 = convert(extract32(order.signature, 33), uint256) & 255
    if s > HALF_ORDER:
        return False
    if v < 27:
        v = unsafe_add(v, 27)
    key: address = ecrecover(signed, v, convert(extract32(order.signature, 0), uint256), s)
    if key == empty(address) or (key != order.signer and order.sigType != WALLET):
        return False
    if order.sigType == OWN_KEY:
        return key == order.maker
    return order.sigType <= WALLET and block.timestamp < self.signerUntil[order.maker][key]


@internal
def _once(kind: uint256, word: uint256, index: uint256):
    bit: uint256 = 1 << (index & 255)
    before: uint256 = self.done[kind][word]
    self._require(before & bit == 0, DONE_ALREADY)
    self.done[kind][word] = before | bit


@pure
@internal
def _wordOf(tradeId: uint256) -> uint256:
    # The same part of 256 trades that follow one another shares a word: nearly all have one part.
    return ((tradeId >> 16) << 8) | (tradeId & 255)


@view
@internal
def _nonce(who: address) -> uint256:
    raised: uint256 = self.nonces[who]
    if block.timestamp < raised & TIME_MASK:
        return (raised >> 64) - 1
    return raised >> 64


@view
@internal
def _operating():
    self._require(self.isOperator[msg.sender], NOT_OPERATOR)
    self._require(not self.paused, PAUSED)


@view
@external
def isSettled(tradeId: uint256) -> bool:
    """@notice Whether this part of a trade has settled"""
    return self.done[TRADES][self._wordOf(tradeId)] >> ((tradeId >> 8) & 255) & 1 == 1


@view
@external
def hashOrder(order: Order) -> bytes32:
    """@notice What is signed of an order, which is also its id"""
    return self._hash(order)


@view
@external
def used(orderHash: bytes32) -> uint256:
    """@notice How much of its maker amount an order has given"""
    return self.orders[orderHash] & USED_MASK


@view
@external
def revokedAt(orderHash: bytes32) -> uint256:
    """@notice When the revocation of an order takes or took effect; 0: it is not revoked"""
    return self.orders[orderHash] >> 128


@view
@external
def nonceOf(who: address) -> uint256:
    """@notice The nonce that orders of version 1 must have now"""
    return self._nonce(who)


@view
@external
def domains() -> (bytes32, bytes32):
    """@notice The domain separators of both versions"""
    return DOMAIN_1, DOMAIN_2


@external
def revokeOrder(order: Order):
    """@notice Never settle more of this order, once the exit delay has passed"""
    self._require(msg.sender == order.maker, NOT_YOURS)
    orderHash: bytes32 = self._hash(order)
    slot: uint256 = self.orders[orderHash]
    self._require(slot >> 128 == 0, DONE_ALREADY)
    effectiveAt: uint256 = block.timestamp + EXIT_DELAY
    self.orders[orderHash] = slot | (effectiveAt << 128)
    log OrderRevoked(orderHash=orderHash, account=msg.sender, effectiveAt=effectiveAt)


@external
def setSigner(signer: address, allowed: bool):
    """
    @notice Let a key sign orders of types 1, 2 and 3 for the sender's account, or no longer, once
            the exit delay has passed
    """
    until: uint256 = max_value(uint256)
    if not allowed:
        until = min(self.signerUntil[msg.sender][signer], block.timestamp + EXIT_DELAY)
    self.signerUntil[msg.sender][signer] = until
    log SignerSet(account=msg.sender, signer=signer, until=until)


@external
def raiseNonce():
    """@notice Revoke all one's orders of version 1, once the exit delay has passed"""
    raised: uint256 = self.nonces[msg.sender]
    self._require(block.timestamp >= raised & TIME_MASK, TOO_EARLY)
    nonce: uint256 = (raised >> 64) + 1
    effectiveAt: uint256 = block.timestamp + EXIT_DELAY
    self.nonces[msg.sender] = (nonce << 64) | effectiveAt
    log NonceRaised(account=msg.sender, nonce=nonce, effectiveAt=effectiveAt)


# ------------------------------------------------------------------------------- escrow


@external
@nonreentrant
def deposit(who: address, amount: uint256):
    """@notice Put the sender's collateral into the escrow of `who`"""
    self._depositing(who, amount)
    before: uint256 = self._holding(COLLATERAL)
    assert extcall COLLATERAL.transferFrom(msg.sender, self, amount, default_return_value=True)
    self._require(self._holding(COLLATERAL) == before + amount, NOT_WHAT_WAS_SENT)
    self.escrowed += amount
    self._deposited(who, COLLATERAL_ASSET, amount)


@external
@nonreentrant
def depositToken(who: address, tokenId: uint256, amount: uint256):
    """@notice Put the sender's outcome tokens into the escrow of `who`"""
    self._depositing(who, amount)
    self._require(self.complementOf[tokenId] != 0, UNKNOWN)
    extcall CTF.safeTransferFrom(msg.sender, self, tokenId, amount, b"")
    self._deposited(who, tokenId, amount)


@view
@internal
def _depositing(who: address, amount: uint256):
    self._require(not self.paused, PAUSED)
    self._require(who != empty(address), NOBODY)
    self._require(self._sane(amount), AMOUNT)


@internal
def _deposited(who: address, asset: uint256, amount: uint256):
    self._credit(who, asset, amount)
    log Deposited(who=who, asset=asset, sender=msg.sender, amount=amount)


@internal
def _credit(who: address, asset: uint256, amount: uint256):
    self.escrowOf[who][asset] += amount


@view
@internal
def _holding(token: IERC20) -> uint256:
    return staticcall token.balanceOf(self)


@internal
def _give(token: IERC20, receiver: address, amount: uint256):
    assert extcall token.transfer(receiver, amount, default_return_value=True)


@external
def requestExit(asset: uint256, amount: uint256):
    """
    @notice Announce that one takes an asset out without the operator; a second request replaces
            the first, and amount 0 withdraws it
    """
    self._require(amount <= self.escrowOf[msg.sender][asset], NOT_ENOUGH)
    readyAt: uint256 = block.timestamp + EXIT_DELAY
    self.exitOf[msg.sender][asset] = Exit(amount=amount, readyAt=readyAt)
    log ExitRequested(who=msg.sender, asset=asset, amount=amount, readyAt=readyAt)


@external
@nonreentrant
def exit(asset: uint256):
    """@notice Take out what was announced, as far as it is still there; works while paused too"""
    announced: Exit = self.exitOf[msg.sender][asset]
    self._require(announced.amount != 0, NOTHING)
    self._require(block.timestamp >= announced.readyAt, TOO_EARLY)
    self.exitOf[msg.sender][asset] = empty(Exit)
    amount: uint256 = min(announced.amount, self.escrowOf[msg.sender][asset])
    log Exited(who=msg.sender, asset=asset, amount=amount)
    self._pay(msg.sender, asset, amount)


@external
@nonreentrant
def payOut(withdrawalId: uint256, who: address, asset: uint256, amount: uint256):
    """@notice Pay an account's escrow out to the account itself; each id once"""
    self._operating()
    self._once(WITHDRAWALS, withdrawalId >> 8, withdrawalId)
    log PaidOut(withdrawalId=withdrawalId, who=who, asset=asset, amount=amount)
    self._pay(who, asset, amount)


@internal
def _pay(who: address, asset: uint256, amount: uint256):
    before: uint256 = self.escrowOf[who][asset]
    self._require(before >= amount, NOT_ENOUGH)
    self.escrowOf[who][asset] = unsafe_sub(before, amount)
    if asset == COLLATERAL_ASSET:
        self.escrowed -= amount
        self._give(COLLATERAL, who, amount)
    else:
        extcall CTF.safeTransferFrom(self, who, asset, amount, b"")


# ------------------------------------------------------------------------------- conditions


@external
def register(condition: bytes32):
    """@notice Make a prepared condition with two outcomes known; anybody may, any number of times"""
    if self.tokensOf[condition].yes != 0:
        return
    self._require(staticcall CTF.getOutcomeSlotCount(condition) == 2, UNKNOWN)
    self._require(staticcall CTF.payoutDenominator(condition) == 0, RESOLVED)
    yes: uint256 = self._position(condition, 1)
    no: uint256 = self._position(condition, 2)
    self.tokensOf[condition] = Tokens(yes=yes, no=no)
    self.complementOf[yes] = no
    self.complementOf[no] = yes
    self.conditionOf[yes] = condition
    self.conditionOf[no] = condition
    log Registered(condition=condition, yes=yes, no=no)


@view
@internal
def _position(condition: bytes32, indexSet: uint256) -> uint256:
    collection: bytes32 = staticcall CTF.getCollectionId(empty(bytes32), condition, indexSet)
    return staticcall CTF.getPositionId(COLLATERAL.address, collection)


@external
@nonreentrant
def splitFor(opId: uint256, who: address, condition: bytes32, amount: uint256):
    """@notice Turn an account's collateral into complete sets; each operation once"""
    tokens: Tokens = self._operation(opId, condition, amount)
    money: uint256 = self.escrowOf[who][COLLATERAL_ASSET]
    self._require(money >= amount, NOT_ENOUGH)
    self.escrowOf[who][COLLATERAL_ASSET] = unsafe_sub(money, amount)
    self._credit(who, tokens.yes, amount)
    self._credit(who, tokens.no, amount)
    self._split(condition, amount)
    log SplitFor(opId=opId, who=who, condition=condition, amount=amount)


@external
@nonreentrant
def mergeFor(opId: uint256, who: address, condition: bytes32, amount: uint256):
    """@notice Turn an account's complete sets into collateral; each operation once"""
    tokens: Tokens = self._operation(opId, condition, amount)
    yes: uint256 = self.escrowOf[who][tokens.yes]
    no: uint256 = self.escrowOf[who][tokens.no]
    self._require(min(yes, no) >= amount, NOT_ENOUGH)
    self.escrowOf[who][tokens.yes] = unsafe_sub(yes, amount)
    self.escrowOf[who][tokens.no] = unsafe_sub(no, amount)
    self._credit(who, COLLATERAL_ASSET, amount)
    self._merge(condition, amount)
    log MergedFor(opId=opId, who=who, condition=condition, amount=amount)


@internal
def _operation(opId: uint256, condition: bytes32, amount: uint256) -> Tokens:
    self._operating()
    self._require(self._sane(amount), AMOUNT)
    self._once(OPERATIONS, opId >> 8, opId)
    tokens: Tokens = self.tokensOf[condition]
    self._require(self.complementOf[tokens.yes] != 0, UNKNOWN)
    return tokens


@internal
def _split(condition: bytes32, amount: uint256):
    self.escrowed -= amount
    extcall CTF.splitPosition(COLLATERAL.address, empty(bytes32), condition, [1, 2], amount)


@internal
def _merge(condition: bytes32, amount: uint256):
    self.escrowed += amount
    extcall CTF.mergePositions(COLLATERAL.address, empty(bytes32), condition, [1, 2], amount)


@external
@nonreentrant
def redeem(condition: bytes32):
    """
    @notice Redeem all the escrow's tokens of a resolved condition; anybody may, once
    @dev From then on tokens of the condition are claims: they cannot be minted, merged or deposited
    """
    tokens: Tokens = self.tokensOf[condition]
    self._require(self.complementOf[tokens.yes] != 0, UNKNOWN)
    per: uint256 = staticcall CTF.payoutDenominator(condition)
    self._require(per != 0, NOT_RESOLVED)
    self.complementOf[tokens.yes] = 0
    self.complementOf[tokens.no] = 0
    self.payoutOf[condition] = Payout(
        yes=self._numerator(condition, 0),
        no=self._numerator(condition, 1),
        per=per,
    )
    before: uint256 = self._holding(COLLATERAL)
    extcall CTF.redeemPositions(COLLATERAL.address, empty(bytes32), condition, [1, 2])
    amount: uint256 = self._holding(COLLATERAL) - before
    self.escrowed += amount
    log Redeemed(condition=condition, amount=amount)


@view
@internal
def _numerator(condition: bytes32, outcome: uint256) -> uint256:
    return staticcall CTF.payoutNumerators(condition, outcome)


@external
@nonreentrant
def redeemFor(who: address, condition: bytes32):
    """@notice Credit an account with what its tokens of a redeemed condition pay; anybody may"""
    payout: Payout = self.payoutOf[condition]
    self._require(payout.per != 0, NOT_RESOLVED)
    tokens: Tokens = self.tokensOf[condition]
    yes: uint256 = self.escrowOf[who][tokens.yes]
    no: uint256 = self.escrowOf[who][tokens.no]
    self._require(yes != 0 or no != 0, NOTHING)
    amount: uint256 = yes * payout.yes // payout.per + no * payout.no // payout.per
    self.escrowOf[who][tokens.yes] = 0
    self.escrowOf[who][tokens.no] = 0
    self._credit(who, COLLATERAL_ASSET, amount)
    log RedeemedFor(who=who, condition=condition, yes=yes, no=no, amount=amount)


@view
@external
def onERC1155Received(
    operator: address, sender: address, id: uint256, amount: uint256, data: Bytes[32]
) -> bytes4:
    """@notice Tokens come by `depositToken` alone"""
    self._require(msg.sender == CTF.address and operator == self, STRAY)
    return 0xf23a6e61


@view
@external
def onERC1155BatchReceived(
    operator: address,
    sender: address,
    ids: DynArray[uint256, 2],
    amounts: DynArray[uint256, 2],
    data: Bytes[32],
) -> bytes4:
    """@notice Complete sets come by our own splits alone"""
    self._require(msg.sender == CTF.address and operator == self, STRAY)
    return 0xbc197c81


# ------------------------------------------------------------------------------- operation


@internal
def _owning():
    self._require(msg.sender == self.owner, NOT_OWNER)


@external
def setOperator(operator: address, allowed: bool):
    """@notice Let an address settle, or no longer"""
    self._owning()
    self.isOperator[operator] = allowed
    log OperatorSet(operator=operator, allowed=allowed)


@external
def setPaused(paused: bool):
    """@notice Stop everything but exits and redemption: owner or operator. Go on: owner"""
    self._require(msg.sender == self.owner or (paused and self.isOperator[msg.sender]), NOT_OWNER)
    self.paused = paused
    log PausedSet(paused=paused)


@external
def setFeeAccount(account: address):
    """@notice Whose escrow fees go to from now on"""
    self._owning()
    self._require(account != empty(address), NOBODY)
    self.feeAccount = account
    log FeeAccountSet(account=account)


@external
def proposeOwner(owner: address):
    """@notice Offer the contract to another owner, who has to accept"""
    self._owning()
    self.proposedOwner = owner
    log OwnerProposed(owner=owner)


@external
def acceptOwner():
    """@notice Become the owner, if one was offered to"""
    self._require(msg.sender == self.proposedOwner, NOT_OWNER)
    self.owner = msg.sender
    self.proposedOwner = empty(address)
    log OwnerSet(owner=msg.sender)


@external
@nonreentrant
def sweep(token: address, receiver: address):
    """@notice Give away an ERC-20 that nobody's escrow has: what was sent here without `deposit`"""
    self._owning()
    self._require(receiver != empty(address), NOBODY)
    amount: uint256 = self._holding(IERC20(token))
    if token == COLLATERAL.address:
        amount -= self.escrowed
    self._give(IERC20(token), receiver, amount)
    log Swept(token=token, receiver=receiver, amount=amount)
