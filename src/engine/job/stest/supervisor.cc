#include "engine/job/stest/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>

#include "base/files.h"
#include "engine/job/stest/worker_messages.h"

namespace sluice::engine::stest {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(3);  // the supervisor is gone
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

/// The worker's whole life; never returns.
[[noreturn]] void WorkerMain(const TestFile& file, const StatementRunnerFactory& factory, const RunOptions& run,
                             const std::string& error_file, size_t memory_limit, const Clock& clock, int out) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int null = open("/dev/null", O_RDWR);
  int errors = open(error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  if (errors >= 0) dup2(errors, STDERR_FILENO);
  rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (memory_limit > 0) {
    rlimit memory{memory_limit, memory_limit};
    setrlimit(RLIMIT_AS, &memory);
  }
  int64_t began_ns = 0;
  RunObserver observer;
  observer.before = [&](size_t block) {
    began_ns = clock.MonotonicNs();
    WriteAll(out, EncodeMessage({false, static_cast<uint32_t>(block), 0, {}}));
  };
  observer.after = [&](size_t block, const BlockOutcome& outcome) {
    int64_t elapsed_ms = (clock.MonotonicNs() - began_ns) / kNsPerMs;
    WriteAll(out, EncodeMessage({true, static_cast<uint32_t>(block), elapsed_ms, outcome}));
  };
  RunTestFile(file, factory, run, observer);
  _exit(0);
}

/// One file's run: the current worker and what is known of the blocks.
struct FileRun {
  explicit FileRun(TestFile f) {
    report.file = std::move(f);
    report.blocks.resize(report.file.blocks.size());
  }
  FileReport report;
  RunOptions run;
  std::string error_file;
  pid_t pid = -1;
  int fd = -1;
  std::string buffer;
  int current = -1;  // the block that runs
  int64_t deadline_ns = 0;
  int64_t block_began_ns = 0;
  bool finished = false;
};

class Supervisor {
 public:
  Supervisor(const StatementRunnerFactory& factory, const SuiteOptions& options, const Clock& clock,
             std::string scratch)
      : factory_(factory), options_(options), clock_(clock), scratch_(std::move(scratch)) {}

  Result<std::vector<FileReport>> Run(std::vector<TestFile> files, const std::function<void(const FileReport&)>& done) {
    for (TestFile& file : files) runs_.push_back(std::make_unique<FileRun>(std::move(file)));
    size_t next = 0;
    size_t told = 0;
    std::vector<FileRun*> active;
    while (told < runs_.size()) {
      while (next < runs_.size() && active.size() < static_cast<size_t>(std::max(1, options_.jobs))) {
        SLUICE_RETURN_IF_ERROR(StartWorker(*runs_[next]));
        active.push_back(runs_[next++].get());
      }
      SLUICE_RETURN_IF_ERROR(WaitForNews(active));
      std::erase_if(active, [](FileRun* run) { return run->finished; });
      for (; told < runs_.size() && runs_[told]->finished; ++told) done(runs_[told]->report);
    }
    std::vector<FileReport> reports;
    for (auto& run : runs_) reports.push_back(std::move(run->report));
    return reports;
  }

 private:
  int64_t BlockLimitNs() const { return (options_.block_limit + options_.grace).count() * kNsPerMs; }

  Status StartWorker(FileRun& run) {
    const std::string name = scratch_ + "/" + std::to_string(++started_);
    run.run.dir = name;
    run.run.block_limit = options_.block_limit;
    run.run.ordered = options_.ordered;
    run.error_file = name + ".stderr";
    SLUICE_RETURN_IF_ERROR(MakeFolders(name));
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      return Error(ErrorCode::kIo, std::string("cannot make a pipe: ") + strerror(errno));
    fflush(nullptr);
    pid_t pid = fork();
    if (pid < 0) return Error(ErrorCode::kIo, std::string("cannot start a test worker: ") + strerror(errno));
    if (pid == 0) {
      close(ends[0]);
      WorkerMain(run.report.file, factory_, run.run, run.error_file, options_.memory_limit_bytes, clock_, ends[1]);
    }
    close(ends[1]);
    run.pid = pid;
    run.fd = ends[0];
    run.buffer.clear();
    run.current = -1;
    run.deadline_ns = clock_.MonotonicNs() + BlockLimitNs();
    return {};
  }

