"""A deployment of the image: secrets as files, TLS to both servers, a proxy, a mail server."""

import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from embedded.servers import PROJECT, Servers
from tests.house.image import Image
from tests.house.tls import make_certificate, tls_in_front_of
from tests.journeys.system import free_port
from tests.notifications.smtp_server import MailServer
from tests.servers import thrown_away

HOST = "book.salon.example"
PROXY = "127.0.0.2"  # the only address that may say what the client did
SECRETS = (
    "secret_key",
    "encryption_key",
    "encryption_index_key",
    "link_key",
    "jwt_access_secret",
    "jwt_refresh_secret",
    "metrics_token",
)


class Deployment:
    """The image's processes, each told these variables, each with a log in `folder`."""

    def __init__(self, image: Image, folder: Path, variables: dict[str, str]) -> None:
        self.image = image
        self.folder = folder
        self.variables = variables
        self.port = free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._told: dict[str, dict[str, str]] = {}

    def do(self, command: str, **more: str) -> str:
        """Run one process to its good end; what it wrote."""
        words, variables = shlex.split(command), self.variables | more
        process = self.image.start(*words, log=self.log("command"), **variables)
        assert process.wait(60) == 0, self.log("command").read_text()
        return self.log("command").read_text()

    def start(self, name: str) -> None:
        """Start a process that stays. Each container has ports of its own, so each has here."""
        ports = {"PORT": str(self.port if name == "web" else free_port())}
        self._told[name] = self.variables | ports | {"METRICS_PORT": str(free_port())}
        self._running[name] = self.image.start(name, log=self.log(name), **self._told[name])

    def is_well(self, name: str) -> bool:
        """What the health check of this process' container says."""
        assert self._running[name].poll() is None, self.log(name).read_text()
        return self.image.is_well(**self._told[name])

    def stop(self, name: str, *, within: float) -> int:
        """Ask a process to stop; the code with which it ended."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(within)
        finally:
            process.kill()

    def stop_all(self) -> None:
        for name in list(self._running):
            self.stop(name, within=40)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def client(self, *, through_the_proxy: bool = True, **headers: str) -> httpx.Client:
        """A client behind the proxy that speaks TLS, or one that says so itself."""
        said = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        address = PROXY if through_the_proxy else "127.0.0.1"
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers=said | headers,
            transport=httpx.HTTPTransport(local_address=address),
            timeout=30,
        )


@contextmanager
def deployed(image: Image, folder: Path, mails: MailServer) -> Iterator[Deployment]:
    """Yield a deployment that is migrated by nobody yet, its servers running."""
    folder.chmod(0o755)
    certificate = make_certificate(folder)
    with (
        thrown_away(Servers(folder / "servers")) as servers,
        tls_in_front_of(
            postgres=servers.postgres.sockets / ".s.PGSQL.5432",
            redis=servers.redis.socket,
            certificate=certificate,
        ) as (postgres, redis),
    ):
        servers.use_postgres()
        servers.use_redis()
        secrets = make_secrets(folder)
        secrets["DATABASE_URL_FILE"].write_text(
            f"postgres://holdfast:j8Vx2mPq@localhost:{postgres}/holdfast"
            f"?sslmode=verify-full&sslrootcert={certificate}\n"
        )
        variables = {name: str(file) for name, file in secrets.items()} | {
            "REDIS_URL": f"rediss://localhost:{redis}/0?ssl_ca_certs={certificate}",
            "HOST": "127.0.0.1",
            "ALLOWED_HOSTS": HOST,
            "PUBLIC_BASE_URL": f"https://{HOST}",
            "TRUSTED_PROXIES": PROXY,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mails.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Salon <book@salon.example>",
            "ADMIN_EMAIL": "desk@salon.example",
            "DRAIN_SECONDS": "1",
        }
        it = Deployment(image, folder, variables)
        try:
            yield it
        finally:
            it.stop_all()


def make_secrets(folder: Path) -> dict[str, Path]:
    """Run scripts/make-secrets in `folder`; its files by variable, where a container has them."""
    (folder / "scripts").mkdir()
    script = shutil.copy(PROJECT / "scripts" / "make-secrets", folder / "scripts")
    subprocess.run([script], check=True, stdout=subprocess.DEVNULL)
    mounted = shutil.copytree(folder / "secrets", folder / "run-secrets")
    mounted.chmod(0o755)
    files = {f"{file.name.upper()}_FILE": file for file in mounted.iterdir()}
    for file in files.values():
        file.chmod(0o644)
    del files["DATABASE_PASSWORD_FILE"]
    return files
