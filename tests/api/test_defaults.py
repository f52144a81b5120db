"""What AWS fills in when nothing is said, for every runtime of the model, and the rules of parallelism, modes and settings."""
import pytest

from conftest import MODEL, ROLE

RUNTIMES = MODEL["shapes"]["RuntimeEnvironment"]["enum"]
FLINK = [r for r in RUNTIMES if r.startswith("FLINK")]
NOTEBOOKS = [r for r in RUNTIMES if r.startswith("ZEPPELIN")]
DEFAULTS = {
    "CheckpointConfigurationDescription": {"ConfigurationType": "DEFAULT", "CheckpointingEnabled": True,
                                           "CheckpointInterval": 60000, "MinPauseBetweenCheckpoints": 5000},
    "MonitoringConfigurationDescription": {"ConfigurationType": "DEFAULT", "MetricsLevel": "APPLICATION", "LogLevel": "INFO"},
    "ParallelismConfigurationDescription": {"ConfigurationType": "DEFAULT", "Parallelism": 1, "ParallelismPerKPU": 1,
                                            "CurrentParallelism": 1, "AutoScalingEnabled": True}}


def flink(app):
    return app.configuration()["FlinkApplicationConfigurationDescription"]


def set_flink(app, **update):
    app.update(ApplicationConfigurationUpdate={"FlinkApplicationConfigurationUpdate": update})
    return flink(app)


def create_bare(app, runtime, **more):
    return app.client.create_application(ApplicationName=app.name, RuntimeEnvironment=runtime, ServiceExecutionRole=ROLE,
                                         **more)["ApplicationDetail"]


@pytest.mark.parametrize("runtime", FLINK)
def test_every_flink_runtime(app, runtime):
    detail = create_bare(app, runtime)
    assert detail["RuntimeEnvironment"] == runtime and detail["ApplicationMode"] == "STREAMING"
    assert detail["ApplicationConfigurationDescription"] == {
        "FlinkApplicationConfigurationDescription": DEFAULTS,
        "ApplicationSnapshotConfigurationDescription": {"SnapshotsEnabled": True},
        "ApplicationSystemRollbackConfigurationDescription": {"RollbackEnabled": False},
        "ApplicationEncryptionConfigurationDescription": {"KeyType": "AWS_OWNED_KEY"}}
    assert "ApplicationVersionUpdatedFrom" not in detail and "CloudWatchLoggingOptionDescriptions" not in detail
    assert "ApplicationDescription" not in detail
    listed = [s for s in app.client.list_applications()["ApplicationSummaries"] if s["ApplicationName"] == app.name]
    assert listed == [{"ApplicationName": app.name, "ApplicationARN": detail["ApplicationARN"], "ApplicationStatus": "READY",
                       "ApplicationVersionId": 1, "RuntimeEnvironment": runtime, "ApplicationMode": "STREAMING"}]


@pytest.mark.parametrize("runtime", NOTEBOOKS)
def test_every_notebook_runtime(app, fails, runtime):
    assert "INTERACTIVE" in fails("InvalidArgumentException", create_bare, app, runtime)
    fails("InvalidArgumentException", create_bare, app, runtime, ApplicationMode="STREAMING")
    detail = create_bare(app, runtime, ApplicationMode="INTERACTIVE")
    assert detail["ApplicationMode"] == "INTERACTIVE"
    configuration = detail["ApplicationConfigurationDescription"]
    assert configuration["ZeppelinApplicationConfigurationDescription"] == {"MonitoringConfigurationDescription": {"LogLevel": "INFO"}}
    assert configuration["FlinkApplicationConfigurationDescription"] == DEFAULTS
    assert configuration["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": False}


@pytest.mark.parametrize("runtime", FLINK + ["SQL-1_0"])
def test_only_notebooks_are_interactive(app, fails, runtime):
    message = fails("InvalidArgumentException", create_bare, app, runtime, ApplicationMode="INTERACTIVE")
    assert runtime in message
    fails("ResourceNotFoundException", app.detail)


