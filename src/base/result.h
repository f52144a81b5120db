// Result<T>: a value or an Error. Used for everything that can go wrong at run time; INVARIANT is for bugs.
//
//   Result<Table> t = catalog.Find(name);
//   if (!t.ok()) return t.error();
//   SLUICE_ASSIGN_OR_RETURN(Table t, catalog.Find(name));
//   SLUICE_RETURN_IF_ERROR(Validate(t));
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/error_codes.h"

namespace sluice {

/// A place in a text, 1-based as users count; line 0 means unknown.
struct TextPosition {
  int line = 0;
  int column = 0;
  bool known() const { return line > 0; }
  bool operator==(const TextPosition&) const = default;
};

/// What went wrong: a stable code, a sentence that says what, where and what to do, and the place in the user's text.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message, TextPosition position = {})
      : code_(code), message_(std::move(message)), position_(position) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  TextPosition position() const { return position_; }

  /// "SQL_VALIDATION at line 1, column 8: Column 'x' not found".
  std::string ToString() const;

  /// The same error with `context` and ": " before its message; code and position stay.
  Error WithContext(std::string_view context) const;
  /// The same error with a position, unless it has one already.
  Error At(TextPosition position) const;

 private:
  ErrorCode code_;
  std::string message_;
  TextPosition position_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose
  template <typename U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, Result<T>>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value; undefined unless ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The error; undefined if ok().
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error: `Status s = Write(); if (!s.ok()) …`. `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};
using Status = Result<void>;

/// Ends the process with file, line and message: the program's own state is wrong and going on could lose data.
[[noreturn]] void InvariantFailed(const char* file, int line, const char* condition, const std::string& message);

}  // namespace sluice

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

#define SLUICE_RETURN_IF_ERROR(expression)                        \
  do {                                                            \
    if (auto sluice_status = (expression); !sluice_status.ok()) { \
      return sluice_status.error();                               \
    }                                                             \
  } while (false)

#define SLUICE_ASSIGN_OR_RETURN(declaration, expression) \
  SLUICE_ASSIGN_OR_RETURN_AS(SLUICE_CONCAT(sluice_result_, __LINE__), declaration, expression)
#define SLUICE_ASSIGN_OR_RETURN_AS(name, declaration, expression) \
  auto name = (expression);                                       \
  if (!name.ok()) return name.error();                            \
  declaration = std::move(name).value()

/// For what can only be false by a bug of ours; never for user input or the environment.
#define INVARIANT(condition, message)                                       \
  do {                                                                      \
    if (!(condition)) [[unlikely]] {                                        \
      ::sluice::InvariantFailed(__FILE__, __LINE__, #condition, (message)); \
    }                                                                       \
  } while (false)
