#include "engine/formats/avro/registry_reader.h"

namespace sluice::engine::avro {

Status RegistryReader::Read(const std::string& id, const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                            std::vector<ColumnPtr>& columns, size_t row) {
  SLUICE_ASSIGN_OR_RETURN(RecordReader * reader, ReaderOf(id));
  reader->values().Start({chunk->data() + begin, end - begin}, chunk);
  if (reader->Read(columns, row)) return {};
  return Error(ErrorCode::kData, "Failed to deserialize Avro record: the bytes end in or before the field '" +
                                     reader->field() + "' of schema " + id +
                                     ", or are no value that its column can take.");
}

Result<RecordReader*> RegistryReader::ReaderOf(const std::string& id) {
  const auto it = known_.find(id);
  if (it != known_.end()) return it->second->reader.get();
  SLUICE_ASSIGN_OR_RETURN(const std::string schema, fetch_(id));
  auto known = std::make_unique<Known>();
  SLUICE_ASSIGN_OR_RETURN(known->tree, SchemaTree::Parse(schema));
  SLUICE_ASSIGN_OR_RETURN(known->reader, RecordReader::Make(*known->tree, physical_, paths_));
  if (known_.size() >= most_) known_.clear();
  return known_.emplace(id, std::move(known)).first->second->reader.get();
}

Result<size_t> MessageOnlyDecoder::Decode(const std::shared_ptr<const Buffer>&, size_t, size_t, bool, size_t,
                                          std::vector<ColumnPtr>&, std::vector<RowKind>&) {
  return Error(ErrorCode::kInternal, "Messages of a schema registry do not stand in files.");
}

Status RegistryDecoder::DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                                      std::vector<ColumnPtr>& columns, std::vector<RowKind>&) {
  ++records_seen_;
  if (begin == end) return {};  // a tombstone
  const size_t row = columns.empty() ? 0 : columns[0]->size();
  for (ColumnPtr& column : columns) column->Resize(row + 1);
  const Status status = ReadRow(chunk, begin, end, columns, row);
  if (!status.ok()) {
    for (ColumnPtr& column : columns) column->Resize(row);
    return status;
  }
  ++rows_made_;
  return {};
}

}  // namespace sluice::engine::avro
