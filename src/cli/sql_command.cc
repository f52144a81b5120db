// sluice sql: statements from a prompt, a file, the command line or standard input, run in this process.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "cli/command.h"
#include "engine/job/builtins.h"
#include "engine/job/shell/line_editor.h"
#include "engine/job/shell/sql_shell.h"

namespace sluice::cli {
namespace {

using engine::shell::LineEditor;
using engine::shell::SplitStatement;
using engine::shell::SqlShell;
using engine::shell::StatementSplitter;

// A signal handler can reach nothing else.
std::atomic<bool> g_interrupted{false};

struct Options {
  std::string file;
  std::vector<std::string> statements;
  std::string init_file;
  std::string history;
  std::vector<std::string> settings;
  int threads = 0;
};

/// Ends at the first statement that fails, as Flink's SQL client does with a file.
SqlShell::Outcome RunText(SqlShell& shell, std::string_view text) {
  StatementSplitter splitter;
  std::vector<SplitStatement> statements;
  while (!text.empty()) {
    size_t end = text.find('\n');
    for (auto& statement : splitter.Feed(text.substr(0, end))) statements.push_back(std::move(statement));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (auto rest = splitter.TakeRest()) statements.push_back(std::move(*rest));
  for (const SplitStatement& statement : statements) {
    SqlShell::Outcome outcome = shell.Run(statement);
    if (outcome != SqlShell::Outcome::kOk) return outcome;
  }
  return SqlShell::Outcome::kOk;
}

void Prompt(SqlShell& shell, LineEditor& editor) {
  StatementSplitter splitter;
  while (true) {
    g_interrupted = false;
    if (!splitter.pending()) shell.ReportEndedJobs();
    auto line = editor.Read(splitter.pending() ? "          > " : "Sluice SQL> ");
    if (g_interrupted.exchange(false)) {
      splitter.Reset();
      std::cout << std::endl;
      continue;
    }
    if (!line) return;
    // The client's own words work without a semicolon.
    if (!splitter.pending() && line->find(';') == std::string::npos) {
      std::string word = *line;
      for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      if (word == "QUIT" || word == "EXIT" || word == "HELP" || word == "CLEAR") *line += ';';
    }
    for (const SplitStatement& statement : splitter.Feed(*line)) {
      editor.Remember(statement.text);
      if (shell.Run({statement.text, {1, 1}}) == SqlShell::Outcome::kQuit) return;
      std::cout << std::endl;
    }
  }
}

std::string HistoryFile(const Options& options) {
  if (!options.history.empty()) return options.history;
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.sluice_history";
}

void CatchInterrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = true; };
  sigaction(SIGINT, &action, nullptr);
}

Result<engine::OptionMap> SessionDefaults(const Options& options) {
  engine::OptionMap defaults;
  for (const std::string& setting : options.settings) {
    size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return Error(ErrorCode::kInvalidArgument, "-D needs KEY=VALUE, not '" + setting + "'");
    }
    defaults[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return defaults;
}

Result<int> RunShell(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(engine::OptionMap defaults, SessionDefaults(options));
  SystemClock clock;
  SystemRandom random;
  const auto builtins = engine::MakeBuiltins();
  auto next_random = [&random] { return random.Next(); };
  engine::sql::Session session({.connectors = &builtins->catalog,
                                .functions = builtins->functions,
                                .now_ms = [&clock] { return clock.NowMs(); },
                                .random = next_random},
                               std::move(defaults));
  const int threads = options.threads > 0 ? options.threads : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  engine::LocalExecutor executor(
      {.builtins = builtins.get(), .clock = &clock, .out = &std::cout, .err = &std::cerr, .random = next_random},
      {.threads = threads});
  const bool given = !options.file.empty() || !options.statements.empty();
  const bool interactive = !given && isatty(STDIN_FILENO) != 0;
  SqlShell shell({.session = &session,
                  .executor = &executor,
                  .clock = &clock,
                  .random = &random,
                  .out = &std::cout,
                  .interrupted = &g_interrupted,
                  .terminal = isatty(STDOUT_FILENO) != 0,
                  .interactive = interactive});
  CatchInterrupts();
  if (!options.init_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(std::string text, ReadFile(options.init_file));
    if (RunText(shell, text) == SqlShell::Outcome::kFailed) return 1;
  }
  if (interactive) {
    LineEditor editor(
        HistoryFile(options), [&](std::string_view prefix) { return session.Completions(prefix); }, g_interrupted);
    std::cout << "Flink SQL on Sluice. Statements end with ';'. HELP; explains more, QUIT; ends.\n" << std::endl;
    Prompt(shell, editor);
    return 0;
  }
  SqlShell::Outcome outcome = SqlShell::Outcome::kOk;
  for (const std::string& statement : options.statements) {
    if (outcome == SqlShell::Outcome::kOk) outcome = RunText(shell, statement);
  }
  if (!options.file.empty() && outcome == SqlShell::Outcome::kOk) {
    SLUICE_ASSIGN_OR_RETURN(std::string text, ReadFile(options.file));
    outcome = RunText(shell, text);
  }
  if (!given) outcome = RunText(shell, std::string(std::istreambuf_iterator<char>(std::cin), {}));
  const bool jobs_well = outcome == SqlShell::Outcome::kFailed || shell.AwaitJobs();
  return outcome == SqlShell::Outcome::kFailed || !jobs_well ? 1 : 0;
}

}  // namespace

int RunSqlCommand(int argc, char** argv) {
  Options options;
  CLI::App app("Runs Flink SQL in this process. Without -f and -e: a shell, or the statements on standard input.",
               "sluice sql");
  app.add_option("-f,--file", options.file, "run the statements of this file and end");
  app.add_option("-e,--execute", options.statements, "run this text and end; may be given several times")
      ->allow_extra_args(false);
  app.add_option("-i,--init", options.init_file, "run the statements of this file first");
  app.add_option("-D", options.settings, "KEY=VALUE: a setting, as SET would make it")->allow_extra_args(false);
  app.add_option("--history", options.history, "the file that keeps the history (default: ~/.sluice_history)");
  app.add_option("--threads", options.threads, "worker threads (default: the number of processors)");
  CLI11_PARSE(app, argc, argv);
  auto status = RunShell(options);
  if (!status.ok()) {
    std::cerr << "sluice sql: " << status.error().ToString() << std::endl;
    return 2;
  }
  return *status;
}

}  // namespace sluice::cli
