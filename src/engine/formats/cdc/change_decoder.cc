#include "engine/formats/cdc/change_decoder.h"

#include "engine/formats/json/json_convert.h"
#include "engine/formats/text/utf8.h"

namespace sluice::engine::cdc {

ChangeDecoder::ChangeDecoder(Dialect dialect, const DecodeRequest& request, CdcOptions options)
    : dialect_(dialect),
      options_(std::move(options)),
      plan_(json::CompilePlan(request)),
      width_(request.paths.size()),
      converter_(options_.json, plan_.decimals) {
  for (const std::string& key : request.metadata_keys) {
    for (const MetadataField& field : MetadataFields(dialect)) {
      if (field.key.key == key) metadata_.push_back(field);
    }
  }
  INVARIANT(metadata_.size() == request.metadata_keys.size(), "a metadata key that the format does not have");
}

void ChangeDecoder::Bind(Target& target) { converter_.Use(&document_, target.chunk); }

void ChangeDecoder::Unbind(Target& target, size_t from) {
  json::FillDerived(plan_, from, target.rows, *target.columns);
}

bool ChangeDecoder::Fail(std::string message) {
  error_ = std::move(message);
  return false;
}

Status ChangeDecoder::DecodeRecord(std::string_view record, Target& target) {
  const size_t rows_before = target.rows, kinds_before = target.kinds->size();
  error_.clear();
  whole_error_ = false;
  bool ok = document_.Parse(record);
  if (ok) {
    ok = Read(document_.root(), record, target);
  } else {
    error_ = document_.error();
  }
  ClearSlots(target);
  if (ok || options_.json.ignore_parse_errors) return {};
  target.rows = rows_before;
  target.kinds->resize(kinds_before);
  if (whole_error_) return Error(ErrorCode::kData, error_);
  return Error(ErrorCode::kData, "Corrupt " + std::string(ProductName(dialect_)) + " JSON message '" +
                                     text::ReplaceInvalidUtf8(record) + "'." + (error_.empty() ? "" : " " + error_));
}

/// What was read but not emitted must not show in the rows that follow.
void ChangeDecoder::ClearSlots(Target& target) {
  const size_t end = std::min(target.capacity, target.rows + 2);
  for (size_t i = target.rows; i < end; ++i) {
    for (ColumnPtr& column : *target.columns) json::SetValidDeep(*column, i);
  }
}

bool ChangeDecoder::IsRow(const json::Node* image, std::string_view name, bool* ok) {
  if (image == nullptr || image->kind == json::NodeKind::kNull) return false;
  if (image->kind == json::NodeKind::kObject) return true;
  if (!options_.json.ignore_parse_errors) {
    *ok = Fail("Fail to deserialize at field: " + std::string(name) + ". It is not a JSON object.");
  }
  return false;
}

bool ChangeDecoder::ReadImage(const json::Node& image, Target& target, size_t ahead) {
  target.Reserve(ahead + 1);
  if (converter_.ReadFields(plan_.fields, image, *target.columns, target.rows + ahead)) return true;
  return Fail(converter_.error());
}

bool ChangeDecoder::CheckImage(const json::Node& image, Target& target) {
  if (options_.json.ignore_parse_errors) return true;
  return ReadImage(image, target, 1);
}

bool ChangeDecoder::Emit(RowKind kind, const json::Node* root, const json::Node* record, Target& target) {
  target.Reserve();
  for (size_t k = 0; k < metadata_.size(); ++k) {
    Column& column = *(*target.columns)[width_ + k];
    const json::Node* from = metadata_[k].outside ? root : record;
    if (!ReadMetadata(metadata_[k], document_, from, converter_, column, target.rows, &error_) &&
        !options_.json.ignore_parse_errors) {
      return false;
    }
  }
  ++target.rows;
  target.kinds->push_back(kind);
  return true;
}

bool ChangeDecoder::ReadKind(const json::Node* node, std::string* text) {
  if (node == nullptr || node->kind == json::NodeKind::kNull) return Fail("");
  std::string scratch;
  text->clear();
  if (node->is_container()) {
    document_.Write(*node, plan_.decimals, *text);
  } else {
    *text = document_.AsText(*node, plan_.decimals, scratch);
  }
  return true;
}

bool ChangeDecoder::UnknownKind(std::string_view field, std::string_view kind, std::string_view record) {
  whole_error_ = true;
  return Fail("Unknown \"" + std::string(field) + "\" value \"" + std::string(kind) + "\". The " +
              std::string(ProductName(dialect_)) + " JSON message is '" + text::ReplaceInvalidUtf8(record) + "'");
}

}  // namespace sluice::engine::cdc
