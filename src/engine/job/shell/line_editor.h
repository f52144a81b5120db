// The prompt: line editing, history in a file, completion. readline keeps its state per process, so there can be one.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine::shell {

class LineEditor {
 public:
  using Completer = std::function<std::vector<std::string>(std::string_view prefix)>;

  /// `interrupted` is set by the process's SIGINT handler; a line is then given up. An empty `history_file`: none.
  LineEditor(std::string history_file, Completer completer, const std::atomic<bool>& interrupted);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// A line without its newline; nullopt at the end of input (Ctrl-D). Empty after Ctrl-C.
  std::optional<std::string> Read(const std::string& prompt);
  /// Adds a whole statement to the history.
  void Remember(const std::string& statement);

 private:
  std::string history_file_;
};

}  // namespace sluice::engine::shell
