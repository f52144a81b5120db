"""Stands in for a Kubernetes cluster with Flink's operator: enough of the API for kubectl's discovery, server-side apply, get,
patch and delete, with the schemas of the operator's own CustomResourceDefinitions, and an operator that only moves status fields.

No pods run. What is applied is held against the CRDs as an API server does it: unknown members, wrong types and words that are not
in an enum are refused.
"""
import copy
import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

GROUP = "flink.apache.org"


def refuse(schema, value, path=""):
    """What is wrong with the value, as texts."""
    kind = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        return [] if isinstance(value, (int, str)) else [f"{path}: neither an integer nor a text"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    if kind and not isinstance(value, kinds[kind]) or kind in ("integer", "number") and isinstance(value, bool):
        return [f"{path}: must be of type {kind}: {json.dumps(value)[:60]}"]
    problems = []
    if "enum" in schema and value not in schema["enum"]:
        problems.append(f"{path}: Unsupported value: \"{value}\": supported values: {schema['enum']}")
    if kind == "array":
        for number, item in enumerate(value):
            problems += refuse(schema.get("items", {}), item, f"{path}[{number}]")
    if kind == "object":
        for key, member in value.items():
            inner = schema.get("properties", {}).get(key)
            if inner is None and isinstance(schema.get("additionalProperties"), dict):
                inner = schema["additionalProperties"]
            if inner is not None:
                problems += refuse(inner, member, f"{path}.{key}")
            elif not schema.get("x-kubernetes-preserve-unknown-fields") and "properties" in schema:
                problems.append(f"unknown field \"{path[1:]}.{key}\"")
    return problems


def merge(into, patch):
    """A JSON merge patch."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


class Operator:
    """What Flink's operator does, one step each time somebody looks at a deployment."""

    def __init__(self):
        self.savepoints = 0
        self.fails = None  # an error text: what is looked at next fails with it
        self.started = []  # (savepoint or None, parallelism) of each job

    def next_savepoint(self, folder):
        self.savepoints += 1
        return f"{folder}/savepoint-{self.savepoints}"

    def observe(self, deployment):
        spec, status = deployment["spec"], deployment.setdefault("status", {})
        job = status.setdefault("jobStatus", {})
        if self.fails:
            status.update(lifecycleState="FAILED", error=json.dumps({
                "type": "ReconciliationException", "message": "Could not deploy", "throwableList": [
                    {"type": "ValidationException", "message": self.fails}]}))
            return
        if spec["job"]["state"] == "suspended":
            if status.get("lifecycleState") != "SUSPENDED" and "jobId" in job:
                if spec["job"]["upgradeMode"] == "savepoint":
                    job["upgradeSavepointPath"] = self.next_savepoint(spec["flinkConfiguration"]["state.savepoints.dir"])
                job["state"] = "FINISHED"
                status.update(lifecycleState="SUSPENDED", jobManagerDeploymentStatus="MISSING")
            return
        steps = [("DEPLOYING", None), ("DEPLOYED_NOT_READY", "RECONCILING"), ("READY", "CREATED"), ("READY", "RUNNING")]
        here = (status.get("jobManagerDeploymentStatus"), job.get("state"))
        number = steps.index(here) + 1 if here in steps else 0
        if number == len(steps):
            status["lifecycleState"] = "STABLE"
            return
        status.update(lifecycleState="DEPLOYED", jobManagerDeploymentStatus=steps[number][0])
        if steps[number][1]:
            job["state"] = steps[number][1]
        if job.get("state") == "CREATED":
            job["jobId"] = uuid.uuid4().hex
            self.started.append((spec["job"].get("initialSavepointPath"), spec["job"]["parallelism"]))

    def observe_snapshot(self, snapshot):
        status = snapshot.setdefault("status", {"state": "TRIGGER_PENDING"})
        if status["state"] == "TRIGGER_PENDING":
            status["state"] = "IN_PROGRESS"
        elif status["state"] == "IN_PROGRESS":
            status.update(state="COMPLETED", path=self.next_savepoint(snapshot["spec"]["savepoint"]["path"]))


class Cluster:
    """`with_snapshots`: whether the operator knows FlinkStateSnapshot, as from 1.10 on."""

    def __init__(self, crds):
        self.lock = threading.Lock()
        self.operator = Operator()
        self.objects = {}  # (plural, namespace, name) → object
        self.applied = []  # as they came
        self.schemas = {}
        self.kinds = {"configmaps": "ConfigMap"}
        for text in crds:
            crd = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            names = crd["spec"]["names"]
            version = next(version for version in crd["spec"]["versions"] if version["name"] == "v1beta1")
            self.schemas[names["plural"]] = version["schema"]["openAPIV3Schema"]
            self.kinds[names["plural"]] = names["kind"]
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                with cluster.lock:
                    status, answer = cluster.handle(self.command, self.path, body)
                text = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if text else "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def kubeconfig(self):
        return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                           "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                           "users": [{"name": "u", "user": {}}],
                           "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]})

    def names(self, plural):
        return sorted(name for kind, _, name in self.objects if kind == plural)

    # ---- what the API server answers
    def resources(self, group):
        return [{"name": plural, "singularName": "", "namespaced": True, "kind": kind,
                 "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"]}
                for plural, kind in self.kinds.items() if (plural in self.schemas) == (group != "")]

    def handle(self, method, target, body):
        path = target.split("?")[0].rstrip("/")
        group = {"name": GROUP, "versions": [{"groupVersion": f"{GROUP}/v1beta1", "version": "v1beta1"}],
                 "preferredVersion": {"groupVersion": f"{GROUP}/v1beta1", "version": "v1beta1"}}
        fixed = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": self.resources("")},
            f"/apis/{GROUP}/v1beta1": {"kind": "APIResourceList", "groupVersion": f"{GROUP}/v1beta1", "resources": self.resources(GROUP)},
            "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
            "/openapi/v2": None}  # an empty document in its binary form: kubectl then leaves all checks to the server
        if path in fixed:
            return 200, fixed[path]
        found = re.fullmatch(r"/(?:api/v1|apis/flink\.apache\.org/v1beta1)/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?", path)
        if not found or found[2] not in self.kinds:
            return 404, self.failure(404, "NotFound", "the server could not find the requested resource")
        namespace, plural, name = found.groups()
        return self.collection(method, plural, namespace) if name is None else self.one(method, (plural, namespace, name), body, target)

    def failure(self, code, reason, message):
        return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code}

    def collection(self, method, plural, namespace):
        items = [value for key, value in self.objects.items() if key[:2] == (plural, namespace)]
        version = "v1" if plural not in self.schemas else f"{GROUP}/v1beta1"
        return 200, {"kind": self.kinds[plural] + "List", "apiVersion": version, "metadata": {"resourceVersion": "1"}, "items": items}

    def one(self, method, key, body, target):
        there = self.objects.get(key)
        if method == "PATCH" and "fieldManager" not in target:
            return 400, self.failure(400, "BadRequest", "a field manager is required")
        if method == "PATCH":
            given = yaml.safe_load(body)
            applies = "force=" in target
            if there is None and not applies:
                return 404, self.failure(404, "NotFound", f"{key[0]}.{GROUP} \"{key[2]}\" not found")
            wanted = copy.deepcopy(there) if there is not None else {"metadata": {"namespace": key[1], "name": key[2]}}
            if applies:  # all that this manager has: there is no other
                wanted = {**given, **({"status": there["status"]} if there is not None and "status" in there else {})}
                self.applied.append(given)
            else:
                merge(wanted, given)
            if schema := self.schemas.get(key[0]):
                inner = {**schema, "properties": {**schema["properties"], "apiVersion": {}, "kind": {}, "metadata": {}}}
                if problems := refuse(inner, wanted):
                    return 422, self.failure(422, "Invalid", f"{self.kinds[key[0]]} \"{key[2]}\" is invalid: " + "; ".join(problems))
            wanted["metadata"].setdefault("uid", str(uuid.uuid4()))
            self.objects[key] = wanted
            return 200 if there is not None else 201, wanted
        if there is None:
            kind = key[0] if key[0] not in self.schemas else f"{key[0]}.{GROUP}"
            return 404, self.failure(404, "NotFound", f"{kind} \"{key[2]}\" not found")
        if method == "DELETE":
            del self.objects[key]
            return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        if key[0] == "flinkdeployments":
            self.operator.observe(there)
        elif key[0] == "flinkstatesnapshots":
            self.operator.observe_snapshot(there)
        return 200, there
