import os
import signal
import socket
import subprocess
import sys

import pytest
import requests

from spoki.simulator import SimulatorDidNotStart, SimulatorProcess


def test_the_process_listens_on_this_machine_only_and_ends_with_the_block():
    with SimulatorProcess() as simulator:
        url = simulator.url
        assert requests.get(f"{url}/_control/alive", timeout=5).json() == {"alive": True}

    assert url.startswith("http://127.0.0.1:")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_control/alive", timeout=5)


def test_a_taken_port_is_said_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with (
            pytest.raises(SimulatorDidNotStart, match=f"cannot listen on port {port}"),
            SimulatorProcess(port=port),
        ):
            pass


def test_a_wrong_setting_stops_the_start():
    with (
        pytest.raises(SimulatorDidNotStart, match="speed: no such setting"),
        SimulatorProcess(speed=3),
    ):
        pass


def test_the_same_seed_gives_the_same_identifiers(control):
    def uuid(seed):
        control.reset(seed=seed)
        return control.inbound("+393471234567")["uuid"]

    first = uuid(7)

    assert uuid(8) != first
    assert uuid(7) == first


def test_a_key_and_a_secret_may_begin_with_a_dash():
    with SimulatorProcess(
        api_key="-key", webhook_url="http://127.0.0.1:9/", webhook_secret="-s"
    ) as it:
        answer = requests.get(
            f"{it.url}/api/1/accounts/", headers={"X-Spoki-Api-Key": "-key"}, timeout=5
        )

    assert answer.status_code == 200


def test_the_command_line_sets_key_limits_and_window():
    command = [sys.executable, "-m", "spoki.simulator", "--port", "0", "--api-key", "K",
               "--limit-template", "7", "--window-seconds", "2", "--history"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split('"url": "')[1].split('"')[0]
        config = requests.get(f"{url}/_control/config", timeout=5).json()
        accounts = requests.get(
            f"{url}/api/1/accounts/", headers={"X-Spoki-Api-Key": "K"}, timeout=5
        )
        os.kill(process.pid, signal.SIGTERM)
        code = process.wait(timeout=5)

    assert (config["limits"]["template"], config["limits"]["text"]) == (7, 120)
    assert (config["window_seconds"], config["history"]) == (2.0, True)
    assert (accounts.status_code, code) == (200, 0)
