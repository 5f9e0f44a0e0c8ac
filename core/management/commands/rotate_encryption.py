from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from core.encryption import current_ring, key_id_of
from core.services.encryption import EncryptedTable, Rotation, encrypted_tables, rotate_table

SECONDS_BETWEEN_NOTES = 2.0


class Command(BaseCommand):
    help = (
        "Rewrite every encrypted value under the first key of ENCRYPTION_KEY. "
        "To replace a key: 1. add the new one behind it (old,new) and restart every process, so "
        "that all can read it; 2. put it first (new,old) and restart again, so that all write "
        "it; 3. run this; 4. take the old key out when --dry-run no longer counts it. "
        "It may run while the system serves, be stopped, and be run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--batch-size", type=int, default=500, help="rows per transaction (default: 500)"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="change nothing; count the values by table, column and key",
        )

    def handle(self, *, batch_size: int, dry_run: bool, **options: Any) -> None:
        if batch_size < 1:
            raise CommandError("--batch-size must be at least 1.")
        tables = encrypted_tables(apps.get_models(include_auto_created=True))
        if dry_run:
            self._count(tables)
            return
        self._noted_at = monotonic()
        rotations = [self._rotate(table, batch_size) for table in tables]
        self.stdout.write(f"{sum(r.rewritten for r in rotations)} rows rewritten.")
        self._complain(rotations)

    def _count(self, tables: list[EncryptedTable]) -> None:
        ring = current_ring()
        first, *others = (key_id_of(header) for header in ring.headers)
        words = dict.fromkeys(others, "reads") | {first: "writes", "fernet": "FERNET_KEYS"}
        for table in tables:
            for column, key_id, number in table.count_by_key():
                word = words.get(key_id, "not in the ring")
                self.stdout.write(f"{table.name}.{column}\t{key_id} ({word})\t{number}")

    def _rotate(self, table: EncryptedTable, batch_size: int) -> Rotation:
        rotation = rotate_table(table=table, batch_size=batch_size, note=self._note)
        self.stderr.write(f"{rotation.table}: {rotation.rewritten} rows rewritten, done.")
        return rotation

    def _note(self, rotation: Rotation) -> None:
        if monotonic() - self._noted_at >= SECONDS_BETWEEN_NOTES:
            self._noted_at = monotonic()
            self.stderr.write(f"{rotation.table}: {rotation.rewritten} rows rewritten …")

    def _complain(self, rotations: list[Rotation]) -> None:
        """Raise CommandError when anything is left under another key."""
        left = [
            f"{rotation.table}.{column}: {number} values of key {key_id} do not open."
            for rotation in rotations
            for (column, key_id), number in rotation.unreadable.items()
        ]
        left += [
            f"{rotation.table}: {rotation.busy} rows were busy. Run this again."
            for rotation in rotations
            if rotation.busy
        ]
        if left:
            raise CommandError("\n".join(left))