def test_a_notebook_with_all_that_it_can_have(app, fails):
    database = "arn:aws:glue:us-east-1:123456789012:database/default"
    bucket = "arn:aws:s3:::bucket"
    maven = {"GroupId": "org.apache.flink", "ArtifactId": "flink-sql-connector-kinesis_2.12", "Version": "1.13.2"}
    zeppelin = {
        "MonitoringConfiguration": {"LogLevel": "ERROR"},
        "CatalogConfiguration": {"GlueDataCatalogConfiguration": {"DatabaseARN": database}},
        "DeployAsApplicationConfiguration": {"S3ContentLocation": {"BucketARN": bucket, "BasePath": "notes"}},
        "CustomArtifactsConfiguration": [{"ArtifactType": "DEPENDENCY_JAR", "MavenReference": maven},
                                         {"ArtifactType": "UDF", "S3ContentLocation": {"BucketARN": bucket, "FileKey": "udf.jar"}}]}
    create_bare(app, "ZEPPELIN-FLINK-3_0", ApplicationMode="INTERACTIVE", ApplicationConfiguration={
        "ZeppelinApplicationConfiguration": zeppelin, "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": False},
        "FlinkApplicationConfiguration": {"ParallelismConfiguration": {
            "ConfigurationType": "CUSTOM", "Parallelism": 4, "ParallelismPerKPU": 4}}})

    def described():
        return app.configuration()["ZeppelinApplicationConfigurationDescription"]

    assert described() == {
        "MonitoringConfigurationDescription": {"LogLevel": "ERROR"},
        "CatalogConfigurationDescription": {"GlueDataCatalogConfigurationDescription": {"DatabaseARN": database}},
        "DeployAsApplicationConfigurationDescription": {"S3ContentLocationDescription": {"BucketARN": bucket, "BasePath": "notes"}},
        "CustomArtifactsConfigurationDescription": [
            {"ArtifactType": "DEPENDENCY_JAR", "MavenReferenceDescription": maven},
            {"ArtifactType": "UDF", "S3ContentLocationDescription": {"BucketARN": bucket, "FileKey": "udf.jar"}}]}
    app.update(ApplicationConfigurationUpdate={"ZeppelinApplicationConfigurationUpdate": {
        "MonitoringConfigurationUpdate": {"LogLevelUpdate": "DEBUG"},
        "CatalogConfigurationUpdate": {"GlueDataCatalogConfigurationUpdate": {"DatabaseARNUpdate": database + "2"}},
        "DeployAsApplicationConfigurationUpdate": {"S3ContentLocationUpdate": {"BasePathUpdate": "other"}},
        "CustomArtifactsConfigurationUpdate": []}})
    assert described() == {
        "MonitoringConfigurationDescription": {"LogLevel": "DEBUG"},
        "CatalogConfigurationDescription": {"GlueDataCatalogConfigurationDescription": {"DatabaseARN": database + "2"}},
        "DeployAsApplicationConfigurationDescription": {"S3ContentLocationDescription": {"BucketARN": bucket, "BasePath": "other"}},
        "CustomArtifactsConfigurationDescription": []}
    for bad in ({"ArtifactType": "UDF", "MavenReference": maven}, {"ArtifactType": "DEPENDENCY_JAR"}):
        fails("InvalidArgumentException", app.update, ApplicationConfigurationUpdate={
            "ZeppelinApplicationConfigurationUpdate": {"CustomArtifactsConfigurationUpdate": [bad]}})


def test_default_ignores_what_else_is_given_and_custom_does_not(app):
    create_bare(app, "FLINK-1_20", ApplicationConfiguration={"FlinkApplicationConfiguration": {
        "CheckpointConfiguration": {"ConfigurationType": "DEFAULT", "CheckpointingEnabled": False, "CheckpointInterval": 1},
        "MonitoringConfiguration": {"ConfigurationType": "DEFAULT", "LogLevel": "DEBUG"},
        "ParallelismConfiguration": {"ConfigurationType": "DEFAULT", "Parallelism": 9, "AutoScalingEnabled": False}}})
    assert flink(app) == DEFAULTS
    custom = {"ConfigurationType": "CUSTOM", "CheckpointingEnabled": False, "CheckpointInterval": 1, "MinPauseBetweenCheckpoints": 0}
    shown = set_flink(app, CheckpointConfigurationUpdate={k + "Update": v for k, v in custom.items()})
    assert shown == {**DEFAULTS, "CheckpointConfigurationDescription": custom}
    shown = set_flink(app, CheckpointConfigurationUpdate={"CheckpointIntervalUpdate": 7000})
    assert shown["CheckpointConfigurationDescription"] == {**custom, "CheckpointInterval": 7000}, "the rest stays"
    assert set_flink(app, CheckpointConfigurationUpdate={"ConfigurationTypeUpdate": "DEFAULT"}) == DEFAULTS


