"""`scripts/run`: from nothing to a running system, and again."""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from embedded import account
from embedded.servers import PROJECT, Servers
from tests.journeys.system import System, a_booking, system
from tests.servers import thrown_away

pytestmark = pytest.mark.journey
as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")


@pytest.fixture(scope="module")
def running() -> Iterator[System]:
    with system() as it:
        it.start()
        yield it


def places(it: System) -> dict[str, str]:
    """What it says about where to look."""
    told = [line.split("|", 1)[1] for line in it.lines if line.startswith("run ")]
    words = [line.rsplit(maxsplit=1) for line in told if line.startswith("   ")]
    return {name.strip(): place for name, place in words}


def test_it_says_where_to_look_and_there_is_something_to_see(running):
    running.wait_for("credentials  ")
    told = places(running)
    assert list(told) == ["page", "admin", "API docs", "mailbox", "credentials"]
    for name in ("page", "admin", "API docs", "mailbox"):
        answer = httpx.get(told[name].replace("localhost", "127.0.0.1"), follow_redirects=True)
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        ), name
    credentials = Path(told["credentials"])
    assert credentials == running.var / "credentials"
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600


def test_each_line_of_its_log_says_whose_it_is(running):
    names = {line.split("|", 1)[0].strip() for line in running.lines}
    assert names == {"setup", "web", "clock", "worker", "mailbox", "run"}


def test_its_keys_open_the_api(running):
    with running.client() as api:
        assert api.get("/api/services").json()["data"][0]["durations"] == [15, 30, 45, 60]


def test_commands_work_beside_it(running):
    key = running.manage(
        "create_api_key", "--organization", "demo", "--kind", "secret", "--name", "Beside"
    )
    assert key.startswith("sk_")
    assert key.count("\n") == 1
    answer = httpx.get(
        f"{running.url}/api/bookings", headers={"Authorization": f"Bearer {key.strip()}"}
    )
    assert answer.status_code == 200
    assert running.database_runs()


def test_a_taken_port_is_a_sentence_before_anything_starts(running):
    with system() as other:
        other.port = running.port
        refused = other.command(["scripts/run", "--port", str(running.port)])
        output = refused.communicate(timeout=30)[0]
        assert output == (
            f"Port {running.port} is taken. Choose another: scripts/run --port {running.port + 1}\n"
        )
        assert refused.returncode == 2
        assert list(other.var.iterdir()) == []


def test_the_same_data_is_not_served_twice_at_once(running):
    second = System(var=running.var)
    refused = second.command(["scripts/run", "--port", str(second.port)])
    try:
        output = refused.communicate(timeout=30)[0]
    finally:
        second.stop_all()
    assert output == f"Holdfast is running already, with its data in {running.var}.\n"
    assert refused.returncode == 2
    with running.client() as api:
        assert api.get("/api/services").status_code == 200


def test_the_second_start_needs_no_network_and_finds_everything():
    with system() as it:
        it.start()
        keys = it.credentials
        with it.client() as api:
            made = api.post("/api/bookings", json=a_booking()).json()["data"]
        assert it.stop() == 0
        assert not it.database_runs()
        it.start(PIP_NO_INDEX="1", PIP_FIND_LINKS="")
        assert it.credentials == keys
        with it.client() as api:
            found = api.get(f"/api/bookings/{made['id']}").json()["data"]
        assert (found["name"], found["reference"]) == ("Mia Müller", made["reference"])
        assert not [line for line in it.lines if "demo organization is ready" in line]


def test_servers_that_are_named_are_used_and_left_running():
    named = Path(tempfile.gettempdir()) / f"holdfast-test-{os.getpid()}-{os.urandom(4).hex()}"
    with thrown_away(Servers(named)) as servers, system() as it:
        it.start(DATABASE_URL=servers.use_postgres(), REDIS_URL=servers.use_redis())
        with it.client() as api:
            assert api.post("/api/bookings", json=a_booking()).status_code == 201
        assert it.stop() == 0
        assert "stopping the database" not in it.log
        assert servers.postgres.is_running()
        assert servers.redis.is_running()
        assert not (it.var / "postgres").exists()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """This project once more, in a path with spaces, for another user of this machine.

    It uses what is installed here when that fits the machine's own Python, so that nothing is
    fetched twice; else its first start installs everything, as it does for anybody.
    """
    below = Path(tempfile.mkdtemp())
    below.chmod(0o755)
    project = below / "a place with spaces" / "holdfast"
    left_out = shutil.ignore_patterns(".venv", ".git", "var", "__pycache__", ".*_cache", "tests")
    shutil.copytree(PROJECT, project, ignore=left_out)
    try:
        borrow_packages(project)
        yield project
    finally:
        shutil.rmtree(below)


def borrow_packages(project: Path) -> None:
    venv = project / ".venv"
    python = Path("/usr/bin/python3")
    if (
        not python.exists()
        or subprocess.run([python, "-m", "venv", "--without-pip", venv], check=False).returncode
    ):
        pytest.skip("no Python of this machine's own that another user could run")
    installed = Path(httpx.__file__).parent.parent
    (next(venv.glob("lib/python3*/site-packages")) / "borrowed.pth").write_text(f"{installed}\n")
    fits = '"$1" -c "import celery, django, granian, orjson, pip, psycopg, redis"'
    if not account.postgres_account().can(fits, venv / "bin" / "python"):
        shutil.rmtree(venv)
        return
    requirements = (project / "requirements" / "dev.txt").read_bytes()
    stamp = f"{venv}\n{hashlib.sha256(requirements).hexdigest()}"
    (venv / ".installed").write_text(stamp)


def give(project: Path, *, to: str, mode: int) -> None:
    """Let `to` own the project, below a folder that others may or may not enter."""
    subprocess.run(["chown", "-R", to, project.parent], check=True)
    project.parent.parent.chmod(mode)


@as_root_only
def test_an_ordinary_user_runs_it_from_a_path_with_spaces(elsewhere):
    give(elsewhere, to="nobody", mode=0o755)
    with system(project=elsewhere, var=elsewhere / "var", user="nobody") as it:
        it.start()
        assert httpx.get(f"{it.url}/health/lb").json()["status"] == "healthy"
        with it.client() as api:
            assert api.post("/api/bookings", json=a_booking()).status_code == 201
        nobody = elsewhere.stat().st_uid
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in it.processes()} == {nobody}
        assert it.stop() == 0
        assert not it.database_runs()


@as_root_only
def test_root_runs_it_where_no_other_user_can_look(elsewhere):
    give(elsewhere, to="root", mode=0o700)
    refuge = account.refuge(elsewhere)
    try:
        with system(project=elsewhere, var=elsewhere / "roots var") as it:
            it.start()
            with it.client() as api:
                assert api.post("/api/bookings", json=a_booking()).status_code == 201
            data = refuge / f"postgres-{account.digest(it.var)}"
            assert f"the data stands in {data}" in it.log
            assert (data / "PG_VERSION").read_text() == "18\n"
            assert not (it.var / "postgres").exists()
            assert it.stop() == 0
    finally:
        shutil.rmtree(refuge)
