#include "service/runner/flink_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <charconv>

namespace sluice::service {
namespace {

/// Names that Flink has changed: up to which version the old one is written, though newer ones may know it still.
struct Renamed {
  const char* name;
  const char* old_name;
  FlinkVersion last;
};
constexpr Renamed kRenamed[] = {
    {"execution.checkpointing.num-retained", "state.checkpoints.num-retained", {1, 19}},
    {"execution.checkpointing.data-inline-threshold", "state.storage.fs.memory-threshold", {1, 19}},
    {"execution.checkpointing.dir", "state.checkpoints.dir", {1, 19}},
    {"execution.checkpointing.savepoint-dir", "state.savepoints.dir", {1, 19}},
    {"execution.checkpointing.incremental", "state.backend.incremental", {1, 19}},
    {"execution.state-recovery.path", "execution.savepoint.path", {1, 19}},
    {"execution.state-recovery.ignore-unclaimed-state", "execution.savepoint.ignore-unclaimed-state", {1, 19}},
    {"execution.state-recovery.from-local", "state.backend.local-recovery", {1, 19}},
    {"state.backend.type", "state.backend", {1, 18}},
    {"restart-strategy.type", "restart-strategy", {1, 18}},
};

constexpr int64_t kSmallestHeap = 128;

Result<double> ReadFraction(const std::string& key, const std::string& text) {
  double value = -1;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc() && end == text.data() + text.size() && value >= 0 && value < 1) return value;
  return Error(ErrorCode::kInvalidArgument, fmt::format("{} is a number from 0 to below 1, not '{}'", key, text));
}

/// The owner's size, or the owner's fraction of `all`, or `otherwise`.
Result<int64_t> Part(const FlinkOptionMap& options, const std::string& size_key, const std::string& fraction_key,
                     int64_t all, int64_t otherwise) {
  if (auto size = options.find(size_key); size != options.end()) {
    auto parsed = ParseMemoryMib(size->second);
    if (!parsed.ok()) return parsed.error().WithContext(size_key);
    return *parsed;
  }
  auto fraction = options.find(fraction_key);
  if (fraction == options.end()) return otherwise;
  SLUICE_ASSIGN_OR_RETURN(const double value, ReadFraction(fraction_key, fraction->second));
  return static_cast<int64_t>(value * static_cast<double>(all));
}

/// An owner may write a name that Flink has changed since.
std::string NewestName(const std::string& key) {
  for (const Renamed& one : kRenamed) {
    if (key == one.old_name) return one.name;
  }
  return key;
}

std::string Mib(int64_t mib) { return fmt::format("{}m", mib); }

/// For a properties file of log4j and one of its patterns: what must not be taken for something else there.
std::string InPattern(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '%') out += '%';
    if (c == '\\') out += "\\\\";
    if (c == '{' || c == '}' || c == '$' || c == '"' || c == '\n') continue;
    out += c;
  }
  return out;
}

}  // namespace

TaskManagerPlan PlanTaskManagers(int parallelism, int parallelism_per_kpu, const FlinkLimits& limits) {
  const auto up = [](int a, int b) { return (a + b - 1) / b; };
  const int per_kpu = std::max(1, parallelism_per_kpu);
  const int kpus = up(std::max(1, parallelism), per_kpu);
  TaskManagerPlan out;
  out.kpus = up(kpus, std::max(1, limits.most_task_managers));
  out.count = up(kpus, out.kpus);
  out.slots = out.kpus * per_kpu;
  out.mib = out.kpus * limits.mib_per_kpu;
  return out;
}

Result<int64_t> ParseMemoryMib(const std::string& text) {
  int64_t number = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit;
  for (const char* c = end; c < text.data() + text.size(); ++c) {
    if (*c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  }
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"", 1},
                                                             {"b", 1},
                                                             {"bytes", 1},
                                                             {"k", 1 << 10},
                                                             {"kb", 1 << 10},
                                                             {"kibibytes", 1 << 10},
                                                             {"m", 1 << 20},
                                                             {"mb", 1 << 20},
                                                             {"mib", 1 << 20},
                                                             {"mebibytes", 1 << 20},
                                                             {"g", 1 << 30},
                                                             {"gb", 1 << 30},
                                                             {"gibibytes", 1 << 30}};
  for (const auto& [name, bytes] : kUnits) {
    if (ec == std::errc() && number >= 0 && number <= (int64_t{1} << 32) && unit == name) return number * bytes >> 20;
  }
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no memory size such as 512m or 1 gb", text));
}

