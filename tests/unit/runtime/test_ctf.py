"""Ids of conditional tokens are those of the real contract."""

import pytest

from outcry.runtime import ctf


#: Oracle, collateral, question, condition, YES, NO: as the deployed contract answered.
ASKED = [
    (
        "0x29e4728a76836af5412c4ddb4626fc19c73e1c1b",
        "0x8c4bdc5e5384c0751b1d106538f8c3789e521a3a",
        "90ee3019a1ef63ad600cfc36fb79205bf61e7e79589c44b88e06214e39839636",
        "9ae420640e64917db60881edd0b96204f6be36ffbcb6cebceed3ee7109d9d4ee",
        "55231564777312296496961801340369751082720410618944072439589574651241107003357",
        "93661477729576780732147823240517323867375124818495356543434794660610301492345",
    ),
    (
        "0x88ecf7cc00db6774fb23ab025db4cf734a260504",
        "0x7c1b16802b304761acd81e033c1db5a9721da4b3",
        "04b84150cae89f664119e4d8dc7eddf453c48fd2a2ea702ce45dfc6da782cc8e",
        "4b5177e9bcc454037f0a0d8c6abf81981038240307d8df2b840e28f412b47c62",
        "45215183740795259211608973587387959166158111769907860642835754350140744679109",
        "74641548683530030365035589185443139678692249377027833211148460298625457475455",
    ),
    (
        "0x533b8893dcfc4768939d8c099ca4ac837d689f81",
        "0xd67d3400b515de9036a5c8358cfd224022c9dffd",
        "d119baa7188f74c422aa4eedfad1cedc1dfca87ef1aa26dae17ada69329f9f36",
        "53e394a326a07aa4878645fc648f13b848f39239b4f0ab7ba0760e04ccee8309",
        "31876502154524095006679738918669928176868871271219152381561567152005117671747",
        "13546565077667274274890205482612846184433447788281909681332325136501733916527",
    ),
]


@pytest.mark.parametrize(("oracle", "collateral", "question", "condition", "yes", "no"), ASKED)
def test_the_ids_are_those_of_the_contract(
    oracle: str, collateral: str, question: str, condition: str, yes: str, no: str
) -> None:
    """Condition and both tokens, for oracles and collaterals whose points lie differently."""
    made = ctf.condition_id(oracle, bytes.fromhex(question))
    assert made.hex() == condition
    assert ctf.tokens_of(collateral, made) == (yes, no)


def test_a_question_follows_from_the_identifiers() -> None:
    """The first vector is that of market m in event 0."""
    assert ctf.question_id("event 0", "m").hex() == ASKED[0][2]
