"""The memory of a process that serves."""

import subprocess
import sys
from pathlib import Path

import manage

LOADED = (
    "import gc, config.wsgi; print('kept:', gc.get_freeze_count(), 'looked at:', gc.get_count()[0])"
)


def test_a_server_that_is_loaded_searches_for_garbage_only_among_what_comes_after():
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=Path(manage.__file__).parent, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    kept = int(done.stdout.split("kept:")[1].split()[0])
    assert kept > 100_000