def test_custom_fills_in_the_defaults(app):
    create_bare(app, "FLINK-1_20", ApplicationConfiguration={"FlinkApplicationConfiguration": {
        "CheckpointConfiguration": {"ConfigurationType": "CUSTOM"}, "MonitoringConfiguration": {"ConfigurationType": "CUSTOM"},
        "ParallelismConfiguration": {"ConfigurationType": "CUSTOM"}}})
    for name, description in flink(app).items():
        assert description == {**DEFAULTS[name], "ConfigurationType": "CUSTOM"}


def test_parallelism_and_kpus(app, fails):
    create_bare(app, "FLINK-1_20")

    def update(**values):
        values = {"ConfigurationType": "CUSTOM", **values}
        return {"ParallelismConfigurationUpdate": {k + "Update": v for k, v in values.items()}}

    shown = set_flink(app, **update(Parallelism=12, ParallelismPerKPU=4, AutoScalingEnabled=False))
    assert shown["ParallelismConfigurationDescription"] == {
        "ConfigurationType": "CUSTOM", "Parallelism": 12, "ParallelismPerKPU": 4, "CurrentParallelism": 12, "AutoScalingEnabled": False}
    set_flink(app, **update(Parallelism=64, ParallelismPerKPU=1))
    set_flink(app, **update(Parallelism=256, ParallelismPerKPU=4))
    version = app.detail()["ApplicationVersionId"]
    for values, code in [({"Parallelism": 65, "ParallelismPerKPU": 1}, "LimitExceededException"),
                         ({"Parallelism": 257, "ParallelismPerKPU": 4}, "LimitExceededException"),
                         ({"ParallelismPerKPU": 9}, "InvalidArgumentException"), ({"Parallelism": 0}, "InvalidArgumentException"),
                         ({"ParallelismPerKPU": 0}, "InvalidArgumentException")]:
        fails(code, app.update, ApplicationConfigurationUpdate={"FlinkApplicationConfigurationUpdate": update(**values)})
    assert app.detail()["ApplicationVersionId"] == version


def test_runtime_upgrades_keep_the_family(app, fails):
    create_bare(app, "FLINK-1_15")
    for version, runtime in enumerate(["FLINK-1_18", "FLINK-1_20", "FLINK-1_19"], 2):
        detail = app.update(RuntimeEnvironmentUpdate=runtime)["ApplicationDetail"]
        assert (detail["RuntimeEnvironment"], detail["ApplicationVersionId"]) == (runtime, version)
    for other in ("SQL-1_0", "ZEPPELIN-FLINK-3_0"):
        fails("InvalidArgumentException", app.update, RuntimeEnvironmentUpdate=other)
    old = app.client.describe_application_version(ApplicationName=app.name, ApplicationVersionId=1)["ApplicationVersionDetail"]
    assert old["RuntimeEnvironment"] == "FLINK-1_15"


