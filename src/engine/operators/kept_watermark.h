// Event time that a subtask remembers beside its tables: how far it had got, kept in the snapshot's OperatorValues.
// Without it a restored operator would take rows for timely that had been late.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "engine/columnar/batch.h"
#include "engine/runtime/interfaces.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

inline void PutNumber(OperatorValues& values, const std::string& name, int64_t number) {
  values.Put(name, std::string(reinterpret_cast<const char*>(&number), sizeof(number)));
}

/// The smallest of what the subtasks of the restored snapshot had put; nothing if none had.
inline std::optional<int64_t> SmallestRestored(const OperatorValues& values, const std::string& name) {
  std::optional<int64_t> least;
  for (const std::string& bytes : values.Restored(name)) {
    int64_t number = 0;
    if (bytes.size() != sizeof(number)) continue;
    std::memcpy(&number, bytes.data(), sizeof(number));
    least = std::min(least.value_or(number), number);
  }
  return least;
}

class KeptWatermark {
 public:
  void Open(const TaskContext& context) {
    values_ = context.state->OpenValues();
    value_ = SmallestRestored(*values_, "watermark").value_or(kNoWatermark);
  }
  /// From Operator::BeforeSnapshot.
  void Save() { PutNumber(*values_, "watermark", value_); }

  int64_t value() const { return value_; }
  /// Watermarks never go back, not even over a restore.
  void Advance(int64_t watermark) { value_ = std::max(value_, watermark); }

 private:
  OperatorValues* values_ = nullptr;
  int64_t value_ = kNoWatermark;
};

}  // namespace sluice::engine
