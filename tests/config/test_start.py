"""The start of everything: what is refused before anything runs, and a whole life on real processes."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config import ports, running
from config.embedded import Postgres, is_kept
from config.management.commands import run_all
from config.ports import PortRefused
from tests.config.processes import alive, eventually

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(var, **changes):
    """Return the environment of a start that uses nothing but `var`."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "CI"}
    }
    return kept | {"APP_VAR": str(var), "SPOKI_BASE_URL": "http://127.0.0.1:9"} | changes


def manage(command, env, *, timeout=60):
    return subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=timeout,
    )  # fmt: skip


class Supervising:
    """In the place of the supervisor: keeps what the processes would have found."""

    def run(self, prepare):
        self.found = (Path(settings.STATIC_ROOT) / "config" / "house.css").exists()
        return 0


def test_static_files_are_there_before_the_web_process_lists_them(settings, tmp_path, monkeypatch):
    settings.NEEDS_COLLECTED_STATIC = True
    settings.STATIC_ROOT = tmp_path / "staticfiles"
    supervising = Supervising()
    command = run_all.Command()
    monkeypatch.setattr(command, "supervisor", lambda *_: supervising)

    assert command.start_and_serve(("127.0.0.1", 8000), []) == 0
    assert supervising.found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status_of(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def group_members(leader):
    """Return the processes below `leader`, by parent numbers."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and alive(int(entry.name)):
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(stat[1])
    found: set[int] = set()
    below = {leader}
    while below:
        below = {pid for pid, parent in parents.items() if parent in below} - found
        found |= below
    return found


@pytest.fixture
def started(lasting_var):
    """Yield a running `run_all` on a free port, once its pages answer.

    The first migrates, twenty seconds of a core; the other starts where that one was ended.
    """
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_all"],
        cwd=ROOT, env=environment(lasting_var, PORT=str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert eventually(lambda: status_of(port, "/health/live/") == 200 or process.poll(), seconds=90)
    yield process, port
    process.terminate()
    process.wait(60)


def test_a_busy_port_is_said_before_anything_starts(var):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        refused = manage("run_all", environment(var, PORT=str(port)))

    assert refused.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in refused.stderr
    assert not (var / "postgres" / "data").exists()


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused_by_name(monkeypatch, port):
    monkeypatch.setenv("PORT", port)

    with pytest.raises(PortRefused, match=f"PORT is “{port}”"):
        ports.listening_address()


def test_a_taken_port_is_replaced_by_a_free_one_for_the_simulator():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]

        assert ports.free_port(taken) != taken


@pytest.mark.parametrize("command", ["check", "help", "--version", "makemessages --help"])
def test_commands_without_a_database_start_none(var, command):
    answer = manage(command, environment(var))

    assert answer.returncode == 0
    assert not var.exists()


def test_settings_start_nothing(var):
    program = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings';"
    program += "import django; django.setup()"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment(var), check=True)

    assert not var.exists()


def test_with_addresses_set_nothing_embedded_starts(var):
    addresses = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "CELERY_BROKER_URL": "redis://127.0.0.1:9/0",
    }

    answer = manage("migrate", environment(var, **addresses))

    assert answer.returncode != 0
    assert not var.exists()


@pytest.mark.timeout(240)
def test_run_all_serves_refuses_a_second_start_and_leaves_nothing(started, lasting_var):
    process, port = started

    assert status_of(port, "/health/ready/") == 200
    assert status_of(port, "/admin/login/") == 200
    second = manage("run_all", environment(lasting_var, PORT=str(free_port())))
    assert second.returncode == 1
    assert f"Already running from this folder (process {process.pid})" in second.stderr

    below = group_members(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not [pid for pid in below if alive(pid)]
    assert not is_kept(Postgres(lasting_var))


@pytest.mark.timeout(240)
def test_a_killed_run_all_leaves_nothing_and_the_next_start_works(started, lasting_var):
    process, _port = started
    below = group_members(process.pid)

    process.kill()
    process.wait()

    assert eventually(lambda: not any(alive(pid) for pid in below), seconds=60)
    assert eventually(lambda: not is_kept(Postgres(lasting_var)), seconds=60)
    assert manage("migrate --check", environment(lasting_var)).returncode == 0


def test_the_local_secret_key_is_made_once_and_closed_to_others(var):
    var.mkdir()
    key = running.local_secret_key(var)

    assert len(key) >= 64
    assert running.local_secret_key(var) == key
    assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
