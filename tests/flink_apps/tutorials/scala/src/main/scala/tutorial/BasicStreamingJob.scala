package tutorial

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime
import java.util.Properties
import org.apache.flink.api.common.serialization.SimpleStringSchema
import org.apache.flink.connector.kinesis.sink.KinesisStreamsSink
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer

/** From one Kinesis stream to another, in Scala on the API for Java. */
object BasicStreamingJob:
  private def properties(group: String): Properties = KinesisAnalyticsRuntime.getApplicationProperties.get(group)

  private def source: FlinkKinesisConsumer[String] =
    val input = properties("ConsumerConfigProperties")
    new FlinkKinesisConsumer[String](input.getProperty("stream.name", "ExampleInputStream"), new SimpleStringSchema, input)

  private def sink: KinesisStreamsSink[String] =
    val output = properties("ProducerConfigProperties")
    KinesisStreamsSink
      .builder[String]
      .setKinesisClientProperties(output)
      .setSerializationSchema(new SimpleStringSchema)
      .setStreamName(output.getProperty("stream.name", "ExampleOutputStream"))
      .setPartitionKeyGenerator((element: String) => String.valueOf(element.hashCode))
      .build

  def run(): Unit =
    val env = StreamExecutionEnvironment.getExecutionEnvironment
    env.addSource(source).map((element: String) => element.trim).returns(classOf[String]).sinkTo(sink)
    env.execute("Getting started in Scala")

@main def main(): Unit = BasicStreamingJob.run()
