#include "engine/state/typed_state.h"

#include "engine/state/state_bytes.h"

namespace sluice::engine {

void CurrentKey::Set(const std::vector<ColumnPtr>& columns, size_t row, uint64_t hash) {
  columns_ = columns;
  row_ = static_cast<uint32_t>(row);
  hash_ = hash;
}

KeyedEntries::KeyedEntries(KeyedStateBackend& backend, const CurrentKey& key, TableSpec spec)
    : key_(key), table_(backend.OpenTable(std::move(spec))) {}

std::byte* KeyedEntries::Find(Access access) {
  payloads_.resize(key_.row() + 1);
  table_->Find(key_.columns(), key_.rows(), key_.hash(), payloads_.data(), access);
  return payloads_[key_.row()];
}

std::byte* KeyedEntries::FindOrInsert(bool* inserted) {
  payloads_.resize(key_.row() + 1);
  inserted_.resize(key_.row() + 1);
  table_->FindOrInsert(key_.columns(), key_.rows(), key_.hash(), payloads_.data(), inserted_.data());
  if (inserted != nullptr) *inserted = inserted_[key_.row()] != 0;
  return payloads_[key_.row()];
}

void KeyedEntries::Clear() {
  if (std::byte* payload = Find(Access::kRead)) table_->Erase(payload);
}

void TypedCodec<std::string>::Write(const std::string& value, std::string& out) {
  AppendVarint(out, value.size());
  out += value;
}

bool TypedCodec<std::string>::Take(std::string_view& bytes, std::string& value) {
  uint64_t size;
  if (!TakeVarint(bytes, size) || size > bytes.size()) return false;
  value = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

}  // namespace sluice::engine
