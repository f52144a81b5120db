#include "engine/job/shell/line_editor.h"

#include <stdio.h>  // NOLINT: readline's header needs FILE

#include <poll.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sluice::engine::shell {
namespace {

constexpr int kHistoryLines = 5000;
constexpr int kInterruptPollMs = 100;

// readline's hooks are plain functions without an argument for their owner.
LineEditor::Completer* g_completer = nullptr;
const std::atomic<bool>* g_interrupted = nullptr;

char* NextCompletion(const char* text, int state) {
  static std::vector<std::string> found;
  static size_t next = 0;
  if (state == 0) {
    found = (*g_completer)(text);
    next = 0;
  }
  return next < found.size() ? strdup(found[next++].c_str()) : nullptr;
}

char** Complete(const char* text, int, int) {
  rl_attempted_completion_over = 1;  // no file names
  return rl_completion_matches(text, NextCompletion);
}

/// readline itself goes on reading after a signal that it does not handle; so reading is ours. Ctrl-C ends the line.
int ReadCharacter(FILE* input) {
  const int fd = fileno(input);
  while (true) {
    if (g_interrupted->load()) {
      rl_replace_line("", 0);
      return '\n';
    }
    pollfd ready{fd, POLLIN, 0};
    // The signal may have gone to another thread, so that it does not interrupt this wait.
    const int count_ready = poll(&ready, 1, kInterruptPollMs);
    if (count_ready < 0 && errno != EINTR) return EOF;
    if (count_ready <= 0) continue;
    unsigned char c;
    const ssize_t count = read(fd, &c, 1);
    if (count == 1) return c;
    if (count == 0 || errno != EINTR) return EOF;
  }
}

}  // namespace

LineEditor::LineEditor(std::string history_file, Completer completer, const std::atomic<bool>& interrupted)
    : history_file_(std::move(history_file)) {
  g_completer = new Completer(std::move(completer));
  g_interrupted = &interrupted;
  rl_readline_name = "sluice";
  rl_attempted_completion_function = Complete;
  rl_completer_word_break_characters = const_cast<char*>(" \t\n,;()='\"<>+-*/");
  rl_catch_signals = 0;
  rl_getc_function = ReadCharacter;
  stifle_history(kHistoryLines);
  if (!history_file_.empty()) read_history(history_file_.c_str());
}

LineEditor::~LineEditor() {
  if (!history_file_.empty()) write_history(history_file_.c_str());
  rl_attempted_completion_function = nullptr;
  rl_getc_function = rl_getc;
  delete g_completer;
  g_completer = nullptr;
}

std::optional<std::string> LineEditor::Read(const std::string& prompt) {
  char* line = readline(prompt.c_str());
  if (line == nullptr) return std::nullopt;
  std::string out(line);
  std::free(line);
  return out;
}

void LineEditor::Remember(const std::string& statement) {
  std::string line = statement;
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  add_history((line + ";").c_str());
}

}  // namespace sluice::engine::shell
