"""Checkpoints that cannot be read, and those that cannot be written."""
import os
import resource

import pytest
from conftest import JOB_ID, CountingJob


def settle(engine, job, waiting):
    """All records are out, and after that two more checkpoints are complete: the last two are alike."""
    waiting(engine, job.complete, 60, "all records in the sinks")
    last = max(engine.manifests(), default=0)
    waiting(engine, lambda: len([n for n in engine.manifests() if n > last + 1]) >= 2, 30, "two more checkpoints")


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0x40
    path.write_bytes(data)


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


DAMAGES = {
    "flipped": lambda path: flip(path, path.stat().st_size // 2),
    "flipped-head": lambda path: flip(path, 9),
    "truncated": truncate,
    "empty": lambda path: os.truncate(path, 0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_checkpoint_is_named_and_passed_over(engine, tmp_path, waiting, damage):
    job = CountingJob(tmp_path, 5, retained=4, interval="50 ms")
    for _ in range(4):
        job.add_file()
    job.close_windows()
    engine.start()
    engine.run(job.sql)
    settle(engine, job, waiting)
    engine.kill()
    manifests = engine.manifests()
    newest = manifests[max(manifests)]
    DAMAGES[damage](newest)
    log_before = engine.log.stat().st_size
    engine.start()
    engine.run(job.sql)
    waiting(engine, lambda: engine.checkpoints()["latest"]["restored"], 30, "a restored checkpoint")
    assert engine.checkpoints()["latest"]["restored"]["id"] == sorted(manifests)[-2]
    log = engine.log.read_text(errors="replace")[log_before:]
    assert f"chk-{max(manifests)}/_metadata" in log, log
    engine.kill()
    job.check_all()


def test_a_damaged_state_file_is_named_and_its_checkpoint_passed_over(engine, tmp_path, waiting):
    job = CountingJob(tmp_path, 6, retained=4, interval="50 ms", inline="0 b")
    written = []
    for _ in range(20):  # until a process is killed just behind a checkpoint that wrote state
        engine.start()
        engine.run(job.sql)
        known = set(engine.manifests())
        waiting(engine, lambda: len(set(engine.manifests()) - known) >= 2, 30, "two checkpoints")
        job.add_file()
        known = set(engine.manifests())
        waiting(engine, lambda: set(engine.manifests()) - known, 30, "a checkpoint")
        engine.kill()
        newest = max(engine.manifests())
        written = [file for file in (engine.checkpoint_folder / "shared").glob(f"*-{newest}")]
        if written:
            break
    assert written, "no checkpoint wrote state"
    for file in written:
        truncate(file)
    log_before = engine.log.stat().st_size
    engine.start()
    engine.run(job.sql)
    waiting(engine, lambda: engine.checkpoints()["latest"]["restored"], 30, "a restored checkpoint")
    assert engine.checkpoints()["latest"]["restored"]["id"] < newest
    log = engine.log.read_text(errors="replace")[log_before:]
    assert any(file.name in log for file in written), log
    job.close_windows()
    waiting(engine, lambda: set(job.copied()) == job.expected_ids, 60, "all records in the sinks")
    # What the lost checkpoint had made visible comes again; nothing is missing.


def counts(engine):
    return engine.checkpoints()["counts"]


def failed_metric(engine):
    [metric] = engine.call("GET", f"/jobs/{JOB_ID}/metrics?get=numberOfFailedCheckpoints")
    return int(metric["value"])


def test_a_full_disk_fails_checkpoints_and_not_the_job(engine, tmp_path, waiting):
    """Files cannot grow beyond a limit, which the state outgrows; then there is room again."""
    job = CountingJob(tmp_path, 7, interval="50 ms", inline="0 b", large_state=True)
    engine.start(limit_file_bytes=128 * 1024)
    engine.run(job.sql)
    waiting(engine, lambda: counts(engine)["completed"] > 0, 30, "a checkpoint while the state is small")
    for _ in range(4):
        job.add_file(rows=3000)
    waiting(engine, lambda: counts(engine)["failed"] >= 2, 60, "failed checkpoints")
    assert engine.status() == "RUNNING"
    assert failed_metric(engine) >= 2
    completed = counts(engine)["completed"]
    resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    waiting(engine, lambda: counts(engine)["completed"] > completed, 60, "a checkpoint when there is room again")
    assert engine.status() == "RUNNING"
    job.close_windows()
    waiting(engine, job.complete, 60, "all records in the sinks")
    engine.kill()
    job.check_all()


def test_a_folder_that_is_gone_fails_checkpoints_and_not_the_job(engine, tmp_path, waiting):
    job = CountingJob(tmp_path, 8, interval="50 ms", inline="0 b")
    job.add_file()
    engine.start()
    engine.run(job.sql)
    waiting(engine, lambda: counts(engine)["completed"] > 0, 30, "a checkpoint")
    folder = engine.checkpoint_folder
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("a file where the folder was: nothing can be written below it")
    failed = counts(engine)["failed"]
    job.add_file()
    waiting(engine, lambda: counts(engine)["failed"] >= failed + 2, 60, "failed checkpoints")
    assert engine.status() == "RUNNING"
    folder.unlink()
    aside.rename(folder)
    completed = counts(engine)["completed"]
    waiting(engine, lambda: counts(engine)["completed"] > completed + 1, 60, "checkpoints again")
    job.close_windows()
    waiting(engine, job.complete, 60, "all records in the sinks")
    engine.kill()
    job.check_all()
