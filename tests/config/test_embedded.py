"""The embedded services are real processes here: nothing is stubbed."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.embedded import EmbeddedError, Postgres, Valkey, hold, is_kept, release
from tests.config.processes import alive, eventually

ROOT = Path(__file__).resolve().parent.parent.parent


def query(postgres, statement):
    with psycopg.connect(
        host=str(postgres.place.socket_folder), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def server_pid(postgres):
    return int((postgres.data / "postmaster.pid").read_text().split("\n", 1)[0])


@pytest.fixture
def postgres(var):
    postgres = Postgres(var)
    yield postgres
    release(postgres)
    assert eventually(lambda: not is_kept(postgres))


def test_postgres_starts_on_a_unix_socket_alone(postgres):
    hold(postgres)

    assert query(postgres, "SHOW listen_addresses") == [("",)]
    assert postgres.socket.is_socket()
    assert postgres.place.socket_folder.stat().st_mode & 0o777 == 0o700


def test_the_database_sorts_and_searches_letters_with_accents(postgres):
    hold(postgres)

    assert query(postgres, "SELECT lower('ÈÀ'), 'perché' ILIKE 'PERCHÉ'") == [("èà", True)]


def test_the_last_user_gone_the_server_stops_and_data_stay(postgres):
    hold(postgres)
    query(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")

    release(postgres)
    assert eventually(lambda: not is_kept(postgres))
    assert not (postgres.data / "postmaster.pid").exists()

    hold(postgres)
    assert query(postgres, "SELECT answer FROM kept") == [(42,)]


def test_a_killed_server_starts_again_with_its_data(postgres):
    hold(postgres)
    query(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")

    os.kill(server_pid(postgres), signal.SIGKILL)
    assert eventually(lambda: not is_kept(postgres))
    release(postgres)

    assert (postgres.data / "postmaster.pid").exists()
    hold(postgres)
    assert query(postgres, "SELECT answer FROM kept") == [(42,)]


def test_a_killed_keeper_takes_the_server_along_and_the_next_start_works(postgres):
    hold(postgres)
    query(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    server = server_pid(postgres)
    keeper = int(Path(f"/proc/{server}/stat").read_text().split()[3])

    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: not alive(server))
    release(postgres)

    hold(postgres)
    assert query(postgres, "SELECT answer FROM kept") == [(42,)]


def test_a_stale_pid_file_with_a_number_in_use_does_not_stop_the_start(postgres):
    hold(postgres)
    os.kill(server_pid(postgres), signal.SIGKILL)
    assert eventually(lambda: not is_kept(postgres))
    release(postgres)
    lines = (postgres.data / "postmaster.pid").read_text().split("\n")
    (postgres.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))

    hold(postgres)

    assert query(postgres, "SELECT 1") == [(1,)]


def test_a_first_start_killed_half_way_is_begun_again(postgres):
    half = postgres.place.folder / "data.half"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    if postgres.place.account:
        os.chown(postgres.place.folder, postgres.place.account.uid, postgres.place.account.gid)

    hold(postgres)

    assert query(postgres, "SELECT 1") == [(1,)]
    assert not half.exists()


def test_two_commands_at_once_share_one_server(postgres):
    hold(postgres)
    program = (
        "import sys; from pathlib import Path; from config.embedded import Postgres, hold;"
        "postgres = Postgres(Path(sys.argv[1])); hold(postgres);"
        "print((postgres.data / 'postmaster.pid').read_text().split()[0])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program, str(postgres.var)],
        check=True, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip

    assert int(answer.stdout) == server_pid(postgres)
    assert is_kept(postgres)


def test_a_killed_user_leaves_no_server(postgres):
    program = (
        "import sys; from pathlib import Path; from threading import Event;"
        "from config.embedded import Postgres, hold; hold(Postgres(Path(sys.argv[1])));"
        "print('up', flush=True); Event().wait()"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", program, str(postgres.var)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with user:
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"
        server = server_pid(postgres)
        user.kill()

    assert eventually(lambda: not alive(server))
    assert not is_kept(postgres)


def test_data_of_another_release_are_refused_with_what_the_server_says(postgres):
    hold(postgres)
    release(postgres)
    assert eventually(lambda: not is_kept(postgres))
    (postgres.data / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(EmbeddedError, match=r"initialized by PostgreSQL version 9\.6"):
        hold(postgres)


def test_valkey_keeps_what_it_was_given_when_killed(var):
    valkey = Valkey(var)
    hold(valkey)
    assert ask(valkey, "SET fish 42") == "+OK\r\n"
    assert ask(valkey, "CONFIG SET appendfsync always") == "+OK\r\n"
    assert ask(valkey, "SET fish 43") == "+OK\r\n"

    os.kill(int(ask(valkey, "INFO server").split("process_id:")[1].split()[0]), signal.SIGKILL)
    assert eventually(lambda: not is_kept(valkey))
    release(valkey)
    hold(valkey)

    assert ask(valkey, "GET fish") == "$2\r\n43\r\n"
    release(valkey)
    assert eventually(lambda: not is_kept(valkey))


def ask(valkey, command):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(valkey.socket))
        connection.sendall(command.encode() + b"\r\n")
        return connection.recv(65536).decode()
