import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core.proxies import TrustedProxies, networks

pytestmark = pytest.mark.urls("tests.core.doors")

STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}


def policy_of(response):
    return {part.strip() for part in response["Content-Security-Policy"].split(";")}


class TestHttps:
    @pytest.fixture(autouse=True)
    def _production(self, settings):
        settings.HTTPS_ONLY = settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_HSTS_SECONDS = 31_536_000

    @pytest.mark.parametrize("path", ["/api/me", "/api/v1/me", "/api/health", "/api/nowhere"])
    def test_the_api_refuses_plain_http_and_never_redirects(self, client, path):
        refused = client.post(path, {"a": 1}, content_type="application/json")

        assert refused.status_code == 403
        assert refused.json()["error"]["errorCode"] == "FORBIDDEN"
        assert refused["API-Version"] == "1"
        assert client.get(path, secure=True).status_code != 403

    def test_a_page_redirects_to_https(self, client):
        redirected = client.get("/page?a=1")

        assert (redirected.status_code, redirected["Location"]) == (
            301,
            "https://testserver/page?a=1",
        )

    def test_a_load_balancer_asks_for_health_without_it(self, client):
        assert client.get("/health/lb").status_code == 200

    def test_a_browser_that_was_here_keeps_to_https(self, client):
        assert client.get("/page", secure=True)["Strict-Transport-Security"] == "max-age=31536000"

    def test_only_a_trusted_proxy_says_that_it_was_https(self, client, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        settings.TRUSTED_PROXIES = networks(["10.0.0.0/8"])
        said = {"headers": {"X-Forwarded-Proto": "https"}}

        assert client.get("/api/me", REMOTE_ADDR="10.1.2.3", **said).status_code == 200
        assert client.get("/api/me", REMOTE_ADDR="192.0.2.1", **said).status_code == 403


class TestTheClientsAddress:
    @pytest.fixture(autouse=True)
    def _proxies(self, settings):
        settings.TRUSTED_PROXIES = networks(["10.0.0.0/8", "2001:db8::/32"])

    @pytest.mark.parametrize(
        ("peer", "forwarded_for", "client"),
        [
            ("192.0.2.1", "", "192.0.2.1"),
            ("192.0.2.1", "198.51.100.9", "192.0.2.1"),  # not a proxy of ours: a claim
            ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "198.51.100.9:4711", "198.51.100.9"),
            ("10.0.0.1", "[2a00:1450::5]:443", "2a00:1450::5"),
            ("10.0.0.1", "::ffff:198.51.100.9", "198.51.100.9"),
            ("10.0.0.1", "198.51.100.9, unknown", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("2001:db8::1", "198.51.100.9", "198.51.100.9"),
            ("::ffff:10.0.0.1", "198.51.100.9", "198.51.100.9"),
            ("", "198.51.100.9", "0.0.0.0"),
        ],
    )
    def test_it_is_the_last_hop_that_no_proxy_of_ours_vouches_for(
        self, peer, forwarded_for, client
    ):
        request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded_for)

        TrustedProxies(lambda _: HttpResponse())(request)

        assert request.META["REMOTE_ADDR"] == client
        assert "HTTP_X_FORWARDED_FOR" not in request.META


class TestHeaders:
    def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(self, client):
        response = client.get("/page")

        assert policy_of(response) == STRICT
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Permissions-Policy"] == (
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
        )

    @pytest.mark.django_db
    @pytest.mark.urls("config.urls")
    def test_the_console_may_evaluate_and_style_its_elements_but_runs_no_inline_script(
        self, client
    ):
        policy = policy_of(client.get("/admin/login/"))

        assert policy - STRICT == {
            "script-src 'self' 'unsafe-eval'",
            "style-src-attr 'unsafe-inline'",
        }

    def test_data_may_load_nothing_at_all(self, client):
        assert policy_of(client.get("/api/me")) == {"default-src 'none'", "frame-ancestors 'none'"}


class TestOtherWebsites:
    @pytest.fixture(autouse=True)
    def _allowed(self, settings):
        settings.CORS_ALLOWED_ORIGINS = ["https://www.salon.example"]

    def ask(self, client, method="get", origin="https://www.salon.example", path="/api/me"):
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key",
        }
        return getattr(client, method)(path, headers=headers)

    def test_an_allowed_website_may_ask_before_it_asks(self, client):
        response = self.ask(client, "options")

        assert response["Access-Control-Allow-Origin"] == "https://www.salon.example"
        assert response["Access-Control-Allow-Credentials"] == "true"
        assert response["Access-Control-Max-Age"] == "86400"
        assert response["Access-Control-Allow-Methods"] == "GET, POST, PUT, PATCH, DELETE"
        assert response["Access-Control-Allow-Headers"] == (
            "Content-Type, Authorization, X-API-Key, X-Organization, X-Request-ID, "
            "Idempotency-Key, If-Match, If-None-Match"
        )

    def test_it_may_read_what_our_headers_say(self, client):
        assert self.ask(client)["Access-Control-Expose-Headers"] == (
            "API-Version, ETag, Retry-After, X-Request-ID, Idempotency-Replayed, "
            "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
        )

    @pytest.mark.parametrize("path", ["/api/books", "/api/nowhere"])
    def test_it_may_read_refusals_too(self, client, path):
        refused = self.ask(client, path=path)

        assert refused.status_code in (401, 404)
        assert refused["Access-Control-Allow-Origin"] == "https://www.salon.example"

    def test_another_website_may_not(self, client):
        for origin in ("https://evil.example", "null", "https://www.salon.example.evil"):
            assert "Access-Control-Allow-Origin" not in self.ask(client, origin=origin)

    def test_pages_are_for_nobody_elses_scripts(self, client):
        assert "Access-Control-Allow-Origin" not in self.ask(client, path="/page")
