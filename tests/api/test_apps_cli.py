"""`sluice apps` and the completion scripts, against the running service."""
import json
import shutil
import subprocess

import pytest

import local_stack
from test_runtime_properties import configuration, groups


def run(*arguments, **environment):
    return subprocess.run([local_stack.BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=30,
                          env={**local_stack.aws_environment("http://127.0.0.1:1"), **environment})


@pytest.fixture
def apps(service):
    def call(command, *arguments, status=0):
        done = run("apps", command, "--endpoint", service.url, *arguments)
        assert done.returncode == status, done
        return done.stdout if status == 0 else done.stderr

    return call


def test_list(app, apps):
    app.create()
    rows = [line.split() for line in apps("list").splitlines()]
    assert rows[0] == ["NAME", "STATUS", "VERSION", "RUNTIME", "MODE"]
    assert [app.name, "READY", "1", "FLINK-2_3", "STREAMING"] in rows
    assert app.name in [row["ApplicationName"] for row in json.loads(apps("list", "--output", "json"))]
    assert app.name in apps("list", "-o", "names").splitlines()


def test_list_reads_every_page(service, apps):
    client = service.client()
    names = [f"paged-{i:03}" for i in range(60)]
    quota = 50 - len(json.loads(apps("list", "-o", "json")))
    names = names[:quota]
    for name in names:
        client.create_application(ApplicationName=name, RuntimeEnvironment="FLINK-2_3",
                                  ServiceExecutionRole="arn:aws:iam::123456789012:role/test")
    assert set(names) <= set(apps("list", "-o", "names").split())
    for name in names:
        created = client.describe_application(ApplicationName=name)["ApplicationDetail"]["CreateTimestamp"]
        client.delete_application(ApplicationName=name, CreateTimestamp=created)
    local_stack.wait_until(lambda: not set(names) & set(apps("list", "-o", "names").split()), local_stack.PATIENCE, "all deleted")


def test_describe(app, apps):
    app.create(ApplicationConfiguration=configuration("SELECT 1;", groups(In={"a key": "a value"})))
    table = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in apps("describe", app.name).splitlines()}
    assert table["Name"] == app.name and table["Status"] == "READY" and table["In:a key"] == "a value"
    assert table["Parallelism"] == "1"
    assert json.loads(apps("describe", app.name, "-o", "json"))["ApplicationARN"] == app.arn()


def test_following_a_start(app, apps):
    app.create()
    assert apps("status", app.name) == "READY\n"
    app.start(RunConfiguration={})
    seen = apps("status", app.name, "--until", "RUNNING", "--timeout", 20).split()
    assert seen[-1] == "RUNNING"
    assert json.loads(apps("status", app.name, "-o", "json", "--follow"))["ApplicationStatus"] == "RUNNING"
    assert "still RUNNING" in apps("status", app.name, "--until", "READY", "--timeout", 1, status=6)


def test_logs(app, apps):
    app.create("FAIL")
    app.start(RunConfiguration={})
    app.wait_for("READY")
    text = apps("logs", app.name)
    assert "ERROR  The job could not be started: boom: it failed" in text and "\tat x" in text
    assert json.loads(apps("logs", app.name, "-o", "json", "-n", 1))["messageType"] == "ERROR"
    assert apps("logs", app.name, "-n", 0) == ""
    apps("logs", app.name, "--engine")


def test_logs_follow(app, apps, service):
    app.create()
    process = subprocess.Popen([local_stack.BINARY, "apps", "logs", app.name, "--follow", "--endpoint", service.url],
                               stdout=subprocess.PIPE, text=True)
    try:
        app.run()
        assert "is running" in process.stdout.readline()
        app.stop(Force=True)
        app.wait_for("READY")
        assert "stopped by force" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def test_operations(app, apps):
    app.create("FAIL")
    operation = app.start(RunConfiguration={})
    app.wait_for_operation(operation, "FAILED")
    line = next(line for line in apps("operations", app.name).splitlines() if operation in line)
    assert line.split()[:2] == ["StartApplication", "FAILED"]
    assert json.loads(apps("operations", app.name, "-o", "json"))[0]["OperationId"]
    assert "boom" in apps("operations", app.name, operation)


def test_dashboard(app, apps):
    app.create()
    assert "RUNNING" in apps("dashboard", app.name, status=1)
    app.run()
    assert apps("dashboard", app.name).startswith(app.service.url + "/dashboards/")


def test_errors_and_exit_statuses(apps, service):
    assert "ResourceNotFoundException" in apps("describe", "no-such", status=3)
    assert "ResourceNotFoundException" in apps("logs", "no-such", status=3)
    assert run("apps", "list", "--endpoint", "http://127.0.0.1:9").returncode == 4
    assert "sluice server" in run("apps", "list", SLUICE_ENDPOINT="http://127.0.0.1:9").stderr
    for wrong in (["apps"], ["apps", "lst"], ["apps", "describe"], ["apps", "list", "-o", "xml"],
                  ["apps", "list", "--endpoint", "x"]):
        done = run(*wrong)
        assert done.returncode == 2 and done.stderr, wrong
    assert run("apps", "--help").returncode == 0 and "dashboard" in run("apps", "--help").stdout


def bash_completes(line):
    """What bash would offer at the end of `line`."""
    words = line.split(" ")
    script = (f'eval "$({local_stack.BINARY} completion bash)"; COMP_WORDS=({" ".join(w or chr(39) * 2 for w in words)}); '
              f'COMP_CWORD={len(words) - 1}; _sluice; echo "${{COMPREPLY[@]}}"')
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def test_completion_in_bash():
    assert {"server", "apps", "completion"} <= set(bash_completes("sluice "))
    assert "enter" not in bash_completes("sluice ")
    assert bash_completes("sluice apps des") == ["describe"]
    assert bash_completes("sluice apps list --output j") == ["json"]
    assert set(bash_completes("sluice apps list --output ")) == {"table", "json", "names"}
    assert {"--follow", "--until", "--endpoint"} <= set(bash_completes("sluice apps status --"))
    assert bash_completes("sluice server --credentials") == ["--credentials-file"]
    assert set(bash_completes("sluice server --auth ")) == {"off", "sigv4"}
    assert bash_completes("sluice completion z") == ["zsh"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_know_the_commands(shell):
    done = run("completion", shell)
    assert done.returncode == 0 and "describe" in done.stdout and "--follow"[2:] in done.stdout


@pytest.mark.parametrize("shell", ["bash", *(pytest.param(s, marks=pytest.mark.only_if(shutil.which(s), f"there is no {s}"))
                                             for s in ("zsh", "fish"))])
def test_shells_can_read_their_scripts(shell):
    done = run("completion", shell)
    checked = subprocess.run([shell, "-n"], input=done.stdout, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
