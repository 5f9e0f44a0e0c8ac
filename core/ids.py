"""Keys of our rows."""

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """Return a time-ordered UUID (RFC 9562); the standard library has one from Python 3.14."""
    return uuid_utils.compat.uuid7()
