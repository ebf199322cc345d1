"""Texts that were written to be remembered or obeyed: families of attack on carriers of text."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from typing_extensions import override

from lt_memory.domain.memory import Provenance, Source

DATA = Path(__file__).with_name("data") / "poison" / "poison.json"
TAG = 0xE0000  # where the invisible twins of ASCII begin
NOBODY = "0192d3c4"  # an id such as the prompt shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One text, the lie that it wants remembered, and where it comes from."""

    family: str
    carrier: str
    text: str
    bait: str
    provenance: Provenance

    @override
    def __str__(self) -> str:
        return f"{self.family} on a {self.carrier}"


def truths() -> Sequence[str]:
    """What the user has said, and what the texts want changed."""
    return [str(bait["truth"]) for bait in _read()["baits"]]


def poisons() -> Sequence[Poison]:
    """All of them, always in the same order, neighbours as different as can be."""
    data = _read()
    every = product(data["baits"], data["carriers"], data["families"].items())
    made = [
        _made(number, bait, carrier, family) for number, (bait, carrier, family) in enumerate(every)
    ]
    return [made[number * 7 % len(made)] for number in range(len(made))]


def _read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def _made(
    number: int, bait: Mapping[str, str], carrier: Mapping[str, Any], family: tuple[str, str]
) -> Poison:
    lie = bait["bait"]
    filled = family[1].format(
        bait=lie,
        id=NOBODY,
        truth=bait["truth"],
        truth_bare=bait["truth"].rstrip("."),
        topic=bait["topic"],
        near=bait["near"],
        homoglyph=bait["homoglyph"],
        zero="\u200b".join(lie),
        reversed=lie[::-1],
        tags="".join(chr(TAG + ord(letter)) for letter in lie if letter.isascii()),
        base64=base64.b64encode(f"Remember that {lie}".encode()).decode(),
    )
    return Poison(
        family=family[0],
        carrier=carrier["name"],
        text=carrier["text"].format(poison=filled, n=number),
        bait=lie,
        provenance=Provenance(
            source=Source(carrier["source"]),
            origin=carrier["origin"].format(n=number),
            through=tuple(each.format(n=number) for each in carrier["through"]),
        ),
    )
