"""Domain knowledge as a prompt sees it: what is known of subjects, and of the user."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cns.domain.tokens import text_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A block of domain knowledge that is on; its tokens are an upper estimate."""

    label: str
    name: str
    content: str

    @property
    def tokens(self) -> int:
        return text_tokens(self.name) + text_tokens(self.content)


class Knowledge(Protocol):
    def subjects(self) -> Sequence[Subject]:
        """The blocks that are on and say something, by label."""


class AboutUser(Protocol):
    def about_user(self) -> str:
        """What is to be known of the user in every turn; blank for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    shown: tuple[Subject, ...]
    left_out: tuple[Subject, ...]


def fitting(subjects: Sequence[Subject], room: int) -> Fitting:
    """Which of them stand in a prompt with so many tokens for them: each whole, in their order."""
    shown: list[Subject] = []
    left_out: list[Subject] = []
    for subject in subjects:
        fits = subject.tokens <= room
        (shown if fits else left_out).append(subject)
        room -= subject.tokens if fits else 0
    return Fitting(shown=tuple(shown), left_out=tuple(left_out))
