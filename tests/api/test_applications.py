"""Create, describe, list, update, delete."""
import datetime
import io
import time
import zipfile

import pytest

from conftest import BUCKET, ROLE

S3_CODE = {"BucketARN": f"arn:aws:s3:::{BUCKET}"}


def code(content, kind="ZIPFILE"):
    return {"ApplicationCodeConfiguration": {"CodeContentType": kind, "CodeContent": content}}


def zip_of(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_sql", ".sql").replace("_class", ".class"), text)
    return buffer.getvalue()


def test_create_fills_in_the_defaults(app):
    before = int(time.time())
    detail = app.create(ApplicationDescription="what it does", Tags=[{"Key": "team", "Value": "data"}, {"Key": "bare"}])
    assert detail == app.detail()
    assert detail["ApplicationARN"] == f"arn:aws:kinesisanalytics:us-east-1:123456789012:application/{app.name}"
    assert detail["ApplicationStatus"] == "READY" and detail["ApplicationVersionId"] == 1
    assert detail["ApplicationDescription"] == "what it does" and detail["ServiceExecutionRole"] == ROLE
    assert detail["RuntimeEnvironment"] == "FLINK-2_3" and detail["ApplicationMode"] == "STREAMING"
    assert before <= detail["CreateTimestamp"].timestamp() <= time.time() + 1
    assert detail["ConditionalToken"]
    assert detail["ApplicationMaintenanceConfigurationDescription"] == {
        "ApplicationMaintenanceWindowStartTime": "03:00", "ApplicationMaintenanceWindowEndTime": "11:00"}
    configuration = detail["ApplicationConfigurationDescription"]
    assert configuration["FlinkApplicationConfigurationDescription"] == {
        "CheckpointConfigurationDescription": {"ConfigurationType": "DEFAULT", "CheckpointingEnabled": True,
                                               "CheckpointInterval": 60000, "MinPauseBetweenCheckpoints": 5000},
        "MonitoringConfigurationDescription": {"ConfigurationType": "DEFAULT", "MetricsLevel": "APPLICATION", "LogLevel": "INFO"},
        "ParallelismConfigurationDescription": {"ConfigurationType": "DEFAULT", "Parallelism": 1, "ParallelismPerKPU": 1,
                                                "CurrentParallelism": 1, "AutoScalingEnabled": True}}
    assert configuration["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": True}
    assert configuration["ApplicationCodeConfigurationDescription"] == {
        "CodeContentType": "PLAINTEXT", "CodeContentDescription": {"TextContent": "SELECT 1;"}}


def test_create_with_everything_of_the_guide(app):
    detail = app.create(
        CloudWatchLoggingOptions=[{"LogStreamARN": "arn:aws:logs:us-east-1:123456789123:log-group:g:log-stream:s"}],
        ApplicationConfiguration={
            **code({"TextContent": "SELECT 1"}, "PLAINTEXT"),
            "EnvironmentProperties": {"PropertyGroups": [
                {"PropertyGroupId": "ConsumerConfigProperties", "PropertyMap": {"aws.region": "us-east-1", "flink.stream.initpos": "LATEST"}},
                {"PropertyGroupId": "ProducerConfigProperties", "PropertyMap": {"aws.region": "us-east-1"}}]},
            "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": True},
            "FlinkApplicationConfiguration": {
                "CheckpointConfiguration": {"ConfigurationType": "DEFAULT", "CheckpointInterval": 10},
                "MonitoringConfiguration": {"ConfigurationType": "CUSTOM", "MetricsLevel": "TASK", "LogLevel": "DEBUG"},
                "ParallelismConfiguration": {"ConfigurationType": "CUSTOM", "Parallelism": 2, "AutoScalingEnabled": False}}})
    configuration = detail["ApplicationConfigurationDescription"]
    flink = configuration["FlinkApplicationConfigurationDescription"]
    assert flink["CheckpointConfigurationDescription"]["CheckpointInterval"] == 60000, "DEFAULT overrides what is given"
    assert flink["MonitoringConfigurationDescription"]["MetricsLevel"] == "TASK"
    assert flink["ParallelismConfigurationDescription"] == {"ConfigurationType": "CUSTOM", "Parallelism": 2, "ParallelismPerKPU": 1,
                                                            "CurrentParallelism": 2, "AutoScalingEnabled": False}
    assert configuration["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": True}
    assert len(configuration["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"]) == 2
    assert detail["CloudWatchLoggingOptionDescriptions"][0]["CloudWatchLoggingOptionId"] == "1.1"


