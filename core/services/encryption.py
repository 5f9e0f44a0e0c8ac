"""Rewriting what is encrypted under the first key of the ring, while the system serves."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from core.db import in_one_transaction
from core.encryption import DecryptionFailed, current_ring, key_id_of
from core.fields import Encrypted

PASSES = 5  # over one table; each further one is for rows that were busy in the last

Row = tuple[Any, ...]


@dataclass
class Rotation:
    """What became of one table. `busy` are rows, `unreadable` values by column and key id."""

    table: str
    rewritten: int = 0
    busy: int = 0
    unreadable: Counter[tuple[str, str]] = field(default_factory=Counter)


class EncryptedTable:
    """A table with encrypted columns, read and written past its model.

    So no manager hides rows, and `updated_at` and `version` stay as they are.
    """

    def __init__(self, model: type[models.Model], fields: list[Encrypted]) -> None:
        quote = connection.ops.quote_name
        self.name = model._meta.db_table
        self.fields = fields
        self._table = quote(self.name)
        self._key = quote(str(model._meta.pk.column))
        self._columns = [quote(str(field.column)) for field in fields]

    def count_by_key(self) -> Iterator[tuple[str, str, int]]:
        """Yield (column, key id, number) of the values that are not NULL."""
        for field_, column in zip(self.fields, self._columns, strict=True):
            statement = (
                f"SELECT substring({column} FOR 5) AS header, count(*) FROM {self._table} "  # noqa: S608  (names of ours)
                f"WHERE {column} IS NOT NULL GROUP BY header ORDER BY header"
            )
            with connection.cursor() as cursor:
                cursor.execute(statement)
                for header, number in cursor.fetchall():
                    yield str(field_.column), key_id_of(header), number

    def outdated(self, batch_size: int) -> Iterator[list[Row]]:
        """Yield (key, token, …) of the rows where any token is not of the first key, by key."""
        header = current_ring().header
        outdated = " OR ".join(f"substring({column} FOR 5) <> %s" for column in self._columns)
        condition, parameters = f"({outdated})", [header] * len(self._columns)
        after: list[Any] = []
        while True:
            statement = (
                f"SELECT {self._key}, {', '.join(self._columns)} FROM {self._table} "  # noqa: S608
                f"WHERE {condition}{f' AND {self._key} > %s' if after else ''} "
                f"ORDER BY {self._key} LIMIT %s"
            )
            with connection.cursor() as cursor:
                cursor.execute(statement, [*parameters, *after, batch_size])
                rows = cursor.fetchall()
            if not rows:
                return
            yield rows
            after = [rows[-1][0]]

    def write(self, rows: list[tuple[Row, list[bytes | None]]]) -> int:
        """Write the new tokens of rows that are as they were read and that nobody has locked.

        Returns how many. Never waiting for a lock, this is no party to a deadlock.
        """
        assignments = ", ".join(f"{column} = %s" for column in self._columns)
        unchanged = " AND ".join(f"{column} IS NOT DISTINCT FROM %s" for column in self._columns)
        statement = (
            f"UPDATE {self._table} SET {assignments} WHERE {self._key} = ("  # noqa: S608
            f"SELECT {self._key} FROM {self._table} WHERE {self._key} = %s AND {unchanged} "
            "FOR NO KEY UPDATE SKIP LOCKED)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(statement, [[*new, *row] for row, new in rows])
            return int(cursor.rowcount)


def encrypted_tables(of: Iterable[type[models.Model]]) -> list[EncryptedTable]:
    """Return the tables of these models that have encrypted columns, each once."""
    tables = []
    for model in of:
        fields = [f for f in model._meta.local_concrete_fields if isinstance(f, Encrypted)]
        if fields and model._meta.managed:
            tables.append(EncryptedTable(model, fields))
    return tables


def rotate_table(
    *, table: EncryptedTable, batch_size: int, note: Callable[[Rotation], None]
) -> Rotation:
    """Rewrite every value of `table` that the first key did not write; call `note` per batch.

    Reads without a lock, `batch_size` rows at a time by primary key, and writes each batch in
    a short transaction, but only rows that still hold what was read: no change is overwritten
    and no request waits for more than one batch. Busy rows are tried again, in up to five
    passes; what is still busy then is counted and left, and so is what does not open. Rows
    under the first key are not even fetched, so the next run continues one that was stopped.
    """
    rotation = Rotation(table.name)
    for _ in range(PASSES):
        rotation.busy, rotation.unreadable = 0, Counter()
        for rows in table.outdated(batch_size):
            renewed = [(row, new) for row in rows if (new := _renewed(table, row, rotation))]
            written = in_one_transaction(table.write)(renewed) if renewed else 0
            rotation.rewritten += written
            rotation.busy += len(renewed) - written
            note(rotation)
        if not rotation.busy:
            break
    return rotation


def _renewed(table: EncryptedTable, row: Row, rotation: Rotation) -> list[bytes | None]:
    """Return the row's tokens under the first key; empty when none of them could be renewed."""
    header = current_ring().header
    tokens: list[bytes | None] = list(row[1:])
    renewed = False
    for place, column in enumerate(table.fields):
        token = tokens[place]
        if token is None or token.startswith(header):
            continue
        try:
            tokens[place] = column.fernet.encrypt(column.fernet.decrypt(token))
            renewed = True
        except DecryptionFailed as failure:
            rotation.unreadable[str(column.column), failure.key_id] += 1
    return tokens if renewed else []
