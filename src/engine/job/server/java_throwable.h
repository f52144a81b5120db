// An org.apache.flink.util.SerializedThrowable as Java's serialisation writes it: Flink's own clients take the cause of
// a failed operation from it, and show nothing without.
#pragma once

#include <string>
#include <string_view>

namespace sluice::engine::server {

/// Base64. `class_name` is what the client says the error is; texts longer than 65535 bytes are cut.
std::string SerializedThrowable(std::string_view class_name, std::string_view message, std::string_view stack_trace);

}  // namespace sluice::engine::server
