"""Flink's own command line against a running engine: list, checkpoint, savepoint, stop.

It needs a Java 17 and Flink's jars: FLINK_LIB names their folder, else they are fetched once from PyPI (329 MB) into the cache
that the comparison with Flink uses too.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import local_stack
import pytest
from engine_process import CountJob, Engine

VERSION = "2.3.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "flink-oracle"
OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.util", "java.lang", "java.nio", "sun.nio.ch")]


@pytest.fixture
def flink_lib():
    """The folder of Flink's jars."""
    if not shutil.which("java"):
        pytest.fail("there is no java: install openjdk-17-jre-headless (scripts/setup.sh does)")
    if "FLINK_LIB" in os.environ:
        folder = Path(os.environ["FLINK_LIB"])
    else:
        folder = CACHE / "pyflink" / "lib"
        if not folder.is_dir():
            fetched = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
                                      "--target", CACHE, f"apache-flink-libraries=={VERSION}"],
                                     capture_output=True, text=True, stdin=subprocess.DEVNULL)
            assert fetched.returncode == 0, f"Flink's jars cannot be fetched from PyPI; set FLINK_LIB\n{fetched.stderr}"
    assert list(folder.glob("flink-dist-*.jar")), f"there is no flink-dist-*.jar in {folder}"
    return folder


def test_list_savepoint_and_stop(tmp_path, s3_url, flink_lib):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.yaml").write_text("client.timeout: 30 s\n")
    engine = Engine(tmp_path, local_stack.aws_environment(s3_url))
    engine.start()

    def flink(*arguments):
        command = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", *OPENS, "-cp", f"{flink_lib}/*",
                   "org.apache.flink.client.cli.CliFrontend", arguments[0], "-m", engine.address, *map(str, arguments[1:])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                              env={**engine.environment, "FLINK_CONF_DIR": str(tmp_path / "conf")})
        return done.returncode, done.stdout + done.stderr

    try:
        counted = CountJob(tmp_path)
        counted.add(("x", 1), ("y", 2))
        package = engine.upload(counted.sql)
        job = engine.run(package).removeprefix("/jobs/")
        counted.wait_for_rows(engine)

        status, said = flink("list")
        assert status == 0 and f"{job} : insert-into_" in said and "(RUNNING)" in said, said
        status, said = flink("savepoint", job, tmp_path / "savepoints")
        assert status == 0 and f"Savepoint completed. Path: file:{tmp_path}/savepoints/savepoint-{job[:6]}-" in said, said
        (tmp_path / "file").write_text("in the way")
        status, said = flink("savepoint", job, tmp_path / "file" / "savepoints")
        assert status == 1 and str(tmp_path / "file") in said and "TimeoutException" not in said, said
        status, said = flink("stop", "-p", tmp_path / "savepoints", job)
        assert status == 0, said
        location = said.split("Savepoint completed. Path: ")[1].split()[0]
        engine.wait_for(f"/jobs/{job}", lambda a: a["state"] == "FINISHED", "FINISHED")

        counted.add(("x", 5))
        engine.run(package, savepointPath=location)
        counted.wait_for_rows(engine)
    finally:
        engine.stop()
