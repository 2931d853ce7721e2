from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    BUY: _ClassVar[Side]
    SELL: _ClassVar[Side]

class OrderType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_TYPE_UNSPECIFIED: _ClassVar[OrderType]
    LIMIT: _ClassVar[OrderType]
    MARKET: _ClassVar[OrderType]

class TimeInForce(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIME_IN_FORCE_UNSPECIFIED: _ClassVar[TimeInForce]
    GTC: _ClassVar[TimeInForce]
    GTD: _ClassVar[TimeInForce]
    IOC: _ClassVar[TimeInForce]
    FOK: _ClassVar[TimeInForce]

class SelfTrade(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SELF_TRADE_UNSPECIFIED: _ClassVar[SelfTrade]
    CANCEL_TAKER: _ClassVar[SelfTrade]
    CANCEL_MAKER: _ClassVar[SelfTrade]
    CANCEL_BOTH: _ClassVar[SelfTrade]
    DECREMENT: _ClassVar[SelfTrade]
SIDE_UNSPECIFIED: Side
BUY: Side
SELL: Side
ORDER_TYPE_UNSPECIFIED: OrderType
LIMIT: OrderType
MARKET: OrderType
TIME_IN_FORCE_UNSPECIFIED: TimeInForce
GTC: TimeInForce
GTD: TimeInForce
IOC: TimeInForce
FOK: TimeInForce
SELF_TRADE_UNSPECIFIED: SelfTrade
CANCEL_TAKER: SelfTrade
CANCEL_MAKER: SelfTrade
CANCEL_BOTH: SelfTrade
DECREMENT: SelfTrade

class Packed(_message.Message):
    __slots__ = ("body",)
    BODY_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    def __init__(self, body: _Optional[bytes] = ...) -> None: ...

class Ask(_message.Message):
    __slots__ = ("tag", "body")
    TAG_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tag: int
    body: bytes
    def __init__(self, tag: _Optional[int] = ..., body: _Optional[bytes] = ...) -> None: ...

class Answers(_message.Message):
    __slots__ = ("answers",)
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    def __init__(self, answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("tag", "body", "refused", "unavailable")
    TAG_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FIELD_NUMBER: _ClassVar[int]
    tag: int
    body: bytes
    refused: str
    unavailable: str
    def __init__(self, tag: _Optional[int] = ..., body: _Optional[bytes] = ..., refused: _Optional[str] = ..., unavailable: _Optional[str] = ...) -> None: ...

class Movement(_message.Message):
    __slots__ = ("account", "amount", "token", "tx_hash")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    account: int
    amount: str
    token: str
    tx_hash: str
    def __init__(self, account: _Optional[int] = ..., amount: _Optional[str] = ..., token: _Optional[str] = ..., tx_hash: _Optional[str] = ...) -> None: ...

class Pairs(_message.Message):
    __slots__ = ("account", "market_id", "quantity", "tx_hash")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    account: int
    market_id: int
    quantity: str
    tx_hash: str
    def __init__(self, account: _Optional[int] = ..., market_id: _Optional[int] = ..., quantity: _Optional[str] = ..., tx_hash: _Optional[str] = ...) -> None: ...

class Redemption(_message.Message):
    __slots__ = ("account", "market_id", "tx_hash")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_ID_FIELD_NUMBER: _ClassVar[int]
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    account: int
    market_id: int
    tx_hash: str
    def __init__(self, account: _Optional[int] = ..., market_id: _Optional[int] = ..., tx_hash: _Optional[str] = ...) -> None: ...

class NewOrder(_message.Message):
    __slots__ = ("account", "market_id", "outcome", "side", "type", "price", "quantity", "volume", "time_in_force", "post_only", "self_trade", "expire_at_us", "client_order_id", "wait_result")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    POST_ONLY_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_AT_US_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_RESULT_FIELD_NUMBER: _ClassVar[int]
    account: int
    market_id: int
    outcome: int
    side: Side
    type: OrderType
    price: str
    quantity: str
    volume: str
    time_in_force: TimeInForce
    post_only: bool
    self_trade: SelfTrade
    expire_at_us: int
    client_order_id: str
    wait_result: bool
    def __init__(self, account: _Optional[int] = ..., market_id: _Optional[int] = ..., outcome: _Optional[int] = ..., side: _Optional[_Union[Side, str]] = ..., type: _Optional[_Union[OrderType, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., volume: _Optional[str] = ..., time_in_force: _Optional[_Union[TimeInForce, str]] = ..., post_only: bool = ..., self_trade: _Optional[_Union[SelfTrade, str]] = ..., expire_at_us: _Optional[int] = ..., client_order_id: _Optional[str] = ..., wait_result: bool = ...) -> None: ...

class Reduction(_message.Message):
    __slots__ = ("account", "order_id", "client_order_id", "quantity", "wait_result")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    WAIT_RESULT_FIELD_NUMBER: _ClassVar[int]
    account: int
    order_id: int
    client_order_id: str
    quantity: str
    wait_result: bool
    def __init__(self, account: _Optional[int] = ..., order_id: _Optional[int] = ..., client_order_id: _Optional[str] = ..., quantity: _Optional[str] = ..., wait_result: bool = ...) -> None: ...

class Replacement(_message.Message):
    __slots__ = ("account", "order_id", "client_order_id", "price", "quantity", "post_only", "wait_result")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    POST_ONLY_FIELD_NUMBER: _ClassVar[int]
    WAIT_RESULT_FIELD_NUMBER: _ClassVar[int]
    account: int
    order_id: int
    client_order_id: str
    price: str
    quantity: str
    post_only: bool
    wait_result: bool
    def __init__(self, account: _Optional[int] = ..., order_id: _Optional[int] = ..., client_order_id: _Optional[str] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., post_only: bool = ..., wait_result: bool = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("shard", "seq", "time_us", "market_id")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    MARKET_ID_FIELD_NUMBER: _ClassVar[int]
    shard: int
    seq: int
    time_us: int
    market_id: int
    def __init__(self, shard: _Optional[int] = ..., seq: _Optional[int] = ..., time_us: _Optional[int] = ..., market_id: _Optional[int] = ...) -> None: ...

class Party(_message.Message):
    __slots__ = ("order_id", "account", "outcome", "side", "remaining_quantity", "remaining_volume")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    REMAINING_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    REMAINING_VOLUME_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    account: int
    outcome: int
    side: Side
    remaining_quantity: str
    remaining_volume: str
    def __init__(self, order_id: _Optional[int] = ..., account: _Optional[int] = ..., outcome: _Optional[int] = ..., side: _Optional[_Union[Side, str]] = ..., remaining_quantity: _Optional[str] = ..., remaining_volume: _Optional[str] = ...) -> None: ...

class Fill(_message.Message):
    __slots__ = ("taker", "maker", "price", "quantity", "kind", "number")
    TAKER_FIELD_NUMBER: _ClassVar[int]
    MAKER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    taker: Party
    maker: Party
    price: str
    quantity: str
    kind: int
    number: int
    def __init__(self, taker: _Optional[_Union[Party, _Mapping]] = ..., maker: _Optional[_Union[Party, _Mapping]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., kind: _Optional[int] = ..., number: _Optional[int] = ...) -> None: ...

class Rest(_message.Message):
    __slots__ = ("order", "price")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    order: Party
    price: str
    def __init__(self, order: _Optional[_Union[Party, _Mapping]] = ..., price: _Optional[str] = ...) -> None: ...

class Cancel(_message.Message):
    __slots__ = ("order", "price", "reason", "was_resting")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WAS_RESTING_FIELD_NUMBER: _ClassVar[int]
    order: Party
    price: str
    reason: int
    was_resting: bool
    def __init__(self, order: _Optional[_Union[Party, _Mapping]] = ..., price: _Optional[str] = ..., reason: _Optional[int] = ..., was_resting: bool = ...) -> None: ...

class Reduce(_message.Message):
    __slots__ = ("order", "price", "by_quantity", "reason", "was_resting")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    BY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WAS_RESTING_FIELD_NUMBER: _ClassVar[int]
    order: Party
    price: str
    by_quantity: str
    reason: int
    was_resting: bool
    def __init__(self, order: _Optional[_Union[Party, _Mapping]] = ..., price: _Optional[str] = ..., by_quantity: _Optional[str] = ..., reason: _Optional[int] = ..., was_resting: bool = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("fill", "rest", "cancel", "reduce")
    FILL_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    REDUCE_FIELD_NUMBER: _ClassVar[int]
    fill: Fill
    rest: Rest
    cancel: Cancel
    reduce: Reduce
    def __init__(self, fill: _Optional[_Union[Fill, _Mapping]] = ..., rest: _Optional[_Union[Rest, _Mapping]] = ..., cancel: _Optional[_Union[Cancel, _Mapping]] = ..., reduce: _Optional[_Union[Reduce, _Mapping]] = ...) -> None: ...

class TradeDone(_message.Message):
    __slots__ = ("command", "steps")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    command: Command
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    def __init__(self, command: _Optional[_Union[Command, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ...) -> None: ...

class CancelDone(_message.Message):
    __slots__ = ("command", "cancel")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    command: Command
    cancel: Cancel
    def __init__(self, command: _Optional[_Union[Command, _Mapping]] = ..., cancel: _Optional[_Union[Cancel, _Mapping]] = ...) -> None: ...

class RejectDone(_message.Message):
    __slots__ = ("command", "order_id", "account", "reject")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    REJECT_FIELD_NUMBER: _ClassVar[int]
    command: Command
    order_id: int
    account: int
    reject: int
    def __init__(self, command: _Optional[_Union[Command, _Mapping]] = ..., order_id: _Optional[int] = ..., account: _Optional[int] = ..., reject: _Optional[int] = ...) -> None: ...

class SendResult(_message.Message):
    __slots__ = ("trade_id", "fill", "tx_hash", "success", "reason")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    FILL_FIELD_NUMBER: _ClassVar[int]
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    trade_id: int
    fill: int
    tx_hash: str
    success: bool
    reason: str
    def __init__(self, trade_id: _Optional[int] = ..., fill: _Optional[int] = ..., tx_hash: _Optional[str] = ..., success: bool = ..., reason: _Optional[str] = ...) -> None: ...

class Call(_message.Message):
    __slots__ = ("tag", "deposit", "withdraw", "split", "merge", "redeem", "create_order", "trade", "cancel_order", "order_rejected", "trade_onchain_send_result", "reduce_order", "replace_order")
    TAG_FIELD_NUMBER: _ClassVar[int]
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    MERGE_FIELD_NUMBER: _ClassVar[int]
    REDEEM_FIELD_NUMBER: _ClassVar[int]
    CREATE_ORDER_FIELD_NUMBER: _ClassVar[int]
    TRADE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_REJECTED_FIELD_NUMBER: _ClassVar[int]
    TRADE_ONCHAIN_SEND_RESULT_FIELD_NUMBER: _ClassVar[int]
    REDUCE_ORDER_FIELD_NUMBER: _ClassVar[int]
    REPLACE_ORDER_FIELD_NUMBER: _ClassVar[int]
    tag: int
    deposit: Movement
    withdraw: Movement
    split: Pairs
    merge: Pairs
    redeem: Redemption
    create_order: NewOrder
    trade: TradeDone
    cancel_order: CancelDone
    order_rejected: RejectDone
    trade_onchain_send_result: SendResult
    reduce_order: Reduction
    replace_order: Replacement
    def __init__(self, tag: _Optional[int] = ..., deposit: _Optional[_Union[Movement, _Mapping]] = ..., withdraw: _Optional[_Union[Movement, _Mapping]] = ..., split: _Optional[_Union[Pairs, _Mapping]] = ..., merge: _Optional[_Union[Pairs, _Mapping]] = ..., redeem: _Optional[_Union[Redemption, _Mapping]] = ..., create_order: _Optional[_Union[NewOrder, _Mapping]] = ..., trade: _Optional[_Union[TradeDone, _Mapping]] = ..., cancel_order: _Optional[_Union[CancelDone, _Mapping]] = ..., order_rejected: _Optional[_Union[RejectDone, _Mapping]] = ..., trade_onchain_send_result: _Optional[_Union[SendResult, _Mapping]] = ..., reduce_order: _Optional[_Union[Reduction, _Mapping]] = ..., replace_order: _Optional[_Union[Replacement, _Mapping]] = ...) -> None: ...

class Calls(_message.Message):
    __slots__ = ("calls",)
    CALLS_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedCompositeFieldContainer[Call]
    def __init__(self, calls: _Optional[_Iterable[_Union[Call, _Mapping]]] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ("n", "amount", "repeated")
    N_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_FIELD_NUMBER: _ClassVar[int]
    n: int
    amount: str
    repeated: bool
    def __init__(self, n: _Optional[int] = ..., amount: _Optional[str] = ..., repeated: bool = ...) -> None: ...

class OrderCreated(_message.Message):
    __slots__ = ("order_id", "n", "update_id", "status", "filled_quantity", "remaining_quantity", "volume", "fee", "reject", "repeated")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    UPDATE_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FILLED_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    REMAINING_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    REJECT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    n: int
    update_id: int
    status: int
    filled_quantity: str
    remaining_quantity: str
    volume: str
    fee: str
    reject: int
    repeated: bool
    def __init__(self, order_id: _Optional[int] = ..., n: _Optional[int] = ..., update_id: _Optional[int] = ..., status: _Optional[int] = ..., filled_quantity: _Optional[str] = ..., remaining_quantity: _Optional[str] = ..., volume: _Optional[str] = ..., fee: _Optional[str] = ..., reject: _Optional[int] = ..., repeated: bool = ...) -> None: ...

class FactsApplied(_message.Message):
    __slots__ = ("shard", "seq", "order_ids", "trade_id")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ORDER_IDS_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    shard: int
    seq: int
    order_ids: _containers.RepeatedScalarFieldContainer[int]
    trade_id: int
    def __init__(self, shard: _Optional[int] = ..., seq: _Optional[int] = ..., order_ids: _Optional[_Iterable[int]] = ..., trade_id: _Optional[int] = ...) -> None: ...

class Declined(_message.Message):
    __slots__ = ("reject", "name", "message", "got", "expected", "retry_after_ms")
    REJECT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    GOT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    reject: int
    name: str
    message: str
    got: str
    expected: str
    retry_after_ms: int
    def __init__(self, reject: _Optional[int] = ..., name: _Optional[str] = ..., message: _Optional[str] = ..., got: _Optional[str] = ..., expected: _Optional[str] = ..., retry_after_ms: _Optional[int] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("tag", "done", "order", "applied", "declined")
    TAG_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    DECLINED_FIELD_NUMBER: _ClassVar[int]
    tag: int
    done: Done
    order: OrderCreated
    applied: FactsApplied
    declined: Declined
    def __init__(self, tag: _Optional[int] = ..., done: _Optional[_Union[Done, _Mapping]] = ..., order: _Optional[_Union[OrderCreated, _Mapping]] = ..., applied: _Optional[_Union[FactsApplied, _Mapping]] = ..., declined: _Optional[_Union[Declined, _Mapping]] = ...) -> None: ...

class Replies(_message.Message):
    __slots__ = ("replies",)
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    replies: _containers.RepeatedCompositeFieldContainer[Reply]
    def __init__(self, replies: _Optional[_Iterable[_Union[Reply, _Mapping]]] = ...) -> None: ...
