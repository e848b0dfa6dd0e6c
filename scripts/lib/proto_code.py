"""Write fundtrace/v1 from proto/; with --check, only compare.

protoc comes with grpcio-tools and the types with mypy-protobuf, both locked, so the same files
come out everywhere. scripts/check fails until this ran after a change of proto/.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]  # it has no stubs

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "proto"
PACKAGE = ROOT / "fundtrace" / "v1"
KEPT = {"__init__.py"}  # written by hand


def generate(folder: Path) -> dict[str, bytes]:
    """Generate into a folder and return the files, by name, that fundtrace/v1 should hold."""
    names = sorted(str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.proto"))
    plugin = Path(sys.executable).with_name("protoc-gen-mypy")
    status = protoc.main(
        [
            "protoc",
            f"--proto_path={SOURCES}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            f"--plugin=protoc-gen-mypy={plugin}",
            f"--python_out={folder}",
            f"--mypy_out=quiet:{folder}",
            *names,
        ]
    )
    if status:
        raise SystemExit(status)
    made = sorted((folder / "fundtrace" / "v1").iterdir())
    return {path.name: path.read_bytes() for path in made}


def list_drift(wanted: dict[str, bytes]) -> list[str]:
    """Return the names of files that are missing, other than they should be, or too many."""
    held = {
        path.name: path.read_bytes()
        for path in PACKAGE.iterdir()
        if path.is_file() and path.name not in KEPT
    }
    names = sorted(wanted.keys() | held.keys())
    return [name for name in names if wanted.get(name) != held.get(name)]


def main() -> int:
    """Write the package, or say whether it is as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = generate(Path(folder))
    drift = list_drift(wanted)
    if sys.argv[1:] == ["--check"]:
        if drift:
            print(
                f"fundtrace/v1 is not what proto/ says ({', '.join(drift)}); run scripts/gen-proto"
            )
        return 1 if drift else 0
    for name in drift:
        path = PACKAGE / name
        if name in wanted:
            path.write_bytes(wanted[name])
        else:
            path.unlink()
    print(f"fundtrace/v1: {len(drift)} of {len(wanted)} files written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
