"""ETag and If-Match (RFC 9110, section 13): a row's version on the wire."""

import re

from rest_framework.request import Request

from core.errors import Invalid, StaleVersion

_OURS = re.compile(r'"([0-9]{1,9})"')
_ANYBODYS = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')


def etag_of(version: int) -> str:
    return f'"{version}"'


def version_wanted(request: Request) -> int | None:
    """Return the version that If-Match names; None without the header or for `*`.

    Raises Invalid for what is no entity tag, StaleVersion for one that we never gave out.
    """
    text = request.headers.get("If-Match")
    if text is None or text.strip() == "*":
        return None
    if match := _OURS.fullmatch(text.strip()):
        return int(match[1])
    if _ANYBODYS.fullmatch(text.strip()):
        raise StaleVersion
    raise Invalid.at("If-Match", 'Send the ETag as it was read, for example "3".')
