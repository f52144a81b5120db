#include "engine/job/shell/sql_shell.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <ostream>

#include "base/ids.h"
#include "base/random.h"
#include "engine/job/shell/row_queue.h"
#include "engine/job/shell/tableau.h"

namespace sluice::engine::shell {
namespace {

constexpr std::chrono::milliseconds kPollInterval{100};
constexpr int64_t kRefreshNs = 400'000'000;

constexpr std::string_view kHelp =
    "Statements end with ';' and may span several lines. All of Flink SQL that the engine supports works here; "
    "besides:\n"
    "  HELP            this text\n"
    "  CLEAR           clears the screen\n"
    "  QUIT or EXIT    ends the shell; INSERTs that still run are cancelled\n"
    "  SET             lists the options; SET 'key' = 'value' sets one; RESET 'key' takes it back\n"
    "  SET 'sql-client.execution.result-mode' = 'table' | 'changelog' | 'tableau'\n"
    "  SET 'execution.runtime-mode' = 'streaming' | 'batch'\n"
    "  SET 'table.dml-sync' = 'true'   INSERT waits for its end\n"
    "Tab completes names; Ctrl-C ends the running query or drops what you have typed; Ctrl-D quits.\n";

std::string Upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

size_t TerminalRows() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
  return size.ws_row;
}

}  // namespace

SqlShell::~SqlShell() {
  for (BackgroundJob& job : jobs_) job.job->Cancel();
}

std::string SqlShell::Option(const std::string& key, const std::string& fallback) const {
  auto found = env_.session->options().find(key);
  return found == env_.session->options().end() ? fallback : found->second;
}

void SqlShell::Info(const std::string& text) {
  *env_.out << (env_.terminal ? "\x1b[34;1m" : "") << "[INFO] " << text << (env_.terminal ? "\x1b[0m" : "")
            << std::endl;
}

void SqlShell::Failed(const std::string& text) {
  *env_.out << (env_.terminal ? "\x1b[31;1m" : "") << "[ERROR] Could not execute SQL statement. Reason:\n"
            << text << (env_.terminal ? "\x1b[0m" : "") << std::endl;
}

std::string SqlShell::TimeCost(int64_t began_ns) const {
  if (Option("sql-client.display.print-time-cost", "true") != "true") return "";
  return fmt::format(" ({:.2f} seconds)", static_cast<double>(env_.clock->MonotonicNs() - began_ns) / 1e9);
}

SqlShell::Outcome SqlShell::Run(const SplitStatement& statement) {
  TakeInterrupt();  // one that came before the statement is not meant for it
  const std::string word = Upper(statement.text);
  if (word == "QUIT" || word == "EXIT") return Outcome::kQuit;
  if (word == "HELP") {
    *env_.out << kHelp << std::flush;
  } else if (word == "CLEAR") {
    if (env_.terminal) *env_.out << "\x1b[H\x1b[2J\x1b[3J" << std::flush;
  } else {
    return Execute(statement);
  }
  return Outcome::kOk;
}

SqlShell::Outcome SqlShell::Execute(const SplitStatement& statement) {
  auto result = env_.session->Execute(statement.text);
  Status shown = result.ok() ? Show(std::move(*result)) : Status(result.error());
  if (shown.ok()) return Outcome::kOk;
  const std::string code(ErrorCodeName(shown.error().code()));
  Failed(code + ": " + ErrorWithCaret(shown.error(), statement.text, statement.start));
  return Outcome::kFailed;
}

Status SqlShell::Show(sql::StatementResult result) {
  switch (result.kind) {
    case sql::ResultKind::kOk: Info("Execute statement succeeded."); return {};
    case sql::ResultKind::kRows: return ShowRows(result);
    case sql::ResultKind::kQuery: return RunQuery(std::move(result));
    case sql::ResultKind::kInsert: return RunInsert(std::move(result));
  }
  return {};
}

Status SqlShell::ShowRows(const sql::StatementResult& result) {
  std::vector<std::string> names;
  for (const RowField& column : result.schema) names.push_back(column.name);
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : result.rows) {
    auto& fields = rows.emplace_back();
    for (const auto& field : row) fields.push_back(field.value_or(std::string(kDisplayedNull)));
  }
  if (rows.empty()) {
    *env_.out << "Empty set" << std::endl;
    return {};
  }
  *env_.out << FormatTable(names, rows, 0) << rows.size() << (rows.size() > 1 ? " rows" : " row") << " in set"
            << std::endl;
  return {};
}

