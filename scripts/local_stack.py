"""Starts and stops the processes that the demo and the system tests run against: moto (S3) and `sluice server`.

Nothing here installs anything: scripts/setup.sh has done that.
"""
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))
REGION = "us-east-1"


class StackError(Exception):
    """A part could not be started; the message says which, and what it printed."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def port_is_free(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def aws_environment(s3_url):
    """An environment for AWS clients and for the service: local S3, credentials that moto takes, no other configuration."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment.update(
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local-secret",
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_ENDPOINT_URL_S3=s3_url,
        AWS_ENDPOINT_URL_KINESIS=s3_url,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_PAGER="",
        NO_PROXY="127.0.0.1,localhost",
        no_proxy="127.0.0.1,localhost",
    )
    return environment


def answers(url):
    """Whether something speaks HTTP there; any status will do."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=2).close()
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


# Seconds that a test waits for what must come: a machine that compiles beside it needs long for little.
PATIENCE = int(os.environ.get("SLUICE_PATIENCE", "180"))


def wait_until(condition, seconds, what, process=None, interval=0.05):
    """Polls until `condition()` is true and returns its value; StackError after the deadline or when `process` ends."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and process.poll() is not None:
            raise StackError(f"{what}: the process ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise StackError(f"{what}: not within {seconds} s")
        time.sleep(interval)


class Process:
    """A child in a session of its own (a Ctrl-C in the terminal reaches only us), its output in a log file."""

    def __init__(self, name, command, log, environment):
        self.name, self.log = name, Path(log)
        with open(log, "ab") as output:
            try:
                self.popen = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output,
                                              stderr=subprocess.STDOUT, env=environment, start_new_session=True)
            except OSError as error:
                raise StackError(f"{name}: {command[0]}: {error.strerror}") from error

    def wait_for(self, url, seconds):
        try:
            wait_until(lambda: answers(url), seconds, f"{self.name} at {url}", self.popen)
        except StackError as error:
            self.stop()
            raise StackError(f"{error}\n{self.log_tail()}") from None

    def log_tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def kill(self):
        """kill -9, and waits for the end."""
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()

    def stop(self, seconds=10):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()


def start_moto(log):
    """(process, URL) of a local S3."""
    port = free_port()
    # moto is installed in the environment that runs this file.
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", port]
    process = Process("moto server", command, log, {**os.environ, "PYTHONWARNINGS": "ignore"})
    url = f"http://127.0.0.1:{port}"
    process.wait_for(url + "/moto-api/data.json", PATIENCE)
    return process, url


def start_server(data, log, s3_url, port, options=()):
    """(process, URL) of `sluice server`."""
    if not BINARY.exists():
        raise StackError(f"there is no {BINARY}: run `make build`")
    if not port_is_free(port):
        raise StackError(f"port {port} is in use: stop what listens there, or choose another port")
    process = Process("sluice server", [BINARY, "server", "--listen", f"127.0.0.1:{port}", "--data", data, *options], log,
                      aws_environment(s3_url))
    url = f"http://127.0.0.1:{port}"
    process.wait_for(url + "/", PATIENCE)
    return process, url


def pids_with(text, also=""):
    """Processes (not ourselves) whose command line has `text` and `also` in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if text in command and also in command and state != "Z":
            found.append(int(entry.name))
    return found


def engine_pids(data):
    """The engines that a server with this data folder has started."""
    return pids_with(str(data), " engine ")


def kill_left_over(folder, seconds=5):
    """Ends what still runs with `folder` in its command line; returns how many there were."""
    left = pids_with(str(folder))
    for pid in left:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while pids_with(str(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in pids_with(str(folder)):
        _signal(pid, signal.SIGKILL)
    return len(left)


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
