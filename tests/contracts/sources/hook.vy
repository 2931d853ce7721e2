# pragma version 0.4.3
# pragma evm-version cancun
"""A wallet whose hooks and answers do what a test tells it to."""

interface Settlement:
    def exit(asset: uint256): nonpayable
    def deposit(who: address, amount: uint256): nonpayable

# What the hook does: 0 accept, 1 revert, 2 burn gas, 3 reenter, 4 answer something else
hook: public(uint256)
# What a question for a signature gets: 0 yes, 1 no, 2 revert, 3 burn gas, 4 another answer,
# 5 fails with what would be a yes
answer: public(uint256)
asset: public(uint256)
burnt: uint256


@external
def set(hook: uint256, answer: uint256):
    self.hook = hook
    self.answer = answer


@external
def setAsset(asset: uint256):
    self.asset = asset


@external
def execute(target: address, data: Bytes[4096]):
    raw_call(target, data)


@external
def onERC1155Received(
    operator: address, sender: address, id: uint256, amount: uint256, data: Bytes[32]
) -> bytes4:
    if self.hook == 1:
        raise "no"
    if self.hook == 2:
        for i: uint256 in range(10000000):
            self.burnt += 1
    if self.hook == 3:
        extcall Settlement(operator).exit(self.asset)
    if self.hook == 4:
        return 0xdeadbeef
    return 0xf23a6e61


@view
@external
def isValidSignature(digest: bytes32, signature: Bytes[320]) -> bytes32:
    yes: bytes32 = 0x1626ba7e00000000000000000000000000000000000000000000000000000000
    if self.answer == 1:
        return empty(bytes32)
    if self.answer == 2:
        raise "no"
    if self.answer == 3:
        x: uint256 = 0
        for i: uint256 in range(10000000):
            x = unsafe_add(unsafe_mul(x, 3), i)
        return convert(x, bytes32)
    if self.answer == 5:
        raw_revert(abi_encode(yes))
    if self.answer == 4:
        return 0x1626ba7e00000000000000000000000000000000000000000000000000000001
    return yes
