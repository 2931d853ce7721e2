# pragma version 0.4.3
# pragma evm-version cancun
"""Collateral that keeps a part of what is moved, answers no, or calls back, as a test tells it to."""

interface Settlement:
    def deposit(who: address, amount: uint256): nonpayable
    def exit(asset: uint256): nonpayable

decimals: public(constant(uint8)) = 6
balanceOf: public(HashMap[address, uint256])
# 0 honest, 1 keeps one unit, 2 answers no, 3 deposits again, 4 exits again
mode: public(uint256)
target: address


@external
def set(mode: uint256, target: address):
    self.mode = mode
    self.target = target


@external
def mint(receiver: address, amount: uint256):
    self.balanceOf[receiver] += amount


@external
def approve(spender: address, amount: uint256) -> bool:
    return True


@external
def transfer(receiver: address, amount: uint256) -> bool:
    return self._moved(msg.sender, receiver, amount)


@external
def transferFrom(sender: address, receiver: address, amount: uint256) -> bool:
    return self._moved(sender, receiver, amount)


@internal
def _moved(sender: address, receiver: address, amount: uint256) -> bool:
    mode: uint256 = self.mode
    if mode == 2:
        return False
    self.balanceOf[sender] -= amount
    self.balanceOf[receiver] += amount - (1 if mode == 1 else 0)
    if mode == 3:
        self.mode = 0
        extcall Settlement(self.target).deposit(sender, amount)
    if mode == 4:
        self.mode = 0
        extcall Settlement(self.target).exit(0)
    return True
