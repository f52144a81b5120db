#include "engine/state/rocksdb_backend.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/clock.h"
#include "engine/state/memory_backend.h"
#include "engine/state/piece_chain.h"
#include "engine/state/rocksdb_snapshot.h"
#include "engine/state/rocksdb_table.h"
#include "engine/state/working_folder.h"

namespace sluice::engine {

namespace {

constexpr size_t kSweepCount = 16;  // entries a table and a call of Maintain

class IntoRocksDb final : public RestoredEntries {
 public:
  IntoRocksDb(RocksDbTable& table, bool keep_numbers) : table_(table), keep_numbers_(keep_numbers) {}
  const TableLayout& layout() const override { return table_.layout(); }
  bool renumbers() const override { return false; }
  bool parallel() const override { return false; }
  void Begin(size_t numbers) override {
    if (keep_numbers_) table_.RestoreNumbers(static_cast<uint32_t>(numbers));
  }
  Status Add(const BlockLayout& layout, std::span<const BlockRecord> records) override {
    for (const BlockRecord& record : records) {
      SLUICE_RETURN_IF_ERROR(
          table_.Restore(keep_numbers_ ? std::optional(record.entry) : std::nullopt, layout, record));
    }
    return {};
  }
  void Skip(uint32_t number) override {
    if (keep_numbers_) table_.RestoreFreeNumber(number);
  }

 private:
  RocksDbTable& table_;
  bool keep_numbers_;
};

class RocksDbNamespaces final : public NamespacedTable {
 public:
  RocksDbNamespaces(TableLayoutPtr layout, RocksDbFamily* family) : layout_(std::move(layout)), family_(family) {}
  KeyedTable& Open(int64_t name_space) override { return OpenTable(name_space); }
  KeyedTable* Find(int64_t name_space) override {
    auto at = tables_.find(name_space);
    return at == tables_.end() ? nullptr : at->second.get();
  }
  void Drop(int64_t name_space) override { tables_.erase(name_space); }
  const std::map<int64_t, std::unique_ptr<KeyedTable>>& tables() const override { return tables_; }

  RocksDbTable& OpenTable(int64_t name_space) {
    auto& table = tables_[name_space];
    if (!table) table = std::make_unique<RocksDbTable>(layout_, family_);
    return static_cast<RocksDbTable&>(*table);
  }

 private:
  TableLayoutPtr layout_;
  RocksDbFamily* family_;
  std::map<int64_t, std::unique_ptr<KeyedTable>> tables_;
};

class RocksDbBackend final : public KeyedStateBackend {
 public:
  RocksDbBackend(const StateBackendRequest& request, std::optional<WorkingFolder> own,
                 std::unique_ptr<RocksDbStore> store, size_t budget_bytes)
      : own_(std::move(own)),
        key_groups_(request.key_groups),
        budget_bytes_(budget_bytes),
        small_state_bytes_(request.small_state_bytes),
        longest_chain_(request.longest_chain),
        store_(std::move(store)) {
    family_.store = store_.get();
    family_.clock = request.clock != nullptr ? request.clock : &system_clock_;
    family_.max_parallelism = request.max_parallelism;
    if (request.restore == nullptr) return;
    restored_ = std::make_unique<RestoredState>(*request.restore, key_groups_, family_.max_parallelism);
    values_.set_restore(request.restore);
    restore_status_ = restored_->GoOn(family_.next_table_id, family_.tracking, chain_);
  }

  KeyedTable* OpenTable(TableSpec spec) override {
    const std::string name = spec.name;
    auto& table = tables_[name];
    INVARIANT(!table, "keyed table opened twice: " + name);
    table = std::make_unique<RocksDbTable>(
        std::make_shared<const TableLayout>(std::move(spec), RocksDbTable::kExtraBytes), &family_);
    if (restored_) {
      for (const RestoredState::Part& part : restored_->Claim(name, false)) Restore(part, *table);
    }
    return table.get();
  }

