// Avro's binary encoding of single values to and from column slots.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::avro {

/// Reads values one after the other. Not thread-safe.
class ValueReader {
 public:
  /// The bytes, which lie in `chunk`: strings may stay views into it.
  void Start(std::string_view bytes, std::shared_ptr<const Buffer> chunk) {
    at_ = bytes.data();
    limit_ = at_ + bytes.size();
    chunk_ = std::move(chunk);
  }
  /// A value of the column's type into row `i`, which exists and may hold anything. False: the bytes end early or are
  /// no such value.
  bool Read(Column& column, size_t i);
  bool Skip(const DataType& type);

 private:
  bool ReadPresent(Column& column, size_t i);
  bool ReadLong(int64_t* out);
  bool ReadBytes(std::string_view* out);
  bool ReadUnion(bool nullable, bool* present);
  bool ReadTimestamp(Column& column, size_t i);
  bool ReadDecimal(Column& column, size_t i);
  bool ReadArray(Column& column, size_t i);
  bool ReadMap(Column& column, size_t i);
  bool ReadRow(Column& column, size_t i);
  template <typename F>
  bool ReadBlocks(F&& item);

  const char* at_ = nullptr;
  const char* limit_ = nullptr;
  std::shared_ptr<const Buffer> chunk_;
};

/// Appends row `i` of the column. `nullable`: the type is a union with null. Fails on a NULL that is none.
Status WriteValue(const Column& column, bool nullable, size_t i, std::string& out);

}  // namespace sluice::engine::avro
