"""Tokens, keys and hashes: random text in the shape of secrets."""

from __future__ import annotations

from runner.generators.identifier import drawn_pattern
from runner.generators.registry import Made, Make, Parameter, generator
from runner.types import STRING

_HEX = "0123456789abcdef"
_URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _text(make: Make, head: str, alphabet: str, length: int) -> Made:
    return Made(drawn_pattern(make, (*head, *(alphabet,) * length)), STRING, len(alphabet) ** length, unique=make.unique)


_BYTES = Parameter("length", "int", "Bytes", 32, minimum=1, maximum=128)


@generator(
    "security.token_hex",
    "A token of hexadecimal digits",
    parameters=(_BYTES,),
    keywords=("secret", "random", "bytes"),
    aliases=("hex_token",),
)
def token_hex(make: Make, length: int) -> Made:
    """Two digits a byte."""
    return _text(make, "", _HEX, 2 * length)


@generator("security.token_urlsafe", "A token of characters that stand in URLs", parameters=(_BYTES,), keywords=("secret",))
def token_urlsafe(make: Make, length: int) -> Made:
    """Base 64 of so many bytes, without padding (RFC 4648 section 5)."""
    return _text(make, "", _URL, (length * 4 + 2) // 3)


@generator("security.api_key", "A key of a service", keywords=("secret", "credential"))
def api_key(make: Make) -> Made:
    """sk_test_ and 32 letters and digits."""
    return _text(make, "sk_test_", _URL[:-2], 32)


@generator("security.jwt", "Text in the shape of a JSON web token", keywords=("token", "authentication"))
def jwt(make: Make) -> Made:
    """The header of HS256 and drawn payload and signature; it verifies with no key (RFC 7519)."""
    return _text(make, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ", _URL, 43)


@generator("security.md5", "An MD5 hash", keywords=("digest", "checksum"))
def md5(make: Make) -> Made:
    """32 hexadecimal digits."""
    return _text(make, "", _HEX, 32)


@generator("security.sha512", "A SHA-512 hash", keywords=("digest", "checksum"))
def sha512(make: Make) -> Made:
    """128 hexadecimal digits."""
    return _text(make, "", _HEX, 128)


@generator("security.sha256", "A SHA-256 hash", aliases=("hash",), keywords=("digest", "checksum"))
def sha256(make: Make) -> Made:
    """64 hexadecimal digits."""
    return _text(make, "", _HEX, 64)


@generator("security.certificate_fingerprint", "A certificate's fingerprint", keywords=("tls", "x509"))
def certificate_fingerprint(make: Make) -> Made:
    """SHA-1 as twenty pairs."""
    alphabet = "0123456789ABCDEF"
    return Made(drawn_pattern(make, ((alphabet, alphabet, ":") * 20)[:-1]), STRING, 16**40, unique=make.unique)
