// A snapshot of RocksDB tables under way: writes what was frozen as blocks of the common format.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/state/piece_chain.h"
#include "engine/state/rocksdb_table.h"

namespace sluice::engine {

class RocksDbSnapshot {
 public:
  /// The store is frozen already. `from`: where re-writing begins; nothing: everything is written.
  RocksDbSnapshot(RocksDbStore& store, std::optional<RollCursor> from, size_t longest_chain)
      : store_(store), everything_(!from), longest_chain_(longest_chain), cursor_(from.value_or(RollCursor())) {}

  /// In the order of table ids. `changes`: those since the last confirmed snapshot.
  void Add(const RocksDbTable& table, std::vector<RocksDbTable::ChangesPtr> changes);
  /// Writes until `out` has `limit` bytes; true when nothing is left.
  bool Step(size_t limit, std::string& out);
  /// After the last step: where re-writing has got to.
  const RollCursor& cursor() const { return cursor_; }

 private:
  struct Part {
    std::string prefix;
    uint64_t table_id;
    TableLayout layout;  // copies: the table may be dropped in between
    size_t entries;
    std::vector<RocksDbTable::ChangesPtr> changes;
    size_t list = 0, at = 0;  // progress in them
    bool frees_done = false;
  };

  bool StepChanges(Part& part, size_t limit, std::string& out);
  void WriteFrees(Part& part, std::string& out);
  bool StepRange(size_t limit, std::string& out);
  static void Write(const Part& part, std::string_view key, std::string_view value, BlockWriter& block,
                    std::string& out);

  RocksDbStore& store_;
  bool everything_;
  size_t longest_chain_;
  std::vector<Part> parts_;
  size_t part_ = 0;  // whose changes are being written; then all are, and the range
  size_t changed_bytes_ = 0, changed_records_ = 0;

  RollCursor cursor_;
  bool rolling_ = false;
  size_t roll_part_ = 0, parts_left_ = 0, roll_bytes_ = 0;
  std::unique_ptr<RocksDbStore::Cursor> reader_;
};

}  // namespace sluice::engine
