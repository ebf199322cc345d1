"""The words leg: a tantivy index beside the database, fed from it and rebuilt from it at will."""

import logging
import math
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

import tantivy
from tantivy import Document, Occur
from tantivy import Query as Look

from adapters.text_files import as_written, ensure_as_written, panics_told
from cns.errors import Unavailable
from lt_memory.domain.words import ENGLISH, Language, joined, query_terms, terms
from lt_memory.ports import Scored, TextItem, TextQuery, TextSource

logger = logging.getLogger(__name__)

SCHEMA = "3"  # raise it when an index as it was must not be used any more: it is then made anew
BATCH = 500
OWN_WORDS = 2  # how often a message's own words count against those around it
HEAP_BYTES = 15_000_000  # tantivy's least
SATURATION = 1.2  # BM25's k1, as tantivy has it
KINDS = ("message", "memory", "segment")
_HALF = 64
COMPLETE = "complete"  # holds SCHEMA and the language once everything has been taken in
_DELETED = "deleted"  # there while the files may hold words of what was deleted


class TantivyIndex:
    """Implements `lt_memory.ports.TextIndex`; one process, one writer, many readers."""

    def __init__(self, folder: Path, source: TextSource, language: Language = ENGLISH) -> None:
        self._folder = folder
        self._language = language
        self._made_by = SCHEMA if language is ENGLISH else f"{SCHEMA} {language.name}"
        self._files = folder / "files"
        self._beside = folder / "beside"
        self._source = source
        self._schema = _schema()
        self._writing = threading.RLock()
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._rebuilding: Iterator[Sequence[TextItem]] | None = None
        self._closed = False

    def __enter__(self) -> Self:
        with self._writing:
            if self._is_complete():
                self._open()
            if self._index is None:
                self._start_over()
        return self

    def __exit__(self, *_: object) -> None:
        with self._writing:
            self._closed = True
            self._index = self._rebuilding = None
            self._close_writer()

    def search(self, query: TextQuery) -> Sequence[Scored]:
        index = self._index
        if index is None or self._rebuilding is not None:
            raise Unavailable("The text index is being rebuilt from the database. Wait a moment.")
        words = query_terms(query.text, self._language)
        if not words:
            return ()
        with self._reading():
            searcher = index.searcher()
            looked = [*words, *joined(query.text, self._language)]
            hits = [
                hit
                for kind in sorted(query.kinds.intersection(KINDS))
                for hit in searcher.search(
                    _look(self._schema, looked, query, kind), query.limit, count=False
                ).hits
            ]
            places = [place for _, place in hits]
            kinds, highs, lows = (
                searcher.fast_field_values(field, places) for field in ("kind", "high", "low")
            )
            most = _most(searcher, words)
        return [
            Scored(
                kind=KINDS[int(kind or 0)],
                id=UUID(int=int(high or 0) << _HALF | int(low or 0)),
                score=score,
                coverage=min(score / most, 1.0),
            )
            for (score, _), kind, high, low in zip(hits, kinds, highs, lows, strict=True)
        ]

    def catch_up(self, within: timedelta) -> bool:
        until = time.monotonic() + within.total_seconds()
        if not self._writing.acquire(timeout=within.total_seconds()):
            return False
        try:
            with panics_told():
                return not self._closed and self._rebuild(until) and self._drain(until)
        except (ValueError, OSError) as error:
            self._writer = None  # what it had not committed is taken in again
            if not as_written(self._files):
                self._index = None
            logger.warning(
                "text index cannot be written",
                extra={"action": "text_index_not_written", "detail": str(error)},
            )
            return False
        finally:
            self._writing.release()

    def purge(self) -> bool:
        """Write everything anew beside the files: tantivy drops deleted words only by merging.

        Never by `delete_all_documents`: it sets the writer's stamps back to where they were when
        the writer was opened and keeps the deletes of its whole life, which are then younger than
        what is added next and are carried out on it when a later commit reaches their stamps.
        """
        with self._writing:
            if self._rebuilding is not None or not self._deleted_mark.exists():
                return False
            self._open_writer()  # whoever cannot write these files must not replace them
            try:
                with panics_told():
                    self._write_beside()
                    self._put_in_place()
            finally:
                shutil.rmtree(self._beside, ignore_errors=True)
            self._deleted_mark.unlink(missing_ok=True)
            return True

    def agrees(self) -> bool:
        with self._writing:
            index = self._index
            if index is None or self._rebuilding is not None:
                return False
            there, held = self._source.count(), index.searcher().num_docs
            if there.pending or there.documents == held:
                return True
            logger.error(
                "text index does not hold what the database holds and is rebuilt",
                extra={
                    "action": "text_index_disagrees",
                    "held": held,
                    "documents": there.documents,
                },
            )
            self._index = None
            self._complete_mark.unlink(missing_ok=True)
            return False

    def _write_beside(self) -> None:
        shutil.rmtree(self._beside, ignore_errors=True)
        self._beside.mkdir()
        writer = tantivy.Index(self._schema, str(self._beside)).writer(HEAP_BYTES, 1)
        for items in self._source.everything(BATCH):
            for item in items:
                writer.add_document(_document(item, self._language))
        writer.commit()
        writer.wait_merging_threads()

    def _put_in_place(self) -> None:
        """Without the mark in between: what is broken off here is made anew."""
        self._close_writer()
        self._complete_mark.unlink()
        try:
            shutil.rmtree(self._files)
            self._beside.rename(self._files)
            self._index = tantivy.Index.open(str(self._files))
        except (ValueError, OSError):
            self._index = None
            raise
        self._complete_mark.write_text(self._made_by, encoding="utf-8")

    @property
    def _deleted_mark(self) -> Path:
        return self._folder / _DELETED

    @property
    def _complete_mark(self) -> Path:
        return self._folder / COMPLETE

    def _is_complete(self) -> bool:
        mark = self._complete_mark
        return mark.is_file() and mark.read_text(encoding="utf-8") == self._made_by

    def _is_lost(self) -> bool:
        """Nothing fails at once when files are taken away: what was read once stays open."""
        whole = self._is_complete() and (self._files / "meta.json").is_file()
        return self._index is None or (self._rebuilding is None and not whole)

    def _open(self) -> None:
        try:
            with panics_told():
                ensure_as_written(self._files)
                self._index = tantivy.Index.open(str(self._files))
        except ValueError as error:
            logger.warning(
                "text index is damaged",
                extra={"action": "text_index_damaged", "detail": str(error)},
            )

    def _start_over(self) -> None:
        """Put an empty index in place of whatever is there; catching up then fills it."""
        self._index = self._writer = None
        shutil.rmtree(self._folder, ignore_errors=True)
        self._files.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(self._schema, str(self._files))
        self._rebuilding = self._source.everything(BATCH)

    def _rebuild(self, until: float) -> bool:
        """Go on with a rebuild, if there is one; False when it has not come to its end."""
        if self._is_lost():
            self._start_over()
        while self._rebuilding is not None:
            if self._take_page(self._rebuilding):
                self._complete_mark.write_text(self._made_by, encoding="utf-8")
                self._rebuilding = None
            elif time.monotonic() > until:
                return False
        return True

    def _take_page(self, pages: Iterator[Sequence[TextItem]]) -> bool:
        """Whether there was none left; what cannot be had or written begins the rebuild anew."""
        try:
            items = next(pages, None)
            if items is None:
                self._commit()
            else:
                self._write(items)
        except (ValueError, OSError, Unavailable):
            self._index = None
            raise
        return items is None

    def _drain(self, until: float) -> bool:
        """Take in what is pending: into the index first, then off the list.

        So nothing is lost by a crash between the two, and taking it in twice changes nothing.
        """
        while (batch := self._source.pending(BATCH)).changes:
            if batch.gone:
                self._deleted_mark.touch()
            for kind, id_ in batch.gone:
                self._open_writer().delete_documents_by_term("key", _key(kind, id_))
            self._write(batch.items)
            self._commit()
            self._source.taken(batch)
            if time.monotonic() > until:
                return len(batch.changes) < BATCH
        return True

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._index is None:
            raise Unavailable("The text index is closed.")
        if self._writer is None:
            self._writer = self._index.writer(HEAP_BYTES, 1)
        return self._writer

    def _close_writer(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.wait_merging_threads()

    def _write(self, items: Sequence[TextItem]) -> None:
        writer = self._open_writer()
        for item in items:
            writer.delete_documents_by_term("key", _key(item.kind, item.id))
            writer.add_document(_document(item, self._language))

    def _commit(self) -> None:
        self._open_writer().commit()
        if self._index is not None:
            self._index.reload()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What tantivy cannot read now, it cannot read later: the files are made anew."""
        try:
            with panics_told():
                yield
        except ValueError as error:
            with self._writing:
                self._index = self._writer = None
                self._complete_mark.unlink(missing_ok=True)
            raise Unavailable(
                f"The text index is damaged ({error}). It is being rebuilt from the database."
            ) from error


def _schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    build.add_text_field("key", tokenizer_name="raw", index_option="basic")
    build.add_unsigned_field("kind", indexed=True, fast=True)
    build.add_unsigned_field("high", fast=True)
    build.add_unsigned_field("low", fast=True)
    build.add_integer_field("at", indexed=True, fast=True)
    build.add_text_field("words", tokenizer_name="raw", index_option="freq")
    return build.build()


def _key(kind: str, id_: UUID) -> str:
    return f"{kind}:{id_.hex}"


def _document(item: TextItem, language: Language) -> Document:
    own = terms(f"{item.speaker} {item.text}", language)
    words = own * OWN_WORDS + [word for text in item.around for word in terms(text, language)]
    document = Document()
    document.add_text("key", _key(item.kind, item.id))
    document.add_unsigned("kind", KINDS.index(item.kind))
    document.add_unsigned("high", item.id.int >> _HALF)
    document.add_unsigned("low", item.id.int & ((1 << _HALF) - 1))
    for instant in item.instants:
        document.add_integer("at", int(instant.timestamp()))
    tokens = [tantivy.Token(word, place, 0, 0) for place, word in enumerate(words)]
    document.add_pre_tokenized_text("words", tantivy.PreTokenizedString("", tokens))
    return document


def _look(schema: tantivy.Schema, words: Sequence[str], query: TextQuery, kind: str) -> Look:
    """Any of the words, ranked by BM25; kind and time only narrow."""
    asked = Look.boolean_query([(Occur.Should, _word(schema, word)) for word in words])
    narrowed = (Look.const_score_query(each, 0.0) for each in _narrowed(schema, query, kind))
    return Look.boolean_query([(Occur.Must, asked), *((Occur.Must, each) for each in narrowed)])


def _narrowed(schema: tantivy.Schema, query: TextQuery, kind: str) -> Iterator[Look]:
    yield Look.term_query(schema, "kind", KINDS.index(kind))
    if query.among is not None and kind == "memory":
        yield Look.term_set_query(schema, "key", [_key("memory", id_) for id_ in query.among])
    if query.after is not None or query.before is not None:
        yield Look.range_query(
            schema,
            "at",
            tantivy.FieldType.Integer,
            _seconds(query.after),
            _seconds(query.before),
        )


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else math.floor(instant.timestamp())


def _word(schema: tantivy.Schema, word: str) -> Look:
    return Look.term_query(schema, "words", word, "freq")


def _most(searcher: tantivy.Searcher, words: Sequence[str]) -> float:
    """The score of a document that said every word very often."""
    total = searcher.num_docs
    found = [min(searcher.doc_freq("words", word), total) for word in words]
    rarity = sum(math.log1p((total - n + 0.5) / (n + 0.5)) for n in found)
    return rarity * (SATURATION + 1)
