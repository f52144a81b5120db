import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts slowly for ever, so that tests can see what becomes of its state. The property group Test, or arguments in the form
 * key=value (on clusters that do not see the property groups), has: folder, where it
 * writes "starts" (a line for each start of the task, with the count it starts from) and "count" (the newest count);
 * mode: run, fail-main, slow-main, fail-task (after some records, each time). Its counter TotalNumbers is one of those that
 * the managed service publishes; Unpublished is not.
 */
public class Lifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

  public static void main(String[] args) throws Exception {
    Properties properties = properties(args);
    String mode = properties.getProperty("mode", "run");
    String folder = properties.getProperty("folder");
    LOG.info("main began in mode {} with {} arguments: {}", mode, args.length, String.join(",", args));
    if (mode.equals("fail-main")) {
      throw new IllegalArgumentException("this program was told to fail");
    }
    if (mode.equals("slow-main")) {
      Thread.sleep(600_000);
    }
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    boolean fails = mode.equals("fail-task");
    env.fromSource(new NumberSequenceSource(0, Long.MAX_VALUE / 2), WatermarkStrategy.noWatermarks(), "numbers")
        .uid("numbers")
        .map(number -> {
          Thread.sleep(5);
          return number;
        })
        .returns(Long.class)
        .uid("slowly")
        .keyBy(number -> 0)
        .process(new Count(folder, fails))
        .uid("count")
        .name("count")
        .print()
        .uid("print");
    env.execute("lifecycle");
  }

  private static Properties properties(String[] args) throws Exception {
    Properties properties = new Properties();
    for (String arg : args) {
      String[] parts = arg.split("=", 2);
      if (parts.length == 2) {
        properties.setProperty(parts[0], parts[1]);
      }
    }
    if (!properties.isEmpty()) {
      return properties;
    }
    properties = KinesisAnalyticsRuntime.getApplicationProperties().get("Test");
    if (properties == null) {
      throw new IllegalStateException("there is no property group Test");
    }
    return properties;
  }

  static class Count extends KeyedProcessFunction<Integer, Long, Long> {
    private final String folder;
    private final boolean fails;
    private transient boolean started;
    private transient int seen;
    private transient Counter published;
    private transient Counter unpublished;

    Count(String folder, boolean fails) {
      this.folder = folder;
      this.fails = fails;
    }

    @Override
    public void processElement(Long number, Context context, Collector<Long> out) throws Exception {
      ValueState<Long> state = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Long.class));
      long count = state.value() == null ? 0 : state.value();
      if (!started) {
        started = true;
        Files.write(Path.of(folder, "starts"), (count + "\n").getBytes(StandardCharsets.UTF_8),
            StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        LOG.info("the task starts from \"{}\"\\", count);
      }
      if (published == null) {
        published = getRuntimeContext().getMetricGroup().addGroup("KinesisAnalytics").addGroup("Program", "Lifecycle").counter("TotalNumbers");
        unpublished = getRuntimeContext().getMetricGroup().addGroup("Program", "Lifecycle").counter("Unpublished");
      }
      published.inc();
      unpublished.inc();
      state.update(++count);
      if (fails && ++seen == 20) {
        throw new IllegalStateException("the task was told to fail");
      }
      if (count % 20 == 0) {
        Path next = Path.of(folder, "count.next");
        Files.write(next, Long.toString(count).getBytes(StandardCharsets.UTF_8));
        Files.move(next, Path.of(folder, "count"), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        out.collect(count);
      }
    }
  }
}
