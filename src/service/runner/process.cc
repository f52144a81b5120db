#include "service/runner/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "base/files.h"

extern char** environ;

namespace sluice::service {
namespace {

std::string ReadProc(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string BootId() {
  std::string id = ReadProc("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

/// Waits for the end of a process without polling: a pidfd becomes readable. False after `timeout`.
bool AwaitEnd(int64_t pid, std::chrono::milliseconds timeout) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0));
  if (fd < 0) return errno == ESRCH;
  pollfd wait{fd, POLLIN, 0};
  int ready = poll(&wait, 1, static_cast<int>(timeout.count()));
  close(fd);
  return ready > 0;
}

void SignalGroup(const ProcessIdentity& process, int signal) {
  // It is the leader of its session, so its group goes with it; the single kill is for the moment before setsid.
  if (kill(static_cast<pid_t>(-process.pid), signal) != 0) kill(static_cast<pid_t>(process.pid), signal);
}

/// Takes the exit status of a child of ours, so that it does not stay as a zombie; no effect on other processes.
void Reap(int64_t pid) { waitpid(static_cast<pid_t>(pid), nullptr, WNOHANG); }

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<ProcessIdentity> StartDetached(const std::vector<std::string>& arguments,
                                      const std::vector<std::string>& extra_environment,
                                      const std::string& output_path) {
  // Of two entries of one name some programs take the first.
  std::map<std::string, std::string> by_name;
  const auto add = [&by_name](const std::string& entry) { by_name[entry.substr(0, entry.find('='))] = entry; };
  for (char** entry = environ; *entry != nullptr; ++entry) add(*entry);
  for (const std::string& entry : extra_environment) add(entry);
  std::vector<std::string> environment;
  for (auto& [name, entry] : by_name) environment.push_back(std::move(entry));
  std::vector<char*> argument_pointers = Pointers(arguments);
  std::vector<char*> environment_pointers = Pointers(environment);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigfillset(&defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  int failure = posix_spawn(&pid, arguments[0].c_str(), &files, &attributes, argument_pointers.data(),
                            environment_pointers.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) {
    return Error(ErrorCode::kIo, fmt::format("cannot start {}: {}", arguments[0], std::strerror(failure)));
  }
  auto identity = IdentifyProcess(pid);
  if (!identity) {
    Reap(pid);
    return Error(ErrorCode::kIo, fmt::format("{} ended at once; see {}", arguments[0], output_path));
  }
  return *identity;
}

std::optional<double> CpuSeconds(const ProcessIdentity& process) {
  if (!IsAlive(process)) return std::nullopt;
  const std::string stat = ReadProc(fmt::format("/proc/{}/stat", process.pid));
  const size_t close_bracket = stat.rfind(')');
  if (close_bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(close_bracket + 1));
  std::string field;
  for (int number = 3; number < 14; ++number) fields >> field;
  uint64_t user = 0;
  uint64_t system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::optional<ProcessIdentity> IdentifyProcess(int64_t pid) {
  if (pid <= 0) return std::nullopt;
  std::string stat = ReadProc(fmt::format("/proc/{}/stat", pid));
  // pid (comm) state ppid …: comm may contain blanks and brackets, so count from the last ')'. Field 22 is the start
  // time.
  size_t close_bracket = stat.rfind(')');
  if (close_bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(close_bracket + 1));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") {
    Reap(pid);
    return std::nullopt;
  }
  for (int number = 4; number <= 22; ++number) fields >> field;
  ProcessIdentity out;
  out.pid = pid;
  std::from_chars(field.data(), field.data() + field.size(), out.start_ticks);
  out.boot_id = BootId();
  return out;
}

bool IsAlive(const ProcessIdentity& process) {
  auto now = IdentifyProcess(process.pid);
  return now && now->start_ticks == process.start_ticks && now->boot_id == process.boot_id;
}

void TellToEnd(const ProcessIdentity& process) {
  if (IsAlive(process)) SignalGroup(process, SIGTERM);
}

Status EndProcess(const ProcessIdentity& process, std::chrono::milliseconds grace) {
  if (!IsAlive(process)) return {};
  if (grace.count() > 0) {
    SignalGroup(process, SIGTERM);
    AwaitEnd(process.pid, grace);
  }
  if (IsAlive(process)) {
    SignalGroup(process, SIGKILL);
    AwaitEnd(process.pid, std::chrono::seconds(10));
  }
  Reap(process.pid);
  if (IsAlive(process)) return Error(ErrorCode::kIo, fmt::format("process {} cannot be ended", process.pid));
  return {};
}

std::vector<ProcessIdentity> FindByEnvironment(const std::string& entry) {
  std::vector<ProcessIdentity> out;
  auto names = ListFolder("/proc");
  if (!names.ok()) return out;
  for (const std::string& name : *names) {
    int64_t pid = 0;
    auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (ec != std::errc() || end != name.data() + name.size()) continue;
    std::string environment = ReadProc("/proc/" + name + "/environ");
    for (size_t at = environment.find(entry); at != std::string::npos; at = environment.find(entry, at + 1)) {
      const bool begins = at == 0 || environment[at - 1] == '\0';
      const size_t after = at + entry.size();
      if (!begins || (after < environment.size() && environment[after] != '\0')) continue;
      if (auto process = IdentifyProcess(pid)) out.push_back(*process);
      break;
    }
  }
  return out;
}

}  // namespace sluice::service
