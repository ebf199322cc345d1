"""What is to be known of the user in every turn."""

from typing_extensions import override

from cns.knowledge import AboutUser
from cns.ports import Turn
from working_memory.trinket import Slot, Trinket

COMPACT = 600  # characters, for a small model
_INERT = str.maketrans({"<": "\u2039", ">": "\u203a"})


class UserInformation(Trinket):
    """The text that was written for it, tagged; the same bytes until it is written anew."""

    slot = Slot.USER_INFORMATION

    def __init__(self, about_user: AboutUser) -> None:
        self._source = about_user

    @override
    def render(self, turn: Turn) -> str:
        text = self._source.about_user().strip().translate(_INERT)
        if turn.compact:
            text = _beginning(text)
        if not text:
            return ""
        return (
            f"What {turn.user.name} wants you to keep in mind about them, as they have said or"
            f" written it:\n<mira:user_information>\n{text}\n</mira:user_information>"
        )


def _beginning(text: str) -> str:
    """As many whole lines as a small model has room for."""
    shown = ""
    for line in text.splitlines():
        if len(shown) + len(line) > COMPACT:
            break
        shown += f"{line}\n"
    return shown.strip()
