#include "service/runner/steps.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <memory>

namespace sluice::service {
namespace {

void AppendLine(const std::string& path, std::string_view step) {
  const std::string line = std::string(step) + "\n";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
  close(fd);
}

}  // namespace

StepObserver TestSteps(const std::string& log, const std::string& die_at) {
  if (log.empty() && die_at.empty()) return {};
  const size_t colon = die_at.find(':');
  int times = 1;
  if (colon != std::string::npos) {
    std::from_chars(die_at.data() + colon + 1, die_at.data() + die_at.size(), times);
  }
  auto left = std::make_shared<std::atomic<int>>(times);
  return [log, wanted = die_at.substr(0, colon), left](std::string_view step) {
    if (!log.empty()) AppendLine(log, step);
    if (step == wanted && left->fetch_sub(1) == 1) kill(getpid(), SIGKILL);
  };
}

}  // namespace sluice::service
