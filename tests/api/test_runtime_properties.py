"""EnvironmentProperties on their way into the application."""
import json
import os
from pathlib import Path

import pytest

PLACE = "etc/flink/application_properties.json"


def groups(**by_id):
    return [{"PropertyGroupId": name, "PropertyMap": properties} for name, properties in by_id.items()]


def configuration(sql, property_groups):
    return {"ApplicationCodeConfiguration": {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": sql}},
            "EnvironmentProperties": {"PropertyGroups": property_groups}}


def engine_pid(app):
    return json.loads((app.service.data / "apps" / app.name / "engine.json").read_text())["pid"]


def seen(app):
    """The file as the engine's process sees it."""
    return json.loads(Path(f"/proc/{engine_pid(app)}/root/{PLACE}").read_text())


def namespaces_are_permitted():
    if os.geteuid() != 0 and not Path("/proc/self/ns/user").exists():
        return False
    return os.system("unshare -rm true 2>/dev/null") == 0


needs_namespaces = pytest.mark.only_if(namespaces_are_permitted(), "mount namespaces are not permitted here")


@needs_namespaces
def test_the_file_is_where_applications_look(app):
    given = groups(ConsumerConfigProperties={"aws.region": "us-west-2", "odd": "ü\"'\\"})
    app.create(ApplicationConfiguration=configuration("SELECT 1;", given))
    app.run()
    assert seen(app) == given
    assert not Path("/" + PLACE).exists()  # nobody else sees it
    root = Path(f"/proc/{engine_pid(app)}/root/etc")
    assert {path.name for path in root.iterdir()} >= {path.name for path in Path("/etc").iterdir()}
    assert (root / "passwd").read_text() == Path("/etc/passwd").read_text()
    assert (root / "resolv.conf").read_bytes() == Path("/etc/resolv.conf").read_bytes()
    environment = Path(f"/proc/{engine_pid(app)}/environ").read_bytes().split(b"\0")
    named = next(entry for entry in environment if entry.startswith(b"SLUICE_APPLICATION_PROPERTIES="))
    assert json.loads(Path(os.fsdecode(named.split(b"=", 1)[1])).read_text()) == given


@needs_namespaces
def test_an_update_replaces_the_whole_set(app):
    app.create(ApplicationConfiguration=configuration("SELECT 1;", groups(A={"a": "1"}, B={"b": "2"})))
    app.run()
    first = engine_pid(app)
    app.update(ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": groups(A={"c": "3"})}})
    app.wait_for("RUNNING")
    assert engine_pid(app) != first and seen(app) == groups(A={"c": "3"})


@needs_namespaces
def test_without_properties_the_file_is_an_empty_list(app):
    app.create()
    app.run()
    assert seen(app) == []


def test_variables_in_sql(app):
    app.create("-- ${Not:here}\nSELECT '${Group:who}', ${Group:n:-7};")
    operation = app.start(RunConfiguration={})
    failed = app.wait_for_operation(operation, "FAILED")
    text = str(failed)
    assert "no property group 'Group'" in text and "line 2, column 9" in text
    app.wait_for("READY")
    app.update(ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": groups(Group={"who": "O'Hara"})}})
    app.run()


def test_flink_options_of_a_property_group(app):
    app.create(ApplicationConfiguration=configuration("SELECT 1;", groups(**{"sluice.flink.options": {"pipeline.name": "x"}})))
    failed = app.wait_for_operation(app.start(RunConfiguration={}), "FAILED")
    assert "pipeline.name" in str(failed)
