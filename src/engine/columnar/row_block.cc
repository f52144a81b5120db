#include "engine/columnar/row_block.h"

#include <cstring>
#include <memory>

#include "base/result.h"
#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

void RowBlock::MoveTo(std::span<const ColumnPtr> columns) {
  if (ends_.empty()) return;
  const auto buffer = std::make_shared<Buffer>(bytes_.size());
  std::memcpy(buffer->data(), bytes_.data(), bytes_.size());
  rows_.clear();
  size_t begin = 0;
  for (const size_t end : ends_) {
    rows_.emplace_back(buffer->data() + begin, end - begin);
    begin = end;
  }
  INVARIANT(DecodeColumns(rows_, columns, {}, buffer), "a row in state is malformed");
  bytes_.clear();
  ends_.clear();
}

}  // namespace sluice::engine
