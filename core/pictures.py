"""Pictures that people send: what they are is what their bytes say, and they are made small.

What is kept is pixels and nothing else: not where it was taken, by which camera, by whom.
"""

from __future__ import annotations

import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Invalid

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 50_000_000  # what good telephones make; a bomb says it has thousands of millions
FORMATS = ("JPEG", "PNG", "WEBP")

NOT_A_PICTURE = "This is not a JPEG, PNG or WebP picture."
TOO_LARGE = "A picture may have 5 MB and 50 megapixels."


def made_small(content: bytes, *, width: int, height: int, field: str) -> Image.Image:
    """Return a picture that fits into so many pixels, upright, RGB or RGBA, and bare.

    The size is read from the head of the file and checked before anything is unpacked.
    Raises Invalid at `field`.
    """
    if len(content) > MOST_BYTES:
        raise Invalid.at(field, TOO_LARGE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # checked below
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Invalid.at(field, TOO_LARGE)
                edge = 2 * max(width, height)
                picture.draft("RGB", (edge, edge))  # a JPEG is not unpacked in full
                upright = ImageOps.exif_transpose(picture)
                has_alpha = "A" in upright.getbands() or "transparency" in upright.info
                plain = upright.convert("RGBA" if has_alpha else "RGB")
    except Image.DecompressionBombError as error:
        raise Invalid.at(field, TOO_LARGE) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Invalid.at(field, NOT_A_PICTURE) from error
    plain.thumbnail((width, height), Image.Resampling.LANCZOS)
    bare = Image.new(plain.mode, plain.size)  # without places, cameras, thumbnails, profiles
    bare.paste(plain)
    return bare