def test_property_groups_can_be_taken_away(app):
    groups = [{"PropertyGroupId": "g", "PropertyMap": {"k": "v"}}]
    create_bare(app, "FLINK-1_20", ApplicationConfiguration={"EnvironmentProperties": {"PropertyGroups": groups}})
    assert app.configuration()["EnvironmentPropertyDescriptions"] == {"PropertyGroupDescriptions": groups}
    app.update(ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": []}})
    assert "EnvironmentPropertyDescriptions" not in app.configuration()


def test_run_configuration_is_shown_from_the_first_start_on(app):
    app.create()
    assert "RunConfigurationDescription" not in app.configuration()
    app.run()
    assert app.configuration()["RunConfigurationDescription"] == {
        "ApplicationRestoreConfigurationDescription": {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"},
        "FlinkRunConfigurationDescription": {"AllowNonRestoredState": False}}


def test_snapshots_rollback_and_encryption(app, fails):
    create_bare(app, "FLINK-1_20", ApplicationConfiguration={
        "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": False}, "ApplicationSystemRollbackConfiguration": {"RollbackEnabled": True},
        "ApplicationEncryptionConfiguration": {"KeyType": "AWS_OWNED_KEY"}})
    configuration = app.configuration()
    assert configuration["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": False}
    assert configuration["ApplicationSystemRollbackConfigurationDescription"] == {"RollbackEnabled": True}
    app.update(ApplicationConfigurationUpdate={
        "ApplicationSnapshotConfigurationUpdate": {"SnapshotsEnabledUpdate": True},
        "ApplicationSystemRollbackConfigurationUpdate": {"RollbackEnabledUpdate": False},
        "ApplicationEncryptionConfigurationUpdate": {"KeyTypeUpdate": "AWS_OWNED_KEY"}})
    configuration = app.configuration()
    assert configuration["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": True}
    assert configuration["ApplicationSystemRollbackConfigurationDescription"] == {"RollbackEnabled": False}
    assert configuration["ApplicationEncryptionConfigurationDescription"] == {"KeyType": "AWS_OWNED_KEY"}

    def encrypt(**update):
        return {"ApplicationConfigurationUpdate": {"ApplicationEncryptionConfigurationUpdate": update}}

    fails("InvalidArgumentException", app.update, **encrypt(KeyTypeUpdate="CUSTOMER_MANAGED_KEY"))
    fails("InvalidArgumentException", app.update, **encrypt(KeyTypeUpdate="AWS_OWNED_KEY", KeyIdUpdate="k"))
    fails("UnsupportedOperationException", app.update, **encrypt(KeyTypeUpdate="CUSTOMER_MANAGED_KEY", KeyIdUpdate="k"))


def test_code_for_a_flink_that_is_not_there_is_kept_but_not_started(app, fails):
    import io
    import zipfile
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Main-Class: a.B\n")
    app.create(RuntimeEnvironment="FLINK-1_13", ApplicationConfiguration={"ApplicationCodeConfiguration": {
        "CodeContentType": "ZIPFILE", "CodeContent": {"ZipFileContent": buffer.getvalue()}}})
    content = app.configuration()["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]
    assert content["CodeSize"] == len(buffer.getvalue())
    assert "Java" in fails("UnsupportedOperationException", app.start)
    assert app.detail()["ApplicationStatus"] == "READY"


def test_an_old_kinesis_connector_on_flink_1_15(app, fails):
    import io
    import zipfile

    def code(version):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("META-INF/MANIFEST.MF", "")
            archive.writestr("META-INF/maven/org.apache.flink/flink-connector-kinesis/pom.properties", f"version={version}\n")
        return {"ApplicationCodeConfiguration": {"CodeContentType": "ZIPFILE", "CodeContent": {"ZipFileContent": buffer.getvalue()}}}

    message = fails("InvalidArgumentException", app.create, RuntimeEnvironment="FLINK-1_15", ApplicationConfiguration=code("1.13.2"))
    assert message == ("An unsupported Kinesis connector version has been detected in the application. Please update flink-connector-kinesis "
                       "to any version equal to or newer than 1.15.2.\nFor more information refer to connector fix: "
                       "https://issues.apache.org/jira/browse/FLINK-23528")
    app.create(RuntimeEnvironment="FLINK-1_15", ApplicationConfiguration=code("1.15.2"))


def test_page_tokens_are_of_use_for_their_list_only(own_service, fails):
    client = own_service.client()
    for name in ("a", "b", "c"):
        client.create_application(ApplicationName=name, RuntimeEnvironment="FLINK-1_20", ServiceExecutionRole=ROLE)
    for name in ("a", "b"):
        for version in (1, 2):
            client.add_application_cloud_watch_logging_option(
                ApplicationName=name, CurrentApplicationVersionId=version,
                CloudWatchLoggingOption={"LogStreamARN": "arn:aws:logs:us-east-1:1:log-group:g:log-stream:s"})
    applications = client.list_applications(Limit=1)["NextToken"]
    versions = client.list_application_versions(ApplicationName="a", Limit=1)["NextToken"]
    assert client.list_applications(Limit=1, NextToken=applications)["ApplicationSummaries"][0]["ApplicationName"] == "b"
    assert client.list_application_versions(ApplicationName="a", NextToken=versions)["ApplicationVersionSummaries"][0]["ApplicationVersionId"] == 2
    middle = len(versions) // 2
    changed = versions[:middle] + ("A" if versions[middle] != "A" else "B") + versions[middle + 1:]
    for token in (applications, changed, versions + "x", versions[1:]):
        fails("InvalidArgumentException", client.list_application_versions, ApplicationName="a", NextToken=token)
    fails("InvalidArgumentException", client.list_application_versions, ApplicationName="b", NextToken=versions)
    operations = client.list_application_operations(ApplicationName="a", Limit=1)["NextToken"]
    assert client.list_application_operations(ApplicationName="a", NextToken=operations)["ApplicationOperationInfoList"]
    for arguments in ({"ApplicationName": "b"}, {"ApplicationName": "a", "OperationStatus": "SUCCESSFUL"}):
        fails("InvalidArgumentException", client.list_application_operations, NextToken=operations, **arguments)
    for token in (versions, "a", "b" * 512):
        fails("InvalidRequestException", client.list_applications, NextToken=token)
    own_service.process.stop()
    own_service.start()
    assert client.list_applications(Limit=1, NextToken=applications)["ApplicationSummaries"][0]["ApplicationName"] == "b"