  NamespacedTable* OpenNamespacedTable(TableSpec spec) override {
    const std::string name = spec.name;
    auto& spaces = namespaces_[name];
    INVARIANT(!spaces, "keyed table opened twice: " + name);
    spaces = std::make_unique<RocksDbNamespaces>(
        std::make_shared<const TableLayout>(std::move(spec), RocksDbTable::kExtraBytes), &family_);
    if (!restored_) return spaces.get();
    for (const RestoredState::Part& part : restored_->Claim(name, true)) {
      RocksDbTable& table = spaces->OpenTable(part.table->name_space);
      Restore(part, table);
      if (table.size() == 0) spaces->Drop(part.table->name_space);
    }
    return spaces.get();
  }

  OperatorValues* OpenValues() override { return &values_; }
  KeyGroupRange key_groups() const override { return key_groups_; }

  size_t memory_bytes() const override { return CachedBytes() + store_->memory_bytes(); }

  void Maintain() override {
    const int64_t now_ms = family_.clock->NowMs();
    ForEachTable([&](RocksDbTable& table) {
      const TableSpec& spec = table.layout().spec;
      if (spec.ttl_ms > 0 || spec.expire) table.Sweep(now_ms, kSweepCount);
    });
    if (CachedBytes() > budget_bytes_ / 2) ForEachTable([](RocksDbTable& table) { table.Evict(); });
  }

  Status CheckRestored(bool allow_unclaimed) override {
    if (!restored_) return {};
    const std::vector<std::string> unclaimed = restored_->Unclaimed();
    if (restore_status_.ok()) restore_status_ = restored_->CheckRest();
    restored_.reset();
    if (!restore_status_.ok()) return restore_status_;
    return allow_unclaimed ? Status() : RefuseUnclaimed(unclaimed);
  }

  void BeginSnapshot(const SnapshotRequest& request) override {
    INVARIANT(!active_, "a snapshot of keyed state begins while another is under way");
    active_.emplace();
    active_->request = request;
    active_->epoch = family_.epoch++;
    StateSnapshot& out = active_->snapshot;
    out.backend = "memory";  // whose format it is
    out.key_groups = key_groups_;
    out.max_parallelism = family_.max_parallelism;
    out.values = values_.values();
    ForEachTable([&](RocksDbTable& table) { table.Freeze(active_->epoch); });
    family_.tracking = true;
    for (const auto& [name, table] : tables_) Describe(*table, std::nullopt, out);
    for (const auto& [name, spaces] : namespaces_) {
      for (const auto& [name_space, table] : spaces->tables()) {
        Describe(static_cast<RocksDbTable&>(*table), name_space, out);
      }
    }
    store_->Freeze();
    Plan();
  }

  Result<bool> StepSnapshot(size_t budget_bytes, std::string& out) override {
    INVARIANT(active_, "no snapshot of keyed state is under way");
    if (!store_->status().ok()) return store_->status().error();
    return work_->Step(out.size() + std::max<size_t>(1, budget_bytes), out);
  }

  StateSnapshot TakeSnapshot() override {
    INVARIANT(active_, "no snapshot of keyed state is under way");
    StateSnapshot snapshot = std::move(active_->snapshot);
    PieceChain::Base left;
    if (active_->incremental) {
      left.cursor = work_->cursor();
      left.pieces = chain_.NeededAt(left.cursor);
    }
    for (const PieceChain::Piece& old : left.pieces) snapshot.pieces.push_back(old.piece);
    if (!active_->request.full) chain_.Add(active_->request.checkpoint_id, active_->epoch, std::move(left));
    AbandonSnapshot();
    return snapshot;
  }

  void AbandonSnapshot() override {
    active_.reset();
    work_.reset();
    store_->Thaw();
  }

  void ConfirmSnapshot(int64_t checkpoint_id, const StatePiece& own) override {
    if (auto epoch = chain_.Confirm(checkpoint_id, own)) family_.confirmed = *epoch;
  }

 private:
  template <typename F>
  void ForEachTable(F&& f) const {
    for (const auto& [name, table] : tables_) f(*table);
    for (const auto& [name, spaces] : namespaces_) {
      for (const auto& [name_space, table] : spaces->tables()) f(static_cast<RocksDbTable&>(*table));
    }
  }

  size_t CachedBytes() const {
    size_t bytes = 0;
    ForEachTable([&](RocksDbTable& table) { bytes += table.memory_bytes(); });
    return bytes;
  }

