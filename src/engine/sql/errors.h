// The two errors that nearly every file of this folder makes, with their place in the statement.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace sluice::engine::sql {

/// The statement is wrong: `message` says what and how to mend it, in Flink's words where Flink has some.
inline Error Invalid(std::string message, TextPosition position) {
  return Error(ErrorCode::kValidation, std::move(message), position);
}

/// The statement has a meaning that the engine cannot run: "not supported yet: `what`".
inline Error NotYet(std::string what, TextPosition position) {
  return Error(ErrorCode::kNotSupported, "not supported yet: " + std::move(what), position);
}

}  // namespace sluice::engine::sql
