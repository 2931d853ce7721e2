"""The configuration of one run: ports settled, processes told everything."""

import os
import socket

import pytest
from msgspec.structs import replace

from outcry.app.failures import PortTaken, explain
from outcry.app.settings import PORTS, address, environment, settle_ports
from outcry.runtime.config import Config, Feeds, Gateway, Grpc, Http, Metrics, Trading, load


ANY_PORT = Config(
    http=Http(port=0),
    feeds=Feeds(port=0),
    gateway=Gateway(port=0),
    grpc=Grpc(port=0),
    metrics=Metrics(core_port=0, match_port=0, edge_port=0, history_port=0),
)


def test_every_port_0_becomes_a_free_port_of_its_own() -> None:
    """Eight settings get eight different ports."""
    config = settle_ports(ANY_PORT)
    ports = {address(config, section, name).port for section, name in PORTS}
    assert len(ports) == len(PORTS)
    assert 0 not in ports


def test_a_taken_port_is_named_with_its_setting() -> None:
    """The failure says which setting, which port, and ends a command with 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            settle_ports(replace(ANY_PORT, feeds=Feeds(port=port)))
    failure = explain(caught.value)
    assert failure is not None
    assert failure.code == 2
    assert failure.sentence.startswith(f"feeds.port: port {port} on 127.0.0.1 is in use")
    assert "OUTCRY_FEEDS_PORT" in failure.advice


def test_a_process_gets_the_configuration_of_its_supervisor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What `environment` returns loads as the same configuration, whatever was set before."""
    monkeypatch.setenv("OUTCRY_HTTP_PORT", "1234")
    monkeypatch.setenv("OUTCRY_CONFIG", "/nowhere.toml")
    config = Config(data_dir=f"{os.sep}data", http=Http(port=4321), trading=Trading(clock="manual"))
    assert load(environ=environment(config)) == config


def test_the_choice_of_a_kernel_reaches_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """OUTCRY_PURE is no setting and is passed on all the same."""
    monkeypatch.setenv("OUTCRY_PURE", "1")
    assert environment(Config())["OUTCRY_PURE"] == "1"
