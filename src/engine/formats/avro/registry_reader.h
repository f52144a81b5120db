// Avro records whose schemas stand in a registry: fetched once each, by the id that stands before the record.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/avro/avro_reader.h"
#include "engine/formats/format.h"

namespace sluice::engine::avro {

/// One thread.
class RegistryReader {
 public:
  /// The JSON of the schema with this id; may block.
  using Fetch = std::function<Result<std::string>(const std::string& id)>;

  /// At most `most` schemas are kept; then they are fetched again as they come.
  RegistryReader(Fetch fetch, Schema physical, std::vector<std::vector<int>> paths, size_t most)
      : fetch_(std::move(fetch)), physical_(std::move(physical)), paths_(std::move(paths)), most_(most) {}

  /// The record [begin, end) of `chunk` into row `row` of the columns, which exists. `id` is shown in errors.
  Status Read(const std::string& id, const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
              std::vector<ColumnPtr>& columns, size_t row);

 private:
  struct Known {
    std::optional<SchemaTree> tree;
    std::unique_ptr<RecordReader> reader;
  };
  Result<RecordReader*> ReaderOf(const std::string& id);

  const Fetch fetch_;
  const Schema physical_;
  const std::vector<std::vector<int>> paths_;
  const size_t most_;
  std::map<std::string, std::unique_ptr<Known>> known_;
};

/// Of formats that only messages have.
class MessageOnlyDecoder : public Decoder {
 public:
  bool line_framed() const override { return false; }
  Result<size_t> Decode(const std::shared_ptr<const Buffer>&, size_t, size_t, bool, size_t, std::vector<ColumnPtr>&,
                        std::vector<RowKind>&) override;
};

/// A row a message; an empty message makes none.
class RegistryDecoder : public MessageOnlyDecoder {
 public:
  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) override;

 protected:
  /// Into row `row` of the columns, which exists.
  virtual Status ReadRow(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                         std::vector<ColumnPtr>& columns, size_t row) = 0;
};

}  // namespace sluice::engine::avro
