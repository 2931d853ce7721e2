"""The committed gRPC code is what proto/ says."""

from pathlib import Path

from tools import proto


def test_the_generated_code_is_current(tmp_path: Path) -> None:
    """Generating again gives the committed files, none more and none fewer."""
    assert proto.generate(tmp_path) == 0

    written = {file.name: file.read_text("utf-8") for file in (tmp_path / proto.PACKAGE).iterdir()}
    committed = {
        file.name: file.read_text("utf-8")
        for file in (proto.ROOT / "src" / proto.PACKAGE).iterdir()
        if "_pb2" in file.name and file.is_file()
    }

    assert written == committed, "run: make proto"
