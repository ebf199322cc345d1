"""Rows written straight into the store: what was said and remembered, without the program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from cns.ports import Database

BEGAN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something said; `rest` overrides columns of the message."""

    text: str
    role: str = "user"
    name: str | None = None
    at: datetime | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Seeds:
    """Writes into one database, as the only user of it."""

    database: Database
    user_id: UUID = field(default_factory=uuid4)
    continuum_id: UUID = field(default_factory=uuid4)

    def user(self) -> None:
        with self.database.transaction() as transaction:
            transaction.run(
                "INSERT INTO users (id, email, name, timezone)"
                " VALUES (%(id)s, 'user@localhost', 'you', 'UTC')",
                id=self.user_id,
            )
            transaction.run(
                "INSERT INTO continuums (id, user_id) VALUES (%(id)s, %(user)s)",
                id=self.continuum_id,
                user=self.user_id,
            )

    def segment(
        self, lines: Sequence[Line | str], *, began: datetime = BEGAN, summary: str | None = None
    ) -> tuple[UUID, list[UUID]]:
        """A collapsed segment with what was said in it, a minute apart."""
        segment = uuid4()
        said = [Line(text=line) if isinstance(line, str) else line for line in lines]
        with self.database.transaction() as transaction:
            transaction.run(
                "INSERT INTO segments (id, continuum_id, status, started_at, last_message_at,"
                " ended_at, collapsed_at, title, message_count) VALUES (%(id)s, %(continuum)s,"
                " 'collapsed', %(began)s, %(ended)s, %(ended)s, %(ended)s, %(title)s, %(count)s)",
                id=segment,
                continuum=self.continuum_id,
                began=began,
                ended=began + timedelta(minutes=len(said)),
                title=summary and "A talk",
                count=len(said),
            )
            if summary is not None:
                transaction.run(
                    "UPDATE segments SET summary = %(summary)s WHERE id = %(id)s",
                    summary=summary,
                    id=segment,
                )
        return segment, [
            self.message(line, segment, line.at or began + timedelta(minutes=place))
            for place, line in enumerate(said)
        ]

    def message(self, line: Line | str, segment: UUID, at: datetime = BEGAN) -> UUID:
        line = Line(text=line) if isinstance(line, str) else line
        id_ = uuid4()
        with self.database.transaction() as transaction:
            transaction.run(
                "INSERT INTO messages (id, continuum_id, segment_id, role, name, content, text,"
                " status, external_id, created_at) VALUES (%(id)s, %(continuum)s, %(segment)s,"
                " %(role)s, %(name)s, %(content)s::jsonb, %(text)s, 'complete', %(external)s,"
                " %(at)s)",
                id=id_,
                continuum=self.continuum_id,
                segment=segment,
                role=line.role,
                name=line.name,
                content=[{"type": "text", "text": line.text}],
                text=line.text,
                external=line.external_id,
                at=line.at or at,
            )
        return id_

    def turn(self, said: str, segment: UUID, answered: str = "I see.") -> None:
        """A finished turn."""
        asked, answer = (
            self.message(said, segment),
            self.message(Line(text=answered, role="assistant"), segment),
        )
        turn = uuid4()
        self.run(
            "INSERT INTO turns (id, continuum_id, state, user_message_id, assistant_message_id,"
            " started_at, finished_at) VALUES (%(id)s, %(continuum)s, 'completed', %(asked)s,"
            " %(answer)s, %(at)s, %(at)s)",
            id=turn,
            continuum=self.continuum_id,
            asked=asked,
            answer=answer,
            at=BEGAN,
        )
        self.run(
            "UPDATE messages SET turn_id = %(turn)s WHERE id IN (%(asked)s, %(answer)s)",
            turn=turn,
            asked=asked,
            answer=answer,
        )

    def memory(
        self,
        text: str,
        *,
        from_message: UUID | None = None,
        importance: object = 0.5,
        **columns: object,
    ) -> UUID:
        """A memory; further columns by name."""
        id_ = uuid4()
        values: Mapping[str, object] = {
            "id": id_,
            "user_id": self.user_id,
            "text": text,
            "kind": "fact",
            "source": "user",
            "trust": "trusted",
            "state": "active",
            "created_at": BEGAN,
            "updated_at": BEGAN,
            **columns,
        }
        places = ", ".join(f"%({name})s" for name in values)
        with self.database.transaction() as transaction:
            transaction.run(
                f"INSERT INTO memories ({', '.join(values)}) VALUES ({places})",
                **values,
            )
            transaction.run(
                "INSERT INTO memory_standing (memory_id, importance) VALUES (%(id)s, %(share)s)",
                id=values["id"],
                share=importance,
            )
            if from_message is not None:
                transaction.run(
                    "INSERT INTO memory_evidence (memory_id, message_id, start_at, end_at)"
                    " VALUES (%(memory)s, %(message)s, 0, 5)",
                    memory=id_,
                    message=from_message,
                )
        return id_

    def entity(self, memory: UUID, name: str, kind: str = "person") -> None:
        with self.database.transaction() as transaction:
            row = transaction.one(
                "INSERT INTO entities (id, user_id, name, kind, created_at) VALUES (%(id)s,"
                " %(user)s, %(name)s, %(kind)s, now()) ON CONFLICT (user_id, name, kind)"
                " DO UPDATE SET name = excluded.name RETURNING id",
                id=uuid4(),
                user=self.user_id,
                name=name,
                kind=kind,
            )
            transaction.run(
                "INSERT INTO memory_entities (memory_id, entity_id)"
                " VALUES (%(memory)s, %(entity)s)",
                memory=memory,
                entity=row["id"],
            )

    def run(self, statement: str, **values: object) -> int:
        with self.database.transaction() as transaction:
            return transaction.run(statement, **values)