def test_create_without_code_can_be_described_but_not_started(app, fails):
    app.create(ApplicationConfiguration={})
    assert "no code" in fails("InvalidApplicationConfigurationException", app.start)


def test_create_twice(app, fails):
    app.create()
    assert app.name in fails("ResourceInUseException", app.create, sql="SELECT 2")
    assert app.configuration()["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]["TextContent"] == "SELECT 1;"


@pytest.mark.parametrize("name", [".", "..", "...", "a.b-c_D9", "x" * 128])
def test_every_allowed_name_works(service, name, app):
    app.name = name
    app.create()
    app.run()
    assert (service.data / "apps").is_dir() and not (service.data / "logs").exists()


def test_create_from_s3(app, s3):
    s3.put_object(Bucket=BUCKET, Key="dir/job one.sql", Body=b"SELECT 'from s3'")
    app.create(ApplicationConfiguration=code({"S3ContentLocation": {**S3_CODE, "FileKey": "dir/job one.sql"}}))
    description = app.configuration()["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]
    assert description["S3ApplicationCodeLocationDescription"] == {**S3_CODE, "FileKey": "dir/job one.sql"}
    assert description["CodeSize"] == 16 and len(description["CodeMD5"]) == 32
    app.run()


def test_create_from_a_zip_in_s3_and_from_a_zip_in_the_request(app, s3):
    s3.put_object(Bucket=BUCKET, Key="job.zip", Body=zip_of(sql__main_sql="SELECT 1", README="x"))
    app.create(ApplicationConfiguration=code({"S3ContentLocation": {**S3_CODE, "FileKey": "job.zip"}}))
    app.run()
    app.remove()
    app.create(ApplicationConfiguration=code({"ZipFileContent": zip_of(main_sql="SELECT 2")}))
    app.run()


def test_code_that_cannot_be_used(app, s3, fails, service):
    location = {"S3ContentLocation": {**S3_CODE, "FileKey": "nothing-here.sql"}}
    message = fails("InvalidArgumentException", app.create, ApplicationConfiguration=code(location))
    assert "unable to get the specified fileKey: nothing-here.sql in the specified bucket: " + S3_CODE["BucketARN"] in message
    other = {"S3ContentLocation": {"BucketARN": "arn:aws:s3:::no-such-bucket", "FileKey": "x.sql"}}
    fails("InvalidArgumentException", app.create, ApplicationConfiguration=code(other))
    not_a_bucket = {"S3ContentLocation": {"BucketARN": "arn:aws:sns:::x", "FileKey": "x.sql"}}
    assert "arn:aws:s3:::NAME" in fails("InvalidArgumentException", app.create, ApplicationConfiguration=code(not_a_bucket))
    fails("CodeValidationException", app.create, ApplicationConfiguration=code({"ZipFileContent": zip_of(README="x")}))
    fails("CodeValidationException", app.create, ApplicationConfiguration=code({"ZipFileContent": b"PK\x03\x04 broken"}))
    fails("CodeValidationException", app.create, sql="  \n")
    fails("InvalidArgumentException", app.create, ApplicationConfiguration=code({}))
    fails("InvalidArgumentException", app.create, ApplicationConfiguration=code({**location, "TextContent": "SELECT 1"}))
    status, _, body = service.post("CreateApplication", {
        "ApplicationName": app.name, "RuntimeEnvironment": "FLINK-2_3", "ServiceExecutionRole": ROLE,
        "ApplicationConfiguration": code({"ZipFileContent": "***"})})
    assert (status, body["__type"]) == (400, "SerializationException")
    fails("ResourceNotFoundException", app.detail)


@pytest.mark.parametrize("change, code_, words", [
    ({"ApplicationName": "a b"}, "InvalidArgumentException", "regular expression pattern: [a-zA-Z0-9_.-]+"),
    ({"ApplicationName": "x" * 129}, "InvalidArgumentException", "less than or equal to 128"),
    ({"ApplicationName": ""}, "InvalidArgumentException", "greater than or equal to 1"),
    ({"ServiceExecutionRole": "role"}, "InvalidArgumentException", "arn:.*"),
    ({"RuntimeEnvironment": "FLINK-9_9"}, "InvalidArgumentException", "enum value set"),
    ({"ApplicationDescription": "x" * 1025}, "InvalidArgumentException", "1024"),
    ({"Tags": [{"Key": "a"}, {"Key": "a"}]}, "InvalidArgumentException", "twice"),
    ({"Tags": [{"Key": "aws:x"}]}, "InvalidArgumentException", "reserved"),
    ({"Tags": [{"Key": str(i)} for i in range(51)]}, "TooManyTagsException", "50"),
    ({"ApplicationConfiguration": {"VpcConfigurations": [{"SubnetIds": ["s"], "SecurityGroupIds": ["g"]}]}},
     "InvalidArgumentException", "subnet id"),
    ({"ApplicationConfiguration": {"ApplicationEncryptionConfiguration": {
        "KeyType": "CUSTOMER_MANAGED_KEY", "KeyId": "k"}}},
     "UnsupportedOperationException", "not supported yet"),
    ({"ApplicationConfiguration": {"EnvironmentProperties": {"PropertyGroups": [
        {"PropertyGroupId": "g", "PropertyMap": {"a": "b"}}] * 2}}}, "InvalidArgumentException", "twice"),
    ({"ApplicationConfiguration": {"EnvironmentProperties": {"PropertyGroups": [{"PropertyGroupId": "g", "PropertyMap": {}}]}}},
     "InvalidArgumentException", "propertyGroups.1.member.propertyMap"),
    ({"ApplicationConfiguration": {"FlinkApplicationConfiguration": {"ParallelismConfiguration": {
        "ConfigurationType": "CUSTOM", "Parallelism": 65}}}}, "LimitExceededException", "64"),
    ({"ApplicationConfiguration": {"FlinkApplicationConfiguration": {"ParallelismConfiguration": {
        "ConfigurationType": "CUSTOM", "ParallelismPerKPU": 9}}}}, "InvalidArgumentException", "8"),
])
def test_create_refuses(app, fails, change, code_, words):
    assert words in fails(code_, app.create, **change)


def test_describe_unknown(client, fails):
    assert "none" in fails("ResourceNotFoundException", client.describe_application, ApplicationName="none")


def test_list_goes_in_pages_by_name(own_service):
    client = own_service.client()
    names = [f"app-{i:02}" for i in range(7)]
    for name in reversed(names):
        client.create_application(ApplicationName=name, RuntimeEnvironment="FLINK-1_20", ServiceExecutionRole=ROLE)
    page = client.list_applications(Limit=3)
    assert [s["ApplicationName"] for s in page["ApplicationSummaries"]] == names[:3] and page["NextToken"]
    summary = page["ApplicationSummaries"][0]
    assert summary["RuntimeEnvironment"] == "FLINK-1_20" and summary["ApplicationStatus"] == "READY"
    seen = [s["ApplicationName"] for p in client.get_paginator("list_applications").paginate(PaginationConfig={"PageSize": 3})
            for s in p["ApplicationSummaries"]]
    assert seen == names
    assert "NextToken" not in client.list_applications(Limit=7)


def test_the_quota_of_applications(own_service, fails):
    client = own_service.client()
    for i in range(50):
        client.create_application(ApplicationName=f"a{i}", RuntimeEnvironment="FLINK-1_20", ServiceExecutionRole=ROLE)
    fails("LimitExceededException", client.create_application, ApplicationName="a50", RuntimeEnvironment="FLINK-1_20",
          ServiceExecutionRole=ROLE)


def test_list_limits(client, fails):
    for limit in (0, 51):
        fails("InvalidRequestException", client.list_applications, Limit=limit)


def test_update_code_properties_and_settings(app, s3):
    app.create()
    answer = app.update(ApplicationConfigurationUpdate={
        "ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": "SELECT 2"}},
        "EnvironmentPropertyUpdates": {"PropertyGroups": [{"PropertyGroupId": "g", "PropertyMap": {"k": "v"}}]},
        "FlinkApplicationConfigurationUpdate": {
            "ParallelismConfigurationUpdate": {"ParallelismUpdate": 5, "ConfigurationTypeUpdate": "CUSTOM"},
            "CheckpointConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "CheckpointIntervalUpdate": 600000}},
        "ApplicationSnapshotConfigurationUpdate": {"SnapshotsEnabledUpdate": True}},
        ServiceExecutionRoleUpdate=ROLE + "2", RuntimeEnvironmentUpdate="FLINK-2_2",
        RunConfigurationUpdate={"ApplicationRestoreConfiguration": {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}})
    detail = app.detail()
    assert answer["ApplicationDetail"] == detail
    assert app.operation(answer["OperationId"])["ApplicationVersionChangeDetails"] == {
        "ApplicationVersionUpdatedFrom": 1, "ApplicationVersionUpdatedTo": 2}
    assert detail["ApplicationVersionId"] == 2 and detail["ApplicationVersionUpdatedFrom"] == 1
    assert detail["ServiceExecutionRole"] == ROLE + "2" and detail["RuntimeEnvironment"] == "FLINK-2_2"
    configuration = detail["ApplicationConfigurationDescription"]
    assert configuration["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]["TextContent"] == "SELECT 2"
    assert configuration["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"][0]["PropertyMap"] == {"k": "v"}
    flink = configuration["FlinkApplicationConfigurationDescription"]
    assert flink["ParallelismConfigurationDescription"]["Parallelism"] == 5
    assert flink["CheckpointConfigurationDescription"]["CheckpointInterval"] == 600000
    assert flink["CheckpointConfigurationDescription"]["MinPauseBetweenCheckpoints"] == 5000
    assert configuration["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": True}
    restore = configuration["RunConfigurationDescription"]["ApplicationRestoreConfigurationDescription"]
    assert restore == {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}


def test_update_code_by_object_version(app, s3):
    first = s3.put_object(Bucket=BUCKET, Key="versioned.sql", Body=b"SELECT 'one'")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="versioned.sql", Body=b"SELECT 'second'")
    app.create(ApplicationConfiguration=code({"S3ContentLocation": {**S3_CODE, "FileKey": "versioned.sql"}}))
    app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {
        "S3ContentLocationUpdate": {"ObjectVersionUpdate": first}}}})
    description = app.configuration()["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]
    assert description["CodeSize"] == len("SELECT 'one'")
    assert description["S3ApplicationCodeLocationDescription"]["ObjectVersion"] == first


def test_update_by_conditional_token(app, fails):
    token = app.create()["ConditionalToken"]
    update = dict(ApplicationName=app.name, ServiceExecutionRoleUpdate=ROLE)
    app.client.update_application(ConditionalToken=token, **update)
    fails("ConcurrentModificationException", app.client.update_application, ConditionalToken=token, **update)
    assert "ConditionalToken" in fails("InvalidArgumentException", app.client.update_application, **update)


def test_update_refuses(app, fails):
    app.create()
    update = app.client.update_application
    message = fails("ConcurrentModificationException", update, ApplicationName=app.name, CurrentApplicationVersionId=2,
                    ServiceExecutionRoleUpdate=ROLE)
    assert "version is 1" in message
    fails("InvalidArgumentException", update, ApplicationName=app.name, CurrentApplicationVersionId=1)
    fails("InvalidArgumentException", update, ApplicationName=app.name, CurrentApplicationVersionId=0)
    fails("ResourceNotFoundException", update, ApplicationName="none", CurrentApplicationVersionId=1, ServiceExecutionRoleUpdate=ROLE)
    fails("InvalidArgumentException", app.update, RuntimeEnvironmentUpdate="SQL-1_0")
    fails("InvalidArgumentException", app.update, CloudWatchLoggingOptionUpdates=[{"CloudWatchLoggingOptionId": "9.9"}])
    fails("CodeValidationException", app.update, ApplicationConfigurationUpdate={
        "ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": " "}}})
    fails("LimitExceededException", app.update, ApplicationConfigurationUpdate={"FlinkApplicationConfigurationUpdate": {
        "ParallelismConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "ParallelismUpdate": 100}}})
    fails("InvalidArgumentException", app.update, ApplicationConfigurationUpdate={
        "VpcConfigurationUpdates": [{"VpcConfigurationId": "1.1"}]})
    assert app.detail()["ApplicationVersionId"] == 1, "nothing was half done"


def test_delete_needs_the_creation_time(app, fails):
    created = app.create()["CreateTimestamp"]
    delete = app.client.delete_application
    fails("InvalidArgumentException", delete, ApplicationName=app.name, CreateTimestamp=created + datetime.timedelta(seconds=1))
    fails("ResourceNotFoundException", delete, ApplicationName="none", CreateTimestamp=created)
    delete(ApplicationName=app.name, CreateTimestamp=created + datetime.timedelta(milliseconds=400))
    app.wait_until_gone()
    assert not (app.service.data / "apps" / app.name).exists()
    app.create()
    assert app.detail()["ApplicationVersionId"] == 1


def test_versions_in_pages(app, fails):
    app.create(sql="SELECT 1")
    for i in range(2, 6):
        app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {
            "CodeContentUpdate": {"TextContentUpdate": f"SELECT {i}"}}})
    page = app.client.list_application_versions(ApplicationName=app.name, Limit=2)
    assert [v["ApplicationVersionId"] for v in page["ApplicationVersionSummaries"]] == [5, 4]
    second = app.client.list_application_versions(ApplicationName=app.name, Limit=2, NextToken=page["NextToken"])
    assert [v["ApplicationVersionId"] for v in second["ApplicationVersionSummaries"]] == [3, 2]
    fails("InvalidArgumentException", app.client.list_application_versions, ApplicationName=app.name, NextToken="nonsense")
    fails("ResourceNotFoundException", app.client.list_application_versions, ApplicationName="none")
    old = app.client.describe_application_version(ApplicationName=app.name, ApplicationVersionId=2)["ApplicationVersionDetail"]
    assert old["ApplicationVersionId"] == 2 and old["ApplicationVersionUpdatedFrom"] == 1
    text = old["ApplicationConfigurationDescription"]["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]
    assert text == {"TextContent": "SELECT 2"}
    fails("ResourceNotFoundException", app.client.describe_application_version, ApplicationName=app.name, ApplicationVersionId=6)
    fails("InvalidArgumentException", app.client.describe_application_version, ApplicationName=app.name, ApplicationVersionId=0)


def test_logging_options(app, fails):
    app.create()
    stream = "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s"
    added = app.client.add_application_cloud_watch_logging_option(
        ApplicationName=app.name, CurrentApplicationVersionId=1, CloudWatchLoggingOption={"LogStreamARN": stream})
    assert added["ApplicationVersionId"] == 2
    assert added["CloudWatchLoggingOptionDescriptions"] == [{"CloudWatchLoggingOptionId": "2.1", "LogStreamARN": stream}]
    app.update(CloudWatchLoggingOptionUpdates=[{"CloudWatchLoggingOptionId": "2.1", "LogStreamARNUpdate": stream + "2"}])
    assert app.detail()["CloudWatchLoggingOptionDescriptions"][0]["LogStreamARN"] == stream + "2"
    delete = app.client.delete_application_cloud_watch_logging_option
    fails("ConcurrentModificationException", delete, ApplicationName=app.name, CurrentApplicationVersionId=1, CloudWatchLoggingOptionId="2.1")
    fails("ResourceNotFoundException", delete, ApplicationName=app.name, CurrentApplicationVersionId=3, CloudWatchLoggingOptionId="7.7")
    delete(ApplicationName=app.name, CurrentApplicationVersionId=3, CloudWatchLoggingOptionId="2.1")
    assert "CloudWatchLoggingOptionDescriptions" not in app.detail()


def test_maintenance_window(app, fails):
    app.create()
    update = app.client.update_application_maintenance_configuration
    answer = update(ApplicationName=app.name, ApplicationMaintenanceConfigurationUpdate={"ApplicationMaintenanceWindowStartTimeUpdate": "20:30"})
    window = {"ApplicationMaintenanceWindowStartTime": "20:30", "ApplicationMaintenanceWindowEndTime": "04:30"}
    assert answer["ApplicationMaintenanceConfigurationDescription"] == window
    assert app.detail()["ApplicationMaintenanceConfigurationDescription"] == window
    for bad in ("24:00", "1:00", "noon"):
        fails("InvalidArgumentException", update, ApplicationName=app.name,
              ApplicationMaintenanceConfigurationUpdate={"ApplicationMaintenanceWindowStartTimeUpdate": bad})


def test_tags(app, fails):
    app.create(Tags=[{"Key": "b", "Value": "2"}])
    arn, client = app.arn(), app.client
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "3"}])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "3"}]
    client.untag_resource(ResourceARN=arn, TagKeys=["a", "not-there"])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    fails("TooManyTagsException", client.tag_resource, ResourceARN=arn, Tags=[{"Key": str(i)} for i in range(50)])
    fails("InvalidArgumentException", client.tag_resource, ResourceARN=arn, Tags=[{"Key": "x"}, {"Key": "x"}])
    fails("InvalidArgumentException", client.tag_resource, ResourceARN=arn, Tags=[])
    for other in (arn + "x", arn.replace("us-east-1", "eu-west-1"), arn.replace("123456789012", "999999999999")):
        fails("ResourceNotFoundException", client.list_tags_for_resource, ResourceARN=other)
        fails("ResourceNotFoundException", client.tag_resource, ResourceARN=other, Tags=[{"Key": "x"}])
        fails("ResourceNotFoundException", client.untag_resource, ResourceARN=other, TagKeys=["x"])
    fails("InvalidArgumentException", client.list_tags_for_resource, ResourceARN="arn:aws:s3:::bucket")
    assert app.detail()["ApplicationVersionId"] == 1, "tags are not part of a version"
