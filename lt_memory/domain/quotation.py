"""Where in a text a quotation stands, forgiving only of case, white space and quotation marks."""

import re

_PIECE = re.compile(r"[\w]+|[^\w\s]")
_ALIKE = {"'": "['’‘`]", "’": "['’‘`]", '"': '["“”„]', "“": '["“”„]', "”": '["“”„]',
          "-": "[-–—]", "–": "[-–—]", "—": "[-–—]"}  # fmt: skip


def located(quote: str, text: str) -> tuple[int, int] | None:
    """`text[start:end]` that the quotation is of; None when it is not there."""
    start = text.find(quote) if quote.strip() else -1
    if start >= 0:
        return start, start + len(quote)
    pieces = _PIECE.findall(quote)
    if not pieces:
        return None
    pattern = r"\s*".join(_ALIKE.get(piece, re.escape(piece)) for piece in pieces)
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
    return found and found.span()
