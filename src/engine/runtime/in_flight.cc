#include "engine/runtime/in_flight.h"

#include <cstring>

#include "engine/columnar/row_encoding.h"

namespace sluice::engine {
namespace {

constexpr uint8_t kVersion = 1;
static_assert(kRowEncodingVersion == 1, "rows in saved batches have another form: raise kVersion");

void PutNumber(std::string& out, uint64_t v) {
  char bytes[8];
  for (char& b : bytes) {
    b = static_cast<char>(v & 0xFF);
    v >>= 8;
  }
  out.append(bytes, sizeof(bytes));
}

bool TakeNumber(std::string_view& in, uint64_t* v) {
  if (in.size() < 8) return false;
  *v = 0;
  for (int i = 7; i >= 0; --i) *v = *v << 8 | static_cast<uint8_t>(in[static_cast<size_t>(i)]);
  in.remove_prefix(8);
  return true;
}

/// The physical layout, a letter a column, children in brackets: what decoding depends on.
void AppendShape(const Column& column, std::string& out) {
  out += static_cast<char>('a' + static_cast<int>(column.physical()));
  if (column.child_count() == 0) return;
  out += '(';
  for (size_t i = 0; i < column.child_count(); ++i) AppendShape(*column.child(i), out);
  out += ')';
}

std::string ShapeOf(const std::vector<ColumnPtr>& columns) {
  std::string shape;
  for (const ColumnPtr& c : columns) AppendShape(*c, shape);
  return shape;
}

Error Malformed() { return Error(ErrorCode::kCorrupt, "rows under way at the checkpoint cannot be read"); }

bool DecodeRows(std::string_view bytes, uint64_t rows, bool kinds, bool watermarks, Batch& batch) {
  for (uint64_t k = 0; k < rows; ++k) {
    if (kinds) {
      if (bytes.empty() || static_cast<uint8_t>(bytes[0]) > static_cast<uint8_t>(RowKind::kDelete)) return false;
      batch.kinds.push_back(static_cast<RowKind>(bytes[0]));
      bytes.remove_prefix(1);
    }
    if (watermarks) {
      uint64_t w = 0;
      if (!TakeNumber(bytes, &w)) return false;
      batch.watermark_before.push_back(static_cast<int64_t>(w));
    }
    for (const ColumnPtr& c : batch.columns) {
      if (!DecodeField(bytes, *c)) return false;
    }
  }
  batch.length = rows;
  return bytes.empty();
}

}  // namespace

std::string EncodeInFlight(const Batch& batch) {
  const Rows rows = batch.rows();
  const std::string shape = ShapeOf(batch.columns);
  std::string out;
  out += static_cast<char>(kVersion);
  out += static_cast<char>((batch.kinds.empty() ? 0 : 1) | (batch.watermark_before.empty() ? 0 : 2));
  PutNumber(out, static_cast<uint64_t>(batch.watermark));
  PutNumber(out, rows.count);
  PutNumber(out, shape.size());
  out += shape;
  rows.ForEach([&](size_t i) {
    if (!batch.kinds.empty()) out += static_cast<char>(batch.kinds[i]);
    if (!batch.watermark_before.empty()) PutNumber(out, static_cast<uint64_t>(batch.watermark_before[i]));
    EncodeRow(batch.columns, i, out);
  });
  return out;
}

Result<Batch> DecodeInFlight(std::string_view bytes, const std::vector<DataType>& types) {
  if (bytes.size() < 2) return Malformed();
  if (static_cast<uint8_t>(bytes[0]) != kVersion) {
    return Error(ErrorCode::kRestore, "rows under way at the checkpoint were saved by a newer version");
  }
  const auto flags = static_cast<uint8_t>(bytes[1]);
  bytes.remove_prefix(2);
  Batch batch;
  uint64_t watermark = 0, rows = 0, shape_size = 0;
  if (!TakeNumber(bytes, &watermark) || !TakeNumber(bytes, &rows) || !TakeNumber(bytes, &shape_size) ||
      bytes.size() < shape_size) {
    return Malformed();
  }
  batch.watermark = static_cast<int64_t>(watermark);
  if (rows == 0) return batch;
  // Every row takes a byte at least, unless it has no columns at all.
  if (rows > bytes.size() && shape_size > 0) return Malformed();
  for (const DataType& type : types) batch.columns.push_back(Column::Make(type, 0));
  if (ShapeOf(batch.columns) != bytes.substr(0, shape_size)) {
    return Error(ErrorCode::kRestore, "rows under way at the checkpoint have other columns than the job has there");
  }
  bytes.remove_prefix(shape_size);
  if (!DecodeRows(bytes, rows, (flags & 1) != 0, (flags & 2) != 0, batch)) return Malformed();
  return batch;
}

}  // namespace sluice::engine
