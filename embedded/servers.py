"""Both servers, shared by every process that needs them: the first starts, the last stops.

Each process that uses the servers holds a shared lock on `embedded/users.lock` for as long as
it lives. A keeper, one small process, waits for that lock alone: the kernel gives it once the
last user is gone, however it went, and the keeper stops the servers. Starting happens below
`embedded/starting.lock`, so that two processes that begin at once do not collide.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.account import EmbeddedError, digest
from embedded.postgres import Postgres
from embedded.redis import Redis

PROJECT = Path(__file__).resolve().parent.parent


class Servers:
    """The PostgreSQL and the Redis whose data stand below `home`.

    Making one has no effect; `use_postgres` and `use_redis` start what is not running.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        # A socket's path may have 103 characters at most, so it cannot stand below `home`.
        self.private = Path("/tmp") / f"holdfast-{os.geteuid()}-{digest(self.home)}"  # noqa: S108
        self.postgres = Postgres(
            home=self.home, sockets=self.private / "pg", project=PROJECT, durable=durable
        )
        self.redis = Redis(sockets=self.private)
        self._users: int | None = None

    @property
    def in_use(self) -> bool:
        """Whether this process keeps them running."""
        return self._users is not None

    def use_postgres(self) -> str:
        """The URL of the running PostgreSQL, which runs on while this process lives."""
        return self._use(self.postgres)

    def use_redis(self) -> str:
        """The URL of the running Redis, which runs on while this process lives."""
        return self._use(self.redis)

    def stop_if_last(self, *, within: float = 0) -> bool:
        """Give up our use; stop both servers and say True, unless another process uses them.

        A process that was just killed may still be ending: we wait for it so many seconds.
        """
        until = time.monotonic() + within
        with self._starting():
            if self._users is None:
                return False
            try:
                while not self._is_last():
                    if time.monotonic() >= until:
                        return False
                    time.sleep(0.05)
                self.stop()
                return True
            finally:
                os.close(self._users)
                self._users = None

    def _is_last(self) -> bool:
        assert self._users is not None  # noqa: S101
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def stop(self) -> None:
        """Stop both and leave no folder of sockets behind. For who has the users' lock alone."""
        self.redis.stop()
        self.postgres.stop()
        if not (self.redis.is_running() or self.postgres.is_running()):
            shutil.rmtree(self.private, ignore_errors=True)

    def remove(self) -> None:
        """Delete everything. For servers that tests throw away."""
        self.postgres.remove()
        shutil.rmtree(self.home)

    def _use(self, server: Postgres | Redis) -> str:
        with self._starting():
            if self._users is None:
                self._users = self._open("users")
                # Waits only for a keeper that is stopping the servers just now.
                fcntl.flock(self._users, fcntl.LOCK_SH)
            if not server.is_running():
                self._make_private()
                server.start()
            self._have_a_keeper()
        return server.url

    def _have_a_keeper(self) -> None:
        """Start the keeper unless there is one; it inherits the lock that says so."""
        lock = self._open("keeper")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            subprocess.run(
                [sys.executable, "-m", "embedded.keeper", str(self.home), str(lock)],
                check=True,
                cwd=PROJECT,
                pass_fds=[lock],
            )
        finally:
            os.close(lock)

    def keep(self, keeper_lock: int) -> None:
        """Wait until no process uses the servers, then stop them. The keeper's whole work."""
        users = self._open("users")
        fcntl.flock(users, fcntl.LOCK_EX)
        self.stop()
        # In this order: whoever waits for the users' lock then finds that there is no keeper.
        os.close(keeper_lock)
        os.close(users)

    @contextmanager
    def _starting(self) -> Iterator[None]:
        lock = self._open("starting")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _open(self, name: str) -> int:
        folder = self.home / "embedded"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError:
            raise EmbeddedError(
                f"{folder} belongs to somebody else. Start Holdfast as that user, "
                "or set VAR_DIR to a folder of your own."
            ) from None

    def _make_private(self) -> None:
        """Make the folder of the sockets, which nobody else may have made before us."""
        # Root's PostgreSQL runs as another account, which has to pass through, no more.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        if not os.path.lexists(self.private):
            self.private.mkdir(mode=0o700)
        refusal = f"{self.private} belongs to somebody else. Remove it."
        try:
            # Never through a link: what it leads to would be given our mode.
            folder = os.open(self.private, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            raise EmbeddedError(refusal) from None
        try:
            if os.fstat(folder).st_uid != os.geteuid():
                raise EmbeddedError(refusal)
            os.fchmod(folder, mode)
        finally:
            os.close(folder)
        (self.private / "pg").mkdir(exist_ok=True)
