// sluice test PATH…: runs .stest files. Exit status 0: all blocks pass; 1: some fail; 2: the run itself is impossible.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "cli/command.h"
#include "engine/job/builtins.h"
#include "engine/job/sql_test_runner.h"
#include "engine/job/stest/supervisor.h"
#include "engine/job/stest/test_report.h"

namespace sluice::cli {
namespace {

using engine::stest::Disturbance;
using engine::stest::FileReport;
using engine::stest::TestFile;

struct Options {
  std::vector<std::string> paths;
  std::string junit;
  bool update = false;
  bool summary = false;
  bool quiet = false;
  double timeout_s = 30;
  int jobs = 0;
  engine::stest::MatrixPoint point;
};

/// Files as named, folders searched for *.stest; sorted within each argument.
Result<std::vector<std::string>> FindFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ec;
    if (!std::filesystem::is_directory(path, ec)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, ec)) {
      if (entry.path().extension() == ".stest") found.push_back(entry.path().string());
    }
    if (ec) return Error(ErrorCode::kIo, "cannot search " + path + ": " + ec.message());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  if (files.empty()) return Error(ErrorCode::kNotFound, "no .stest files in the given folders");
  return files;
}

Result<std::vector<TestFile>> ReadTests(const std::vector<std::string>& paths) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> names, FindFiles(paths));
  std::vector<TestFile> files;
  for (const std::string& name : names) {
    SLUICE_ASSIGN_OR_RETURN(std::string text, ReadFile(name));
    SLUICE_ASSIGN_OR_RETURN(TestFile file, engine::stest::ParseTestFile(name, text));
    files.push_back(std::move(file));
  }
  return files;
}

void PrintFailures(const FileReport& report) {
  for (size_t i = 0; i < report.blocks.size(); ++i) {
    const auto& block = report.file.blocks[i];
    if (block.counted() && !report.blocks[i].outcome.passed) {
      std::cout << engine::stest::FailureText(report.file, block, report.blocks[i]) << "\n";
    }
  }
  std::cout.flush();
}

/// Rewrites the expected parts of the blocks that failed on their rows; `error` blocks keep Flink's message.
Status UpdateExpected(const FileReport& report) {
  using engine::stest::BlockKind;
  std::vector<std::optional<std::vector<std::string>>> expected(report.blocks.size());
  bool changed = false;
  for (size_t i = 0; i < report.blocks.size(); ++i) {
    const auto& block = report.file.blocks[i];
    const auto& outcome = report.blocks[i].outcome;
    const bool has_rows = block.kind == BlockKind::kResult || block.kind == BlockKind::kRows ||
                          block.kind == BlockKind::kChangelog || block.kind == BlockKind::kChanges ||
                          block.kind == BlockKind::kTable;
    const bool refused = block.kind == BlockKind::kError && block.expected.empty() && outcome.actual.size() == 1 &&
                         outcome.actual[0] != "NO ERROR";
    if ((has_rows && !outcome.passed && outcome.note.empty()) || refused) {
      expected[i] = outcome.actual;
      changed = true;
    }
  }
  if (!changed) return {};
  return WriteFileAtomically(report.file.path, engine::stest::WithExpected(report.file, expected));
}

Result<bool> RunTests(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<TestFile> files, ReadTests(options.paths));
  SystemClock clock;
  SystemRandom random;
  const auto builtins = engine::MakeBuiltins();
  engine::stest::SuiteOptions suite;
  suite.block_limit = std::chrono::milliseconds(static_cast<int64_t>(options.timeout_s * 1000));
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  suite.ordered = options.point.ordered();
  suite.jobs = options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1l, processors));
  auto reports =
      engine::stest::RunSuite(std::move(files), engine::MakeSqlTestRunners(*builtins, clock, random, options.point),
                              suite, clock, [&](const FileReport& report) {
                                if (!options.quiet) PrintFailures(report);
                              });
  if (!reports.ok()) return reports.error();
  size_t passed = 0;
  size_t failed = 0;
  for (const FileReport& report : *reports) {
    passed += report.passed;
    failed += report.failed;
    if (options.update) SLUICE_RETURN_IF_ERROR(UpdateExpected(report));
  }
  if (!options.junit.empty()) {
    SLUICE_RETURN_IF_ERROR(WriteFileAtomically(options.junit, engine::stest::JUnitXml(*reports)));
  }
  if (options.summary) std::cout << engine::stest::SummaryText(*reports) << "\n";
  std::cout << passed << " passed, " << failed << " failed" << std::endl;
  return failed == 0;
}

}  // namespace

int RunTestCommand(int argc, char** argv) {
  Options options;
  CLI::App app("Runs .stest files: SQL statements with the results that they must have.", "sluice test");
  app.add_option("PATH", options.paths, "files, or folders that are searched for *.stest")->required();
  app.add_option("--junit", options.junit, "also write a JUnit XML report to this file");
  app.add_flag("--update", options.update, "rewrite the expected rows of failing blocks with what came");
  app.add_flag("--summary", options.summary, "a table by folder and the most frequent reasons of failure");
  app.add_flag("-q,--quiet", options.quiet, "do not print the failing blocks");
  app.add_option("--timeout", options.timeout_s, "seconds that a block may take")->check(CLI::PositiveNumber);
  app.add_option("--jobs", options.jobs, "files that run at a time (default: the number of processors)");
  app.add_option("--batch-rows", options.point.batch_rows, "rows of a batch")->check(CLI::PositiveNumber);
  app.add_option("--parallelism", options.point.parallelism, "subtasks; above 1 the order of rows is not compared")
      ->check(CLI::Range(1, 128));
  const std::map<std::string, Disturbance> disturbances = {
      {"none", Disturbance::kNone}, {"restore", Disturbance::kRestore}, {"rescale", Disturbance::kRescale}};
  app.add_option("--disturb", options.point.disturbance, "what happens to every streaming job on its way")
      ->transform(CLI::CheckedTransformer(disturbances));
  app.add_flag("--rocksdb", options.point.rocksdb, "keep the state in RocksDB");
  app.add_option("--seed", options.point.seed, "decides when");
  CLI11_PARSE(app, argc, argv);
  auto all_pass = RunTests(options);
  if (!all_pass.ok()) {
    std::cerr << "sluice test: " << all_pass.error().ToString() << std::endl;
    return 2;
  }
  return *all_pass ? 0 : 1;
}

}  // namespace sluice::cli
