"""The files in deploy/: they load, name what exists, and hold no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from msgspec import json

from outcry.app.commands import app
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


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with what it says."""
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line[:1].isupper()]


def understood(command: list[str]) -> dict[str, Any]:
    """Return what the command line makes of *command*, `outcry` left out; raises if nothing."""
    group: Any = typer.main.get_command(app)
    name, *arguments = command
    return dict(group.commands[name].make_context(name, arguments).params)


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
        read_as = understood(command)
        assert (command[0], group_of(read_as["name"])) == ("run", name)
        assert (DEPLOY / str(read_as["config"]).removeprefix("/")).is_file()
        assert "./config:/config:ro" in service["volumes"]
        _, ours_too, *health = service["healthcheck"]["test"]
        assert ours_too == "outcry"
        understood(health)
        assert "data:/data" in service["volumes"], "secrets, checkpoints and archive are shared"
        assert set(service["depends_on"]) <= set(services)
    for service in services.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (DEPLOY / volume.split(":")[0]).is_dir()
    assert "noeviction" in services["redis"]["command"]
    assert not [word for word in services["postgres"]["command"] if "fsync=off" in word]


def test_what_compose_publishes_is_listened_on() -> None:
    """Ports of the doors are those of their settings; the ledger is found by its service's name."""
    services = read("docker-compose.yml")["services"]
    edge = load(DEPLOY / "config/edge.toml", common())
    ports = [edge.http.port, edge.feeds.port, edge.gateway.port]
    assert services["edge"]["ports"] == [f"{port}:{port}" for port in ports]
    assert {edge.http.host, edge.feeds.host, edge.gateway.host} == {"0.0.0.0"}  # noqa: S104
    ledger = load(DEPLOY / "config/core.toml", common())
    assert (edge.grpc.host, edge.grpc.port) == ("core", ledger.grpc.port)
    assert {edge.grpc.host, "postgres", "redis"} <= set(services)
    assert re.search(r"@postgres:5432/outcry$", edge.postgres.dsn)
    assert services["postgres"]["environment"] == {
        "POSTGRES_USER": "outcry",
        "POSTGRES_DB": "outcry",
    }
    assert edge.redis.url == "redis://redis:6379/0"


def test_an_image_alone_is_a_whole_exchange() -> None:
    """Its command is known, its settings are in it and let others in, its variables are ours."""
    said = dockerfile()
    (command,) = [json.decode(text) for name, text in said if name == "CMD"]
    settings = understood(command)["config"]
    copied = [text.split() for name, text in said if name == "COPY" and "--from" not in text]
    (source,) = [source for source, place in copied if place == str(settings)]
    config = load(DEPLOY.parent / source, {})
    assert {config.http.host, config.feeds.host, config.gateway.host} == {"0.0.0.0"}  # noqa: S104
    assert {config.grpc.host, config.metrics.host} == {"127.0.0.1"}
    (variables,) = [text for name, text in said if name == "ENV"]
    inside = load(None, dict(pair.split("=", 1) for pair in variables.split()))
    assert (inside.data_dir, inside.log.format) == ("/data", "json")
    assert ("VOLUME", "/data") in said


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
        "pyproject.toml", "setup.py", "README.md", "LICENSE", "src", "deploy/config/up.toml",
    }  # fmt: skip
    assert "install -d -o outcry -m 700 /data" in (DEPLOY / "Dockerfile").read_text("utf-8")


def test_nothing_in_the_files_is_a_secret() -> None:
    """The only password is the one that says to choose one."""
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            for password in re.findall(r"(?:PASSWORD=|://\w+:(?=\S+@))([^@\s{}]+)", text):
                assert password == "choose-one", path
