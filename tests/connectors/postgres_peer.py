"""A PostgreSQL server for tests: its own cluster in a folder, run by an unprivileged user, asked through psql."""
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import local_stack  # noqa: E402

USER = "sluice"


def programs():
    """Debian keeps the server's programs out of PATH, by version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    found = versions[-1] if versions else shutil.which("initdb")
    assert found, "PostgreSQL is not installed (scripts/apt-packages.txt lists it)"
    return Path(found).parent


class Postgres:
    def __init__(self, folder):
        self.folder = folder
        self.port = local_stack.free_port()
        self.process = None
        # initdb and the server refuse to run as root.
        self.as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []

    @property
    def url(self):
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def _run(self, *command):
        done = subprocess.run([*self.as_user, *map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=local_stack.PATIENCE, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    def create(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.as_user:
            os.chown(self.folder, 65534, 65534)
            for parent in self.folder.parents:  # pytest's folders are for their owner alone
                if parent.stat().st_mode & 0o001 == 0 and parent.stat().st_uid == 0:
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._run(programs() / "initdb", "-D", self.folder / "data", "-U", USER, "--auth=trust", "-E", "UTF8",
                  "--no-sync", "--locale=C.UTF-8")
        return self

    def start(self):
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
                    "max_connections": 60, "timezone": "Europe/Berlin", "datestyle": "SQL,DMY"}  # the connector must not care
        options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        log = open(self.folder / "server.log", "ab")
        self.process = subprocess.Popen([*self.as_user, programs() / "postgres", "-D", self.folder / "data", "-p",
                                         str(self.port), *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        local_stack.wait_until(lambda: self.ask("SELECT 1", check=False) == "1", local_stack.PATIENCE, "PostgreSQL")
        return self

    def stop(self, how=signal.SIGINT):
        """SIGINT ends the sessions at once (a fast shutdown), SIGQUIT does not even tidy up."""
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(timeout=local_stack.PATIENCE)
        self.process = None

    def ask(self, sql, check=True):
        """Rows as lines, fields with '|' between."""
        done = subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-XAtq", "-v", "ON_ERROR_STOP=1",
                               "postgres"], input=sql, capture_output=True, text=True, timeout=local_stack.PATIENCE)
        if check:
            assert done.returncode == 0, f"{sql}\n{done.stderr}"
        return done.stdout.strip()
