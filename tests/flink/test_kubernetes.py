"""Applications on Kubernetes, through kubectl: against a stand-in for the API server that holds what is applied against the schemas
of Flink's operator and plays the operator by moving status fields. There is no real cluster here: nothing runs in a pod."""
import io
import json
import os
import shutil
import subprocess
import zipfile

import conftest
import local_stack
import pytest
from kubernetes_stand_in import Cluster, Operator

OPERATOR = "org.apache.flink:flink-kubernetes-operator-api:1.10.0"
RUNTIME = "FLINK-1_20"
STATE = "s3://state/app"
OPTIONS = {"engine": "kubernetes", "jarUri": "s3://code/app.jar", "stateUri": STATE + "/", "namespace": "streams",
           "entryClass": "a.B", "programArgs": "--x 'a b'"}

pytestmark = pytest.mark.only_if(shutil.which("kubectl") and shutil.which("mvn"), "kubectl (and Maven, for the operator's schemas)")


@pytest.fixture(scope="module")
def crds():
    jar = conftest.CACHE / "operator" / (OPERATOR.split(":", 1)[1].replace(":", "-") + ".jar")
    if not jar.exists():
        subprocess.run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={OPERATOR}", f"-DoutputDirectory={jar.parent}"],
                       check=True, timeout=600, stdin=subprocess.DEVNULL)
    with zipfile.ZipFile(jar) as archive:
        return [archive.read(f"META-INF/fabric8/{kind}.flink.apache.org-v1.yml").decode()
                for kind in ("flinkdeployments", "flinkstatesnapshots")]


def jar():
    """Of no interest: the pods fetch their own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nMain-Class: a.B\n\n")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def cluster(crds):
    cluster = Cluster(crds)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def service(cluster, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kubernetes")
    (folder / "kubeconfig").write_text(cluster.kubeconfig())
    environment = {**local_stack.aws_environment("http://127.0.0.1:1"), "KUBECONFIG": str(folder / "kubeconfig"), "HOME": str(folder)}
    service = conftest.Service(folder, environment=environment)
    yield service
    service.close()


@pytest.fixture
def kubernetes(cluster):
    """With an operator that has seen nothing."""
    cluster.operator = Operator()
    cluster.applied.clear()
    return cluster


def test_the_operator_starts_saves_scales_stops_and_restores(app, kubernetes):
    app.create(jar(), RUNTIME, {"sluice.run.options": OPTIONS}, parallelism=2)
    app.run()
    operator = kubernetes.operator
    assert operator.started == [(None, 2)]
    [name] = kubernetes.names("flinkdeployments")
    assert kubernetes.names("configmaps") == [name]
    properties = kubernetes.objects["configmaps", "streams", name]["data"]["application_properties.json"]
    assert '"PropertyGroupId":"Test"' in properties
    spec = kubernetes.objects["flinkdeployments", "streams", name]["spec"]
    assert spec["job"]["jarURI"] == "s3://code/app.jar" and spec["job"]["args"] == ["--x", "a b"]
    assert spec["flinkConfiguration"]["state.savepoints.dir"] == STATE + "/savepoints"

    app.snapshot("one")
    app.wait_for("RUNNING", app.update(FlinkApplicationConfigurationUpdate={
        "ParallelismConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "ParallelismUpdate": 4}}))
    local_stack.wait_until(lambda: len(operator.started) == 2, local_stack.PATIENCE, "the new parallelism")
    assert operator.started[1] == (STATE + "/savepoints/savepoint-2", 4)

    app.stop()
    assert not kubernetes.names("flinkdeployments") and not kubernetes.names("configmaps")
    app.run("RESTORE_FROM_LATEST_SNAPSHOT")
    assert operator.started[2] == (STATE + "/savepoints/savepoint-3", 4)
    app.stop()
    app.run("RESTORE_FROM_CUSTOM_SNAPSHOT", "one")
    assert operator.started[3] == (STATE + "/savepoints/savepoint-1", 4)

    # A service that is killed finds the deployment again, and one that somebody deletes is made anew.
    app.service.process.kill()
    app.service.start()
    app.wait_for("RUNNING")
    assert len(operator.started) == 4
    del kubernetes.objects["flinkdeployments", "streams", name]
    local_stack.wait_until(lambda: len(operator.started) == 5, local_stack.PATIENCE, "the deployment again")
    app.wait_for("RUNNING")
    app.stop(force=True)
    assert not kubernetes.names("flinkdeployments")


def test_what_the_operator_says_is_the_operations_fault(app, kubernetes):
    kubernetes.operator.fails = "the image cannot be pulled"
    app.create(jar(), RUNTIME, {"sluice.run.options": OPTIONS})
    operation = app.wait_for_end(app.start())
    fault = operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert fault.startswith("the image cannot be pulled") and "Could not deploy" in fault, fault
    app.wait_for("READY")
    assert not kubernetes.names("flinkdeployments")


def test_what_does_not_fit_the_operators_schema_is_refused_by_it(app, kubernetes):
    # An operator that is older than the runtime: its schema does not know v2_3.
    app.create(jar(), "FLINK-2_3", {"sluice.run.options": OPTIONS})
    operation = app.wait_for_end(app.start())
    fault = operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert 'spec.flinkVersion: Unsupported value: "v2_3"' in fault, fault


def test_a_manifest_needs_places_that_pods_can_reach(app):
    app.create(jar(), RUNTIME, {"sluice.run.options": {"engine": "kubernetes"}})
    operation = app.wait_for_end(app.start())
    assert "s3://bucket/state" in operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]


def last_line(text):
    return text.strip().splitlines()[-1].replace("\x1b[m", "")


@pytest.mark.only_if(os.environ.get("SLUICE_FLINK") == "all", "SLUICE_FLINK=all (make flink)")  # Maven fetches the operator
def test_the_operators_own_validator_has_nothing_to_say(app, kubernetes):
    """That of the newest operator whose program Maven Central has."""
    folder = conftest.CACHE / "operator" / "validate"
    if not (folder / "lib").exists():
        subprocess.run(["mvn", "-q", "-B", "-f", local_stack.ROOT / "tests/flink_apps/operator/pom.xml", f"-Doutput={folder}", "compile",
                        "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}/lib"],
                       check=True, timeout=900, stdin=subprocess.DEVNULL)

    def validate(deployment):
        command = [conftest.java_home() / "bin" / "java", "-cp", f"{folder}/classes:{folder}/lib/*", "Validate"]
        return last_line(subprocess.run(command, input=json.dumps(deployment), capture_output=True, text=True, timeout=120, check=True).stdout)
    app.create(jar(), "FLINK-1_18", {"sluice.run.options": OPTIONS}, parallelism=5)
    app.run()
    app.stop()
    app.run("RESTORE_FROM_LATEST_SNAPSHOT")
    deployments = [given for given in kubernetes.applied if given["kind"] == "FlinkDeployment"]
    assert deployments[-1]["spec"]["job"]["initialSavepointPath"]
    assert [validate(deployment) for deployment in deployments] == ["valid"] * len(deployments)
    wrong = deployments[0]
    wrong["spec"]["flinkConfiguration"].pop("state.savepoints.dir")
    assert "savepoint" in validate(wrong)
