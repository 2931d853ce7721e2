# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title Deposit wallet
@license Apache-2.0
@notice A contract that signs orders through its owner's key (ERC-1271) and holds what it is sent
@dev The owner's signature is of typed data nested in the wallet's own (ERC-7739), so that it is good
     for this wallet alone: inner signature, the application's domain separator, hash and type of the
     contents, length of the type in two bytes. It names its owner's key to a settlement contract, so
     that what the key signs settles there.
"""


interface Settlement:
    def setSigner(signer: address, allowed: bool): nonpayable


DOMAIN_NAME: constant(bytes32) = keccak256("DepositWallet")
DOMAIN_VERSION: constant(bytes32) = keccak256("1")
NESTED_TYPE: constant(String[111]) = "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
# Inner signature, two words, and the length.
FIXED_BYTES: constant(uint256) = 65 + 32 + 32 + 2
TYPE_BYTES_MAX: constant(uint256) = 189
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168

OWNER: public(immutable(address))


@deploy
def __init__(owner: address, settlement: address):
    """@param settlement Where the owner's key trades for the wallet; zero: nowhere yet"""
    assert owner != empty(address), "nobody"
    OWNER = owner
    if settlement != empty(address):
        extcall Settlement(settlement).setSigner(owner, True)


@view
@external
def isValidSignature(digest: bytes32, signature: Bytes[320]) -> bytes4:
    """@notice ERC-1271: whether the owner signed this for this wallet"""
    size: uint256 = len(signature)
    if size <= FIXED_BYTES:
        return 0xffffffff
    domain: bytes32 = extract32(signature, 65)
    contents: bytes32 = extract32(signature, 97)
    typeSize: uint256 = size - FIXED_BYTES
    if convert(slice(signature, size - 2, 2), uint256) != typeSize or typeSize > TYPE_BYTES_MAX:
        return 0xffffffff
    if keccak256(concat(b"\x19\x01", domain, contents)) != digest:
        return 0xffffffff
    nested: bytes32 = keccak256(
        abi_encode(
            keccak256(concat(convert(NESTED_TYPE, Bytes[111]), slice(signature, 129, typeSize))),
            contents,
            DOMAIN_NAME,
            DOMAIN_VERSION,
            chain.id,
            self,
            empty(bytes32),
        )
    )
    s: uint256 = convert(extract32(signature, 32), uint256)
    if s > HALF_ORDER:
        return 0xffffffff
    signed: address = ecrecover(
        keccak256(concat(b"\x19\x01", domain, nested)),
        convert(slice(signature, 64, 1), uint256),
        convert(extract32(signature, 0), uint256),
        s,
    )
    return 0x1626ba7e if signed == OWNER else 0xffffffff


@external
def execute(target: address, data: Bytes[4096]):
    """@notice Call a contract as this wallet"""
    assert msg.sender == OWNER, "not the owner"
    raw_call(target, data)


@view
@external
def onERC1155Received(
    operator: address, sender: address, id: uint256, amount: uint256, data: Bytes[32]
) -> bytes4:
    """@notice Any token may come"""
    return 0xf23a6e61
