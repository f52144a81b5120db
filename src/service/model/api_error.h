// What an API call answers with when it fails, and Answer<T>: a value or such an error.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/result.h"

namespace sluice::service {

/// An error of the API: its AWS name ("ResourceNotFoundException"), its HTTP status and a message for the caller.
class [[nodiscard]] ApiError {
 public:
  ApiError(std::string type, std::string message, int status = 400)
      : type_(std::move(type)), message_(std::move(message)), status_(status) {}
  /// An inner failure: what the caller could not have avoided becomes InternalFailure (500) or
  /// ServiceUnavailableException (503); a lost race on a row ConcurrentModificationException.
  ApiError(const Error& error);  // NOLINT: implicit on purpose, for SLUICE_RETURN_IF_ERROR

  static ApiError NotFound(std::string message) { return {"ResourceNotFoundException", std::move(message)}; }
  static ApiError InUse(std::string message) { return {"ResourceInUseException", std::move(message)}; }
  static ApiError InvalidArgument(std::string message) { return {"InvalidArgumentException", std::move(message)}; }
  static ApiError InvalidConfiguration(std::string message) {
    return {"InvalidApplicationConfigurationException", std::move(message)};
  }
  static ApiError CodeValidation(std::string message) { return {"CodeValidationException", std::move(message)}; }
  static ApiError Concurrent(std::string message) { return {"ConcurrentModificationException", std::move(message)}; }
  static ApiError Limit(std::string message) { return {"LimitExceededException", std::move(message)}; }
  static ApiError Unsupported(std::string message) { return {"UnsupportedOperationException", std::move(message)}; }

  const std::string& type() const { return type_; }
  const std::string& message() const { return message_; }
  int status() const { return status_; }

  /// Further members of the error's document, as the text of a JSON object; empty if there are none.
  ApiError WithMembers(std::string json) && {
    members_ = std::move(json);
    return std::move(*this);
  }
  const std::string& members() const { return members_; }

 private:
  std::string type_;
  std::string message_;
  int status_;
  std::string members_;
};

/// Works with SLUICE_ASSIGN_OR_RETURN and SLUICE_RETURN_IF_ERROR, beside Result.
template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : state_(std::in_place_index<0>, std::move(value)) {}            // NOLINT: implicit on purpose
  Answer(ApiError error) : state_(std::in_place_index<1>, std::move(error)) {}     // NOLINT: implicit on purpose
  Answer(const Error& error) : state_(std::in_place_index<1>, ApiError(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  const ApiError& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, ApiError> state_;
};
struct Done {};

}  // namespace sluice::service
