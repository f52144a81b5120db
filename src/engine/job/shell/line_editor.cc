#include "engine/job/shell/line_editor.h"

#include <stdio.h>  // NOLINT: readline's header needs FILE

#include <readline/history.h>
#include <readline/readline.h>

#include <cstdlib>
#include <cstring>

namespace sluice::engine::shell {
namespace {

constexpr int kHistoryLines = 5000;

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

int OnSignal() {
  if (g_interrupted->load()) {
    rl_replace_line("", 0);
    rl_done = 1;
  }
  return 0;
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
  rl_signal_event_hook = OnSignal;
  stifle_history(kHistoryLines);
  if (!history_file_.empty()) read_history(history_file_.c_str());
}

LineEditor::~LineEditor() {
  if (!history_file_.empty()) write_history(history_file_.c_str());
  rl_attempted_completion_function = nullptr;
  rl_signal_event_hook = nullptr;
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
