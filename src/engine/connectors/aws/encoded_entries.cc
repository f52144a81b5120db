#include "engine/connectors/aws/encoded_entries.h"

#include "engine/connectors/options/format_options.h"

namespace sluice::engine::aws {
namespace {

class EncodedEntries final : public EntryMaker {
 public:
  EncodedEntries(std::unique_ptr<Encoder> encoder, EntryKey key, std::function<void(const TaskContext&)> opened)
      : encoder_(std::move(encoder)), key_(std::move(key)), opened_(std::move(opened)) {}

  Status Open(const TaskContext& context) override {
    if (opened_) opened_(context);
    return {};
  }

  Result<std::optional<WriteEntry>> Make(const Batch& batch, size_t position) override {
    WriteEntry entry;
    SLUICE_RETURN_IF_ERROR(encoder_->Encode(batch, position, entry.data));
    if (key_) entry.key = key_(batch, position);
    return std::optional<WriteEntry>(std::move(entry));
  }

 private:
  const std::unique_ptr<Encoder> encoder_;
  const EntryKey key_;
  const std::function<void(const TaskContext&)> opened_;
};

}  // namespace

Result<std::unique_ptr<EntryMaker>> MakeEncodedEntries(const TableDescription& table, const Schema& input,
                                                       const ConnectorEnvironment& environment, EntryKey key,
                                                       std::function<void(const TaskContext&)> opened) {
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, *environment.formats));
  EncodeRequest request;
  // The table's own types: a column that cannot be NULL in this query is nullable all the same in an Avro schema.
  request.schema = input;
  for (size_t i = 0; i < input.size() && i < table.physical.size(); ++i) request.schema[i] = table.physical[i];
  request.options = FormatOptions(table.options, format->descriptor.name);
  if (environment.settings != nullptr) request.time_zone = environment.settings->time_zone;
  SLUICE_ASSIGN_OR_RETURN(auto encoder, format->make_encoder(request));
  return std::unique_ptr<EntryMaker>(
      std::make_unique<EncodedEntries>(std::move(encoder), std::move(key), std::move(opened)));
}

Result<TableCapability> EncodedCapability(const TableDescription& table, const std::map<std::string, Format>& formats) {
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, formats));
  if (!format->descriptor.encodes || format->make_encoder == nullptr) {
    return Error(ErrorCode::kOption, "The format '" + format->descriptor.name + "' cannot be used to write.");
  }
  EncodeRequest request;
  request.schema = table.physical;
  request.options = FormatOptions(table.options, format->descriptor.name);
  Result<std::unique_ptr<Encoder>> encoder = format->make_encoder(request);
  if (!encoder.ok()) return encoder.error();
  TableCapability capability;
  capability.changelog = format->descriptor.encode_changelog;
  return capability;
}

}  // namespace sluice::engine::aws
