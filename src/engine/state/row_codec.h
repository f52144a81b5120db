// Rows as bytes: keys in hash tables, rows kept by joins and ranks. Equal rows have equal bytes (NULLs are equal, all
// NaNs are equal, 0.0 and -0.0 differ as in Flink's BinaryRowData).
//
// Format, version 1: one field after the other: a byte 0 for NULL, else 1 and the value: fixed-width little-endian, or
// a 4-byte length and the bytes, or a 4-byte count and the elements (ARRAY; MAP: key, value, key, …), or the fields (ROW).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/columnar/column.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

/// Appends row `row` of `columns` to `out`.
void EncodeRow(const std::vector<ColumnPtr>& columns, size_t row, std::string& out);
/// Appends one field.
void EncodeField(const Column& column, size_t row, std::string& out);
/// Takes one field off the front of `bytes` and sets row `row` of `out`. The bytes come from EncodeField.
void DecodeField(std::string_view& bytes, Column& out, size_t row);
/// Sets row `row` of every column of `out`.
void DecodeRow(std::string_view bytes, const std::vector<ColumnPtr>& out, size_t row);

/// The columns `indices` of a batch.
std::vector<ColumnPtr> SelectColumns(const Batch& batch, const std::vector<int>& indices);

/// 64-bit hashes of the rows' fields in `columns`, at the rows' positions of `hashes` (sized by the caller). Rows with
/// equal bytes have equal hashes; no columns: one constant.
void HashRows(const std::vector<ColumnPtr>& columns, const Rows& rows, uint64_t* hashes);
uint64_t HashBytes(std::string_view bytes);

}  // namespace sluice::engine
