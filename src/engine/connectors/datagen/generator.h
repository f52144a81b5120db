// Value generators of the datagen connector: one a column, made from the table's options.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "engine/columnar/column.h"
#include "engine/plan/descriptors.h"

namespace sluice {
class Clock;
}

namespace sluice::engine::datagen {

/// Cheap random numbers (splitmix64), seeded once.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  /// [0, bound), bound > 0.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

/// What a row is made from.
struct RowFacts {
  int64_t number = 0;  // of the whole table: subtask s of n makes s, s + n, …
  int64_t now_ms = 0;
};

/// Not thread-safe.
class Generator {
 public:
  virtual ~Generator() = default;
  /// Fills row `i`, which exists and is valid.
  virtual void Fill(Column& column, size_t i, const RowFacts& facts, Dice& dice) = 0;
};

struct GeneratorSpec {
  std::unique_ptr<Generator> generator;
  /// Rows that a sequence can give; max if there is none.
  int64_t rows = std::numeric_limits<int64_t>::max();
};

/// The generator of the column (or nested part) whose options begin with `prefix` ("fields.a", "fields.a.element").
/// `known` gets the names of the options that it takes.
Result<GeneratorSpec> MakeGenerator(const DataType& type, const std::string& prefix, const OptionMap& options,
                                    std::set<std::string>& known);

}  // namespace sluice::engine::datagen
