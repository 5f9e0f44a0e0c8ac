"""Servers that are reached by TLS only, as managed ones are, in front of the embedded ones."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# What a client of PostgreSQL says first when it wants TLS: length 8, then this code.
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


def make_certificate(folder: Path) -> Path:
    """Make a certificate for localhost that vouches for itself; the file that a client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "ca.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(private + file.read_bytes())
    return file


@contextmanager
def tls_in_front_of(*, postgres: Path, redis: Path, certificate: Path) -> Iterator[tuple[int, int]]:
    """Yield the two ports at which the servers behind these sockets answer, by TLS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_name("both.pem"))

    async def postgres_client(reader: Reader, writer: Writer) -> None:
        if await reader.readexactly(len(SSL_REQUEST)) != SSL_REQUEST:
            return
        writer.write(b"S")
        await writer.drain()
        await writer.start_tls(context)
        await _pass_on(reader, writer, postgres)

    async def redis_client(reader: Reader, writer: Writer) -> None:
        await _pass_on(reader, writer, redis)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    tasks: set[asyncio.Task[None]] = set()

    def served(client: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Any]:
        async def serve(reader: Reader, writer: Writer) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await client(reader, writer)
            writer.close()
            tasks.discard(task)

        return serve

    async def listen() -> tuple[asyncio.Server, asyncio.Server]:
        return (
            await asyncio.start_server(served(postgres_client), "127.0.0.1", 0),
            await asyncio.start_server(served(redis_client), "127.0.0.1", 0, ssl=context),
        )

    async def close(servers: tuple[asyncio.Server, ...]) -> None:
        for server in servers:
            server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    servers = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        first, second = (server.sockets[0].getsockname()[1] for server in servers)
        yield first, second
    finally:
        asyncio.run_coroutine_threadsafe(close(servers), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _pass_on(reader: Reader, writer: Writer, server: Path) -> None:
    """Pass everything on to the server's socket and back, until one of them has had enough."""
    server_reader, server_writer = await asyncio.open_unix_connection(server)
    ways = [
        asyncio.ensure_future(_pump(reader, server_writer)),
        asyncio.ensure_future(_pump(server_reader, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        server_writer.close()


async def _pump(reader: Reader, writer: Writer) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
