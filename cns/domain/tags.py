"""The tags by which the assistant speaks to MIRA, not to the person, read while it streams."""

import re
from dataclasses import dataclass, field

LONGEST_TAG = 300
LONGEST_BODY = 4000
_STARTS = ("<mira:", "</mira:", "<error_analysis", "</error_analysis")
_LONGEST_START = max(map(len, _STARTS))
_HALF_STARTS = tuple(start[:size] for start in _STARTS for size in range(1, len(start)))
_TAG = re.compile(
    r"""<(?P<close>/)?(?:mira:)?(?P<name>[a-z_]+)
        (?:\s*=\s*["']?(?P<value>[^"'>/\s]*)["']?|(?P<attributes>\s[^>]*?))?
        \s*(?P<empty>/)?>""",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
_UNFINISHED = re.compile(
    r"""</?(?:mira:)?[a-z_]{0,40}(?:=["']?[^"'>/\s]{0,40}["']?)?""", re.IGNORECASE | re.ASCII
)
_ALONE = frozenset({"memory_ref", "topic_changed", "need_tool"})


def inert(words: str) -> str:
    """One line without quotes and tag brackets, so that a quotation cannot end itself."""
    line = " ".join(words.split())
    return line.replace('"', "'").replace("<", "\u2039").replace(">", "\u203a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What the tags of one answer said; `memory_refs` are as written, 8 or 36 characters."""

    memory_refs: tuple[str, ...] = ()
    touchstone: str | None = None
    emotion: str | None = None
    display_title: str | None = None
    complexity: int | None = None
    topic_changed: bool = False
    need_tool: bool = False

    def then(self, later: "Tags") -> "Tags":
        """Both as the tags of one answer: the last word counts; refs and switches add up."""
        return Tags(
            memory_refs=tuple(dict.fromkeys((*self.memory_refs, *later.memory_refs))),
            touchstone=later.touchstone or self.touchstone,
            emotion=later.emotion or self.emotion,
            display_title=later.display_title or self.display_title,
            complexity=later.complexity or self.complexity,
            topic_changed=later.topic_changed or self.topic_changed,
            need_tool=later.need_tool or self.need_tool,
        )


@dataclass(slots=True)
class TagReader:
    """Separates an answer's words from its tags, chunk by chunk; no part of a tag comes through.

    An opening tag holds back what follows until its closing one has come; a tag that is never
    closed loses only itself, so that no words are lost. What is a tag depends on the text alone,
    never on how it was cut into chunks; and where one was taken out, what stood on its two sides
    cannot become a tag by closing up.
    """

    _waiting: str = ""
    _last: str = ""
    _begun: bool = False
    _found: list[tuple[str, str]] = field(default_factory=list)

    def feed(self, chunk: str) -> str:
        """Take in a chunk; the words that can be shown now."""
        self._waiting += chunk
        return self._shown(self._drain(final=False))

    def finish(self) -> str:
        """The words that were still held back."""
        return self._shown(self._drain(final=True)).rstrip()

    @property
    def tags(self) -> Tags:
        """What was said in tags so far; of repeated ones the last counts, of refs all."""
        last = dict(self._found)
        complexity = last.get("complexity", "").strip()
        emotion = last.get("my_emotion", "").split()
        return Tags(
            memory_refs=tuple(dict.fromkeys(v for n, v in self._found if n == "memory_ref" and v)),
            touchstone=last.get("touchstone", "").strip() or None,
            emotion=emotion[0] if len(emotion) == 1 else None,
            display_title=last.get("display_title", "").strip() or None,
            complexity=int(complexity) if complexity in {"1", "2", "3"} else None,
            topic_changed="topic_changed" in last,
            need_tool="need_tool" in last,
        )

    def _shown(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        return text

    def _drain(self, *, final: bool) -> str:
        shown: list[str] = []
        while self._waiting:
            self._pass(_first_start(self._waiting), shown)
            if not self._waiting or not self._take_tag(shown, final=final):
                break
        return "".join(shown)

    def _pass(self, length: int, shown: list[str]) -> None:
        shown.append(self._waiting[:length])
        self._last = (self._last + shown[-1])[-_LONGEST_START:]
        self._waiting = self._waiting[length:]

    def _drop(self, length: int, shown: list[str]) -> None:
        self._waiting = self._waiting[length:]
        if self._last.lower().endswith(_HALF_STARTS):
            self._last = " "
            shown.append(" ")

    def _take_tag(self, shown: list[str], *, final: bool) -> bool:
        """Consume what stands at the front; False when more must come first."""
        tag = _TAG.match(self._waiting, 0, LONGEST_TAG)
        if tag is None:
            return self._take_broken(shown, final=final)
        name = tag["name"].lower()
        if tag["close"] or tag["empty"] or name in _ALONE:
            if not tag["close"]:
                self._found.append((name, tag["value"] or ""))
            self._drop(tag.end(), shown)
            return True
        return self._take_pair(tag.end(), name, shown, final=final)

    def _take_pair(self, opened: int, name: str, shown: list[str], *, final: bool) -> bool:
        close = re.compile(rf"</(?:mira:)?{re.escape(name)}\s*>", re.IGNORECASE | re.ASCII)
        end = close.search(self._waiting, opened, opened + LONGEST_BODY)
        if end is not None:
            self._found.append((name, self._waiting[opened : end.start()]))
            self._drop(end.end(), shown)
            return True
        if final or len(self._waiting) >= opened + LONGEST_BODY:
            self._drop(opened, shown)
            return True
        return False

    def _take_broken(self, shown: list[str], *, final: bool) -> bool:
        begun = self._waiting[:_LONGEST_START].lower().startswith(_STARTS)
        closed = self._waiting.find(">", 0, LONGEST_TAG)
        if begun and closed != -1:
            self._drop(closed + 1, shown)
            return True
        if not final and len(self._waiting) < LONGEST_TAG:
            return False
        unfinished = _UNFINISHED.match(self._waiting) if begun else None
        if unfinished is None:
            self._pass(1, shown)
        else:
            self._drop(unfinished.end(), shown)
        return True


def _first_start(text: str) -> int:
    """Where a tag begins, or may begin once more has come; the length when nowhere."""
    at = text.find("<")
    while at != -1:
        rest = text[at : at + _LONGEST_START].lower()
        if rest.startswith(_STARTS) or any(start.startswith(rest) for start in _STARTS):
            return at
        at = text.find("<", at + 1)
    return len(text)
