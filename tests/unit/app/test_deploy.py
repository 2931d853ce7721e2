"""The files in deploy/: they load, name what exists, and hold no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import json

from outcry.app.processes import GROUPS, group_of
from outcry.runtime.config import load


DEPLOY = Path(__file__).parents[3] / "deploy"
DOCS = Path(__file__).parents[3] / "docs"


def read(name: str) -> Any:
    """Return a YAML file."""
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


def common() -> dict[str, str]:
    """Return the settings of the example environment."""
    lines = (DEPLOY / "common.env.example").read_text("utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name: value for name, value in pairs if name.startswith("OUTCRY_")}


@pytest.mark.parametrize("group", GROUPS)
def test_the_settings_of_every_service_load(group: str) -> None:
    """Each group has a file that is right together with the common environment."""
    config = load(DEPLOY / "config" / f"{group}.toml", common())
    assert config.metrics.host == "0.0.0.0"  # noqa: S104 - inside a container
    assert config.postgres.dsn
    assert config.redis.url


def test_compose_runs_every_group_with_its_own_settings() -> None:
    """Every group once, from the one image, on the servers of the file, with files that exist."""
    services = read("docker-compose.yml")["services"]
    ours = {name: service for name, service in services.items() if service.get("image") == "outcry"}
    assert list(ours) == list(GROUPS)
    for name, service in ours.items():
        command = service["command"]
        assert (command[0], group_of(command[1])) == ("run", name)
        assert (DEPLOY / command[3].removeprefix("/")).is_file()
        assert "data:/data" in service["volumes"], "secrets, checkpoints and archive are shared"
        assert set(service["depends_on"]) <= set(services)
    for service in services.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (DEPLOY / volume.split(":")[0]).is_dir()
    assert "noeviction" in services["redis"]["command"]
    assert not [word for word in services["postgres"]["command"] if "fsync=off" in word]


def test_prometheus_asks_where_the_services_listen() -> None:
    """Every group is scraped at its own metrics port."""
    for job in read("prometheus/prometheus.yml")["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        host, port = target.split(":")
        assert host == job["job_name"]
        assert int(port) == getattr(load(None, {}).metrics, f"{host}_port")


def test_every_alert_has_a_runbook() -> None:
    """Alerts and sections are the same, in the same order; each says what to do."""
    rules = [rule for group in read("prometheus/alerts.yml")["groups"] for rule in group["rules"]]
    text = (DOCS / "operating/runbooks.md").read_text("utf-8")
    assert [rule["alert"] for rule in rules] == re.findall(r"^## (\w+)$", text, re.MULTILINE)
    assert text.count("**What to do.**") == len(rules)
    for rule in rules:
        assert rule["annotations"]["runbook"].endswith(f"#{rule['alert'].lower()}")
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_the_dashboard_is_whole() -> None:
    """Panels do not overlap, have a title and a question each, and name their data source."""
    panels = json.decode((DEPLOY / "grafana/dashboards/outcry.json").read_bytes())["panels"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places) > 10
    assert all(panel["title"] and panel["targets"] for panel in panels)


def test_compose_shows_the_dashboard() -> None:
    """Grafana is given the data source and the folder in which the dashboard lies."""
    services = read("docker-compose.yml")["services"]
    assert "./grafana:/etc/grafana/provisioning:ro" in services["grafana"]["volumes"]
    (source,) = read("grafana/datasources/prometheus.yml")["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    (provider,) = read("grafana/dashboards/outcry.yml")["providers"]
    place = provider["options"]["path"].removeprefix("/etc/grafana/provisioning/")
    assert (DEPLOY / "grafana" / place / "outcry.json").is_file()


def test_an_image_is_made_of_sources_alone() -> None:
    """What a checkout keeps beside them, a data folder with its secrets first, stays outside."""
    lines = (DEPLOY.parent / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == {
        "pyproject.toml", "setup.py", "README.md", "LICENSE", "src",
    }  # fmt: skip
    assert "install -d -o outcry -m 700 /data" in (DEPLOY / "Dockerfile").read_text("utf-8")


def test_nothing_in_the_files_is_a_secret() -> None:
    """The only password is the one that says to choose one."""
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            for password in re.findall(r"(?:PASSWORD=|://\w+:(?=\S+@))([^@\s{}]+)", text):
                assert password == "choose-one", path
