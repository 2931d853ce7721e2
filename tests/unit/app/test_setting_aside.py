"""Deployments that are set aside: who has money in them still needs to know where they are."""

from pathlib import Path

from outcry.adapters.evm import deployment as files
from outcry.app.chain.setting_aside import set_aside


def test_every_deployment_that_is_set_aside_is_kept(tmp_path: Path) -> None:
    """A later reset has another number, and says which."""
    files.folder(tmp_path).mkdir(parents=True)
    for number in (1, 2, 3):
        files.deployment_file(tmp_path).write_text(f"contracts {number}")
        assert f"deployment.before-reset-{number}.json" in set_aside(tmp_path)
    assert set_aside(tmp_path) == ""
    kept = sorted(files.folder(tmp_path).iterdir())
    assert [path.read_text() for path in kept] == ["contracts 1", "contracts 2", "contracts 3"]
