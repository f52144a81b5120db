// The error catalogue: every error a user can meet has one of these codes, declared once.
// X(enumerator, stable name, what it means and what to do)
#pragma once

#include <cstdint>
#include <string_view>

#define SLUICE_ERROR_CODES(X)                                                                                    \
  X(kInternal, "INTERNAL", "A bug in Sluice. Report it with the message and the statement.")                     \
  X(kNotSupported, "NOT_SUPPORTED", "Valid in Flink, but not supported by this version of the native engine.")   \
  X(kInvalidArgument, "INVALID_ARGUMENT", "A value that was passed in is not acceptable; the message names it.") \
  X(kNotFound, "NOT_FOUND", "The named thing does not exist.")                                                   \
  X(kAlreadyExists, "ALREADY_EXISTS", "The named thing exists already.")                                         \
  X(kConflict, "CONFLICT", "Somebody else changed the thing in between; read it again and retry.")               \
  X(kSyntax, "SQL_SYNTAX", "The SQL text cannot be parsed; the message has the position and what was expected.") \
  X(kValidation, "SQL_VALIDATION", "The statement is well formed, but names or types in it do not fit.")         \
  X(kOption, "OPTION", "An option is unknown, missing or has a bad value; the message names the option.")        \
  X(kData, "DATA", "Input data does not fit the declared format or type; the message has the place.")            \
  X(kArithmetic, "ARITHMETIC", "Division by zero, overflow or a value that cannot be cast.")                     \
  X(kIo, "IO", "A file, folder or network peer cannot be reached or used.")                                      \
  X(kTimeout, "TIMEOUT", "The time allowed for the operation has passed.")                                       \
  X(kCancelled, "CANCELLED", "The operation was cancelled on request.")                                          \
  X(kUnavailable, "UNAVAILABLE", "The peer cannot serve the request now; retry later.")                          \
  X(kResourceExhausted, "RESOURCE_EXHAUSTED", "A configured limit (memory, disk, count) is reached.")            \
  X(kCorrupt, "CORRUPT", "A stored file is damaged or cut short; the message names it. Use an older one.")       \
  X(kRestore, "RESTORE", "Saved state does not fit the job; the message names the operator and what differs.")

namespace sluice {

enum class ErrorCode : uint8_t {
#define SLUICE_X(e, name, text) e,
  SLUICE_ERROR_CODES(SLUICE_X)
#undef SLUICE_X
};

/// The stable name of a code, such as "SQL_SYNTAX".
constexpr std::string_view ErrorCodeName(ErrorCode code) {
  constexpr std::string_view kNames[] = {
#define SLUICE_X(e, name, text) name,
      SLUICE_ERROR_CODES(SLUICE_X)
#undef SLUICE_X
  };
  return kNames[static_cast<size_t>(code)];
}

/// What the code means to a user; the reference page lists these.
constexpr std::string_view ErrorCodeText(ErrorCode code) {
  constexpr std::string_view kTexts[] = {
#define SLUICE_X(e, name, text) text,
      SLUICE_ERROR_CODES(SLUICE_X)
#undef SLUICE_X
  };
  return kTexts[static_cast<size_t>(code)];
}

}  // namespace sluice
