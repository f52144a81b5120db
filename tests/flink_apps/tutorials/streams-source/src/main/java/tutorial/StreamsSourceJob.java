package tutorial;

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kinesis.sink.KinesisStreamsSink;
import org.apache.flink.connector.kinesis.source.KinesisStreamsSource;
import org.apache.flink.streaming.api.environment.LocalStreamEnvironment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From one Kinesis stream to another with the newer source; both are named by ARN in the runtime properties. */
public class StreamsSourceJob {
  private static final Logger LOG = LoggerFactory.getLogger(StreamsSourceJob.class);

  public static void main(String[] args) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    if (env instanceof LocalStreamEnvironment) {
      throw new IllegalStateException("a local environment: the program believes to be on a developer's machine");
    }
    Map<String, Properties> groups = KinesisAnalyticsRuntime.getApplicationProperties();
    LOG.info("Application properties: {}", groups);
    Properties input = groups.get("InputStream0");
    Properties output = groups.get("OutputStream0");
    Configuration configuration = new Configuration();
    input.stringPropertyNames().forEach(name -> configuration.setString(name, input.getProperty(name)));
    KinesisStreamsSource<String> source =
        KinesisStreamsSource.<String>builder()
            .setStreamArn(input.getProperty("stream.arn"))
            .setSourceConfig(configuration)
            .setDeserializationSchema(new SimpleStringSchema())
            .build();
    KinesisStreamsSink<String> sink =
        KinesisStreamsSink.<String>builder()
            .setStreamArn(output.getProperty("stream.arn"))
            .setKinesisClientProperties(output)
            .setSerializationSchema(new SimpleStringSchema())
            .setPartitionKeyGenerator(element -> String.valueOf(element.hashCode()))
            .build();
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "Kinesis source").returns(String.class).sinkTo(sink);
    env.execute("Streams source");
  }
}
