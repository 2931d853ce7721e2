"""A database that was set back behind what was published: refused, explained, accepted."""

import shutil
from pathlib import Path

import pytest
from tests.support.exchange import Exchange, exchange


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine


def test_a_lost_end_of_the_log_is_refused_until_an_operator_accepts_it(tmp_path: Path) -> None:
    """Streams ahead of the log end `outcry up` with a sentence; `recover --accept-loss` goes on."""
    with exchange(tmp_path) as made:
        made.start()
        register(made, "ann")
        assert made.stop() == 0
        shutil.copytree(made.data_dir / "postgres", tmp_path / "older", symlinks=True)
        made.start()
        register(made, "bob")
        assert made.stop() == 0
        shutil.rmtree(made.data_dir / "postgres")
        shutil.move(tmp_path / "older", made.data_dir / "postgres")

        made.launch()
        assert made.wait() == 1
        assert "committed entries are lost" in made.logs()
        assert "recover --accept-loss" in made.logs()
        assert made.command("recover").returncode == 2

        done = made.command("recover", "--accept-loss")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Timeline 2 begins after log entry")
        made.start()
        assert register(made, "ann") < register(made, "bob")
        assert "clean" in made.verify()
        assert made.stop() == 0


def register(made: Exchange, name: str) -> int:
    """Return the id of a user, who is registered on first sight."""
    user_id: int = made.client(made.token(name)).get("/api/user_data")["id"]
    return user_id
