// A row as bytes and back: keys of hash tables, values in state, exchange between processes. Equal rows (EqualsAt) have
// equal bytes and the reverse. A field is one byte (0: NULL, 1: a value) and the value: fixed-width little end first,
// strings and lists with a varint length, rows field by field. No types inside: the reader knows them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/columnar/column.h"

namespace sluice::engine {

/// Written by whoever persists encoded rows, once a file or block.
inline constexpr uint8_t kRowEncodingVersion = 1;

/// Appends the bytes of one field / one row to `out`.
void EncodeField(const Column& column, size_t row, std::string& out);
void EncodeRow(std::span<const ColumnPtr> columns, size_t row, std::string& out);

/// Many rows in one buffer.
struct EncodedRows {
  std::string bytes;
  std::vector<size_t> ends;  // end of each row in bytes
  std::vector<char*> at;     // of EncodeRows: where the next field of each row goes
  size_t size() const { return ends.size(); }
  std::string_view operator[](size_t k) const {
    const size_t start = k == 0 ? 0 : ends[k - 1];
    return std::string_view(bytes).substr(start, ends[k] - start);
  }
};
/// Column by column: several times as fast as EncodeRow for each. Replaces the content of `out`; reuse it to reuse its
/// memory.
void EncodeRows(std::span<const ColumnPtr> columns, const Rows& rows, EncodedRows& out);

/// Appends one field to `column` and moves `bytes` behind it. False: the bytes are malformed; the column may then have
/// a half-filled last element.
bool DecodeField(std::string_view& bytes, Column& column);
/// Appends one row; false if the bytes are malformed or longer than the row.
bool DecodeRow(std::string_view bytes, std::span<const ColumnPtr> columns);
/// Appends many rows, column by column, to those of the columns that are `needed` (as many flags as columns, or none:
/// all; the others keep their size). Moves `rows` behind what was read: the last needed field. If the rows lie in
/// `owner`, strings point into it instead of being copied. False if the bytes are malformed.
bool DecodeColumns(std::span<std::string_view> rows, std::span<const ColumnPtr> columns,
                   std::span<const uint8_t> needed, const std::shared_ptr<const Buffer>& owner = nullptr);

}  // namespace sluice::engine
