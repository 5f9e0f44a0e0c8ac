"""Fetching an address that somebody typed: what may be reached, and what comes back."""

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address

import pytest

from core import outbound
from core.outbound import NotAnAddress, NotFetched, fetch, may_be_reached, read_target
from tests.core.file_server import here, say, serving
from tests.house.tls import make_certificate

PNG = b"\x89PNG and so on"
ACCEPT = {"image/png"}


def fetched(url: str, *, most_bytes: int = 1000, **options):
    return fetch(url, accept=ACCEPT, most_bytes=most_bytes, **options)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "logo.png",
        "//www.example.com/logo.png",
        "ftp://www.example.com/logo.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "https://",
        "https:///logo.png",
        "https://anna@www.example.com/",
        "https://anna:secret@www.example.com/",
        "https://@www.example.com/",
        "https://www.example.com\\@10.0.0.1/",
        "https://www.example.com/ logo.png",
        "https://www.example.com/\r\nHost: other",
        "https://www.example.com:99999/",
        "https://www.example.com:port/",
        "https://-www-.example.com/",
        "https://a..example.com/",
        f"https://{'a' * 64}.example.com/",
        f"https://www.example.com/{'a' * 2000}",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://0x7f.1/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://[2606:4700::1%25eth0]/",
    ],
)
def test_what_is_no_plain_address_of_the_web_is_not_even_looked_up(url):
    def never(host: str) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(NotAnAddress, match="Write an address like https"):
        fetched(url, resolve=never)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_never_reached_however_it_is_named(address):
    judged = ip_address(address)
    assert not may_be_reached(judged, scheme="https", port=443)
    shown = f"[{address}]" if judged.version == 6 else address
    for url, names in [
        (f"https://{shown}/", []),
        ("https://www.example.com/", [address]),
        ("https://www.example.com/", ["93.184.215.14", address]),
    ]:
        with pytest.raises(NotFetched, match="This address cannot be reached from here"):
            fetched(url, resolve=lambda host, names=names: names)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_what_is_public_is_reached_by_https_alone(address):
    assert may_be_reached(ip_address(address), scheme="https", port=443)
    assert not may_be_reached(ip_address(address), scheme="http", port=80)
    assert not may_be_reached(ip_address(address), scheme="https", port=22)


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LOCALHOST", "ip6-localhost.invalid"])
def test_the_systems_own_names_lead_nowhere(host):
    with pytest.raises(NotFetched, match="This address cannot be reached from here"):
        fetched(f"https://{host}/")


def test_an_address_is_read_as_browsers_read_it():
    target = read_target("HTTPS://Bücher.Example:443/ein Bild.png".replace(" ", "%20") + "?größe=2")

    assert target.authority == "xn--bcher-kva.example"
    assert target.path == "/ein%20Bild.png?gr%C3%B6%C3%9Fe=2"
    assert read_target("https://[2606:4700::1]:8443").authority == "[2606:4700::1]:8443"


def test_a_file_is_fetched_from_the_one_address_that_was_judged(at_home):
    """A name that answers otherwise the second time is never asked a second time."""
    names = iter([["127.0.0.1"]])
    with serving(say(200, PNG, Content_Type="image/png")) as (port, asked):
        found = fetched(f"http://logo.example:{port}/a?b=c", resolve=lambda host: next(names))

    assert (found.content, found.content_type) == (PNG, "image/png")
    [(path, headers)] = asked
    assert path == "/a?b=c"
    assert headers == {
        "Host": f"logo.example:{port}",
        "User-Agent": "Holdfast",
        "Accept": "image/png",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_this_machine_is_not_asked_unless_its_operator_says_so():
    with serving(say(200, PNG, Content_Type="image/png")) as (port, asked):
        for url in (f"http://127.0.0.1:{port}/", f"http://logo.example:{port}/"):
            with pytest.raises(NotFetched, match="cannot be reached"):
                fetched(url, resolve=here)

    assert asked == []


def test_the_certificate_is_that_of_the_name(at_home, tmp_path, monkeypatch):
    trusted = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with serving(say(200, PNG, Content_Type="image/png"), context) as (port, asked):
        with pytest.raises(NotFetched, match="cannot be reached"):  # nobody vouches for it
            fetched(f"https://localhost:{port}/", resolve=here)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with pytest.raises(NotFetched, match="cannot be reached"):  # it is for localhost
            fetched(f"https://logo.example:{port}/", resolve=here)
        assert asked == []

        assert fetched(f"https://localhost:{port}/", resolve=here).content == PNG


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (say(302, Location="http://127.0.0.1/"), "leads to another one"),
        (say(301, Location="https://www.example.com/"), "leads to another one"),
        (say(404), "no file at this address"),
        (say(500, PNG, Content_Type="image/png"), "no file at this address"),
        (say(200, PNG, Content_Type="text/html"), "of another kind"),
        (say(200, PNG), "of another kind"),
        (say(200, PNG, Content_Type="image/png", Content_Encoding="gzip"), "of another kind"),
        (say(200, b"x", Content_Type="image/png", Content_Length="1001"), "too large"),
        (say(200, b"x" * 1001, Content_Type="image/png"), "too large"),
        (say(200, b"x", Content_Type="image/png", Content_Length="9"), "cannot be reached"),
        (lambda asked: asked.wfile.write(b"nonsense\r\n\r\n"), "cannot be reached"),
        (lambda asked: None, "cannot be reached"),
    ],
    ids=[
        "inward", "elsewhere", "absent", "error", "page", "unsaid", "packed", "says too much",
        "sends too much", "cut", "nonsense", "silent",
    ],
)  # fmt: skip
def test_what_is_no_small_file_of_the_kind_is_not_taken(at_home, answer, sentence):
    with (
        serving(answer) as (port, asked),
        pytest.raises(NotFetched, match=sentence),
    ):
        fetched(f"http://logo.example:{port}/", resolve=here)

    assert len(asked) == 1


def test_who_sends_a_byte_now_and_then_is_cut_off(at_home):
    over = threading.Event()

    def drip(asked: BaseHTTPRequestHandler) -> None:
        say(200, Content_Type="image/png")(asked)
        while not over.wait(0.02):
            asked.wfile.write(b"x")

    with serving(drip) as (port, _):
        try:
            with pytest.raises(NotFetched, match="takes too long"):
                fetched(f"http://logo.example:{port}/", resolve=here, seconds=0.3)
        finally:
            over.set()


def test_a_name_that_nobody_answers_for_is_not_waited_for(at_home):
    over = threading.Event()

    def slow(host: str) -> list[str]:
        over.wait(10)
        return ["127.0.0.1"]

    try:
        with pytest.raises(NotFetched, match="takes too long"):
            fetched("https://logo.example/", resolve=slow, seconds=0.1)
    finally:
        over.set()


def test_who_takes_the_connection_and_says_nothing_is_cut_off_too(at_home):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for scheme in ("http", "https"):
            url = f"{scheme}://logo.example:{silent.getsockname()[1]}/"
            with pytest.raises(NotFetched, match="takes too long"):
                fetched(url, resolve=here, seconds=0.2)


def test_a_server_that_is_not_there_is_told_like_one_behind_a_wall(at_home):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    with pytest.raises(NotFetched) as refused:
        fetched(f"http://logo.example:{port}/", resolve=here)
    assert str(refused.value) == outbound.NOT_REACHED
