#include "engine/state/memory_backend.h"

#include <algorithm>

namespace sluice::engine {

namespace {

constexpr size_t kSweepCount = 8;  // entries a table and a call of Maintain

MemoryTable& AsMemoryTable(const std::unique_ptr<KeyedTable>& table) { return static_cast<MemoryTable&>(*table); }

/// Entries of one part for a table in memory.
class IntoMemory final : public RestoredEntries {
 public:
  explicit IntoMemory(MemoryTable& table) : table_(table) {}
  const TableLayout& layout() const override { return table_.layout(); }
  bool renumbers() const override { return true; }
  bool parallel() const override { return layout().inline_key && layout().raw_payload; }
  void Begin(size_t numbers) override {
    table_.BeginRestore(numbers);
    begun_ = true;
  }
  Status Add(const BlockLayout& layout, std::span<const BlockRecord> records) override {
    return table_.RestoreEntries(layout, records);
  }
  void Skip(uint32_t number) override { table_.RestoreHole(number); }
  void End() {
    if (begun_) table_.EndRestore();
  }

 private:
  MemoryTable& table_;
  bool begun_ = false;
};

/// Destroys a table, or keeps it until the snapshot under way has written its part of it.
void Retire(std::unique_ptr<MemoryTable> table, TableFamily& family) {
  if (table->frozen()) family.retired.push_back(std::move(table));
}

}  // namespace

// --- namespaces

KeyedTable* MemoryNamespaces::Find(int64_t name_space) {
  auto at = tables_.find(name_space);
  return at == tables_.end() ? nullptr : at->second.get();
}

MemoryTable& MemoryNamespaces::OpenTable(int64_t name_space) {
  auto& table = tables_[name_space];
  if (!table) table = std::make_unique<MemoryTable>(layout_, family_);
  return AsMemoryTable(table);
}

void MemoryNamespaces::Drop(int64_t name_space) {
  auto at = tables_.find(name_space);
  if (at == tables_.end()) return;
  Retire(std::unique_ptr<MemoryTable>(static_cast<MemoryTable*>(at->second.release())), *family_);
  tables_.erase(at);
}

/// One namespace a call.
void MemoryNamespaces::Sweep(int64_t now_ms, size_t count) {
  if (tables_.empty()) return;
  auto at = tables_.upper_bound(swept_);
  if (at == tables_.end()) at = tables_.begin();
  swept_ = at->first;
  AsMemoryTable(at->second).Sweep(now_ms, count);
}

// --- values

const std::string* MemoryValues::Get(const std::string& name) const {
  auto at = values_.find(name);
  return at == values_.end() ? nullptr : &at->second;
}

std::vector<std::string> MemoryValues::Restored(const std::string& name) const {
  auto at = restored_.find(name);
  return at == restored_.end() ? std::vector<std::string>() : at->second;
}

void MemoryValues::set_restore(const StateRestore* restore) {
  for (const StateSnapshot& snapshot : restore->snapshots) {
    for (const auto& [name, bytes] : snapshot.values) restored_[name].push_back(bytes);
  }
}

// --- backend

MemoryBackend::MemoryBackend(const StateBackendRequest& request)
    : key_groups_(request.key_groups),
      max_parallelism_(request.max_parallelism),
      small_state_bytes_(request.small_state_bytes),
      longest_chain_(request.longest_chain) {
  family_.clock = request.clock != nullptr ? request.clock : &system_clock_;
  if (request.restore == nullptr) return;
  restored_ = std::make_unique<RestoredState>(*request.restore, key_groups_, max_parallelism_);
  values_.set_restore(request.restore);
  restore_status_ = restored_->GoOn(family_.next_table_id, family_.tracking, chain_);
}

MemoryBackend::~MemoryBackend() = default;

void MemoryBackend::Restore(const RestoredState::Part& part, MemoryTable& table) {
  if (!restore_status_.ok()) return;
  if (restored_->same_subtask()) table.set_table_id(part.table->table_id);
  IntoMemory into(table);
  restore_status_ = restored_->Fill(part, into);
  into.End();
}

KeyedTable* MemoryBackend::OpenTable(TableSpec spec) {
  const std::string name = spec.name;
  auto& table = tables_[name];
  INVARIANT(!table, "keyed table opened twice: " + name);
  ages_ |= spec.ttl_ms > 0 || spec.expire;
  table = std::make_unique<MemoryTable>(std::make_shared<const TableLayout>(std::move(spec)), &family_);
  if (restored_) {
    for (const RestoredState::Part& part : restored_->Claim(name, false)) Restore(part, *table);
  }
  return table.get();
}

NamespacedTable* MemoryBackend::OpenNamespacedTable(TableSpec spec) {
  const std::string name = spec.name;
  auto& spaces = namespaces_[name];
  INVARIANT(!spaces, "keyed table opened twice: " + name);
  ages_ |= spec.ttl_ms > 0 || spec.expire;
  spaces = std::make_unique<MemoryNamespaces>(std::make_shared<const TableLayout>(std::move(spec)), &family_);
  if (!restored_) return spaces.get();
  for (const RestoredState::Part& part : restored_->Claim(name, true)) {
    Restore(part, spaces->OpenTable(part.table->name_space));
    if (spaces->Find(part.table->name_space)->size() == 0) spaces->Drop(part.table->name_space);
  }
  return spaces.get();
}

Status MemoryBackend::CheckRestored(bool allow_unclaimed) {
  if (!restored_) return {};
  const std::vector<std::string> unclaimed = restored_->Unclaimed();
  if (restore_status_.ok()) restore_status_ = restored_->CheckRest();
  restored_.reset();
  if (!restore_status_.ok()) return restore_status_;
  return allow_unclaimed ? Status() : RefuseUnclaimed(unclaimed);
}

size_t MemoryBackend::memory_bytes() const {
  size_t bytes = 0;
  for (const MemoryTable* table : AllTables()) bytes += table->memory_bytes();
  for (const auto& table : family_.retired) bytes += table->memory_bytes();
  return bytes;
}

void MemoryBackend::Maintain() {
  if (!ages_) return;
  const int64_t now_ms = family_.clock->NowMs();
  for (const auto& [name, table] : tables_) {
    const TableSpec& spec = table->layout().spec;
    if (spec.ttl_ms > 0 || spec.expire) table->Sweep(now_ms, kSweepCount);
  }
  for (const auto& [name, spaces] : namespaces_) {
    const TableSpec& spec = spaces->layout().spec;
    if (spec.ttl_ms > 0 || spec.expire) spaces->Sweep(now_ms, kSweepCount);
  }
}

std::vector<MemoryTable*> MemoryBackend::AllTables() const {
  std::vector<MemoryTable*> all;
  for (const auto& [name, table] : tables_) all.push_back(table.get());
  for (const auto& [name, spaces] : namespaces_) {
    for (const auto& [n, table] : spaces->tables()) all.push_back(&AsMemoryTable(table));
  }
  std::ranges::sort(all, {}, &MemoryTable::table_id);
  return all;
}

std::unique_ptr<KeyedStateBackend> MakeMemoryStateBackend(const StateBackendRequest& request) {
  return std::make_unique<MemoryBackend>(request);
}

}  // namespace sluice::engine
