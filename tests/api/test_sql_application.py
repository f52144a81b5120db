"""SQL-1_0 applications: inputs, outputs, reference data and input processing, as the guide's API examples use them."""
import pytest

from conftest import ROLE

STREAM = "arn:aws:kinesis:us-east-1:012345678901:stream/ExampleInputStream"
FIREHOSE = "arn:aws:firehose:us-east-1:012345678901:deliverystream/Example"
LAMBDA = "arn:aws:lambda:us-east-1:012345678901:function:MyLambdaFunction"
SCHEMA = {"RecordColumns": [{"Mapping": "$.TICKER", "Name": "TICKER_SYMBOL", "SqlType": "VARCHAR(50)"},
                            {"Mapping": "$.PRICE", "Name": "PRICE", "SqlType": "REAL"}],
          "RecordEncoding": "UTF-8",
          "RecordFormat": {"RecordFormatType": "JSON", "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}}}}
CSV_SCHEMA = {"RecordColumns": [{"Name": "COLUMN_1", "SqlType": "INTEGER"}],
              "RecordFormat": {"RecordFormatType": "CSV", "MappingParameters": {"CSVMappingParameters": {
                  "RecordColumnDelimiter": ",", "RecordRowDelimiter": "|"}}}}
INPUT = {"NamePrefix": "SOURCE_SQL_STREAM", "InputParallelism": {"Count": 2}, "InputSchema": SCHEMA,
         "KinesisStreamsInput": {"ResourceARN": STREAM}}
OUTPUT = {"Name": "DESTINATION_SQL_STREAM", "DestinationSchema": {"RecordFormatType": "JSON"},
          "KinesisStreamsOutput": {"ResourceARN": STREAM}}
REFERENCE = {"TableName": "TICKERS", "ReferenceSchema": CSV_SCHEMA,
             "S3ReferenceDataSource": {"BucketARN": "arn:aws:s3:::MyS3Bucket", "FileKey": "TickerReference.csv"}}


@pytest.fixture
def sql_app(app):
    app.create(sql="CREATE STREAM x;", RuntimeEnvironment="SQL-1_0")
    return app


def described(app):
    return app.configuration()["SqlApplicationConfigurationDescription"]


def test_nothing_given_nothing_described(app):
    detail = app.client.create_application(ApplicationName=app.name, RuntimeEnvironment="SQL-1_0", ServiceExecutionRole=ROLE)
    assert "ApplicationConfigurationDescription" not in detail["ApplicationDetail"]


def test_code_alone_is_all_that_is_described(sql_app):
    assert sql_app.configuration() == {"ApplicationCodeConfigurationDescription": {
        "CodeContentType": "PLAINTEXT", "CodeContentDescription": {"TextContent": "CREATE STREAM x;"}}}


def test_input(sql_app, fails):
    add = sql_app.client.add_application_input
    answer = add(ApplicationName=sql_app.name, CurrentApplicationVersionId=1, Input=INPUT)
    assert answer["ApplicationARN"] == sql_app.arn() and answer["ApplicationVersionId"] == 2
    assert answer["InputDescriptions"] == [{
        "InputId": "2.1", "NamePrefix": "SOURCE_SQL_STREAM", "InputParallelism": {"Count": 2}, "InputSchema": SCHEMA,
        "KinesisStreamsInputDescription": {"ResourceARN": STREAM}, "InputStartingPositionConfiguration": {},
        "InAppStreamNames": ["SOURCE_SQL_STREAM_001", "SOURCE_SQL_STREAM_002"]}]
    assert described(sql_app)["InputDescriptions"] == answer["InputDescriptions"]
    fails("ConcurrentModificationException", add, ApplicationName=sql_app.name, CurrentApplicationVersionId=1, Input=INPUT)
    assert "at most 1" in fails("InvalidArgumentException", add, ApplicationName=sql_app.name, CurrentApplicationVersionId=2, Input=INPUT)
    assert sql_app.detail()["ApplicationVersionId"] == 2


@pytest.mark.parametrize("change, words", [
    ({"KinesisFirehoseInput": {"ResourceARN": FIREHOSE}}, "both"),
    ({"KinesisStreamsInput": None}, "exactly one of KinesisStreamsInput, KinesisFirehoseInput"),
    ({"NamePrefix": None}, "Value null at 'input.namePrefix' failed to satisfy constraint: Member must not be null"),
    ({"NamePrefix": "a-b"}, r"regular expression pattern: [^-\s<>&]*"),
    ({"InputParallelism": {"Count": 65}}, "Value '65' at 'input.inputParallelism.count' failed to satisfy constraint: "
     "Member must have value less than or equal to 64"),
    ({"InputSchema": {**SCHEMA, "RecordEncoding": "UTF-16"}}, "recordEncoding"),
    ({"InputSchema": {**SCHEMA, "RecordColumns": SCHEMA["RecordColumns"] * 2}}, "twice"),
    ({"InputSchema": {**SCHEMA, "RecordFormat": {**SCHEMA["RecordFormat"], "RecordFormatType": "CSV"}}}, "CSVMappingParameters"),
])
def test_inputs_that_are_refused(sql_app, fails, change, words):
    bad = {k: v for k, v in {**INPUT, **change}.items() if v is not None}
    message = fails("InvalidArgumentException", sql_app.client.add_application_input, ApplicationName=sql_app.name,
                    CurrentApplicationVersionId=1, Input=bad)
    assert words in message
    assert sql_app.detail()["ApplicationVersionId"] == 1


def test_input_processing(sql_app, fails):
    client, name = sql_app.client, sql_app.name
    client.add_application_input(ApplicationName=name, CurrentApplicationVersionId=1, Input=INPUT)
    processing = {"InputLambdaProcessor": {"ResourceARN": LAMBDA}}
    add = client.add_application_input_processing_configuration
    answer = add(ApplicationName=name, CurrentApplicationVersionId=2, InputId="2.1", InputProcessingConfiguration=processing)
    description = {"InputLambdaProcessorDescription": {"ResourceARN": LAMBDA}}
    assert (answer["ApplicationVersionId"], answer["InputId"], answer["InputProcessingConfigurationDescription"]) == (3, "2.1", description)
    assert described(sql_app)["InputDescriptions"][0]["InputProcessingConfigurationDescription"] == description
    fails("ResourceNotFoundException", add, ApplicationName=name, CurrentApplicationVersionId=3, InputId="9.1",
          InputProcessingConfiguration=processing)
    delete = client.delete_application_input_processing_configuration
    answer = delete(ApplicationName=name, CurrentApplicationVersionId=3, InputId="2.1")
    assert answer["ApplicationVersionId"] == 4 and answer["ApplicationARN"] == sql_app.arn()
    assert "InputProcessingConfigurationDescription" not in described(sql_app)["InputDescriptions"][0]
    fails("ResourceNotFoundException", delete, ApplicationName=name, CurrentApplicationVersionId=4, InputId="2.1")


def test_outputs(sql_app, fails):
    client, name = sql_app.client, sql_app.name
    answer = client.add_application_output(ApplicationName=name, CurrentApplicationVersionId=1, Output=OUTPUT)
    assert answer["ApplicationVersionId"] == 2
    assert answer["OutputDescriptions"] == [{"OutputId": "2.1", "Name": "DESTINATION_SQL_STREAM",
                                             "DestinationSchema": {"RecordFormatType": "JSON"},
                                             "KinesisStreamsOutputDescription": {"ResourceARN": STREAM}}]
    for version, kind, arn in [(2, "LambdaOutput", LAMBDA), (3, "KinesisFirehoseOutput", FIREHOSE)]:
        more = {"Name": kind, "DestinationSchema": {"RecordFormatType": "CSV"}, kind: {"ResourceARN": arn}}
        answer = client.add_application_output(ApplicationName=name, CurrentApplicationVersionId=version, Output=more)
        assert answer["OutputDescriptions"][-1]["OutputId"] == f"{version + 1}.1"
        assert answer["OutputDescriptions"][-1][kind + "Description"] == {"ResourceARN": arn}
    fails("InvalidArgumentException", client.add_application_output, ApplicationName=name, CurrentApplicationVersionId=4, Output=OUTPUT)
    answer = client.delete_application_output(ApplicationName=name, CurrentApplicationVersionId=4, OutputId="3.1")
    assert answer["ApplicationVersionId"] == 5
    assert [o["OutputId"] for o in described(sql_app)["OutputDescriptions"]] == ["2.1", "4.1"]
    fails("ResourceNotFoundException", client.delete_application_output, ApplicationName=name, CurrentApplicationVersionId=5, OutputId="3.1")
    two = {**OUTPUT, "LambdaOutput": {"ResourceARN": LAMBDA}}
    fails("InvalidArgumentException", client.add_application_output, ApplicationName=name, CurrentApplicationVersionId=5, Output=two)


def test_reference_data(sql_app, fails):
    client, name = sql_app.client, sql_app.name
    add = client.add_application_reference_data_source
    answer = add(ApplicationName=name, CurrentApplicationVersionId=1, ReferenceDataSource=REFERENCE)
    assert answer["ApplicationVersionId"] == 2
    assert answer["ReferenceDataSourceDescriptions"] == [{
        "ReferenceId": "2.1", "TableName": "TICKERS", "ReferenceSchema": CSV_SCHEMA,
        "S3ReferenceDataSourceDescription": {"BucketARN": "arn:aws:s3:::MyS3Bucket", "FileKey": "TickerReference.csv"}}]
    fails("InvalidArgumentException", add, ApplicationName=name, CurrentApplicationVersionId=2, ReferenceDataSource=REFERENCE)
    delete = client.delete_application_reference_data_source
    fails("ResourceNotFoundException", delete, ApplicationName=name, CurrentApplicationVersionId=2, ReferenceId="1.1")
    assert delete(ApplicationName=name, CurrentApplicationVersionId=2, ReferenceId="2.1")["ApplicationVersionId"] == 3
    assert "ReferenceDataSourceDescriptions" not in described(sql_app)


def test_all_at_once_and_updates(app, fails):
    app.create(sql="x", RuntimeEnvironment="SQL-1_0", ApplicationConfiguration={"SqlApplicationConfiguration": {
        "Inputs": [{**INPUT, "InputProcessingConfiguration": {"InputLambdaProcessor": {"ResourceARN": LAMBDA}}}],
        "Outputs": [OUTPUT, {**OUTPUT, "Name": "SECOND"}], "ReferenceDataSources": [REFERENCE]}})
    before = described(app)
    assert before["InputDescriptions"][0]["InputId"] == "1.1"
    assert [o["OutputId"] for o in before["OutputDescriptions"]] == ["1.1", "1.2"]
    assert before["ReferenceDataSourceDescriptions"][0]["ReferenceId"] == "1.1"
    answer = app.update(ApplicationConfigurationUpdate={"SqlApplicationConfigurationUpdate": {
        "InputUpdates": [{"InputId": "1.1", "NamePrefixUpdate": "IN", "InputParallelismUpdate": {"CountUpdate": 42},
                          "KinesisFirehoseInputUpdate": {"ResourceARNUpdate": FIREHOSE},
                          "InputSchemaUpdate": {"RecordColumnUpdates": [{"Name": "C", "SqlType": "VARCHAR(8)", "Mapping": "M-2"}],
                                                "RecordEncodingUpdate": "UTF-8"},
                          "InputProcessingConfigurationUpdate": {"InputLambdaProcessorUpdate": {"ResourceARNUpdate": LAMBDA + "2"}}}],
        "OutputUpdates": [{"OutputId": "1.2", "NameUpdate": "THIRD", "LambdaOutputUpdate": {"ResourceARNUpdate": LAMBDA},
                           "DestinationSchemaUpdate": {"RecordFormatType": "CSV"}}],
        "ReferenceDataSourceUpdates": [{"ReferenceId": "1.1", "TableNameUpdate": "T2", "ReferenceSchemaUpdate": SCHEMA,
                                        "S3ReferenceDataSourceUpdate": {"FileKeyUpdate": "new.csv"}}]}})
    assert answer["ApplicationDetail"]["ApplicationVersionId"] == 2
    after = described(app)
    source = after["InputDescriptions"][0]
    assert source["InputId"] == "1.1" and source["NamePrefix"] == "IN" and source["InputParallelism"] == {"Count": 42}
    assert len(source["InAppStreamNames"]) == 42 and source["InAppStreamNames"][41] == "IN_042"
    assert source["KinesisFirehoseInputDescription"] == {"ResourceARN": FIREHOSE} and "KinesisStreamsInputDescription" not in source
    assert source["InputSchema"]["RecordColumns"] == [{"Name": "C", "SqlType": "VARCHAR(8)", "Mapping": "M-2"}]
    assert source["InputSchema"]["RecordFormat"] == SCHEMA["RecordFormat"], "what an update does not name stays"
    assert source["InputProcessingConfigurationDescription"]["InputLambdaProcessorDescription"] == {"ResourceARN": LAMBDA + "2"}
    assert after["OutputDescriptions"][0] == before["OutputDescriptions"][0]
    assert after["OutputDescriptions"][1] == {"OutputId": "1.2", "Name": "THIRD", "LambdaOutputDescription": {"ResourceARN": LAMBDA},
                                              "DestinationSchema": {"RecordFormatType": "CSV"}}
    reference = after["ReferenceDataSourceDescriptions"][0]
    assert reference["S3ReferenceDataSourceDescription"] == {"BucketARN": "arn:aws:s3:::MyS3Bucket", "FileKey": "new.csv"}
    assert reference["TableName"] == "T2" and reference["ReferenceSchema"] == SCHEMA
    fails("InvalidArgumentException", app.update, ApplicationConfigurationUpdate={
        "SqlApplicationConfigurationUpdate": {"InputUpdates": [{"InputId": "7.7", "NamePrefixUpdate": "X"}]}})
    assert described(app) == after


def test_new_code(sql_app):
    sql_app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": "SELECT 2;\n"}}})
    code = sql_app.configuration()["ApplicationCodeConfigurationDescription"]
    assert code == {"CodeContentType": "PLAINTEXT", "CodeContentDescription": {"TextContent": "SELECT 2;\n"}}


def test_what_a_sql_application_does_not_have(sql_app, fails):
    client, name = sql_app.client, sql_app.name
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    fails("InvalidArgumentException", client.add_application_vpc_configuration, ApplicationName=name,
          CurrentApplicationVersionId=1, VpcConfiguration=vpc)
    for update in ({"FlinkApplicationConfigurationUpdate": {"ParallelismConfigurationUpdate": {"ParallelismUpdate": 2}}},
                   {"EnvironmentPropertyUpdates": {"PropertyGroups": []}},
                   {"ApplicationSnapshotConfigurationUpdate": {"SnapshotsEnabledUpdate": True}}):
        assert "SQL-1_0" in fails("InvalidArgumentException", sql_app.update, ApplicationConfigurationUpdate=update)
    fails("InvalidArgumentException", sql_app.update, RuntimeEnvironmentUpdate="FLINK-1_20")
    assert "SQL-1_0" in fails("UnsupportedOperationException", sql_app.start)


@pytest.mark.parametrize("operation, arguments", [
    ("add_application_input", {"Input": INPUT}), ("add_application_output", {"Output": OUTPUT}),
    ("add_application_reference_data_source", {"ReferenceDataSource": REFERENCE}),
    ("add_application_input_processing_configuration", {"InputId": "1.1", "InputProcessingConfiguration": {
        "InputLambdaProcessor": {"ResourceARN": LAMBDA}}}),
    ("delete_application_input_processing_configuration", {"InputId": "1.1"}),
    ("delete_application_output", {"OutputId": "1.1"}), ("delete_application_reference_data_source", {"ReferenceId": "1.1"}),
])
def test_flink_applications_have_none_of_it(app, fails, operation, arguments):
    call = getattr(app.client, operation)
    fails("ResourceNotFoundException", call, ApplicationName=app.name, CurrentApplicationVersionId=1, **arguments)
    app.create()
    assert "SQL-1_0" in fails("InvalidArgumentException", call, ApplicationName=app.name, CurrentApplicationVersionId=1, **arguments)
    fails("ConcurrentModificationException", call, ApplicationName=app.name, CurrentApplicationVersionId=5, **arguments)
    assert app.detail()["ApplicationVersionId"] == 1


@pytest.mark.parametrize("member, value", [
    ("FlinkApplicationConfiguration", {}), ("EnvironmentProperties", {"PropertyGroups": []}),
    ("ApplicationSnapshotConfiguration", {"SnapshotsEnabled": False}), ("ZeppelinApplicationConfiguration", {}),
    ("VpcConfigurations", [{"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}])])
def test_create_refuses_what_sql_does_not_have(app, fails, member, value):
    message = fails("InvalidArgumentException", app.create, RuntimeEnvironment="SQL-1_0", ApplicationConfiguration={member: value})
    assert member in message and "SQL-1_0" in message
