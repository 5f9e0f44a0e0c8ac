"""A password hasher that counts its work: the real algorithm, at its lowest cost."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class CountingHasher(Argon2PasswordHasher):
    """Argon2, as in production. `hashed` is how often a password was hashed or compared."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashed += 1
        return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        CountingHasher.hashed += 1
        return bool(super().verify(password, encoded))
