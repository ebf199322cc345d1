"""Where nobody keeps a memory, nothing is remembered or forgotten at the user's word."""

from cns.domain.deed import Deed
from cns.domain.message import Message


class Unheeded:
    """Implements `cns.ports.Bidding`: no order is followed."""

    def obey(self, said: Message) -> tuple[Deed, ...]:
        return ()
