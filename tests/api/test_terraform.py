"""Terraform with its aws provider, where both are there (no network is used): create, plan again without a difference, change
in place, restore from a snapshot, import, destroy. SLUICE_TERRAFORM_PLUGINS names a folder of providers (a filesystem mirror) if it is
in no usual place. Each call of Terraform costs some ten seconds of processor time: only the first test always runs, the others
with SLUICE_TERRAFORM=all (`make terraform`)."""
import glob
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import local_stack
from conftest import BUCKET, ROLE

BINARY = shutil.which("terraform") or shutil.which("tofu")
PLACES = [os.environ.get("SLUICE_TERRAFORM_PLUGINS", ""), str(Path.home() / ".terraform.d/plugins"),
          "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", *sorted(glob.glob("/opt/*"))]
MIRROR = next((place for place in PLACES if place and glob.glob(f"{place}/*/hashicorp/aws/*")), None)

# Deselected by conftest.py, not skipped: a skipped test is no passed one.
pytestmark = pytest.mark.only_if(BINARY is not None and MIRROR is not None, "there is no terraform with an aws provider")
thorough = pytest.mark.only_if(os.environ.get("SLUICE_TERRAFORM") == "all", "SLUICE_TERRAFORM=all runs it")

PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "a"
  secret_key                  = "b"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    kinesisanalyticsv2 = "%s"
  }
}
"""
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
LOG = "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s"


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """One `init` for all tests: an installed provider is shared by linking its folder."""
    folder = tmp_path_factory.mktemp("terraform")
    (folder / "rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
    (folder / "main.tf").write_text(PROVIDER % "http://127.0.0.1:1")
    run(folder, folder, "init", "-input=false")
    return folder


def run(plugins, folder, *arguments, expect=(0,)):
    environment = {**local_stack.aws_environment(""), "TF_CLI_CONFIG_FILE": str(plugins / "rc"), "CHECKPOINT_DISABLE": "1",
                   "TF_IN_AUTOMATION": "1"}
    del environment["AWS_ENDPOINT_URL_S3"], environment["AWS_ENDPOINT_URL_KINESIS"]
    done = subprocess.run([BINARY, *arguments, "-no-color"], cwd=folder, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode in expect, done.stdout + done.stderr
    return done.stdout


class Terraform:
    def __init__(self, plugins, folder, app):
        self.plugins, self.folder, self.app = plugins, folder, app
        (folder / ".terraform").symlink_to(plugins / ".terraform")
        shutil.copy(plugins / ".terraform.lock.hcl", folder)

    def apply(self, body, runtime="FLINK-1_20", more=""):
        """Applies the resource and checks that planning again shows no difference; returns the resource's attributes."""
        (self.folder / "main.tf").write_text(PROVIDER % self.app.service.url + f"""
resource "aws_kinesisanalyticsv2_application" "test" {{
  name                   = "{self.app.name}"
  runtime_environment    = "{runtime}"
  service_execution_role = "{ROLE}"
  {body}
}}
{more}
""")
        run(self.plugins, self.folder, "apply", "-auto-approve", "-input=false")
        plan = run(self.plugins, self.folder, "plan", "-detailed-exitcode", "-input=false", expect=(0, 2))
        assert "No changes." in plan, plan
        return self.attributes()

    def attributes(self):
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        return next(r for r in state["resources"] if r["type"] == "aws_kinesisanalyticsv2_application")["instances"][0]["attributes"]

    def destroy(self):
        run(self.plugins, self.folder, "destroy", "-auto-approve", "-input=false")


@pytest.fixture
def terraform(plugins, tmp_path, app):
    return Terraform(plugins, tmp_path, app)


def test_nothing_but_the_runtime(terraform):
    """What the provider's own acceptance test expects of AWS."""
    state = terraform.apply("")
    configuration = state["application_configuration"][0]
    assert configuration["application_snapshot_configuration"] == [{"snapshots_enabled": True}]
    assert configuration["run_configuration"] == [] and configuration["vpc_configuration"] == []
    assert configuration["flink_application_configuration"][0]["parallelism_configuration"] == [
        {"auto_scaling_enabled": True, "configuration_type": "DEFAULT", "parallelism": 1, "parallelism_per_kpu": 1}]
    assert (state["status"], state["version_id"], state["application_mode"]) == ("READY", 1, "STREAMING")


