"""Keeps the secrets that are set out of whatever is written."""

import json
from collections.abc import Callable, Iterator
from threading import Lock
from urllib.parse import quote, unquote, urlsplit

SHORTEST = 8  # what is shorter would be found in innocent words
SHORTEST_WORD = 12
IN_ITS_PLACE = "[secret]"


class Redaction:
    """Knows the secret values, and takes them out of a text."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()
        self._guard = Lock()

    def learn(self, value: str) -> None:
        """Hide this value from now on, however it is written."""
        forms = {form for form in _forms(value) if len(form) >= SHORTEST}
        with self._guard:
            self._known = tuple(sorted({*self._known, *forms}, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        for form in self._known:
            if form in text:
                text = text.replace(form, IN_ITS_PLACE)
        return text


Redact = Callable[[str], str]


def _forms(value: str) -> Iterator[str]:
    """As it is, as JSON, as Python and as a URL write it; a URL's password, a text's lines."""
    for secret in {value, value.strip(), _password(value), *value.splitlines()}:
        yield from (
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            repr(secret)[1:-1],
            quote(secret, safe=""),
        )


def _password(value: str) -> str:
    """Of an address; a plain word (`postgres`) says nothing, and stands in innocent places."""
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return ""
    return "" if password.isalpha() and len(password) < SHORTEST_WORD else unquote(password)
