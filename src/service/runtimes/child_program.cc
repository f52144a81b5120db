#include "service/runtimes/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace sluice::service {
namespace {

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    CloseWriter();
    if (ends_[0] >= 0) close(ends_[0]);
  }
  bool ok() const { return ends_[0] >= 0; }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// Appends what is there; false at the end of the stream.
bool Drain(int fd, std::string* to) {
  char buffer[8192];
  const ssize_t n = read(fd, buffer, sizeof(buffer));
  if (n > 0) to->append(buffer, static_cast<size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

/// False when it was cut short.
bool Follow(const Pipe& out, const Pipe& err, const std::function<bool()>& tick, ProgramEnd* end) {
  pollfd waits[2] = {{out.reader(), POLLIN, 0}, {err.reader(), POLLIN, 0}};
  std::string* texts[2] = {&end->output, &end->errors};
  while (waits[0].fd >= 0 || waits[1].fd >= 0) {
    const int ready = poll(waits, 2, 200);
    if (tick && !tick()) return false;
    if (ready <= 0) continue;
    for (int i = 0; i < 2; ++i) {
      if (waits[i].fd >= 0 && waits[i].revents != 0 && !Drain(waits[i].fd, texts[i])) waits[i].fd = -1;
    }
  }
  return true;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// Ours with `changes`.
std::vector<std::string> Environment(const std::vector<std::string>& changes) {
  std::vector<std::string> out = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string own = *entry;
    const std::string name = own.substr(0, own.find('=') + 1);
    const auto changed = [&](const std::string& change) { return change.starts_with(name); };
    if (std::none_of(changes.begin(), changes.end(), changed)) out.push_back(own);
  }
  return out;
}

}  // namespace

Result<ProgramEnd> RunProgram(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  Pipe out;
  Pipe err;
  if (!out.ok() || !err.ok()) return Error(ErrorCode::kIo, "cannot make a pipe");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&files, options.folder.c_str());
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out.writer(), 1);
  posix_spawn_file_actions_adddup2(&files, err.writer(), 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);  // ours may be blocked
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> pointers = Pointers(arguments);
  const std::vector<std::string> environment = Environment(options.environment);
  std::vector<char*> environment_pointers = Pointers(environment);
  pid_t pid = 0;
  const int failure =
      posix_spawnp(&pid, pointers[0], &files, &attributes, pointers.data(), environment_pointers.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) {
    return Error(failure == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                 fmt::format("cannot run {}: {}", arguments[0], std::strerror(failure)));
  }
  out.CloseWriter();
  err.CloseWriter();
  ProgramEnd end;
  const bool whole = Follow(out, err, options.tick, &end);
  if (!whole) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return Error(ErrorCode::kCancelled, fmt::format("{} was interrupted", arguments[0]));
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace sluice::service