@thorough
def test_another_runtime(terraform, app, fails):
    terraform.apply("", runtime="FLINK-1_18")
    created = app.detail()["CreateTimestamp"]
    state = terraform.apply("", runtime="FLINK-1_20")
    assert (state["runtime_environment"], state["version_id"]) == ("FLINK-1_20", 2)
    assert app.detail()["CreateTimestamp"] == created, "changed in place"
    terraform.destroy()
    fails("ResourceNotFoundException", app.detail)


FLINK = """
  start_application = {start}
  force_stop        = true
  cloudwatch_logging_options {{
    log_stream_arn = "{log}"
  }}
  tags = {{ team = "{team}" }}
  application_configuration {{
    application_code_configuration {{
      code_content_type = "ZIPFILE"
      code_content {{
        s3_content_location {{
          bucket_arn = "arn:aws:s3:::{bucket}"
          file_key   = "{key}"
        }}
      }}
    }}
    application_snapshot_configuration {{
      snapshots_enabled = {snapshots}
    }}
    environment_properties {{
      property_group {{
        property_group_id = "one"
        property_map      = {{ a = "{value}", b = "2" }}
      }}
      property_group {{
        property_group_id = "two"
        property_map      = {{ c = "3" }}
      }}
    }}
    flink_application_configuration {{
      checkpoint_configuration {{
        configuration_type            = "CUSTOM"
        checkpointing_enabled         = true
        checkpoint_interval           = 30000
        min_pause_between_checkpoints = 10000
      }}
      monitoring_configuration {{
        configuration_type = "CUSTOM"
        log_level          = "DEBUG"
        metrics_level      = "TASK"
      }}
      parallelism_configuration {{
        auto_scaling_enabled = false
        configuration_type   = "CUSTOM"
        parallelism          = {parallelism}
        parallelism_per_kpu  = 4
      }}
    }}
    {vpc}
    {run}
  }}
"""
VPC = """vpc_configuration {
      security_group_ids = ["sg-1", "sg-2"]
      subnet_ids         = ["subnet-1", "%s"]
    }"""


@thorough
def test_a_flink_application_that_runs_and_is_changed(terraform, app, s3, fails):
    for key in ("one.sql", "two.sql"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"SELECT 1;")
    values = dict(start="true", log=LOG, team="a", bucket=BUCKET, key="one.sql", value="1", parallelism=2, vpc=VPC % "subnet-2",
                  snapshots="false", run="")
    state = terraform.apply(FLINK.format(**values))
    assert (state["status"], state["version_id"], state["tags"]) == ("RUNNING", 1, {"team": "a"})
    assert state["application_configuration"][0]["run_configuration"][0]["application_restore_configuration"][0][
        "application_restore_type"] == "RESTORE_FROM_LATEST_SNAPSHOT"
    assert state["application_configuration"][0]["vpc_configuration"][0]["vpc_configuration_id"] == "1.1"
    created = app.detail()["CreateTimestamp"]
    values.update(log=LOG + "2", team="b", key="two.sql", value="7", parallelism=3, vpc=VPC % "subnet-3")
    state = terraform.apply(FLINK.format(**values))
    assert (state["status"], state["tags"]) == ("RUNNING", {"team": "b"})
    detail = app.detail()
    assert detail["CreateTimestamp"] == created and detail["ApplicationVersionId"] == 2
    assert detail["CloudWatchLoggingOptionDescriptions"] == [{"CloudWatchLoggingOptionId": "1.1", "LogStreamARN": LOG + "2"}]
    values.update(vpc="", start="false")
    state = terraform.apply(FLINK.format(**values))
    assert state["status"] == "READY" and state["application_configuration"][0]["vpc_configuration"] == []
    run(terraform.plugins, terraform.folder, "state", "rm", "aws_kinesisanalyticsv2_application.test")
    run(terraform.plugins, terraform.folder, "import", "-input=false", "aws_kinesisanalyticsv2_application.test", app.arn())
    assert terraform.attributes()["version_id"] == state["version_id"]
    terraform.destroy()
    fails("ResourceNotFoundException", app.detail)


SNAPSHOT = """
resource "aws_kinesisanalyticsv2_application_snapshot" "test" {
  application_name = aws_kinesisanalyticsv2_application.test.name
  snapshot_name    = "before-the-change"
}
"""
RESTORE = """run_configuration {
      application_restore_configuration {
        application_restore_type = "RESTORE_FROM_CUSTOM_SNAPSHOT"
        snapshot_name            = "before-the-change"
      }
      flink_run_configuration {
        allow_non_restored_state = true
      }
    }"""


