// The memory backend: the tables of one subtask, their snapshots, and which pieces of earlier snapshots are still
// needed.
//
// An incremental snapshot holds what changed since the last confirmed one and, of the rest, about as much again: a
// cursor goes round over all entries, so that after a full round nothing is left for which an older piece is needed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/state/keyed_state.h"
#include "engine/state/memory_table.h"
#include "engine/state/piece_chain.h"
#include "engine/state/restored_state.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

class MemoryNamespaces final : public NamespacedTable {
 public:
  using Tables = std::map<int64_t, std::unique_ptr<KeyedTable>>;

  MemoryNamespaces(TableLayoutPtr layout, TableFamily* family) : layout_(std::move(layout)), family_(family) {}
  KeyedTable& Open(int64_t name_space) override { return OpenTable(name_space); }
  KeyedTable* Find(int64_t name_space) override;
  void Drop(int64_t name_space) override;
  const Tables& tables() const override { return tables_; }

  MemoryTable& OpenTable(int64_t name_space);
  const TableLayout& layout() const { return *layout_; }
  void Sweep(int64_t now_ms, size_t count);

 private:
  TableLayoutPtr layout_;
  TableFamily* family_;
  Tables tables_;
  int64_t swept_ = 0;  // the namespace that was swept last
};

class MemoryValues final : public OperatorValues {
 public:
  void Put(const std::string& name, std::string bytes) override { values_[name] = std::move(bytes); }
  const std::string* Get(const std::string& name) const override;
  std::vector<std::string> Restored(const std::string& name) const override;

  const std::map<std::string, std::string>& values() const { return values_; }
  void set_restore(const StateRestore* restore);

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, std::vector<std::string>> restored_;
};

class MemoryBackend final : public KeyedStateBackend {
 public:
  explicit MemoryBackend(const StateBackendRequest& request);
  ~MemoryBackend() override;

  KeyedTable* OpenTable(TableSpec spec) override;
  NamespacedTable* OpenNamespacedTable(TableSpec spec) override;
  OperatorValues* OpenValues() override { return &values_; }
  KeyGroupRange key_groups() const override { return key_groups_; }
  size_t memory_bytes() const override;
  void Maintain() override;
  Status CheckRestored(bool allow_unclaimed) override;

  void BeginSnapshot(const SnapshotRequest& request) override;
  Result<bool> StepSnapshot(size_t budget_bytes, std::string& out) override;
  StateSnapshot TakeSnapshot() override;
  void AbandonSnapshot() override;
  void ConfirmSnapshot(int64_t checkpoint_id, const StatePiece& own) override;

 private:
  /// A snapshot from Begin until it is taken.
  struct Active {
    SnapshotRequest request;
    uint32_t epoch = 0;
    PieceChain::Base result;  // without the own piece
    StateSnapshot snapshot;
  };
  /// An entry of a table, where the rolling re-write has got to in a round.
  struct Position {
    uint64_t round = 0;
    uint64_t table_id = 0;
    uint32_t entry = 0;

    static Position Of(const RollCursor& cursor);
    RollCursor AsCursor() const;
  };

  std::vector<MemoryTable*> AllTables() const;  // by table id
  void Describe(const TableLayout& layout, const MemoryTable& table, std::optional<int64_t> name_space,
                StateSnapshot& out) const;
  StateSnapshot Directory() const;
  /// What to roll over, by table; moves `position`. Nothing: everything has to be written.
  std::optional<std::vector<FreezeRequest>> PlanIncrement(const std::vector<MemoryTable*>& tables,
                                                          Position& position) const;
  static void Roll(const std::vector<MemoryTable*>& tables, size_t bytes, Position& position,
                   std::vector<FreezeRequest>& requests);
  void Restore(const RestoredState::Part& part, MemoryTable& table);

  KeyGroupRange key_groups_;
  uint32_t max_parallelism_;
  size_t small_state_bytes_, longest_chain_;
  SystemClock system_clock_;
  TableFamily family_;
  std::map<std::string, std::unique_ptr<MemoryTable>> tables_;
  std::map<std::string, std::unique_ptr<MemoryNamespaces>> namespaces_;
  bool ages_ = false;  // some table has a TTL
  MemoryValues values_;

  std::unique_ptr<RestoredState> restored_;
  Status restore_status_;  // the first thing that did not fit

  PieceChain chain_;
  std::optional<Active> active_;
  size_t work_at_ = 0;
};

}  // namespace sluice::engine
