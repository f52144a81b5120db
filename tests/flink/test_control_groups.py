"""Limits of memory and CPU, where the kernel has control groups of version 2 and lets us make some."""
import subprocess
import sys
from pathlib import Path

import conftest
import local_stack
import pytest

NEWEST = "FLINK-2_3"
MOUNT = Path("/sys/fs/cgroup")
# Takes more memory than its group has, and is what the kernel then ends first.
GREEDY = """
import sys
open("/proc/self/oom_score_adj", "w").write("1000")
open(sys.argv[1] + "/cgroup.procs", "w").write("0")
taken = bytearray(int(sys.argv[2]))
for k in range(0, len(taken), 4096):
    taken[k] = 1
"""


def has_controllers():
    controllers = MOUNT / "cgroup.controllers"
    return controllers.exists() and {"cpu", "memory"} <= set(controllers.read_text().split())


def group_of(pid):
    (line,) = [line for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines() if line.startswith("0::")]
    return MOUNT / line.removeprefix("0::/")


@pytest.mark.only_if(has_controllers(), "a kernel that has the controllers cpu and memory in cgroups of version 2")
@pytest.mark.parametrize("own_group", [True, False])
def test_an_application_gets_what_its_kpus_are(tmp_path, jar_of, own_group):
    parent = group_of("self") if own_group else MOUNT / "sluice-test"
    parent.mkdir(exist_ok=True)
    (tmp_path / "service").mkdir()
    service = conftest.Service(tmp_path / "service", *([] if own_group else ["--cgroup", parent]))
    app = conftest.Application(service, "limited", tmp_path / "work")
    try:
        app.create(jar_of("lifecycle", NEWEST), NEWEST)
        app.run()
        job_manager, task_managers = app.processes()
        (group,) = {group_of(pid) for pid in [job_manager, *task_managers]}
        assert group.parent == parent and group.name.startswith("sluice-")
        assert (group / "cpu.max").read_text().split() == ["200000", "100000"], "a core for the KPU, one for the JobManager"
        limit = int((group / "memory.max").read_text())
        # A KPU of 1024 MiB and a JobManager's heap of 256 MiB, with what the JVMs may need beyond.
        assert limit == (1024 + 512 + 256 + 1024) << 20

        greedy = subprocess.run([sys.executable, "-c", GREEDY, group, str(limit)], timeout=local_stack.PATIENCE)
        assert greedy.returncode == -9
        assert app.status() == "RUNNING"
        app.stop()
        assert not group.exists()
    finally:
        conftest.remove(app)
        service.close()
        if not own_group:
            parent.rmdir()
