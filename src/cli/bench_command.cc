// sluice bench: how many Nexmark events a second the engine takes from JSON files into nothing, by query.
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "cli/command.h"
#include "engine/job/builtins.h"
#include "engine/job/local_executor.h"
#include "engine/sql/session.h"

namespace sluice::cli {
namespace {

struct Options {
  std::string data;
  std::vector<std::string> only;
  int repeat = 20;
  int parallelism = 1;
  int threads = 0;
};

/// Events are JSON lines of the benchmark's one table; 92 % of them are bids.
constexpr std::string_view kTables = R"sql(
CREATE TABLE nexmark (
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
             `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3),
          extra STRING>,
  `dateTime` AS CASE WHEN event_type = 0 THEN person.`dateTime`
                     WHEN event_type = 1 THEN auction.`dateTime` ELSE bid.`dateTime` END,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '10' MINUTE
) WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'json');
CREATE VIEW bid AS SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, `dateTime`, bid.extra
  FROM nexmark WHERE event_type = 2;
CREATE TABLE q0 (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING)
  WITH ('connector' = 'blackhole');
CREATE TABLE q1 (auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), `dateTime` TIMESTAMP(3), extra STRING)
  WITH ('connector' = 'blackhole');
CREATE TABLE q2 (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE tumble (window_start TIMESTAMP(3), auction BIGINT, bids BIGINT) WITH ('connector' = 'blackhole');
)sql";

struct Query {
  std::string_view name;
  std::string_view sql;
};
/// The watermark stays 10 minutes behind, so that no event of a repeated file is late.
constexpr Query kQueries[] = {
    {"q0", "INSERT INTO q0 SELECT auction, bidder, price, `dateTime`, extra FROM bid"},
    {"q1", "INSERT INTO q1 SELECT auction, bidder, 0.908 * price, `dateTime`, extra FROM bid"},
    {"q2", "INSERT INTO q2 SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0"},
    {"tumble",
     "INSERT INTO tumble SELECT window_start, auction, COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), "
     "INTERVAL '10' SECOND)) GROUP BY window_start, window_end, auction"},
};

/// A temporary folder that goes away with it.
struct Folder {
  std::string path;
  ~Folder() { (void)RemoveTree(path); }
};

Result<std::string> Unpack(const std::string& bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return Error(ErrorCode::kData, "not a zstd file with its size in the frame");
  }
  std::string out(size, '\0');
  const size_t written = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(written)) return Error(ErrorCode::kData, ZSTD_getErrorName(written));
  return out;
}

/// Puts the events into `folder` `repeat` times (one file, linked); answers the number of events.
Result<int64_t> PrepareEvents(const Options& options, const std::string& folder) {
  SLUICE_ASSIGN_OR_RETURN(std::string events, ReadFile(options.data));
  if (options.data.ends_with(".zst")) {
    auto unpacked = Unpack(events);
    if (!unpacked.ok()) return unpacked.error().WithContext(options.data);
    events = std::move(*unpacked);
  }
  const std::string first = folder + "/events-0.jsonl";
  std::ofstream(first, std::ios::binary) << events;
  for (int i = 1; i < options.repeat; ++i) {
    std::error_code ec;
    std::filesystem::create_hard_link(first, folder + "/events-" + std::to_string(i) + ".jsonl", ec);
    if (ec) return Error(ErrorCode::kIo, "cannot link the events: " + ec.message());
  }
  return std::count(events.begin(), events.end(), '\n') * options.repeat;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Measured {
  double seconds = 0;
  double cpu_seconds = 0;
};

Result<Measured> RunQuery(engine::sql::Session& session, engine::LocalExecutor& executor, Clock& clock,
                          std::string_view sql) {
  SLUICE_ASSIGN_OR_RETURN(engine::sql::StatementResult result, session.Execute(sql));
  const int64_t began_ns = clock.MonotonicNs();
  const double cpu_before = CpuSeconds();
  SLUICE_ASSIGN_OR_RETURN(auto job, executor.Submit(std::move(result.plan), nullptr));
  SLUICE_RETURN_IF_ERROR(job->Wait());
  return Measured{static_cast<double>(clock.MonotonicNs() - began_ns) / 1e9, CpuSeconds() - cpu_before};
}

Status RunBench(const Options& options) {
  SystemClock clock;
  SystemRandom random;
  auto next_random = [&random] { return random.Next(); };
  SLUICE_ASSIGN_OR_RETURN(std::string path, MakeTemporaryFolder("sluice-bench-"));
  const Folder folder{path};
  SLUICE_ASSIGN_OR_RETURN(int64_t events, PrepareEvents(options, folder.path));
  const auto builtins = engine::MakeBuiltins();
  engine::sql::Session session({.connectors = &builtins->catalog,
                                .functions = builtins->functions,
                                .now_ms = [&clock] { return clock.NowMs(); },
                                .random = next_random},
                               {{"parallelism.default", std::to_string(options.parallelism)}});
  const int threads = options.threads > 0 ? options.threads : options.parallelism;
  engine::LocalExecutor executor(
      {.builtins = builtins.get(), .clock = &clock, .out = &std::cout, .err = &std::cerr, .random = next_random},
      {.threads = threads});
  std::string tables(kTables);
  tables.replace(tables.find("${dir}"), 6, folder.path);
  SLUICE_RETURN_IF_ERROR(
      session.ExecuteScript(tables, [](std::string_view, const engine::sql::StatementResult&) { return Status(); }));
  std::printf("%lld events, parallelism %d, %d threads\n%-8s%14s%16s%12s\n", static_cast<long long>(events),
              options.parallelism, threads, "query", "events/s", "events/CPU-s", "seconds");
  for (const Query& query : kQueries) {
    const bool wanted =
        options.only.empty() || std::find(options.only.begin(), options.only.end(), query.name) != options.only.end();
    if (!wanted) continue;
    auto measured = RunQuery(session, executor, clock, query.sql);
    if (!measured.ok()) return measured.error().WithContext(query.name);
    const auto count = static_cast<double>(events);
    std::printf("%-8s%14.0f%16.0f%12.2f\n", query.name.data(), count / measured->seconds, count / measured->cpu_seconds,
                measured->seconds);
    std::fflush(stdout);
  }
  return {};
}

}  // namespace

int RunBenchCommand(int argc, char** argv) {
  Options options;
  CLI::App app("Reads Nexmark events from JSON files into the blackhole connector, and counts.", "sluice bench");
  app.add_option("--events,--data", options.data, "the events: JSON lines, or the same packed with zstd")->required();
  app.add_option("--repeat", options.repeat, "how many times the events are read")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--query", options.only, "only this one (q0, q1, q2, tumble)")->allow_extra_args(false);
  app.add_option("--parallelism", options.parallelism)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--threads", options.threads, "worker threads (default: as many as the parallelism)");
  CLI11_PARSE(app, argc, argv);
  Status done = RunBench(options);
  if (!done.ok()) {
    std::cerr << "sluice bench: " << done.error().ToString() << std::endl;
    return 1;
  }
  return 0;
}

}  // namespace sluice::cli
