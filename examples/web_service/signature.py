"""Signatures of webhooks: the hexadecimal HMAC-SHA1 of a body under a shared secret, in the header ``X-Signature``.

Segment's webhook destination sends this. SHA-1 is too weak for many uses, but not for an HMAC.
"""

import hashlib
import hmac


def sign(secret: bytes, body: bytes) -> str:
    """The signature of a body."""
    return hmac.new(secret, body, hashlib.sha1).hexdigest()


def is_signed(secret: bytes, body: bytes, signature: str | None) -> bool:
    """Whether a signature is that of the body. The time it takes doesn't depend on where the two differ."""
    return hmac.compare_digest(sign(secret, body).encode(), (signature or "").strip().encode("utf-8", "replace"))