ViewOptions SqlShell::MakeViewOptions(bool batch) const {
  ViewOptions options;
  const std::string mode =
      Upper(Option("sql-client.execution.result-mode", env_.interactive && env_.terminal ? "table" : "tableau"));
  options.mode = mode == "TABLE"       ? ResultMode::kTable
                 : mode == "CHANGELOG" ? ResultMode::kChangelog
                                       : ResultMode::kTableau;
  options.batch = batch;
  const std::string width =
      Option("table.display.max-column-width", Option("sql-client.display.max-column-width", "30"));
  options.max_column_width = std::max<size_t>(4, static_cast<size_t>(std::strtoul(width.c_str(), nullptr, 10)));
  options.live = env_.terminal && env_.interactive;
  options.live_rows = std::max<size_t>(3, TerminalRows() - 5);
  return options;
}

Status SqlShell::RunQuery(sql::StatementResult result) {
  const int64_t began_ns = env_.clock->MonotonicNs();
  auto view = MakeResultView(result.schema, MakeViewOptions(result.plan.settings.batch), *env_.out);
  RowQueue queue(*env_.clock);
  const ResultDisplay display(result.plan.settings.time_zone, result.plan.settings.legacy_cast);
  SubmitOptions submit;
  submit.on_end = [&](JobStatus, const std::optional<Error>&) { queue.End(); };
  SLUICE_ASSIGN_OR_RETURN(
      auto job, env_.executor->Submit(
                    std::move(result.plan), [&](const Batch& batch) { return queue.Push(display.Rows(batch)); },
                    std::move(submit)));
  view->Begin();
  bool terminated = false;
  int64_t refreshed_ns = began_ns;
  for (bool ended = false; !ended && !terminated;) {
    std::vector<DisplayedRow> rows = queue.Take(kPollInterval, ended);
    if (!rows.empty()) view->Add(std::move(rows));
    if (!ended && env_.clock->MonotonicNs() - refreshed_ns >= kRefreshNs) {
      view->Refresh();
      refreshed_ns = env_.clock->MonotonicNs();
    }
    terminated = TakeInterrupt();
  }
  queue.Close();
  if (terminated) job->Cancel();
  Status end = job->Wait();
  if (!end.ok() && !terminated) {
    view->Abort();
    return end;
  }
  view->End(terminated, TimeCost(began_ns));
  return {};
}

Status SqlShell::RunInsert(sql::StatementResult result) {
  const std::string id = Id128::New(*env_.random).ToString();
  SubmitOptions submit;
  submit.job_id = id;
  SLUICE_ASSIGN_OR_RETURN(auto job, env_.executor->Submit(std::move(result.plan), nullptr, std::move(submit)));
  if (Upper(Option("table.dml-sync", "false")) == "TRUE") return AwaitInsert(*job);
  Info("SQL update statement has been successfully submitted to the cluster:");
  *env_.out << "Job ID: " << id << "\n" << std::endl;
  jobs_.push_back({id, std::move(job)});
  return {};
}

Status SqlShell::AwaitInsert(LocalJob& job) {
  while (!job.WaitFor(kPollInterval)) {
    if (TakeInterrupt()) job.Cancel();
    if (!env_.terminal) continue;
    int64_t rows = 0;
    for (const VertexSnapshot& vertex : job.Snapshot().vertices) rows = std::max(rows, vertex.records_in);
    *env_.out << "\r\x1b[K" << rows << " rows; Ctrl-C cancels the job" << std::flush;
  }
  if (env_.terminal) *env_.out << "\r\x1b[K";
  SLUICE_RETURN_IF_ERROR(job.Wait());
  Info("Complete execution of the SQL update statement.");
  return {};
}

void SqlShell::ReportEndedJobs() {
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    if (!job->job->WaitFor(std::chrono::milliseconds(0))) {
      ++job;
      continue;
    }
    Status end = job->job->Wait();
    if (end.ok()) {
      Info("Job " + job->id + " has finished.");
    } else {
      Failed("Job " + job->id + ": " + end.error().ToString());
    }
    job = jobs_.erase(job);
  }
}

bool SqlShell::AwaitJobs() {
  bool all_well = true;
  for (BackgroundJob& job : jobs_) {
    while (!job.job->WaitFor(kPollInterval)) {
      if (!TakeInterrupt()) continue;
      for (BackgroundJob& each : jobs_) each.job->Cancel();
    }
    Status end = job.job->Wait();
    if (end.ok()) continue;
    Failed("Job " + job.id + ": " + end.error().ToString());
    all_well = false;
  }
  jobs_.clear();
  return all_well;
}

}  // namespace sluice::engine::shell
