"""What is drawn from a conversation that was had elsewhere is not the user's own word here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from cns.domain.imported import SOURCE
from cns.domain.message import Message
from lt_memory.domain.memory import Candidate, Provenance, Source
from lt_memory.domain.trust import place, said_in
from lt_memory.ports import Extracted

TELLING = 8  # characters of an id


def labelled(extracted: Extracted, messages: Sequence[Message]) -> Extracted:
    """Candidates that rest on imported messages, as words of that import; they end nothing."""
    there: dict[UUID, Message] = {m.id: m for m in messages if m.metadata.get("source") == SOURCE}
    if not there:
        return extracted
    return replace(
        extracted,
        candidates=tuple(_labelled(each, there) for each in extracted.candidates if _whole(each)),
    )


def _whole(candidate: Candidate) -> bool:
    """A bare correction speaks of what was known there, not of what is known here."""
    return candidate.patch is None


def _labelled(candidate: Candidate, there: Mapping[UUID, Message]) -> Candidate:
    said = [there[each.message_id] for each in candidate.evidence if each.message_id in there]
    if candidate.provenance is not None or not said:
        return candidate
    origin, *others = dict.fromkeys(map(_origin, said))
    provenance = Provenance(
        source=Source.IMPORT,
        origin=origin,
        through=(*others, *said_in(candidate.evidence)),
        part=_day(said[0]),
    )
    return replace(candidate, correction=None, supersedes=(), provenance=provenance)


def _origin(message: Message) -> str:
    return place("import", _label(message))


def _day(message: Message) -> str:
    """A day of it: so many may wait from one, and a file may tell of years."""
    return place("import", f"{_label(message)}, {message.created_at:%d %b %Y}")


def _label(message: Message) -> str:
    """The file and the beginning of the import's id: files may share a name."""
    file, import_id = (str(message.metadata.get(each, "")) for each in ("file", "import_id"))
    return f"{file} ({import_id[:TELLING]})"
