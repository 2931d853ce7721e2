"""Compile contracts/*.vy into the artefacts with which the exchange deploys and calls them.

python tools/write_contracts.py           # writes src/outcry/adapters/evm/artefacts
python tools/write_contracts.py --check   # fails when they do not agree with the sources
"""

import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from vyper import __version__ as vyper_version
from vyper.compiler import compile_code


ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "contracts"
ARTEFACTS = ROOT / "src" / "outcry" / "adapters" / "evm" / "artefacts"


# Vyper has no errors of one's own: the sources raise them as bytes, and the interface lists them.
ERROR = re.compile(r'method_id=method_id\("(\w+)\(([\w,]*)\)"\)')


def errors(text: str) -> list[dict[str, Any]]:
    """Return the interface of the errors that *text* raises."""
    return [
        {
            "type": "error",
            "name": name,
            "inputs": [{"name": "", "type": t} for t in types.split(",")],
        }
        for name, types in sorted(set(ERROR.findall(text)))
    ]


def artefact(source: Path) -> dict[str, Any]:
    """Return what *source* compiles to, and from what."""
    text = source.read_text(encoding="utf-8")
    compiled = compile_code(
        text,
        contract_path=source.name,
        output_formats=["abi", "bytecode", "bytecode_runtime"],
    )
    return {
        "name": source.stem,
        "source": f"contracts/{source.name}",
        "source_sha256": sha256(text.encode()).hexdigest(),
        "compiler": f"vyper {vyper_version}",
        "abi": compiled["abi"] + errors(text),
        "creation": compiled["bytecode"],
        "runtime": compiled["bytecode_runtime"],
    }


def written(source: Path) -> str:
    """Return the text of the artefact of *source*."""
    parts = artefact(source).items()
    return "{\n" + ",\n".join(f'"{key}": {json.dumps(part)}' for key, part in parts) + "\n}\n"


def main() -> int:
    """Write every artefact, or compare it; 1 when one differs."""
    differing = 0
    for source in sorted(SOURCES.glob("*.vy")):
        target = ARTEFACTS / f"{source.stem}.json"
        text = written(source)
        if "--check" in sys.argv[1:]:
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                print(f"{target.relative_to(ROOT)} is not what {source.name} compiles to")
                differing = 1
            continue
        target.write_text(text, encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: {len(artefact(source)['runtime']) // 2 - 1:,} bytes")
    return differing


if __name__ == "__main__":
    sys.exit(main())
