#include "engine/state/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>

namespace sluice::engine {

namespace {

rocksdb::Slice AsSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::WriteOptions NoLog() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

rocksdb::Options OptionsFor(size_t budget_bytes) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.error_if_exists = true;
  options.info_log_level = rocksdb::ERROR_LEVEL;
  options.keep_log_file_num = 1;
  options.max_background_jobs = 2;
  options.max_open_files = 500;
  options.write_buffer_size = std::clamp<size_t>(budget_bytes / 8, 1 << 20, 64 << 20);
  options.max_write_buffer_number = 2;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(std::max<size_t>(budget_bytes / 4, 1 << 20));
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

/// The first key behind all that begin with `prefix`.
std::string Behind(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

}  // namespace

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const std::string& folder, size_t budget_bytes) {
  const rocksdb::Options options = OptionsFor(budget_bytes);
  rocksdb::DestroyDB(folder, options);
  rocksdb::DB* db = nullptr;
  options.env->CreateDirIfMissing(folder);
  if (const rocksdb::Status opened = rocksdb::DB::Open(options, folder, &db); !opened.ok()) {
    return Error(ErrorCode::kIo, "the RocksDB state in folder '" + folder + "' cannot be opened: " + opened.ToString());
  }
  std::unique_ptr<RocksDbStore> store(new RocksDbStore());
  store->folder_ = folder;
  store->db_.reset(db);
  return store;
}

RocksDbStore::~RocksDbStore() {
  Thaw();
  if (!db_) return;
  db_->Close();
  db_.reset();
  rocksdb::DestroyDB(folder_, rocksdb::Options());
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool RocksDbStore::Keep(bool ok, const std::string& message) {
  if (!ok && status_.ok()) {
    status_ = Error(ErrorCode::kIo, "the RocksDB state in folder '" + folder_ + "' cannot be written: " + message);
  }
  return ok;
}

void RocksDbStore::Get(const std::vector<std::string>& keys, std::vector<std::string>& values, std::vector<bool>& found,
                       bool frozen) {
  rocksdb::ReadOptions options;
  if (frozen) options.snapshot = snapshot_;
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  values.clear();
  const std::vector<rocksdb::Status> statuses = db_->MultiGet(options, slices, &values);
  found.assign(keys.size(), false);
  for (size_t k = 0; k < keys.size(); ++k) {
    INVARIANT(statuses[k].ok() || statuses[k].IsNotFound(),
              "RocksDB state in '" + folder_ + "' cannot be read: " + statuses[k].ToString());
    found[k] = statuses[k].ok();
  }
}

bool RocksDbStore::Put(std::string_view key, std::string_view value) {
  const rocksdb::Status status = db_->Put(NoLog(), AsSlice(key), AsSlice(value));
  return Keep(status.ok(), status.ToString());
}

void RocksDbStore::Delete(std::string_view key) {
  const rocksdb::Status status = db_->Delete(NoLog(), AsSlice(key));
  Keep(status.ok(), status.ToString());
}

void RocksDbStore::DeletePrefix(const std::string& prefix) {
  const rocksdb::Status status = db_->DeleteRange(NoLog(), db_->DefaultColumnFamily(), prefix, Behind(prefix));
  Keep(status.ok(), status.ToString());
}

RocksDbStore::Cursor::~Cursor() = default;

bool RocksDbStore::Cursor::Valid() const {
  if (iterator_->Valid()) return iterator_->key().compare(end_) < 0;
  INVARIANT(iterator_->status().ok(), "RocksDB state cannot be read: " + iterator_->status().ToString());
  return false;
}

void RocksDbStore::Cursor::Next() { iterator_->Next(); }
void RocksDbStore::Cursor::Seek(const std::string& key) { iterator_->Seek(key); }
void RocksDbStore::Cursor::SeekBehind(const std::string& key) {
  if (!key.empty()) iterator_->Seek(key + '\0');
}
std::string_view RocksDbStore::Cursor::key() const { return iterator_->key().ToStringView(); }
std::string_view RocksDbStore::Cursor::value() const { return iterator_->value().ToStringView(); }

std::unique_ptr<RocksDbStore::Cursor> RocksDbStore::Scan(const std::string& prefix, bool frozen) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  if (frozen) options.snapshot = snapshot_;
  auto cursor = std::make_unique<Cursor>();
  cursor->iterator_.reset(db_->NewIterator(options));
  cursor->end_ = Behind(prefix);
  cursor->iterator_->Seek(prefix);
  return cursor;
}

void RocksDbStore::Freeze() {
  Thaw();
  snapshot_ = db_->GetSnapshot();
}

void RocksDbStore::Thaw() {
  if (snapshot_ != nullptr) db_->ReleaseSnapshot(snapshot_);
  snapshot_ = nullptr;
}

size_t RocksDbStore::memory_bytes() const {
  uint64_t buffers = 0;
  db_->GetIntProperty("rocksdb.cur-size-all-mem-tables", &buffers);
  return buffers;
}

}  // namespace sluice::engine
