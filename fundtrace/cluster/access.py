"""Where a cluster is, and what opens it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from fundtrace.errors import InvalidInputError

_ADDRESS = re.compile(r"(?P<scheme>[a-z]+)://(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/]+)):\d+")


@dataclass(frozen=True)
class Access:
    """The address of a scheduler, and the client's certificate.

    ``ca``, ``cert`` and ``key`` are PEM files; without them Dask's own settings say where
    they are. Raises InvalidInputError for what would not be safe: whoever reaches a
    scheduler can run code on its workers, so it must be TLS with certificates on both sides.
    """

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    is_insecure: bool = False

    def __post_init__(self) -> None:
        """Refuse what is not safe."""
        match = _ADDRESS.fullmatch(self.address)
        if match is None or match["scheme"] not in ("tls", "tcp"):
            raise InvalidInputError(
                f"{self.address!r} is no address of a scheduler; write tls://HOST:PORT"
            )
        files = {"--tls-ca": self.ca, "--tls-cert": self.cert, "--tls-key": self.key}
        if match["scheme"] == "tcp":
            self._check_plain(files)
            return
        missing = [name for name, path in files.items() if path is None]
        if missing and len(missing) < len(files):
            raise InvalidInputError(f"also give {', '.join(missing)}; the three go together")
        for name, path in files.items():
            if path is not None and not path.is_file():
                raise InvalidInputError(f"{name}: there is no file {path}")

    def _check_plain(self, files: dict[str, Path | None]) -> None:
        if not self.is_insecure or not self.is_loopback:
            raise InvalidInputError(
                "tcp:// is neither encrypted nor authenticated: anybody who reaches the port could "
                "read accounts and run code. Use tls://HOST:PORT with --tls-ca, --tls-cert and "
                "--tls-key; tcp:// is for trials on this machine alone: tcp://127.0.0.1:PORT "
                "with --insecure"
            )
        if any(path is not None for path in files.values()):
            raise InvalidInputError("tcp:// uses no certificates; write tls://, or leave them out")

    @property
    def is_loopback(self) -> bool:
        """Tell whether the scheduler is on this machine, by its address."""
        match = _ADDRESS.fullmatch(self.address)
        host = (match["v6"] or match["host"]) if match else ""
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False
