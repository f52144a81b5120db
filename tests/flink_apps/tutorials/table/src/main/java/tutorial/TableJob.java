package tutorial;

import static org.apache.flink.table.api.Expressions.$;
import static org.apache.flink.table.api.Expressions.dateFormat;

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime;
import java.util.Properties;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** From a Kafka topic to partitioned JSON files on S3 by the Table API. */
public class TableJob {
  public static void main(String[] args) throws Exception {
    Properties properties = KinesisAnalyticsRuntime.getApplicationProperties().get("FlinkApplicationProperties");
    StreamTableEnvironment tables = StreamTableEnvironment.create(StreamExecutionEnvironment.getExecutionEnvironment());
    tables.executeSql(
        "CREATE TABLE stock_record (event_time TIMESTAMP, ticker STRING, price DOUBLE) WITH ("
            + "'connector' = 'kafka', 'topic' = '" + properties.getProperty("kafka-topic") + "', "
            + "'properties.bootstrap.servers' = '" + properties.getProperty("brokers") + "', "
            + "'properties.group.id' = 'tutorial', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset')");
    tables.executeSql(
        "CREATE TABLE sink_table (event_time TIMESTAMP, ticker STRING, price DOUBLE, dt STRING, hr STRING) "
            + "PARTITIONED BY (ticker, dt, hr) WITH ('connector' = 'filesystem', 'format' = 'json', "
            + "'sink.rolling-policy.rollover-interval' = '1 s', 'sink.rolling-policy.check-interval' = '1 s', "
            + "'path' = 's3a://" + properties.getProperty("s3Path") + "/tableapi')");
    tables
        .from("stock_record")
        .select(
            $("event_time"),
            $("ticker"),
            $("price"),
            dateFormat($("event_time"), "yyyy-MM-dd").as("dt"),
            dateFormat($("event_time"), "HH").as("hr"))
        .where($("price").isGreater(50))
        .executeInsert("sink_table");
  }
}
