// 'sink.buffer-flush': of each key only the last message, until there are enough or some time has passed.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/connectors/kafka/record_encoder.h"

namespace sluice::engine::kafka {

class ReduceBuffer {
 public:
  void Add(const OutMessage& message) {
    const auto [at, is_new] = places_.try_emplace(std::string(message.key.value_or("")), messages_.size());
    if (is_new) messages_.emplace_back();
    Kept& kept = messages_[at->second];
    kept.message = message;
    if (message.value) kept.value = std::string(*message.value);
  }
  size_t size() const { return messages_.size(); }

  /// The messages in the order of their keys' first rows. They are the buffer's, until it is cleared.
  std::vector<OutMessage> Messages() const {
    std::vector<OutMessage> out;
    out.reserve(messages_.size());
    for (const Kept& kept : messages_) {
      out.push_back(kept.message);
      if (kept.message.value) out.back().value = kept.value;
    }
    for (const auto& [key, place] : places_) out[place].key = key;
    return out;
  }
  void Clear() {
    places_.clear();
    messages_.clear();
  }

 private:
  struct Kept {
    OutMessage message;  // its views are of an older buffer
    std::string value;
  };
  std::unordered_map<std::string, size_t> places_;
  std::vector<Kept> messages_;
};

}  // namespace sluice::engine::kafka