@thorough
def test_a_snapshot_and_back_to_it(terraform, app, s3, fails):
    s3.put_object(Bucket=BUCKET, Key="one.sql", Body=b"SELECT 1;")
    values = dict(start="true", log=LOG, team="a", bucket=BUCKET, key="one.sql", value="1", parallelism=1, vpc="", snapshots="true", run="")
    terraform.apply(FLINK.format(**values), more=SNAPSHOT)
    snapshot = app.client.describe_application_snapshot(ApplicationName=app.name, SnapshotName="before-the-change")["SnapshotDetails"]
    assert (snapshot["SnapshotStatus"], snapshot["ApplicationVersionId"]) == ("READY", 1)
    values.update(run=RESTORE)
    state = terraform.apply(FLINK.format(**values), more=SNAPSHOT)
    assert state["status"] == "RUNNING"
    assert state["application_configuration"][0]["run_configuration"] == [{
        "application_restore_configuration": [{"application_restore_type": "RESTORE_FROM_CUSTOM_SNAPSHOT", "snapshot_name": "before-the-change"}],
        "flink_run_configuration": [{"allow_non_restored_state": True}]}]
    terraform.destroy()
    fails("ResourceNotFoundException", app.detail)


SQL = """
  application_configuration {{
    application_code_configuration {{
      code_content_type = "PLAINTEXT"
      code_content {{
        text_content = "SELECT {code};\\n"
      }}
    }}
    sql_application_configuration {{
      input {{
        name_prefix = "IN_{code}"
        {count}
        input_schema {{
          record_column {{
            name     = "C"
            sql_type = "INTEGER"
            mapping  = "MAPPING-1"
          }}
          record_encoding = "UTF-8"
          record_format {{
            record_format_type = "JSON"
            mapping_parameters {{
              json_mapping_parameters {{
                record_row_path = "$"
              }}
            }}
          }}
        }}
        {source} {{
          resource_arn = "{stream}"
        }}
        {processing}
      }}
      {outputs}
      {reference}
    }}
  }}
"""
OUTPUT = """output {
        name = "%s"
        destination_schema {
          record_format_type = "JSON"
        }
        %s {
          resource_arn = "%s"
        }
      }
"""
REFERENCE = """reference_data_source {
        table_name = "T"
        reference_schema {
          record_column {
            name     = "C"
            sql_type = "INTEGER"
          }
          record_format {
            record_format_type = "CSV"
            mapping_parameters {
              csv_mapping_parameters {
                record_column_delimiter = ","
                record_row_delimiter    = "|"
              }
            }
          }
        }
        s3_reference_data_source {
          bucket_arn = "arn:aws:s3:::b"
          file_key   = "k"
        }
      }"""
PROCESSING = """input_processing_configuration {
          input_lambda_processor {
            resource_arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
          }
        }"""


@thorough
def test_a_sql_application(terraform, app, fails):
    values = dict(code=1, count="", source="kinesis_firehose_input", stream="arn:aws:firehose:us-east-1:123456789012:deliverystream/d",
                  processing="", outputs="", reference="")
    state = terraform.apply(SQL.format(**values), runtime="SQL-1_0")
    source = state["application_configuration"][0]["sql_application_configuration"][0]["input"][0]
    assert (source["input_id"], source["in_app_stream_names"]) == ("1.1", ["IN_1_001"])
    assert source["input_parallelism"] == [{"count": 1}]
    assert source["input_starting_position_configuration"] == [{"input_starting_position": ""}]
    outputs = OUTPUT % ("O1", "kinesis_streams_output", STREAM) + OUTPUT % ("O2", "lambda_output", "arn:aws:lambda:us-east-1:123456789012:function:f")
    values.update(code=2, count="input_parallelism {\n count = 42\n }", source="kinesis_streams_input", stream=STREAM,
                  processing=PROCESSING, outputs=outputs, reference=REFERENCE)
    state = terraform.apply(SQL.format(**values), runtime="SQL-1_0")
    sql = state["application_configuration"][0]["sql_application_configuration"][0]
    assert len(sql["input"][0]["in_app_stream_names"]) == 42 and len(sql["output"]) == 2
    assert sql["reference_data_source"][0]["reference_id"]
    values.update(processing="", reference="", outputs=OUTPUT % ("O1", "kinesis_streams_output", STREAM + "2"))
    state = terraform.apply(SQL.format(**values), runtime="SQL-1_0")
    sql = state["application_configuration"][0]["sql_application_configuration"][0]
    assert sql["reference_data_source"] == [] and sql["input"][0]["input_processing_configuration"] == []
    assert [o["kinesis_streams_output"][0]["resource_arn"] for o in sql["output"]] == [STREAM + "2"]
    terraform.destroy()
    fails("ResourceNotFoundException", app.detail)
