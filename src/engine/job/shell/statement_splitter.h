// Cuts a text that comes line by line into statements at their ';'. Knows strings, quoted names and comments, and that
// the statements of EXECUTE STATEMENT SET BEGIN … END belong together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine::shell {

struct SplitStatement {
  std::string text;    // without the closing ';'
  TextPosition start;  // of the text's first character, in all that was fed
};

class StatementSplitter {
 public:
  /// Adds a line (without its newline) and answers the statements that it completed.
  std::vector<SplitStatement> Feed(std::string_view line);
  /// True if a statement has begun that is not complete.
  bool pending() const { return !Trimmed().empty(); }
  /// The rest without a closing ';' when the input ends; nullopt if there is none.
  std::optional<SplitStatement> TakeRest();
  /// Forgets what is pending (the user pressed Ctrl-C).
  void Reset();

 private:
  enum class Inside { kNothing, kString, kBackquote, kDoubleQuote, kBlockComment };
  std::string_view Trimmed() const;
  SplitStatement Take();

  std::string text_;
  TextPosition start_;
  Inside inside_ = Inside::kNothing;
  int line_ = 0;
};

/// `error` as the user should see it: message, then the line of `statement` and a caret under the place, if known. The
/// place is told as it is in the whole input, where the statement begins at `start`.
std::string ErrorWithCaret(const Error& error, std::string_view statement, TextPosition start = {1, 1});

}  // namespace sluice::engine::shell
