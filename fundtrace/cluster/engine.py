"""The engine that runs tasks: three methods, and Dask ``distributed`` behind them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from fundtrace.cluster.access import Access
from fundtrace.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from distributed import Client, Security

_CONNECT_SECONDS, _REACH_SECONDS = 20, 2
_MISSING = (
    "--cluster needs Dask, which is not installed; install the extra: pip install "
    "'fundtrace[cluster]'"
)


class Engine(Protocol):
    """Runs functions somewhere; a handle stands for a result, also as another's argument."""

    @property
    def thread_count(self) -> int:
        """How many tasks run at once."""

    def submit(self, function: Callable[..., Any], *args: Any, priority: int = 0) -> Any:
        """Begin a task as soon as there is room, higher priority first; return its handle."""

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait for results, in the order of the handles."""

    def watch(self, handles: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield (handle, result) as they come."""


class DaskEngine:
    """Dask's futures. A future that is dropped frees what workers keep for it."""

    def __init__(self, client: Client) -> None:
        """Take a client that is connected."""
        self._client = client

    @property
    def thread_count(self) -> int:
        """How many tasks run at once."""
        counts: dict[str, int] = self._client.nthreads()
        return max(1, sum(counts.values()))

    def submit(self, function: Callable[..., Any], *args: Any, priority: int = 0) -> Any:
        """Begin a task; see ``Engine``."""
        return self._client.submit(function, *args, priority=priority, pure=False)

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait for results; see ``Engine``."""
        with _translate():
            results: list[Any] = self._client.gather(list(handles))
        return results

    def watch(self, handles: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield results as they come; see ``Engine``."""
        from distributed import as_completed

        with _translate():
            loop = self._client.loop
            coming = as_completed(list(handles), loop=loop, with_results=True)
            del handles  # so that a worker may forget each result that was fetched
            yield from coming


@contextmanager
def connect(access: Access, timeout_seconds: int = _CONNECT_SECONDS) -> Iterator[Engine]:
    """Connect to a scheduler that has at least one worker.

    Raises InvalidInputError where the extra or a certificate is missing, UnavailableError
    where nobody answers in time.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InvalidInputError(_MISSING) from error
    security = _build_security(access)
    try:
        client = Client(
            access.address,
            security=security,
            timeout=timeout_seconds,
            set_as_default=False,
            name="fundtrace",
        )
    except (OSError, TimeoutError) as error:
        raise UnavailableError(
            f"no scheduler that we trust and that trusts us answers at {access.address}: {error}"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=timeout_seconds)
        except TimeoutError as error:
            raise UnavailableError(f"the scheduler {access.address} has no worker yet") from error
        if client.direct_to_workers is None:  # Dask's own settings do not say
            client.direct_to_workers = _reach_workers(client)
        yield DaskEngine(client)


def _reach_workers(client: Client) -> bool:
    """Tell whether this machine reaches all workers; results then spare the way by the scheduler.

    Their bulk is what passes of many hops cost most of a network.
    """
    for address in client.nthreads():
        at = urlsplit(address)
        try:
            with socket.create_connection((at.hostname, at.port), timeout=_REACH_SECONDS):
                pass
        except OSError:
            return False
    return True


def _build_security(access: Access) -> Security:
    from distributed import Security

    if access.is_insecure and access.address.startswith("tcp:"):
        return Security(require_encryption=False)
    files = {
        "tls_ca_file": access.ca,
        "tls_client_cert": access.cert,
        "tls_client_key": access.key,
    }
    given = {name: str(path) for name, path in files.items() if path is not None}
    security = Security(require_encryption=True, **given)  # what is not given: Dask's settings
    if not (security.tls_ca_file and security.tls_client_cert):
        raise InvalidInputError(
            "give --tls-ca, --tls-cert and --tls-key, or set distributed.comm.tls.ca-file and "
            "distributed.comm.tls.client in Dask's own settings"
        )
    try:
        security.get_connection_args("client")
    except OSError as error:  # ssl.SSLError is one
        raise InvalidInputError(
            f"authority, certificate or key cannot be used, are they PEM files that fit each "
            f"other? {error}"
        ) from error
    return security


@contextmanager
def _translate() -> Iterator[None]:
    """Let only our errors out where the cluster itself fails."""
    from distributed import CancelledError, KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise UnavailableError(
            "a task's workers died again and again, perhaps for want of memory: "
            f"{error}; see the logs of the workers"
        ) from error
    except MemoryError as error:
        raise UnavailableError("a worker is short of memory") from error
    except (CancelledError, OSError) as error:
        raise UnavailableError(f"the connection to the cluster was lost: {error}") from error
