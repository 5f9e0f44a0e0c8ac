"""Pictures as they are sent: the bytes of a file. What they are, the bytes themselves say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, cast

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from core.api.parsing import PayloadTooLarge
from core.pictures import MOST_BYTES, TOO_LARGE


class PictureParser(BaseParser):
    """The body as `file`, read no further than a picture may be large."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Mapping[str, bytes]:
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise PayloadTooLarge(TOO_LARGE)
        return {"file": body}


class JPEGParser(PictureParser):
    media_type = "image/jpeg"


class PNGParser(PictureParser):
    media_type = "image/png"


class WebPParser(PictureParser):
    media_type = "image/webp"


class BytesParser(PictureParser):
    """What clients send that programs make: they know no kinds of pictures."""

    media_type = "application/octet-stream"


PARSERS = [BytesParser, JPEGParser, PNGParser, WebPParser]


def sent_in(request: Request) -> bytes:
    """Return the file that is the body of `request`."""
    body = cast("Mapping[str, bytes]", request.data)
    return body.get("file", b"")