Result<TaskManagerMemory> SplitMemory(int64_t mib, const FlinkOptionMap& own) {
  TaskManagerMemory out;
  // In 64ths of the whole. A quarter of a KPU is for native code: RocksDB, network buffers, class metadata, the JVM.
  const auto share = [&](int64_t parts, int64_t least, int64_t most) {
    return std::clamp(mib * parts / 64, least, most);
  };
  SLUICE_ASSIGN_OR_RETURN(out.metaspace, Part(own, "taskmanager.memory.jvm-metaspace.size", "", 0, share(4, 192, 256)));
  out.overhead = share(2, 64, 1024);
  const int64_t flink = mib - out.metaspace - out.overhead;
  SLUICE_ASSIGN_OR_RETURN(out.network, Part(own, "taskmanager.memory.network.max",
                                            "taskmanager.memory.network.fraction", flink, share(4, 64, 1024)));
  SLUICE_ASSIGN_OR_RETURN(out.managed, Part(own, "taskmanager.memory.managed.size",
                                            "taskmanager.memory.managed.fraction", flink, share(4, 64, mib)));
  SLUICE_ASSIGN_OR_RETURN(out.task_off_heap, Part(own, "taskmanager.memory.task.off-heap.size", "", 0, 0));
  out.framework_off_heap = 128;  // of which batch jobs read shuffled data with 64
  const int64_t heap = flink - out.network - out.managed - out.task_off_heap - out.framework_off_heap;
  if (heap < kSmallestHeap) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("a TaskManager of {} MiB has {} MiB for its heap, and needs {}: metaspace {}, network {}, "
                    "managed {}, task off-heap {}, framework off-heap {}, overhead {}. Give it smaller ones in "
                    "the property group sluice.flink.options, or more KPUs",
                    mib, heap, kSmallestHeap, out.metaspace, out.network, out.managed, out.task_off_heap,
                    out.framework_off_heap, out.overhead));
  }
  out.framework_heap = std::min<int64_t>(128, heap / 4);
  out.task_heap = heap - out.framework_heap;
  return out;
}

std::string SpellOption(const std::string& key, FlinkVersion version) {
  for (const Renamed& one : kRenamed) {
    if (key == one.name && version <= one.last) return one.old_name;
  }
  return key;
}

FlinkOptionMap ClusterConfiguration(const JobSpec& spec, FlinkVersion version, const FlinkPlaces& places,
                                    const FlinkPorts& ports, const TaskManagerPlan& plan,
                                    const TaskManagerMemory& memory, const FlinkOptionMap& view) {
  const std::string loopback = "127.0.0.1";
  FlinkOptionMap options = {
      {"state.backend.type", "rocksdb"},
      {"execution.checkpointing.incremental", "true"},
      {"state.backend.rocksdb.ttl.compaction.filter.enabled", "true"},
      {"execution.state-recovery.from-local", "true"},
      {"rest.flamegraph.enabled", "true"},
      {"heartbeat.interval", "3000"},
      {"taskmanager.jvm-exit-on-oom", "true"},
  };
  const auto put = [&](const FlinkOptionMap& more) {
    for (const auto& [key, value] : more) options[NewestName(key)] = value;
  };
  put(spec.configuration);
  put(view);
  put(spec.own_options);
  // What follows is the service's own: it finds the cluster, its state and its memory by it.
  options["parallelism.default"] = std::to_string(spec.parallelism);
  // Checkpoints go when their job is not wanted any more, not with the JobManager.
  options["execution.checkpointing.externalized-checkpoint-retention"] = "RETAIN_ON_CANCELLATION";
  options["execution.checkpointing.dir"] = "file://" + places.checkpoints;
  options["execution.checkpointing.savepoint-dir"] = "file://" + places.savepoints;
  options["jobmanager.rpc.address"] = loopback;
  options["jobmanager.rpc.port"] = std::to_string(ports.rpc);
  options["jobmanager.bind-host"] = loopback;
  options["rest.address"] = loopback;
  options["rest.bind-address"] = loopback;
  options["rest.port"] = std::to_string(ports.rest);
  options["rest.bind-port"] = std::to_string(ports.rest);
  options["taskmanager.host"] = loopback;
  options["taskmanager.bind-host"] = loopback;
  options["taskmanager.numberOfTaskSlots"] = std::to_string(plan.slots);
  options["taskmanager.cpu.cores"] = std::to_string(plan.kpus);
  options["taskmanager.memory.framework.heap.size"] = Mib(memory.framework_heap);
  options["taskmanager.memory.task.heap.size"] = Mib(memory.task_heap);
  options["taskmanager.memory.framework.off-heap.size"] = Mib(memory.framework_off_heap);
  options["taskmanager.memory.task.off-heap.size"] = Mib(memory.task_off_heap);
  options["taskmanager.memory.network.min"] = Mib(memory.network);
  options["taskmanager.memory.network.max"] = Mib(memory.network);
  options["taskmanager.memory.managed.size"] = Mib(memory.managed);
  options["taskmanager.memory.jvm-metaspace.size"] = Mib(memory.metaspace);
  options["taskmanager.memory.jvm-overhead.min"] = Mib(memory.overhead);
  options["taskmanager.memory.jvm-overhead.max"] = Mib(memory.overhead);
  options["io.tmp.dirs"] = places.folder + "/tmp";
  options["web.tmpdir"] = places.folder + "/web";
  options["web.upload.dir"] = places.folder + "/web";
  options["web.cancel.enable"] = "false";
  options["cluster.evenly-spread-out-slots"] = "true";
  FlinkOptionMap spelled;
  for (const auto& [key, value] : options) spelled[SpellOption(key, version)] = value;
  for (const char* fraction : {"taskmanager.memory.managed.fraction", "taskmanager.memory.network.fraction",
                               "taskmanager.network.memory.fraction", "taskmanager.memory.jvm-overhead.fraction"}) {
    spelled.erase(fraction);  // they are in the sizes
  }
  return spelled;
}

