"""A real cluster on loopback: certificates, a scheduler process, worker processes."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fundtrace.cluster.access import Access

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
HTTP = ("--dashboard-address", "127.0.0.1:0")  # else Dask serves status pages to everybody
_VALID = dt.timedelta(days=36_500)
_FROM = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Authority:
    """Makes certificates that only its own cluster trusts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(_encode(self._sign(self._name, self._key, is_ca=True)))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return the files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        cert, secret = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert.write_bytes(_encode(self._sign(subject, key, is_ca=False)))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return cert, secret

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_FROM)
            .not_valid_after(_FROM + _VALID)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


def _encode(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class Cluster:
    """A scheduler and its workers, each a process of its own; ends them all when left."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.authority = Authority(folder / "authority")
        self.processes: list[subprocess.Popen[bytes]] = []
        cert, key = self.authority.issue("client")
        self.tls = ("--tls-ca-file", str(self.authority.ca), *self._issue("node"))
        place = folder / "scheduler.json"
        self._start(
            *("scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard", *HTTP),
            *("--scheduler-file", str(place), "--idle-timeout", "300", *self.tls),
        )
        self.address = wait_for(lambda: _read_address(place))
        self.access = Access(self.address, self.authority.ca, cert, key)

    def _issue(self, name: str) -> tuple[str, ...]:
        cert, key = self.authority.issue(name)
        return ("--tls-cert", str(cert), "--tls-key", str(key))

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, with no nanny that would start it again."""
        return self._start(
            *("worker", self.address, "--host", "tls://127.0.0.1", "--nthreads", "1"),
            *("--no-nanny", "--no-dashboard", *HTTP, "--death-timeout", "10"),
            *("--local-directory", str(self.folder / "workers"), *self.tls),
        )

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        dask = Path(sys.executable).with_name("dask")
        log = (self.folder / f"process-{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [str(dask), *words],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def close(self) -> None:
        """End every process; none is left behind."""
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            process.wait(30)


def wait_for(find: Callable[[], T | None], seconds: float = 60) -> T:
    """Return what a function finds, as soon as it finds something; fails after a time."""
    deadline = time.monotonic() + seconds
    while (found := find()) is None:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def _read_address(place: Path) -> str | None:
    try:
        address: str = json.loads(place.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError):  # not there yet, or not all of it
        return None
    return address
