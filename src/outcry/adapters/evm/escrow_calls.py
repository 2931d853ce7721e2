"""Jobs as calls of the contracts, and what the contracts say of escrow as happenings. Pure.

Sources: the interface of our settlement contract, and that of Gnosis ConditionalTokens.
"""

from collections.abc import Callable
from typing import Any, Final

from outcry.adapters.evm.abi import Event, Interface, Reverted, address_of
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.messages.happenings import Happened, Happening
from outcry.ports.escrow import Act, Answer, Job, Refusal
from outcry.runtime.ctf import OUTCOMES_COUNT


#: Amounts and numbers beyond it are none that the ledger can have; it declines them.
NUMBER_MAX: Final = 2**63 - 1
#: Until when a key signs that was not taken back.
FOR_EVER: Final = 2**256 - 1


def _view(name: str, inputs: tuple[str, ...], output: str) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": kind} for kind in inputs],
        "outputs": [{"name": "", "type": output}] if output else [],
    }


#: What of ConditionalTokens is called by us.
TOKENS: Final = Interface(
    [
        _view("prepareCondition", ("address", "bytes32", "uint256"), ""),
        _view("reportPayouts", ("bytes32", "uint256[]"), ""),
        _view("balanceOf", ("address", "uint256"), "uint256"),
    ]
)
#: Units of gas that each act may use; measured ones are about half.
GAS: Final = {
    Act.PREPARE: 160_000,
    Act.REGISTER: 400_000,
    Act.PAY_OUT: 300_000,
    Act.SPLIT: 450_000,
    Act.MERGE: 400_000,
    Act.REDEEM_FOR: 200_000,
    Act.REPORT_PAYOUTS: 200_000,
    Act.REDEEM: 450_000,
}
#: Acts that the tokens' contract carries out, not ours.
OF_TOKENS: Final = (Act.PREPARE, Act.REPORT_PAYOUTS)
_MOVING: Final = (Act.PAY_OUT, Act.SPLIT, Act.MERGE)

#: `Refused(why)` of the settlement contract: number, sentence.
_SENTENCES: Final = {
    1: "the oracle's key is no operator of the contract",
    3: "the contract is paused",
    4: "the contract is of another chain",
    5: "it was done already",
    9: "the amount is none that the contract moves",
    10: "the account has not enough in escrow",
    12: "the contract does not know the condition",
    13: "the condition has its payouts already",
    14: "the condition has no payouts yet",
    15: "there is nothing to redeem",
}
_DONE: Final = frozenset({5, 15})
_PASSING: Final = frozenset({1, 3, 4})
#: How ConditionalTokens says that something was done before.
_DONE_WORDS: Final = ("already prepared", "already set")


def data_of(job: Job, oracle: bytes) -> bytes:
    """Return the call that does *job*."""
    act, number, amount = Act(job.act), job.number, job.amount
    if act == Act.PREPARE:
        return TOKENS.call("prepareCondition", oracle, _word(job.question), OUTCOMES_COUNT)
    if act == Act.REPORT_PAYOUTS:
        return TOKENS.call("reportPayouts", _word(job.question), list(job.payouts))
    if act == Act.PAY_OUT:
        return SETTLEMENT.call("payOut", number, address_of(job.who), int(job.asset), amount)
    condition = _word(job.condition)
    if act in (Act.REGISTER, Act.REDEEM):
        return SETTLEMENT.call("register" if act == Act.REGISTER else "redeem", condition)
    who = address_of(job.who)
    if act == Act.REDEEM_FOR:
        return SETTLEMENT.call("redeemFor", who, condition)
    name = "splitFor" if act == Act.SPLIT else "mergeFor"
    return SETTLEMENT.call(name, number, who, condition, amount)


def refusal_of(job: Job, output: bytes) -> Refusal:
    """Return what a call that reverted with *output* means for *job*."""
    said = SETTLEMENT.reverted(output)
    if said.name == "Refused":
        (why,) = said.values
        reason = _SENTENCES.get(why, f"the contract refuses it, number {why}")
        if why in _DONE:
            return Refusal(Answer.DONE, reason)
        final = job.act in _MOVING and why not in _PASSING
        return Refusal(Answer.NEVER if final else Answer.LATER, reason)
    reason = _words(said)
    if job.act in OF_TOKENS and any(words in reason for words in _DONE_WORDS):
        return Refusal(Answer.DONE, reason)
    return Refusal(Answer.NEVER if job.act in _MOVING else Answer.LATER, reason)


def happening_of(event: Event, block: int, log_index: int, tx_hash: str) -> Happening | None:
    """Return what an event says of escrow, None for one that says nothing of it."""
    read = _READ.get(event.name)
    # A key that may sign from now on changes nothing of what is there.
    if read is None or event.values.get("until") == FOR_EVER:
        return None
    kind, fields = read
    return Happening(int(kind), block, log_index, tx_hash, **fields(event.values))


def _words(said: Reverted) -> str:
    if said.name == "Error":
        return f"the contract says: {said.values[0]}"
    return f"the contract reverts with {said.name or 'no reason'}"


def _word(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _asset(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "who": _who(values),
        "asset": str(values["asset"]),
        "amount": min(values["amount"], NUMBER_MAX),
    }


def _condition(values: dict[str, Any]) -> dict[str, Any]:
    fields = {"asset": f"0x{values['condition'].hex()}"}
    if "who" in values:
        fields["who"] = _who(values)
    return fields | {"amount": min(values.get("amount", 0), NUMBER_MAX)}


def _redeemed(values: dict[str, Any]) -> dict[str, Any]:
    tokens = {name: min(values[name], NUMBER_MAX) for name in ("yes", "no")}
    return _condition(values) | tokens


def _revoked(values: dict[str, Any]) -> dict[str, Any]:
    order = f"0x{values['orderHash'].hex()}" if "orderHash" in values else ""
    return {"who": f"0x{values['account'].hex()}", "asset": order}


def _numbered(
    fields: Callable[[dict[str, Any]], dict[str, Any]], name: str
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda values: fields(values) | {"number": min(values[name], NUMBER_MAX)}


def _who(values: dict[str, Any]) -> str:
    return f"0x{values['who'].hex()}"


_READ: Final[dict[str, tuple[Happened, Callable[[dict[str, Any]], dict[str, Any]]]]] = {
    "Deposited": (Happened.DEPOSITED, _asset),
    "ExitRequested": (Happened.EXIT_REQUESTED, _numbered(_asset, "readyAt")),
    "Exited": (Happened.EXITED, _asset),
    "PaidOut": (Happened.PAID_OUT, _numbered(_asset, "withdrawalId")),
    "SplitFor": (Happened.SPLIT, _numbered(_condition, "opId")),
    "MergedFor": (Happened.MERGED, _numbered(_condition, "opId")),
    "Registered": (Happened.REGISTERED, _condition),
    "Redeemed": (Happened.REDEEMED, _condition),
    "RedeemedFor": (Happened.REDEEMED_FOR, _redeemed),
    "OrderRevoked": (Happened.REVOKED, _revoked),
    "NonceRaised": (Happened.NONCE_RAISED, _revoked),
    "SignerSet": (Happened.KEY_ENDED, _revoked),
}
#: First topics of events that say something of escrow; what trades write is left out.
ESCROW_TOPICS: Final = [f"0x{SETTLEMENT.topic(name).hex()}" for name in _READ]
