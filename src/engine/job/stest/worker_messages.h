// What a test worker tells its supervisor over a pipe: "block i begins", "block i ended like this".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/job/stest/block_check.h"

namespace sluice::engine::stest {

struct WorkerMessage {
  bool ended = false;  // false: the block begins
  uint32_t block = 0;
  int64_t elapsed_ms = 0;
  BlockOutcome outcome;
};

std::string EncodeMessage(const WorkerMessage& message);
/// Takes the first whole message off the front of `buffer`; nullopt if there is none yet.
std::optional<WorkerMessage> TakeMessage(std::string& buffer);

}  // namespace sluice::engine::stest
