import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.*;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.*;

/**
 * Runs one script on Apache Flink in this process: FlinkRun SCRIPT KEY=VALUE... Statements end with ";" at the end of a
 * line. Prints the wall seconds of the last statement's job, from its submission to its end, and the CPU seconds that the
 * process took meanwhile (compilation of the query included, the start of the JVM not).
 */
public class FlinkRun {
  public static void main(String[] args) throws Exception {
    Configuration settings = new Configuration();
    for (String pair : List.of(args).subList(1, args.length)) {
      settings.setString(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    TableEnvironment env = TableEnvironment.create(EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings).build());
    List<String> statements = Arrays.stream(Files.readString(Path.of(args[0])).split(";\\s*\n"))
        .map(String::strip).filter(s -> !s.isEmpty()).collect(Collectors.toList());
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    for (int i = 0; i < statements.size(); i++) {
      long wall = System.nanoTime(), cpu = system.getProcessCpuTime();
      TableResult result = env.executeSql(statements.get(i));
      if (i + 1 == statements.size()) {
        result.await();
        System.out.printf(Locale.ROOT, "job %.3f %.3f%n", (System.nanoTime() - wall) / 1e9, (system.getProcessCpuTime() - cpu) / 1e9);
      }
    }
    System.exit(0);
  }
}