std::string ConfigurationFileName(FlinkVersion version) {
  return version < FlinkVersion{1, 19} ? "flink-conf.yaml" : "config.yaml";
}

std::string ConfigurationText(const FlinkOptionMap& options, FlinkVersion version) {
  const bool yaml = version >= FlinkVersion{1, 19};
  std::string out;
  for (const auto& [key, value] : options) {
    std::string line = value;
    // The older reader takes what stands behind ": " as it is, up to the end of the line or a '#'.
    std::replace(line.begin(), line.end(), '\n', ' ');
    out += yaml ? fmt::format("{}: {}\n", key, boost::json::serialize(boost::json::string(value)))
                : fmt::format("{}: {}\n", key, line);
  }
  return out;
}

std::vector<std::string> ModuleOptions(int java_version) {
  if (java_version < 9) return {};
  std::vector<std::string> out;
  for (const char* package : {"java.base/sun.net.util", "java.rmi/sun.rmi.registry",
                              "java.security.jgss/sun.security.krb5", "jdk.compiler/com.sun.tools.javac.api",
                              "jdk.compiler/com.sun.tools.javac.file", "jdk.compiler/com.sun.tools.javac.parser",
                              "jdk.compiler/com.sun.tools.javac.tree", "jdk.compiler/com.sun.tools.javac.util"}) {
    out.push_back(fmt::format("--add-exports={}=ALL-UNNAMED", package));
  }
  for (const char* package :
       {"java.lang", "java.net", "java.io", "java.nio", "sun.nio.ch", "java.lang.reflect", "java.text", "java.time",
        "java.util", "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks"}) {
    out.push_back(fmt::format("--add-opens=java.base/{}=ALL-UNNAMED", package));
  }
  return out;
}

std::string LogConfigurationText(const JobSpec& spec, const std::string& log_file) {
  // A value in JSON: %enc escapes it, and of an exception's text each line becomes one element. A backslash is doubled
  // once for the properties file.
  const std::string exception =
      R"(%notEmpty{,"throwableInformation":["%replace{%enc{%xEx}{JSON}}{(?<!\\\\)((?:\\\\\\\\)*)\\\\n}{$1","}"]})";
  const std::string pattern =
      R"({"timestamp":"%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC}","locationInformation":"%enc{%l}{JSON}",)"
      R"("logger":"%enc{%c}{JSON}","message":"%enc{%m}{JSON}","threadName":"%enc{%t}{JSON}",)"
      R"("applicationARN":")" +
      InPattern(spec.arn) + R"(","applicationVersionId":")" + std::to_string(spec.version) +
      R"(","messageSchemaVersion":"1","messageType":"%p")" + exception + "}%n";
  const std::string level = spec.log_level.empty() ? "INFO" : spec.log_level;
  return fmt::format(
      "status = error\n"
      "monitorInterval = 0\n"
      "rootLogger.level = {}\n"
      "rootLogger.appenderRef.file.ref = File\n"
      "appender.file.name = File\n"
      "appender.file.type = File\n"
      "appender.file.fileName = {}\n"
      "appender.file.append = true\n"
      "appender.file.bufferSize = 262144\n"
      "appender.file.layout.type = PatternLayout\n"
      "appender.file.layout.charset = UTF-8\n"
      "appender.file.layout.alwaysWriteExceptions = false\n"
      "appender.file.layout.pattern = {}\n"
      // Whatever the level, these say nothing for an application's owner.
      "logger.netty.name = org.apache.flink.shaded.netty4.io.netty\n"
      "logger.netty.level = OFF\n"
      "logger.pekko.name = org.apache.pekko\n"
      "logger.pekko.level = WARN\n"
      "logger.akka.name = akka\n"
      "logger.akka.level = WARN\n"
      "logger.run.name = org.apache.flink.runtime.webmonitor.handlers.JarRunHandler\n"
      "logger.run.level = ERROR\n",
      level, log_file, pattern);
}

}  // namespace sluice::service
