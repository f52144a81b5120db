// A RocksDB database as this backend uses it: no log, one column family, keys by table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rocksdb {
class DB;
class Iterator;
class Snapshot;
}  // namespace rocksdb

namespace sluice::engine {

/// Used by one thread. Reads that fail end the process: an operator cannot go on without its state, and a snapshot has
/// it. Writes that fail are remembered (`status`), and what they were for stays in memory.
class RocksDbStore {
 public:
  static Result<std::unique_ptr<RocksDbStore>> Open(const std::string& folder, size_t budget_bytes);
  ~RocksDbStore();

  /// values[k] of keys[k], found[k] = false if there is none.
  /// As of the snapshot if `frozen`.
  void Get(const std::vector<std::string>& keys, std::vector<std::string>& values, std::vector<bool>& found,
           bool frozen = false);
  bool Put(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  /// All keys that begin with `prefix`.
  void DeletePrefix(const std::string& prefix);

  class Cursor {
   public:
    ~Cursor();
    bool Valid() const;
    void Next();
    /// The first key that is not below `key`.
    void Seek(const std::string& key);
    /// The next key behind `key`; an empty one: stays at the first.
    void SeekBehind(const std::string& key);
    std::string_view key() const;
    std::string_view value() const;

   private:
    friend class RocksDbStore;
    std::unique_ptr<rocksdb::Iterator> iterator_;
    std::string end_;
  };
  /// The keys that begin with `prefix`, in order; as of the snapshot if `frozen`, else as of now.
  std::unique_ptr<Cursor> Scan(const std::string& prefix, bool frozen);

  /// One snapshot at a time.
  void Freeze();
  void Thaw();

  const Status& status() const { return status_; }
  size_t memory_bytes() const;

 private:
  RocksDbStore() = default;
  bool Keep(bool ok, const std::string& message);

  std::string folder_;
  std::unique_ptr<rocksdb::DB> db_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
  Status status_;
};

}  // namespace sluice::engine
