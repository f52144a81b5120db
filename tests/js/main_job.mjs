// The main job with the AWS SDK for JavaScript v3: node main_job.mjs start|stop URL NAME BUCKET KEY ROLE
import {
  CreateApplicationCommand,
  DeleteApplicationCommand,
  DescribeApplicationCommand,
  KinesisAnalyticsV2Client,
  StartApplicationCommand,
  StopApplicationCommand,
} from "@aws-sdk/client-kinesis-analytics-v2";

const [step, endpoint, name, bucket, key, role] = process.argv.slice(2);
const client = new KinesisAnalyticsV2Client({ endpoint, maxAttempts: 1 });

const describe = async () =>
  (await client.send(new DescribeApplicationCommand({ ApplicationName: name }))).ApplicationDetail;

async function waitFor(status) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const detail = await describe();
    if (detail.ApplicationStatus === status) return detail;
    if (Date.now() > deadline) throw new Error(`still ${detail.ApplicationStatus}, not ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function start() {
  await client.send(
    new CreateApplicationCommand({
      ApplicationName: name,
      RuntimeEnvironment: "FLINK-2_3",
      ServiceExecutionRole: role,
      ApplicationConfiguration: {
        ApplicationCodeConfiguration: {
          CodeContentType: "PLAINTEXT",
          CodeContent: { S3ContentLocation: { BucketARN: `arn:aws:s3:::${bucket}`, FileKey: key } },
        },
      },
    }),
  );
  await client.send(new StartApplicationCommand({ ApplicationName: name, RunConfiguration: {} }));
  return { status: (await waitFor("RUNNING")).ApplicationStatus };
}

async function stop() {
  await client.send(new StopApplicationCommand({ ApplicationName: name }));
  const detail = await waitFor("READY");
  let unknown = "no error";
  try {
    await client.send(new DescribeApplicationCommand({ ApplicationName: "no-such" }));
  } catch (error) {
    unknown = error.name;
  }
  await client.send(new DeleteApplicationCommand({ ApplicationName: name, CreateTimestamp: detail.CreateTimestamp }));
  return { status: detail.ApplicationStatus, unknown, deleted: true };
}

console.log(JSON.stringify(await (step === "start" ? start() : stop())));
