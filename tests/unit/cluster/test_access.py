"""Which addresses of a cluster are taken, and what opens them."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path

import pytest

import fundtrace
from fundtrace.api.clustered import trace_on_cluster
from fundtrace.cli.main import run
from fundtrace.cluster.access import Access
from fundtrace.cluster.engine import connect
from fundtrace.errors import InvalidInputError, UnavailableError
from fundtrace.model.kinds import Rule

S1 = str(Path(__file__).parents[2] / "fixtures" / "scenarios" / "S1")
LOCAL = "tcp://127.0.0.1:9"  # the discard port: nobody answers


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem")]
    for path in paths:
        path.write_text("", encoding="utf-8")
    return paths


@pytest.mark.parametrize("address", ["", "host", "host:1", "tls://host", "http://a:1", "tls://a:b"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InvalidInputError, match="write tls://HOST:PORT"):
        Access(address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1"])
def test_plain_tcp_needs_to_be_asked_for_on_this_machine_too(address):
    with pytest.raises(InvalidInputError, match="neither encrypted nor authenticated"):
        Access(address)
    assert Access(address, is_insecure=True).is_loopback


@pytest.mark.parametrize("host", ["10.0.0.1", "bank.example", "localhost.example", "[2001:db8::1]"])
def test_plain_tcp_to_another_machine_is_refused_whatever_is_asked(host):
    with pytest.raises(InvalidInputError, match="Use tls://HOST:PORT with --tls-ca"):
        Access(f"tcp://{host}:8786", is_insecure=True)


def test_plain_tcp_with_certificates_is_refused(files):
    with pytest.raises(InvalidInputError, match="uses no certificates"):
        Access(LOCAL, *files, is_insecure=True)


def test_certificates_go_together_and_must_exist(files):
    with pytest.raises(InvalidInputError, match="also give --tls-cert, --tls-key"):
        Access("tls://host:1", files[0])
    files[2].unlink()
    with pytest.raises(InvalidInputError, match="--tls-key: there is no file"):
        Access("tls://host:1", *files)


def test_an_address_knows_whether_it_is_on_this_machine(files):
    assert Access("tls://127.0.0.2:1", *files).is_loopback
    assert not Access("tls://10.0.0.1:1", *files).is_loopback


def test_without_certificates_and_settings_of_dask_nobody_is_asked():
    with (
        pytest.raises(InvalidInputError, match=r"set distributed\.comm\.tls\.ca-file"),
        connect(Access("tls://127.0.0.1:9")),
    ):
        pass


def test_a_certificate_may_stand_in_the_settings_of_dask(files):
    import dask

    at = "distributed.comm.tls"
    settings = {f"{at}.ca-file": files[0], f"{at}.client.cert": files[1]}
    with (
        dask.config.set({name: str(path) for name, path in settings.items()}),
        pytest.raises(InvalidInputError, match="are they PEM files"),
        connect(Access("tls://127.0.0.1:9")),
    ):
        pass


def test_where_nobody_answers_the_error_says_so():
    access = Access(LOCAL, is_insecure=True)
    with pytest.raises(UnavailableError, match="answers at tcp"), connect(access, 1):
        pass


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name.split(".")[0] in ("distributed", "dask"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    access = Access(LOCAL, is_insecure=True)
    with pytest.raises(InvalidInputError, match=r"fundtrace\[cluster\]"), connect(access):
        pass


def test_a_cluster_elsewhere_needs_a_work_folder(files):
    access = Access("tls://10.0.0.1:8786", *files)
    with pytest.raises(InvalidInputError, match="name a folder with --work"):
        trace_on_cluster(fundtrace.load(S1), [Rule.FIFO], access)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--work", "."], "go with --cluster"),
        (["--insecure"], "go with --cluster"),
        (["--tls-ca", "x"], "go with --cluster"),
        (["--cluster", "tcp://127.0.0.1:1"], "neither encrypted nor authenticated"),
        (["--cluster", "tls://10.0.0.1:1"], "name a folder with --work"),
    ],
)
def test_the_command_refuses_before_it_connects(words, said, tmp_path, monkeypatch, capsys):
    out = str(tmp_path / "out")
    command = ["fundtrace", "trace", "--data", S1, "--out", out, *words]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2
    assert said in capsys.readouterr().err
