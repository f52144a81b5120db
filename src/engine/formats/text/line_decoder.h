// The framing that line formats share: a decoder of single records becomes a Decoder of lines and messages.
#pragma once

#include <memory>
#include <vector>

#include "engine/formats/format.h"

namespace sluice::engine::text {

/// Grows the columns row by row and calls DecodeRecord for every line that is not empty.
class LineDecoder : public Decoder {
 public:
  Result<size_t> Decode(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, bool last,
                        size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) final;
  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) final;

 protected:
  /// Where rows go. `rows` of the columns' slots are filled; DecodeRecord fills the next ones through Reserve.
  struct Target {
    std::vector<ColumnPtr>* columns = nullptr;
    std::vector<RowKind>* kinds = nullptr;
    std::shared_ptr<const Buffer> chunk;
    size_t rows = 0;      // rows that are complete, with those from before the call
    size_t capacity = 0;  // slots that exist

    /// Makes sure that the slots [rows, rows + count) exist.
    void Reserve(size_t count = 1);
  };

  /// Called before the records of one Decode or DecodeMessage.
  virtual void Bind(Target& target) { (void)target; }
  /// Called after them: rows [from, target.rows) are new.
  virtual void Unbind(Target& target, size_t from) { (void)target, (void)from; }
  /// Tries the record that starts at `p` without looking for its end; answers the byte after it, null to have it
  /// framed first. The bytes up to limit + kPadding can be read.
  virtual const char* TryRecord(const char* p, const char* limit, Target& target) {
    (void)p, (void)limit, (void)target;
    return nullptr;
  }
  /// One record, framed and without the line's end; appends any number of rows.
  virtual Status DecodeRecord(std::string_view record, Target& target) = 0;
  /// Lines without bytes hold no record.
  virtual bool skips_empty_lines() const { return true; }
};

}  // namespace sluice::engine::text
