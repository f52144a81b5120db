// Checks a request against its shape. Pure; any JSON is accepted as input.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>

#include "service/model/api_error.h"
#include "service/model/shapes.h"

namespace sluice::service {

/// Checks and tidies `input` in place: members that the shape does not know and members that are null are removed;
/// "true" and "false" as strings become booleans.
/// - A value of the wrong JSON type is a SerializationException.
/// - Constraints (required, length, range, pattern, enum) are collected, up to ten, into one error in AWS's words:
///   "1 validation error detected: Value 'a b' at 'applicationName' failed to satisfy constraint: Member must …".
///   Its type is InvalidArgumentException, or InvalidRequestException if the operation declares only that.
std::optional<ApiError> ValidateRequest(const Operation& operation, boost::json::value* input);

/// The same checks for one shape; for tests that hold answers against the model.
std::optional<ApiError> ValidateShape(const Shape& shape, boost::json::value* value);

/// The size of the bytes that `text` encodes in Base64; nothing if it is not Base64.
std::optional<size_t> Base64DecodedSize(std::string_view text);
/// The bytes; nothing if it is not Base64.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace sluice::service
