package tutorial;

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Properties;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.aws2.kinesis.KinesisIO;
import org.apache.beam.sdk.io.aws2.kinesis.KinesisPartitioner;
import org.apache.beam.sdk.io.aws2.kinesis.KinesisRecord;
import org.apache.beam.sdk.io.aws2.options.AwsOptions;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.PipelineOptionsValidator;
import org.apache.beam.sdk.options.Validation;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.kinesis.common.InitialPositionInStream;

/** A Beam pipeline on Beam's Flink runner: answers each "ping" of one stream with a "pong" on another. */
public class BasicBeamStreamingJob {
  private static final Logger LOG = LoggerFactory.getLogger(BasicBeamStreamingJob.class);

  /** Every property of the group BeamApplicationProperties is one of these. */
  public interface StreamingOptions extends FlinkPipelineOptions, AwsOptions {
    @Description("Stream to read")
    @Validation.Required
    String getInputStreamName();

    void setInputStreamName(String value);

    @Description("Stream to write")
    @Validation.Required
    String getOutputStreamName();

    void setOutputStreamName(String value);
  }

  static class Pong extends DoFn<KinesisRecord, byte[]> {
    @ProcessElement
    public void answer(@Element KinesisRecord record, OutputReceiver<byte[]> out) {
      String text = new String(record.getDataAsBytes(), StandardCharsets.UTF_8).trim();
      LOG.info("got {}", text);
      if (text.equalsIgnoreCase("ping")) {
        out.output("pong\n".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  static class ByContent implements KinesisPartitioner<byte[]> {
    @Override
    public String getPartitionKey(byte[] value) {
      return String.valueOf(Arrays.hashCode(value));
    }
  }

  public static void main(String[] args) throws Exception {
    Properties properties = KinesisAnalyticsRuntime.getApplicationProperties().get("BeamApplicationProperties");
    if (properties == null) {
      throw new IllegalStateException("there is no property group BeamApplicationProperties");
    }
    String[] asOptions = properties.stringPropertyNames().stream()
        .map(name -> "--" + name.substring(0, 1).toLowerCase() + name.substring(1) + "=" + properties.getProperty(name))
        .toArray(String[]::new);
    StreamingOptions options = PipelineOptionsFactory.fromArgs(asOptions).as(StreamingOptions.class);
    options.setRunner(FlinkRunner.class);
    options.setShutdownSourcesAfterIdleMs(Long.MAX_VALUE);
    PipelineOptionsValidator.validate(StreamingOptions.class, options);

    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply("KDS source", KinesisIO.read()
            .withStreamName(options.getInputStreamName())
            .withInitialPositionInStream(InitialPositionInStream.LATEST))
        .apply("Pong transform", ParDo.of(new Pong()))
        .apply("KDS sink", KinesisIO.<byte[]>write()
            .withStreamName(options.getOutputStreamName())
            .withSerializer(bytes -> bytes)
            .withPartitioner(new ByContent()));
    pipeline.run().waitUntilFinish();
  }
}