  static void Describe(const RocksDbTable& table, std::optional<int64_t> name_space, StateSnapshot& out) {
    const TableLayout& layout = table.layout();
    out.tables.push_back({.name = layout.spec.name,
                          .namespaced = name_space.has_value(),
                          .name_space = name_space.value_or(0),
                          .table_id = table.table_id(),
                          .entries = table.numbers(),
                          .key_types = layout.key_types,
                          .payload = layout.spec.payload_format});
  }

  /// Decides whether the snapshot is an incremental one.
  void Plan() {
    std::vector<RocksDbTable*> tables;
    ForEachTable([&](RocksDbTable& table) { tables.push_back(&table); });
    std::ranges::sort(tables, {}, &RocksDbTable::table_id);
    size_t entries = 0, changed = 0, bytes = 0;
    for (const RocksDbTable* table : tables) {
      entries += table->size();
      bytes += table->size() * table->layout().stride;
      for (const RocksDbTable::ChangesPtr& changes : table->Unconfirmed()) {
        changed += changes->keys.size() + changes->erased.size();
      }
    }
    active_->incremental =
        chain_.base() && !active_->request.full && bytes > small_state_bytes_ && changed * 2 < entries;
    std::optional<RollCursor> from;
    if (active_->incremental) from = chain_.base()->cursor;
    work_.emplace(*store_, from, longest_chain_);
    for (const RocksDbTable* table : tables) work_->Add(*table, table->Unconfirmed());
  }

  void Restore(const RestoredState::Part& part, RocksDbTable& table) {
    if (!restore_status_.ok()) return;
    const bool same = restored_->same_subtask();
    if (same) table.set_table_id(part.table->table_id);
    IntoRocksDb into(table, same);
    restore_status_ = restored_->Fill(part, into);
  }

  std::optional<WorkingFolder> own_;
  KeyGroupRange key_groups_;
  size_t budget_bytes_, small_state_bytes_, longest_chain_;
  SystemClock system_clock_;
  std::unique_ptr<RocksDbStore> store_;
  RocksDbFamily family_;
  std::map<std::string, std::unique_ptr<RocksDbTable>> tables_;
  std::map<std::string, std::unique_ptr<RocksDbNamespaces>> namespaces_;
  MemoryValues values_;

  std::unique_ptr<RestoredState> restored_;
  Status restore_status_;

  struct Active {
    SnapshotRequest request;
    uint32_t epoch = 0;
    bool incremental = false;
    StateSnapshot snapshot;
  };
  PieceChain chain_;
  std::optional<Active> active_;
  std::optional<RocksDbSnapshot> work_;
};

}  // namespace

Result<std::unique_ptr<KeyedStateBackend>> MakeRocksDbStateBackend(const StateBackendRequest& request,
                                                                   const std::string& folder, size_t budget_bytes) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbStore> store, RocksDbStore::Open(folder, budget_bytes));
  return std::unique_ptr<KeyedStateBackend>(
      std::make_unique<RocksDbBackend>(request, std::nullopt, std::move(store), budget_bytes));
}

StateBackendFactory RocksDbStateBackends(std::string folder, size_t budget_bytes) {
  std::error_code failed;
  if (folder.empty()) folder = std::filesystem::temp_directory_path(failed).string();
  if (folder.empty()) folder = "/tmp";
  RemoveLeftWorkingFolders(folder);
  return [folder = std::move(folder),
          budget_bytes](const StateBackendRequest& request) -> Result<std::unique_ptr<KeyedStateBackend>> {
    Result<WorkingFolder> own = WorkingFolder::Make(folder);
    if (!own.ok()) {
      return Error(ErrorCode::kIo, "the folder for RocksDB state cannot be used: " + own.error().message() +
                                       "; set state.backend.rocksdb.localdir");
    }
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbStore> store, RocksDbStore::Open(own->path() + "/db", budget_bytes));
    return std::unique_ptr<KeyedStateBackend>(
        std::make_unique<RocksDbBackend>(request, std::move(*own), std::move(store), budget_bytes));
  };
}

}  // namespace sluice::engine
