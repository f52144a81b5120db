"""The metrics of both engines, by MetricsLevel, as Prometheus gets them: docs/design/metrics.md."""
import re
import urllib.request

import conftest
import local_stack
import pytest

NEWEST = "FLINK-2_3"
LEVELS = ["APPLICATION", "TASK", "OPERATOR", "PARALLELISM"]
SQL = """\
CREATE TABLE src (id BIGINT, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'rows-per-second' = '200');
CREATE TABLE dst (id BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT id, COUNT(*) FROM src GROUP BY id;
"""
LINE = re.compile(r'^(sluice_app_\w+)\{(.*)\} (\S+)$')
# What both engines have, whatever the job is.
OF_APPLICATIONS = {"running", "KPUs", "containerCPUUtilization", "uptime", "downtime", "numRestarts", "lastCheckpointSize",
                   "lastCheckpointDuration", "numberOfFailedCheckpoints", "numRecordsIn", "numRecordsOut"}
OF_TASKS = {"numRecordsIn", "numRecordsOut", "busyTimeMsPerSecond", "idleTimeMsPerSecond", "backPressuredTimeMsPerSecond"}
OF_FLINK = {"cpuUtilization", "heapMemoryUtilization", "managedMemoryUsed", "managedMemoryTotal", "managedMemoryUtilization",
            "threadsCount", "oldGenerationGCCount", "oldGenerationGCTime"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = conftest.Service(tmp_path_factory.mktemp("metrics"), "--metrics-interval-ms", "300")
    yield service
    service.close()


def series(app):
    """{scope: {name: [(labels, value)]}} of one application; the scope is "", "task", "operator", "task_subtask", …"""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(app.service.url + "/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = LINE.match(line).groups()
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        if labels.pop("application") != app.name:
            continue
        scope, _, metric = re.match(r"sluice_app_(?:((task|operator)(_subtask)?)_)?(.*)", name).group(1, 2, 4)
        found.setdefault(scope or "", {}).setdefault(metric, []).append((labels, float(value)))
    return found


def value(app, name, scope=""):
    ((_, number),) = series(app).get(scope, {}).get(name, [(None, -1.0)])
    return number


def wait_for(app, scope, names):
    try:
        local_stack.wait_until(lambda: names <= set(series(app).get(scope, {})), local_stack.PATIENCE, f"metrics of '{scope}'")
    except local_stack.StackError as error:
        pytest.fail(f"{error}: {names - set(series(app).get(scope, {}))} is missing\n{app.last_log()}")


def set_level(app, level):
    app.wait_for("RUNNING", app.update(FlinkApplicationConfigurationUpdate={"MonitoringConfigurationUpdate": {
        "ConfigurationTypeUpdate": "CUSTOM", "MetricsLevelUpdate": level, "LogLevelUpdate": "INFO"}}))


@pytest.mark.parametrize("engine", ["native", "flink"])
def test_each_level_shows_its_part(app, jar_of, engine):
    flink = engine == "flink"
    package = jar_of("lifecycle", NEWEST) if flink else SQL
    # Its JobManager asks the TaskManagers every ten seconds otherwise.
    app.create(package, NEWEST, {"sluice.flink.options": {"metrics.fetcher.update-interval": "500"}} if flink else {})
    app.run()
    wanted = OF_APPLICATIONS | (OF_FLINK if flink else set())
    wait_for(app, "", wanted)
    local_stack.wait_until(lambda: value(app, "numRecordsOut") > 100, local_stack.PATIENCE, "records")
    shown = series(app)
    assert set(shown) == {""} and value(app, "running") == 1 and value(app, "downtime") == 0 and value(app, "KPUs") == 1
    assert 0 <= value(app, "containerCPUUtilization") < 1000 and value(app, "uptime") > 0
    local_stack.wait_until(lambda: value(app, "lastCheckpointSize") > 0, local_stack.PATIENCE, "a checkpoint")

    set_level(app, "PARALLELISM")
    local_stack.wait_until(lambda: "operator_subtask" in series(app), local_stack.PATIENCE, "the subtasks of operators")
    wait_for(app, "task", OF_TASKS | ({"custom"} if flink else set()))
    shown = series(app)
    assert wanted <= set(shown[""]), "a level shows what those before it show"
    assert set(shown) == {"", "task", "operator", "task_subtask", "operator_subtask"}
    for labels, number in shown["task"]["busyTimeMsPerSecond"] + shown["task"]["idleTimeMsPerSecond"]:
        assert set(labels) == {"task_id", "task"} and 0 <= number <= 1000
    assert all(set(labels) == {"task_id", "task", "operator", "subtask"}
               for name, values in shown["operator_subtask"].items() if name != "custom" for labels, _ in values)
    # The parts are those of the whole.
    tasks = {labels["task_id"]: number for labels, number in shown["task"]["numRecordsOut"]}
    subtasks = {labels["task_id"]: number for labels, number in shown["task_subtask"]["numRecordsOut"]}
    assert set(tasks) == set(subtasks) and abs(sum(tasks.values()) - shown[""]["numRecordsOut"][0][1]) < 1

    if flink:
        of_the_package(shown)
    app.stop()
    assert series(app) == {}


def of_the_package(shown):
    """The program's counters: the one in the group KinesisAnalytics at every level, the other one nowhere."""
    own = {"group": "Program.Lifecycle", "metric": "TotalNumbers"}
    for scope in ("", "task", "operator", "operator_subtask"):
        ((labels, number),) = shown[scope]["custom"]
        assert own.items() <= labels.items() and number > 0, scope
    assert shown["operator_subtask"]["custom"][0][0].keys() == own.keys() | {"task_id", "task", "operator", "subtask"}
