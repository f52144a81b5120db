// Flink's protobuf format: whole messages, no files. Flink takes the messages' form from a generated Java class; here
// it comes from a .proto file, a descriptor set or a text beside Flink's option, which names the message.
#include <map>

#include "engine/formats/format.h"
#include "engine/formats/protobuf/proto_reader.h"
#include "engine/formats/protobuf/proto_writer.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

struct Settings {
  std::shared_ptr<const protobuf::ProtoSchema> schema;
  const protobuf::MessageType* message = nullptr;
  bool ignore_errors = false;
  bool read_defaults = false;
  std::string null_text;
};

Result<Settings> Read(const OptionMap& options) {
  Settings settings;
  SLUICE_ASSIGN_OR_RETURN(settings.ignore_errors, text::BoolOption(options, "ignore-parse-errors", false));
  SLUICE_ASSIGN_OR_RETURN(settings.read_defaults, text::BoolOption(options, "read-default-values", false));
  settings.null_text = text::StringOption(options, "write-null-string-literal", "");
  const std::string name = text::StringOption(options, "message-class-name", "");
  if (name.empty()) {
    return Error(ErrorCode::kOption,
                 "One or more required options are missing.\n\nMissing required options are:\n\nmessage-class-name");
  }
  SLUICE_ASSIGN_OR_RETURN(settings.schema, protobuf::ProtoSchema::Load(options));
  SLUICE_ASSIGN_OR_RETURN(settings.message, settings.schema->Message(name));
  return settings;
}

/// Messages into the columns of a request. Whole columns are read in place; of a ROW whose fields are asked for, rows
/// aside are read and taken apart.
class ProtobufDecoder : public Decoder {
 public:
  explicit ProtobufDecoder(Settings settings) : settings_(std::move(settings)), reader_(settings_.read_defaults) {}

  Status Prepare(const DecodeRequest& request) {
    std::map<int, size_t> slots;  // of physical columns
    for (size_t k = 0; k < request.paths.size(); ++k) {
      const std::vector<int>& path = request.paths[k];
      const RowField& column = request.physical[static_cast<size_t>(path[0])];
      const auto [slot, fresh] = slots.emplace(path[0], read_.size());
      if (fresh) {
        read_.push_back(column);
        outputs_.push_back(-1);
      }
      if (path.size() == 1 && outputs_[slot->second] < 0) {
        outputs_[slot->second] = static_cast<int>(k);
      } else {
        parts_.push_back({k, slot->second, {path.begin() + 1, path.end()}});
      }
    }
    SLUICE_ASSIGN_OR_RETURN(plan_, protobuf::MakePlan(*settings_.message, read_));
    return {};
  }

  bool line_framed() const override { return false; }
  Result<size_t> Decode(const std::shared_ptr<const Buffer>&, size_t, size_t, bool, size_t, std::vector<ColumnPtr>&,
                        std::vector<RowKind>&) override {
    return Error(ErrorCode::kInternal, "Protobuf messages do not stand one after the other in files.");
  }

  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>&) override {
    ++records_seen_;
    const size_t row = columns.empty() ? 0 : columns[0]->size();
    for (ColumnPtr& column : columns) column->Resize(row + 1);
    TakeSlots(columns, row);
    const Status status = reader_.Read(*plan_, {chunk->data() + begin, end - begin}, chunk, slots_, row);
    if (!status.ok()) {
      for (ColumnPtr& column : columns) column->Resize(row);
      return settings_.ignore_errors ? Status() : status;
    }
    for (const Part& part : parts_) CopyPart(part, *columns[part.output], row);
    ++rows_made_;
    return {};
  }

 private:
  struct Part {
    size_t output = 0, slot = 0;
    std::vector<int> path;
  };

  /// Where the columns that are read go; those aside begin anew with every batch.
  void TakeSlots(const std::vector<ColumnPtr>& columns, size_t row) {
    slots_.resize(read_.size());
    for (size_t k = 0; k < read_.size(); ++k) {
      if (outputs_[k] >= 0) {
        slots_[k] = columns[static_cast<size_t>(outputs_[k])];
      } else if (row == 0 || slots_[k] == nullptr) {
        slots_[k] = Column::Make(read_[k].type, row + 1);
      } else {
        slots_[k]->Resize(row + 1);
      }
    }
  }

  void CopyPart(const Part& part, Column& column, size_t row) const {
    const Column* from = slots_[part.slot].get();
    for (const int step : part.path) {
      if (from->IsNull(row)) return column.SetNull(row);
      from = from->child(static_cast<size_t>(step)).get();
    }
    column.CopyRow(row, *from, row);
  }

  const Settings settings_;
  protobuf::MessageReader reader_;
  Schema read_;               // the columns that are read
  std::vector<int> outputs_;  // of each; -1: only parts of it are asked for
  std::unique_ptr<const protobuf::MessagePlan> plan_;
  std::vector<ColumnPtr> slots_;
  std::vector<Part> parts_;
};

class ProtobufEncoder : public Encoder {
 public:
  ProtobufEncoder(Settings settings, std::unique_ptr<const protobuf::MessagePlan> plan)
      : settings_(std::move(settings)), plan_(std::move(plan)) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    columns_.clear();
    for (const ColumnPtr& column : batch.columns) columns_.push_back(column.get());
    protobuf::WriteMessage(*plan_, columns_, position, settings_.null_text, out);
    return {};
  }
  std::string_view separator() const override { return ""; }

 private:
  const Settings settings_;
  const std::unique_ptr<const protobuf::MessagePlan> plan_;
  std::vector<const Column*> columns_;
};

Status Check(const OptionMap& options, const Schema& schema) {
  SLUICE_ASSIGN_OR_RETURN(const Settings settings, Read(options));
  auto plan = protobuf::MakePlan(*settings.message, schema);
  return plan.ok() ? Status() : plan.error();
}

Status RefuseFiles(const OptionMap&, const Schema&) {
  return Error(ErrorCode::kValidation, "The 'protobuf' format is not supported for the 'filesystem' connector.");
}

Result<std::unique_ptr<Decoder>> MakeProtobufDecoder(const DecodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(Settings settings, Read(request.options));
  auto decoder = std::make_unique<ProtobufDecoder>(std::move(settings));
  SLUICE_RETURN_IF_ERROR(decoder->Prepare(request));
  return std::unique_ptr<Decoder>(std::move(decoder));
}

Result<std::unique_ptr<Encoder>> MakeProtobufEncoder(const EncodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(Settings settings, Read(request.options));
  SLUICE_ASSIGN_OR_RETURN(auto plan, protobuf::MakePlan(*settings.message, request.schema));
  return std::unique_ptr<Encoder>(std::make_unique<ProtobufEncoder>(std::move(settings), std::move(plan)));
}

}  // namespace

Format ProtobufFormat() {
  Format format;
  format.descriptor.name = "protobuf";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"ignore-parse-errors"},      {"import-paths"}, {"message-class-name"},
                               {"read-default-values"},      {"schema"},       {"schema-file"},
                               {"write-null-string-literal"}};
  format.descriptor.validate = Check;
  format.check_file = RefuseFiles;
  format.make_decoder = MakeProtobufDecoder;
  format.make_encoder = MakeProtobufEncoder;
  return format;
}

}  // namespace sluice::engine
