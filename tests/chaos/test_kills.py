"""kill -9 at many seeded moments, also while a checkpoint is written and while files are committed: every record is there
once. SLUICE_CHAOS_KILLS and SLUICE_CHAOS_SEED choose other runs.
"""
import os
import random
import time

import pytest
from conftest import CountingJob

KILLS = int(os.environ.get("SLUICE_CHAOS_KILLS", "56"))
SEED = int(os.environ.get("SLUICE_CHAOS_SEED", "1"))


def poll(condition, seconds):
    """Busy, to hit moments of a millisecond; whether it came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
    return False


class Moments:
    """When to kill, by what can be seen from outside."""

    def __init__(self, engine, job, dice):
        self.engine, self.job, self.dice = engine, job, dice

    def after_a_while(self):
        time.sleep(self.dice.uniform(0, 0.15))

    def while_a_checkpoint_is_written(self):
        known = self._checkpoint_files()
        poll(lambda: self._checkpoint_files() - known, 1)

    def when_a_manifest_is_there(self):
        known = set(self.engine.manifests())
        poll(lambda: set(self.engine.manifests()) - known, 1)

    def while_files_are_committed(self):
        known = self._visible()
        poll(lambda: self._visible() - known, 1)

    def soon_after_a_manifest(self):
        self.when_a_manifest_is_there()
        time.sleep(self.dice.uniform(0, 0.01))

    def at_once(self):
        pass

    def _checkpoint_files(self):
        # Folders may go while they are looked at.
        return {os.path.join(folder, name) for folder, folders, files in os.walk(self.engine.checkpoint_folder)
                for name in folders + files}

    def _visible(self):
        return {name for folder in (self.job.copies, self.job.counts) for name in os.listdir(folder) if name[0] != "."}

    def all(self):
        return [self.after_a_while, self.while_a_checkpoint_is_written, self.when_a_manifest_is_there,
                self.while_files_are_committed, self.soon_after_a_manifest, self.at_once, self.while_files_are_committed]


@pytest.mark.parametrize("variant", ["aligned", "unaligned", "rescaled"])
def test_no_record_is_lost_or_doubled(engine, tmp_path, waiting, variant):
    job = CountingJob(tmp_path, f"{SEED} {variant}", unaligned=variant == "unaligned")
    dice = random.Random(f"{variant} {SEED}")
    moments = Moments(engine, job, dice).all()
    before_any_checkpoint = 0
    for number in range(KILLS // 3 + 1):
        for _ in range(dice.randrange(3)):
            job.add_file()
        engine.start(parallelism=dice.randint(1, 3) if variant == "rescaled" else 2)
        engine.run(job.sql)
        if dice.random() < 0.5:
            job.add_file()
        moments[number % len(moments)]()
        engine.kill()
        before_any_checkpoint += not engine.manifests()
        job.check_nothing_doubled()
    job.close_windows()
    engine.start()
    engine.run(job.sql)
    waiting(engine, job.complete, 60, "all records in the sinks")
    restored = engine.checkpoints()["counts"]["restored"]
    assert restored == 1, "the last run began at a checkpoint"
    if variant != "rescaled":
        # A file and an owner's mark for two sinks of two subtasks; nobody knows of those that died before any checkpoint.
        allowed = 2 * 2 * 2 * (1 + before_any_checkpoint)
        waiting(engine, lambda: len(job.left_over()) <= allowed, 20, "the leftovers of dead attempts are gone")
    engine.kill()
    job.check_all()
