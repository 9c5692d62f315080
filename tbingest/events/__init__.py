"""Points to bytes: record framing, masked CRC-32C, vectorised scalars; pure functions."""

from tbingest.events.encode import ENCODER_VERSION, encode
from tbingest.events.records import file_version

__all__ = ["ENCODER_VERSION", "encode", "file_version"]
