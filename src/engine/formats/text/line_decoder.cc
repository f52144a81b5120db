#include "engine/formats/text/line_decoder.h"

#include <algorithm>
#include <cstring>

namespace sluice::engine::text {

void LineDecoder::Target::Reserve(size_t count) {
  if (rows + count <= capacity) return;
  capacity = std::max<size_t>(rows + count, capacity + capacity / 2);
  for (ColumnPtr& column : *columns) column->Resize(capacity);
}

Result<size_t> LineDecoder::Decode(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, bool last,
                                   size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) {
  Target target{&columns, &kinds, chunk};
  target.rows = columns.empty() ? 0 : columns[0]->size();
  const size_t from = target.rows;
  // A record of two bytes is the shortest that makes a row; a batch needs no more slots than it can hold.
  target.capacity = from + std::min(max_rows, (end - begin) / 2 + 1);
  for (ColumnPtr& column : columns) column->Resize(target.capacity);
  Bind(target);
  const char* p = chunk->data() + begin;
  const char* const limit = chunk->data() + end;
  Status status;
  while (p < limit && target.rows - from < max_rows) {
    const size_t rows_before = target.rows, kinds_before = kinds.size();
    const char* after = TryRecord(p, limit, target);
    if (after != nullptr && after < limit && *after == '\n') {
      p = after + 1;
      ++records_seen_;
      continue;
    }
    // What follows the record on its line belongs to it.
    const char* search = after != nullptr ? after : p;
    const auto* newline = static_cast<const char*>(std::memchr(search, '\n', static_cast<size_t>(limit - search)));
    if (newline == nullptr && !last) {
      target.rows = rows_before;
      kinds.resize(kinds_before);
      break;
    }
    const char* line_end = newline != nullptr ? newline : limit;
    if (after == nullptr) {
      const char* record_end = line_end;
      if (newline != nullptr && record_end > p && record_end[-1] == '\r') --record_end;
      if (record_end > p || !skips_empty_lines()) {
        status = DecodeRecord({p, static_cast<size_t>(record_end - p)}, target);
        if (!status.ok()) break;
      }
    }
    ++records_seen_;
    p = newline != nullptr ? newline + 1 : limit;
  }
  for (ColumnPtr& column : columns) column->Resize(target.rows);
  if (!status.ok()) return status.error();
  rows_made_ += static_cast<int64_t>(target.rows - from);
  Unbind(target, from);
  return static_cast<size_t>(p - (chunk->data() + begin));
}

Status LineDecoder::DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                                  std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) {
  Target target{&columns, &kinds, chunk};
  target.rows = columns.empty() ? 0 : columns[0]->size();
  const size_t from = target.rows;
  target.capacity = from + 1;
  for (ColumnPtr& column : columns) column->Resize(target.capacity);
  Bind(target);
  const char* p = chunk->data() + begin;
  const char* const limit = chunk->data() + end;
  Status status;
  if (p < limit && TryRecord(p, limit, target) == nullptr) {
    status = DecodeRecord({p, static_cast<size_t>(limit - p)}, target);
  }
  ++records_seen_;
  for (ColumnPtr& column : columns) column->Resize(target.rows);
  rows_made_ += static_cast<int64_t>(target.rows - from);
  if (status.ok()) Unbind(target, from);
  return status;
}

}  // namespace sluice::engine::text
