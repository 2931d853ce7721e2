"""Write src/outcry/rpc from proto/: the generated gRPC code is committed, so users need no protoc.

It runs with any grpcio and protobuf that are not older than the grpcio-tools that wrote it; the
development tools pin that one.
"""

import sys
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]


ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
PACKAGE = "outcry/rpc"


def generate(target: Path) -> int:
    """Write the Python code of every ``proto/*.proto`` below *target*; returns protoc's status."""
    arguments = [
        "protoc",
        # proto/ stands for the package's own directory: the modules import one another by package.
        f"-I{PACKAGE}={PROTO}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        *(f"{PACKAGE}/{file.name}" for file in sorted(PROTO.glob("*.proto"))),
    ]
    return int(protoc.main(arguments))


if __name__ == "__main__":
    sys.exit(generate(ROOT / "src"))
