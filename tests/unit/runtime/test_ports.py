"""Free ports: chosen where no connection takes them, and by no two processes at once."""

import socket
import subprocess
import sys
from itertools import islice

import pytest

from outcry.runtime.ports import PORT_MIN, PORTS_MAX, bind, free_port, walk


HOST = "127.0.0.1"
CHOOSE = "from outcry.runtime.ports import free_port; print(free_port('127.0.0.1'))"


def test_a_free_port_is_none_that_the_system_gives_to_connections() -> None:
    """Between choosing and listening nobody else is handed it."""
    ports = [free_port(HOST) for _ in range(100)]
    assert all(PORT_MIN <= port < PORT_MIN + PORTS_MAX for port in ports)
    assert len(set(ports)) == len(ports)


def test_a_port_on_which_somebody_listens_is_passed_over() -> None:
    """The walk goes on behind it."""
    port = free_port(HOST)
    with socket.create_server((HOST, port + 1)):
        assert free_port(HOST) == port + 2


def test_processes_that_choose_at_the_same_time_choose_differently() -> None:
    """Nothing but their numbers keeps them apart."""
    asked = [
        subprocess.Popen([sys.executable, "-c", CHOOSE], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in asked}
    assert len(answers) == len(asked)


def test_a_port_by_number_is_that_or_an_error() -> None:
    """Nobody who names one is given another."""
    with socket.create_server((HOST, 0)) as taken, pytest.raises(OSError, match="in use"):
        bind(HOST, taken.getsockname()[1])


def test_a_walk_goes_round() -> None:
    """After the last port comes the first."""
    assert list(islice(walk(10, 3, 2), 4)) == [12, 10, 11, 12]
