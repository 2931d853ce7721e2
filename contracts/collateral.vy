# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title Development collateral
@license Apache-2.0
@notice An ERC-20 with six decimals that anybody may mint: for chains that nobody's money is on
"""

from ethereum.ercs import IERC20


implements: IERC20


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


name: public(constant(String[32])) = "Outcry development collateral"
symbol: public(constant(String[8])) = "oDEV"
decimals: public(constant(uint8)) = 6
# So much can be minted by one call.
MINT_MAX: public(constant(uint256)) = 10**15

totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def mint(receiver: address, amount: uint256):
    """@notice Create collateral out of nothing"""
    assert receiver != empty(address), "nobody"
    assert amount <= MINT_MAX, "more than one call may mint"
    self.totalSupply += amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=empty(address), receiver=receiver, value=amount)


@external
def transfer(receiver: address, amount: uint256) -> bool:
    """@notice Give collateral to somebody"""
    self._move(msg.sender, receiver, amount)
    return True


@external
def transferFrom(sender: address, receiver: address, amount: uint256) -> bool:
    """@notice Take collateral that one was allowed to take"""
    allowed: uint256 = self.allowance[sender][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= amount, "more than allowed"
        self.allowance[sender][msg.sender] = allowed - amount
    self._move(sender, receiver, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """@notice Allow somebody to take so much, or without end"""
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@internal
def _move(sender: address, receiver: address, amount: uint256):
    assert receiver != empty(address), "nobody"
    assert self.balanceOf[sender] >= amount, "more than there is"
    self.balanceOf[sender] -= amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=sender, receiver=receiver, value=amount)
