"""Flink's own command line against a running engine: list, checkpoint, savepoint, stop.

It needs a JDK and Flink's jars: FLINK_LIB names their folder, else what `pip install apache-flink-libraries==2.3.0` has put
into the cache of the comparison with Flink is taken.
"""
import os
import shutil
import subprocess
from pathlib import Path

import local_stack
import pytest
from engine_process import CountJob, Engine

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
FLINK_LIB = Path(os.environ.get("FLINK_LIB", CACHE / "flink-oracle" / "pyflink" / "lib"))
OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.util", "java.lang", "java.nio", "sun.nio.ch")]

pytestmark = pytest.mark.skipif(not FLINK_LIB.is_dir() or not shutil.which("java"),
                                reason=f"needs java and Flink's jars in {FLINK_LIB}")


def test_list_savepoint_and_stop(tmp_path, s3_url):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.yaml").write_text("client.timeout: 30 s\n")
    engine = Engine(tmp_path, local_stack.aws_environment(s3_url))
    engine.start()

    def flink(*arguments):
        command = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", *OPENS, "-cp", f"{FLINK_LIB}/*",
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
