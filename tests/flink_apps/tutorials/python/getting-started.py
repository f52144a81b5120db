"""From one Kinesis stream to another by SQL, configured by runtime properties."""
import json
import os

from pyflink.table import EnvironmentSettings, TableEnvironment

PROPERTIES = "application_properties.json" if os.environ.get("IS_LOCAL") else "/etc/flink/application_properties.json"


def group(groups, name):
    return next(one["PropertyMap"] for one in groups if one["PropertyGroupId"] == name)


def create_table(name, stream, region, initial_position=None):
    position = f"'scan.stream.initpos' = '{initial_position}'," if initial_position else ""
    return f"""CREATE TABLE {name} (
        ticker VARCHAR(6),
        price DOUBLE,
        event_time TIMESTAMP(3),
        WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
      ) PARTITIONED BY (ticker) WITH (
        'connector' = 'kinesis',
        'stream' = '{stream}',
        'aws.region' = '{region}',
        {position}
        'format' = 'json',
        'json.timestamp-format.standard' = 'ISO-8601'
      )"""


def main():
    with open(PROPERTIES) as file:
        groups = json.load(file)
    source, sink = group(groups, "consumer.config.0"), group(groups, "producer.config.0")
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    tables.execute_sql(create_table("ExampleInputStream", source["input.stream.name"], source["aws.region"],
                                    source["scan.stream.initpos"]))
    tables.execute_sql(create_table("ExampleOutputStream", sink["output.stream.name"], sink["aws.region"]))
    result = tables.execute_sql("INSERT INTO ExampleOutputStream SELECT * FROM ExampleInputStream")
    print(result.get_job_client().get_job_status())


if __name__ == "__main__":
    main()
