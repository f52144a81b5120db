#include "engine/state/rocksdb_backend.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "base/clock.h"
#include "engine/state/memory_backend.h"
#include "engine/state/rocksdb_table.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

namespace {

constexpr size_t kSweepCount = 16;  // entries a table and a call of Maintain

class IntoRocksDb final : public RestoredEntries {
 public:
  explicit IntoRocksDb(RocksDbTable& table) : table_(table) {}
  const TableLayout& layout() const override { return table_.layout(); }
  Status Add(uint32_t, const BlockLayout& layout, const BlockRecord& record) override {
    return table_.Restore(layout, record);
  }

 private:
  RocksDbTable& table_;
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

/// Writes the frozen entries of one table as blocks of the memory format; their numbers are those of their order.
class FrozenTable {
 public:
  FrozenTable(const RocksDbTable& table, size_t place_in_directory)
      : place(place_in_directory), prefix_(table.prefix()), id_(table.table_id()), layout_(table.layout()) {}

  /// True when all is written.
  bool Step(RocksDbStore& store, size_t limit, std::string& out) {
    if (!cursor_) cursor_ = store.Scan(prefix_, true);
    BlockWriter block;
    for (; cursor_->Valid() && out.size() < limit; cursor_->Next()) {
      if (!block.open()) block.Start(id_, layout_.block, out);
      Write(out);
      block.AddRecord();
      if (block.size(out) >= kBlockBytes) block.Finish(out);
    }
    if (block.open()) block.Finish(out);
    return !cursor_->Valid();
  }
  uint64_t entries() const { return entries_; }

  size_t place;  // in StateSnapshot::tables

 private:
  void Write(std::string& out) {
    const std::string_view key = cursor_->key().substr(prefix_.size() + 2);
    std::string_view value = cursor_->value();
    const BlockLayout& block = layout_.block;
    INVARIANT(entries_ < kMaxEntries, "a table of keyed state has more than 2^31 entries");
    const bool null = layout_.inline_key && key[0] == '\0';
    AppendNumber(out, static_cast<uint32_t>(entries_++) | (null ? kNullKeyBit : 0));
    if (!block.has(kBlockFixed)) out.append(value.substr(0, sizeof(uint64_t)));
    value.remove_prefix(sizeof(uint64_t));
    if (!layout_.inline_key) {
      AppendVarint(out, key.size());
      out += key;
    } else if (null) {
      out.append(layout_.key_width, '\0');
    } else {
      out += key.substr(1);
    }
    if (layout_.ttl) {
      out.append(value.substr(0, sizeof(int64_t)));
      value.remove_prefix(sizeof(int64_t));
    }
    if (!layout_.raw_payload) AppendVarint(out, value.size());
    out += value;
  }

  std::string prefix_;
  uint64_t id_;
  TableLayout layout_;  // a copy: the table may be dropped in between
  std::unique_ptr<RocksDbStore::Cursor> cursor_;
  uint64_t entries_ = 0;
};

class RocksDbBackend final : public KeyedStateBackend {
 public:
  RocksDbBackend(const StateBackendRequest& request, std::unique_ptr<RocksDbStore> store, size_t budget_bytes)
      : key_groups_(request.key_groups), budget_bytes_(budget_bytes), store_(std::move(store)) {
    family_.store = store_.get();
    family_.clock = request.clock != nullptr ? request.clock : &system_clock_;
    family_.max_parallelism = request.max_parallelism;
    if (request.restore == nullptr) return;
    restore_ = *request.restore;
    restore_.may_refer = false;
    restored_ = std::make_unique<RestoredState>(restore_, key_groups_, family_.max_parallelism);
    values_.set_restore(&restore_);
  }

  KeyedTable* OpenTable(TableSpec spec) override {
    const std::string name = spec.name;
    auto& table = tables_[name];
    INVARIANT(!table, "keyed table opened twice: " + name);
    table = std::make_unique<RocksDbTable>(std::make_shared<const TableLayout>(std::move(spec)), &family_);
    if (restored_) {
      for (const RestoredState::Part& part : restored_->Claim(name, false)) Restore(part, *table);
    }
    return table.get();
  }

  NamespacedTable* OpenNamespacedTable(TableSpec spec) override {
    const std::string name = spec.name;
    auto& spaces = namespaces_[name];
    INVARIANT(!spaces, "keyed table opened twice: " + name);
    spaces = std::make_unique<RocksDbNamespaces>(std::make_shared<const TableLayout>(std::move(spec)), &family_);
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
    restored_.reset();
    if (!restore_status_.ok()) return restore_status_;
    return allow_unclaimed ? Status() : RefuseUnclaimed(unclaimed);
  }