  Status WaitForNews(const std::vector<FileRun*>& active) {
    std::vector<pollfd> polls;
    int64_t nearest_ns = INT64_MAX;
    for (FileRun* run : active) {
      polls.push_back({run->fd, POLLIN, 0});
      nearest_ns = std::min(nearest_ns, run->deadline_ns);
    }
    int64_t wait_ms = std::clamp<int64_t>((nearest_ns - clock_.MonotonicNs()) / kNsPerMs + 1, 0, 60'000);
    if (poll(polls.data(), polls.size(), static_cast<int>(wait_ms)) < 0 && errno != EINTR) {
      return Error(ErrorCode::kIo, std::string("cannot wait for test workers: ") + strerror(errno));
    }
    for (size_t i = 0; i < active.size(); ++i) {
      if (polls[i].revents != 0) {
        SLUICE_RETURN_IF_ERROR(ReadFrom(*active[i]));
      } else if (clock_.MonotonicNs() >= active[i]->deadline_ns) {
        SLUICE_RETURN_IF_ERROR(EndWorker(*active[i], true));
      }
    }
    return {};
  }

  Status ReadFrom(FileRun& run) {
    char bytes[64 * 1024];
    ssize_t count = read(run.fd, bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) return {};
    if (count <= 0) return EndWorker(run, false);
    run.buffer.append(bytes, static_cast<size_t>(count));
    while (auto message = TakeMessage(run.buffer)) Note(run, std::move(*message));
    return {};
  }

  void Note(FileRun& run, WorkerMessage message) {
    const int64_t now_ns = clock_.MonotonicNs();
    run.deadline_ns = now_ns + BlockLimitNs();
    run.block_began_ns = now_ns;
    run.current = message.ended ? -1 : static_cast<int>(message.block);
    if (!message.ended) return;
    BlockReport& block = run.report.blocks[message.block];
    if (block.ran) return;  // told by an earlier worker; this one only repeats it to get further
    block.ran = true;
    block.elapsed_ms = message.elapsed_ms;
    block.outcome = std::move(message.outcome);
  }

  /// The worker has ended by itself, or hangs and is killed.
  Status EndWorker(FileRun& run, bool hangs) {
    if (hangs) kill(run.pid, SIGKILL);
    int status = 0;
    while (waitpid(run.pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(run.fd);
    run.fd = -1;
    const bool clean = !hangs && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const std::string why = hangs ? "time-out: no answer within " + std::to_string(options_.block_limit.count()) + " ms"
                                  : HowItDied(status) + FirstErrorLine(run.error_file);
    (void)RemoveTree(run.run.dir);
    if (clean || run.current < 0) {
      Finish(run, "not run: the worker ended before this block: " + why);
      return {};
    }
    const auto block = static_cast<size_t>(run.current);
    Fail(run.report.blocks[block], run.report.file.blocks[block], why);
    run.report.blocks[block].elapsed_ms = (clock_.MonotonicNs() - run.block_began_ns) / kNsPerMs;
    run.run.skip.insert(block);
    return StartWorker(run);
  }

  static void Fail(BlockReport& report, const Block& block, const std::string& why) {
    report.ran = true;
    report.outcome = BlockOutcome{};
    report.outcome.note = why;
    report.outcome.expected = block.expected;
  }

  static std::string HowItDied(int status) {
    if (WIFSIGNALED(status)) return "crash: signal " + std::string(strsignal(WTERMSIG(status)));
    return "crash: the process ended with status " + std::to_string(WEXITSTATUS(status));
  }

  static std::string FirstErrorLine(const std::string& path) {
    auto text = ReadFile(path);
    if (!text.ok() || text->empty()) return "";
    return ": " + text->substr(0, text->find('\n'));
  }

  static void Finish(FileRun& run, const std::string& why_not_run) {
    run.finished = true;
    for (size_t i = 0; i < run.report.blocks.size(); ++i) {
      BlockReport& block = run.report.blocks[i];
      if (!block.ran) Fail(block, run.report.file.blocks[i], why_not_run);
      if (!run.report.file.blocks[i].counted()) continue;
      ++(block.outcome.passed ? run.report.passed : run.report.failed);
    }
  }

  const StatementRunnerFactory& factory_;
  const SuiteOptions& options_;
  const Clock& clock_;
  std::string scratch_;
  std::vector<std::unique_ptr<FileRun>> runs_;
  int started_ = 0;
};

}  // namespace

Result<std::vector<FileReport>> RunSuite(std::vector<TestFile> files, const StatementRunnerFactory& factory,
                                         const SuiteOptions& options, const Clock& clock,
                                         const std::function<void(const FileReport&)>& done) {
  SLUICE_ASSIGN_OR_RETURN(std::string scratch, MakeTemporaryFolder("sluice-test-"));
  auto reports = Supervisor(factory, options, clock, scratch).Run(std::move(files), done);
  (void)RemoveTree(scratch);
  return reports;
}

}  // namespace sluice::engine::stest
