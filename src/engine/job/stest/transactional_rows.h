// A query's result as an exactly-once sink would leave it: rows count only when the checkpoint that they belong to is
// confirmed.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/job/result_display.h"
#include "engine/runtime/interfaces.h"

namespace sluice::engine::stest {

/// What the outside has seen of all attempts of a job. Thread-safe.
class TransactionalRows {
 public:
  TransactionalRows(const std::string& time_zone, bool legacy) : display_(time_zone, legacy) {}

  /// A sink of one attempt; this outlives it.
  std::unique_ptr<Sink> MakeSink();
  /// The rows that count, in the order of their commits.
  std::vector<DisplayedRow> Take();

 private:
  class TransactionSink;
  std::string Prepare(std::vector<DisplayedRow> rows);
  Status Commit(std::string_view number);

  const ResultDisplay display_;
  std::mutex mutex_;
  std::vector<std::vector<DisplayedRow>> prepared_;
  std::set<size_t> done_;
  std::vector<DisplayedRow> committed_;
};

}  // namespace sluice::engine::stest
