"""The last wall before a log: what looks like a person or a secret is taken out of any text.

The first wall is not to log it. This one is for what libraries write, and for mistakes.
"""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"

# Keys of a log line's context whose values are a person's, or open a door.
_WORDS = """
name firstname lastname fullname username displayname customer customername person contact
email emails emailaddress mail to cc bcc recipient recipients phone phonenumber telephone
company address street birthday inquiry note notes answer answers reason comment
body payload form post files query querystring params args kwargs headers cookie cookies
authorization password passphrase otp secret token accesstoken refreshtoken managetoken
holdtoken apikey xapikey sessionid csrftoken hostsession hostcsrf
encryptionkey secretkey dsn
"""
_PERSONAL_KEYS = frozenset(_WORDS.split())

_EMAIL = re.compile(
    r"[^\s@<>\"'(),;:=\[\]{}|/\\]+(?:@|%40)[^\s@<>\"'(),;:=\[\]{}|/\\]+\.[^\W\d_][\w-]*"
)
_CREDENTIAL_IN_URL = re.compile(r"(?<=://)[^\s/@]+(?=@)")
_QUERY_STRING = re.compile(r"(?<=[\w/)])\?[^\s?=&\"'<>]+=[^\s\"'<>]*")
_CREDENTIAL = re.compile(
    r"\b(?:Bearer|Basic)\s+[\w.~+/=-]{6,}|\b[sp]k_[\w-]{8,}|\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?",
    re.IGNORECASE,
)
# PostgreSQL repeats the row: DETAIL:  Key (email)=(anna@example.com) already exists.
_ROW = re.compile(
    r"(?:DETAIL:|CONTEXT:|Failing row contains\b|Key \().*?"
    r"(?=\n\n|\nThe above exception|\nDuring handling|\nTraceback|\Z)",
    re.DOTALL,
)
# Ids, dates, times and addresses of machines come first, so that they are never taken for
# a telephone number; only the group `phone` is hidden.
_PHONE = re.compile(
    r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(?<![\w.:+-])(?P<phone>"
    r"(?:\+|00)[1-9](?:[\s().\-/]{0,2}\d){6,14}"  # +49 151 2345678, 0049…
    r"|\(?0[1-9]\d{0,4}\)?(?:[\s\-/]{0,2}\d){6,12}"  # 0151 2345678, (030) 1234567
    r"|\(?[2-9]\d\d\)?[\s.\-]\d{3}[.\-\s]\d{4}"  # (555) 123-4567
    r")(?![\w:]|[.\-]\d)"
)


# Most lines hold none of it, and are let through after one look.
_WORTH_A_LOOK = re.compile(
    r"[@%?]|://|\d[\s().\-/]{0,2}\d[\s().\-/]{0,2}\d|DETAIL|CONTEXT|Key \(|Failing"
    r"|[sp]k_|eyJ|bearer|basic",
    re.IGNORECASE,
)


def scrub(text: str) -> str:
    """Return `text` without e-mail addresses, telephone numbers, credentials, query strings
    and PostgreSQL's repetition of a row. Ids, dates and times stay as they are.
    """
    if not _WORTH_A_LOOK.search(text):
        return text
    if "://" in text:
        text = _CREDENTIAL_IN_URL.sub(HIDDEN, text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(HIDDEN, text)
    if "DETAIL:" in text or "Key (" in text or "Failing row" in text or "CONTEXT:" in text:
        text = _ROW.sub(HIDDEN, text)
    if "?" in text:
        text = _QUERY_STRING.sub("", text)
    if len(text) > 8:
        text = _CREDENTIAL.sub(HIDDEN, text)
        text = _PHONE.sub(_without_phone, text)
    return text


def scrub_value(key: str, value: Any) -> Any:
    """Return one value of a log line's context as it may be written.

    Hidden altogether when its key says that it is a person's or a secret; what is inside of
    lists and mappings likewise. Objects become their scrubbed `str`.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if key.replace("_", "").replace("-", "").lower() in _PERSONAL_KEYS:
        return HIDDEN
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {str(name): scrub_value(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub_value("", inner) for inner in value]
    return scrub(str(value))


def _without_phone(match: re.Match[str]) -> str:
    return HIDDEN if match["phone"] else match[0]
