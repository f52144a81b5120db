package tutorial;

import java.util.Properties;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.connector.kinesis.sink.KinesisStreamsSink;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;

/** From one Kinesis stream to another; everything stands in the code, and it names a region but no endpoint. */
public class BasicStreamingJob {
  public static void main(String[] args) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    Properties input = new Properties();
    input.setProperty("aws.region", "us-west-2");
    input.setProperty("flink.stream.initpos", "LATEST");
    Properties output = new Properties();
    output.setProperty("aws.region", "us-west-2");
    KinesisStreamsSink<String> sink =
        KinesisStreamsSink.<String>builder()
            .setKinesisClientProperties(output)
            .setSerializationSchema(new SimpleStringSchema())
            .setStreamName("ExampleOutputStream")
            .setPartitionKeyGenerator(element -> String.valueOf(element.hashCode()))
            .build();
    env.addSource(new FlinkKinesisConsumer<>("ExampleInputStream", new SimpleStringSchema(), input)).sinkTo(sink);
    env.execute("Getting started");
  }
}
