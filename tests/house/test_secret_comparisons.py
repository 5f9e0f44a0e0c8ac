"""A secret is compared in constant time: how long a refusal took does not help to guess."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("core", "bookings", "notifications")
SECRETS = re.compile(r"(^|_)(token|secret|digest|signature|mac|hmac|password|otp|proof)s?$")
COMPARED = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)

# What looks like one and is none, and why. One that is gone is taken out of here too.
NO_SECRETS = {
    "bytes(row.body_digest) != key.body_digest": "of the same client's two bodies",
    "token[:1] == VERSION": "the version of a cipher text",
    "digest in settings.BOOTSTRAP_KEY_DIGESTS": "SHA-256 of a key: nearly the same tells nothing",
    "digest == fresh.logo_digest": "of a picture that everybody sees",
    "secret in examples": "the operator's own, when a process starts",
    "secret in (secret + secret)[1:-1]": "the operator's own, when a process starts",
}


def comparisons() -> Iterator[tuple[str, str]]:
    """Every comparison with `==` or `in` of what is called like a secret: what, and where."""
    for app in OURS:
        for file in sorted((PROJECT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Compare):
                    continue
                if not any(isinstance(operator, COMPARED) for operator in node.ops):
                    continue
                if any(SECRETS.search(name_of(one)) for one in (node.left, *node.comparators)):
                    yield ast.unparse(node), f"{file.relative_to(PROJECT)}:{node.lineno}"


def name_of(node: ast.expr) -> str:
    """The last name in an expression: of `self.row.token[:9]` it is `token`."""
    match node:
        case ast.Name():
            name = node.id
        case ast.Attribute():
            name = node.attr
        case ast.Call(func=ast.Name(id="len")):
            return ""
        case ast.Call(args=[first, *_]):
            return name_of(node.func) if SECRETS.search(name_of(node.func)) else name_of(first)
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            name = key
        case ast.Subscript():
            return name_of(node.value)
        case _:
            return ""
    return "" if name.isupper() and not name.endswith("DIGESTS") else name.lower()


def test_no_secret_is_compared_letter_by_letter():
    found = dict(comparisons())

    assert {what: where for what, where in found.items() if what not in NO_SECRETS} == {}
    assert set(NO_SECRETS) - set(found) == set()


def test_it_would_be_seen():
    for text in ("given == row.token_digest", "body['password'] != known", "bytes(mac) == x"):
        node = ast.parse(text, mode="eval").body
        assert isinstance(node, ast.Compare)
        assert any(SECRETS.search(name_of(one)) for one in (node.left, *node.comparators)), text