  void BeginSnapshot(const SnapshotRequest&) override {
    INVARIANT(!active_, "a snapshot of keyed state begins while another is under way");
    active_.emplace();
    active_->backend = "memory";  // whose format it is
    active_->key_groups = key_groups_;
    active_->max_parallelism = family_.max_parallelism;
    active_->values = values_.values();
    work_.clear();
    work_at_ = 0;
    for (const auto& [name, table] : tables_) Freeze(*table, std::nullopt);
    for (const auto& [name, spaces] : namespaces_) {
      for (const auto& [name_space, table] : spaces->tables()) {
        Freeze(static_cast<RocksDbTable&>(*table), name_space);
      }
    }
    store_->Freeze();
  }

  Result<bool> StepSnapshot(size_t budget_bytes, std::string& out) override {
    INVARIANT(active_, "no snapshot of keyed state is under way");
    if (!store_->status().ok()) return store_->status().error();
    const size_t limit = out.size() + std::max<size_t>(1, budget_bytes);
    for (; work_at_ < work_.size(); ++work_at_) {
      if (out.size() >= limit || !work_[work_at_].Step(*store_, limit, out)) return false;
      active_->tables[work_[work_at_].place].entries = work_[work_at_].entries();
    }
    return true;
  }

  StateSnapshot TakeSnapshot() override {
    INVARIANT(active_ && work_at_ == work_.size(), "a snapshot of keyed state is not finished");
    StateSnapshot snapshot = std::move(*active_);
    AbandonSnapshot();
    return snapshot;
  }

  void AbandonSnapshot() override {
    active_.reset();
    work_.clear();
    work_at_ = 0;
    store_->Thaw();
  }

  void ConfirmSnapshot(int64_t, const StatePiece&) override {}

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

  void Freeze(RocksDbTable& table, std::optional<int64_t> name_space) {
    table.WriteBack();  // an error is in the store's status
    work_.emplace_back(table, active_->tables.size());
    const TableLayout& layout = table.layout();
    active_->tables.push_back({.name = layout.spec.name,
                               .namespaced = name_space.has_value(),
                               .name_space = name_space.value_or(0),
                               .table_id = table.table_id(),
                               .key_types = layout.key_types,
                               .payload = layout.spec.payload_format});
  }

  void Restore(const RestoredState::Part& part, RocksDbTable& table) {
    if (!restore_status_.ok()) return;
    IntoRocksDb into(table);
    restore_status_ = restored_->Fill(part, into);
  }

  KeyGroupRange key_groups_;
  size_t budget_bytes_;
  SystemClock system_clock_;
  std::unique_ptr<RocksDbStore> store_;
  RocksDbFamily family_;
  std::map<std::string, std::unique_ptr<RocksDbTable>> tables_;
  std::map<std::string, std::unique_ptr<RocksDbNamespaces>> namespaces_;
  MemoryValues values_;

  StateRestore restore_;
  std::unique_ptr<RestoredState> restored_;
  Status restore_status_;

  std::optional<StateSnapshot> active_;
  std::vector<FrozenTable> work_;
  size_t work_at_ = 0;
};

}  // namespace

Result<std::unique_ptr<KeyedStateBackend>> MakeRocksDbStateBackend(const StateBackendRequest& request,
                                                                   const std::string& folder, size_t budget_bytes) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbStore> store, RocksDbStore::Open(folder, budget_bytes));
  return std::unique_ptr<KeyedStateBackend>(std::make_unique<RocksDbBackend>(request, std::move(store), budget_bytes));
}

StateBackendFactory RocksDbStateBackends(std::string folder, size_t budget_bytes) {
  return [folder = std::move(folder),
          budget_bytes](const StateBackendRequest& request) -> Result<std::unique_ptr<KeyedStateBackend>> {
    std::error_code failed;
    const std::filesystem::path root =
        folder.empty() ? std::filesystem::temp_directory_path(failed) : std::filesystem::path(folder);
    if (!failed) std::filesystem::create_directories(root, failed);
    std::string own = (root / "sluice-state-XXXXXX").string();
    if (failed || mkdtemp(own.data()) == nullptr) {
      return Error(ErrorCode::kIo, "the folder '" + root.string() + "' for RocksDB state cannot be used: " +
                                       (failed ? failed.message() : std::string(strerror(errno))) +
                                       "; set state.backend.rocksdb.localdir");
    }
    return MakeRocksDbStateBackend(request, own, budget_bytes);
  };
}

}  // namespace sluice::engine
