#include "engine/connectors/kafka/record_encoder.h"

#include <algorithm>

namespace sluice::engine::kafka {
namespace {

Error NotYet(const std::string& what) { return Error(ErrorCode::kNotSupported, "not supported yet: " + what); }

/// Pairs of a map, or rows of two fields; headers without a name are left out.
std::vector<MessageHeader> HeadersOf(const Value& value, bool list) {
  std::vector<MessageHeader> out;
  auto add = [&](const Value& name, const Value& content) {
    if (name.is_null()) return;
    MessageHeader header{name.as_string(), std::nullopt};
    if (!content.is_null()) header.value = content.as_string();
    out.push_back(std::move(header));
  };
  if (value.is_null()) return out;
  const ValueList& values = value.as_list();
  if (list) {
    for (const Value& row : values) {
      if (!row.is_null()) add(row.as_list()[0], row.as_list()[1]);
    }
  } else {
    for (size_t i = 0; i + 1 < values.size(); i += 2) add(values[i], values[i + 1]);
  }
  return out;
}

std::string Bracketed(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? ", " : "") + name;
  return out + "]";
}

}  // namespace

std::vector<MetadataKey> WritableMetadata(const Topics& topics) {
  const DataType header = DataType::Row({{"key", DataType::String()}, {"value", DataType::Bytes()}});
  std::vector<MetadataKey> out = {{"headers", DataType::Map(DataType::String(), DataType::Bytes()), false, true},
                                  {"header-list", DataType::Array(header), false, true},
                                  {"timestamp", DataType::TimestampLtz(3), false, true}};
  if (topics.names.size() != 1) out.insert(out.begin(), {"topic", DataType::String().NotNull(), false, true});
  return out;
}

Result<std::unique_ptr<RecordEncoder>> RecordEncoder::Make(const TableDescription& table, const SinkOptions& options,
                                                           const std::string& time_zone) {
  auto out = std::make_unique<RecordEncoder>();
  out->allowed_ = options.table.topics;
  out->upsert_ = options.table.upsert;
  if (out->allowed_.names.size() == 1) out->topics_ = out->allowed_.names;
  if (!out->allowed_.pattern.empty()) {
    SLUICE_ASSIGN_OR_RETURN(out->pattern_, Regex::Compile("^(?:" + out->allowed_.pattern + ")$"));
  }
  const splits::RecordLayout& layout = options.table.layout;
  SLUICE_ASSIGN_OR_RETURN(out->value_, out->MakeSide(table, *layout.value_format, layout.value_options,
                                                     layout.value_fields, "", time_zone));
  if (layout.key_format != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(out->key_, out->MakeSide(table, *layout.key_format, layout.key_options, layout.key_fields,
                                                     layout.key_prefix, time_zone));
  }
  SLUICE_RETURN_IF_ERROR(out->FindMetadata(table));
  return out;
}

Result<RecordEncoder::Side> RecordEncoder::MakeSide(const TableDescription& table, const Format& format,
                                                    const OptionMap& options, const std::vector<int>& fields,
                                                    const std::string& prefix, const std::string& time_zone) const {
  if (format.make_encoder == nullptr) return NotYet("writing the format '" + format.descriptor.name + "'");
  Side side;
  EncodeRequest request;
  request.options = options;
  request.time_zone = time_zone;
  for (const int f : fields) {
    side.columns.push_back(static_cast<size_t>(f));
    request.schema.push_back(table.physical[static_cast<size_t>(f)]);
    if (request.schema.back().name.starts_with(prefix)) request.schema.back().name.erase(0, prefix.size());
  }
  SLUICE_ASSIGN_OR_RETURN(side.encoder, format.make_encoder(request));
  return side;
}

Status RecordEncoder::FindMetadata(const TableDescription& table) {
  int column = static_cast<int>(table.physical.size());
  for (const TableDescription::Metadata& m : table.metadata) {
    if (m.virtual_column) continue;
    const DataType& type = m.type;
    const bool fits = m.key == "topic"       ? type.is_character()
                      : m.key == "timestamp" ? type.kind() == TypeKind::kTimestampLtz
                      : m.key == "headers"   ? type.kind() == TypeKind::kMap && type.child(0).is_character() &&
                                                 (type.child(1).is_binary() || type.child(1).is_character())
                                           : type.kind() == TypeKind::kArray;
    if (!fits) {
      return NotYet("the column '" + m.column + "' of type " + type.ToString() + " for writing the metadata '" + m.key +
                    "'; declare it with the metadata's own type");
    }
    (m.key == "topic"       ? topic_
     : m.key == "timestamp" ? timestamp_
     : m.key == "headers"   ? headers_
                            : header_list_) = column++;
  }
  if (headers_ >= 0 && header_list_ >= 0) {
    return Error(ErrorCode::kValidation,
                 "The writable metadata is ambiguous. Please use either metadata key 'headers' or 'header-list'.");
  }
  return {};
}

Result<RecordEncoder::Span> RecordEncoder::Append(const Side& side, const Batch& part, size_t row) {
  Span span{buffer_.size(), 0, true};
  SLUICE_RETURN_IF_ERROR(side.encoder->Encode(part, row, buffer_));
  span.end = buffer_.size();
  return span;
}

Result<uint32_t> RecordEncoder::TopicOf(const Batch& batch, size_t row) {
  if (allowed_.names.size() == 1) return 0u;
  const std::string invalid = "The topic of the sink record is not valid. Expected ";
  if (topic_ < 0 || batch.columns[static_cast<size_t>(topic_)]->IsNull(row)) {
    return Error(ErrorCode::kData, invalid + "a single topic but no topic is set.");
  }
  const std::string name(batch.columns[static_cast<size_t>(topic_)]->string_at(row));
  const auto known = std::find(topics_.begin(), topics_.end(), name);
  if (known != topics_.end()) return static_cast<uint32_t>(known - topics_.begin());
  if (pattern_ == nullptr && std::find(allowed_.names.begin(), allowed_.names.end(), name) == allowed_.names.end()) {
    return Error(ErrorCode::kData, invalid + "topic to be in: " + Bracketed(allowed_.names) + " but was: " + name);
  }
  if (pattern_ != nullptr && !pattern_->Find(name, 0)) {
    return Error(ErrorCode::kData, invalid + "topic to match: " + allowed_.pattern + " but was: " + name);
  }
  topics_.push_back(name);
  return static_cast<uint32_t>(topics_.size() - 1);
}

Status RecordEncoder::ReadMetadata(const Batch& batch, size_t row, OutMessage& out) {
  if (timestamp_ >= 0) {
    const Column& column = *batch.columns[static_cast<size_t>(timestamp_)];
    if (!column.IsNull(row)) {
      out.timestamp_ms =
          column.physical() == PhysicalType::kTimestamp ? column.at<Timestamp>(row).millis : column.at<int64_t>(row);
      if (out.timestamp_ms < 0) {
        return Error(ErrorCode::kData, "Invalid timestamp: " + std::to_string(out.timestamp_ms) +
                                           ". Timestamp should always be non-negative or null.");
      }
    }
  }
  const int headers = headers_ >= 0 ? headers_ : header_list_;
  if (headers >= 0) {
    out.headers = HeadersOf(batch.columns[static_cast<size_t>(headers)]->GetValue(row), header_list_ >= 0);
  }
  return {};
}

Result<const std::vector<OutMessage>*> RecordEncoder::Encode(Batch batch) {
  for (ColumnPtr& column : batch.columns) column = Column::Flatten(column);
  auto part_of = [&](const Side& side) {
    Batch part;
    part.length = batch.length;
    for (const size_t c : side.columns) part.columns.push_back(batch.columns[c]);
    return part;
  };
  Batch value = part_of(value_), key;
  if (key_) key = part_of(*key_);
  if (!upsert_) value.kinds = batch.kinds;
  buffer_.clear();
  messages_.clear();
  spans_.clear();
  const Rows rows = batch.rows();
  messages_.reserve(rows.count);
  for (size_t k = 0; k < rows.count; ++k) {
    const size_t row = rows[k];
    OutMessage message;
    SLUICE_ASSIGN_OR_RETURN(message.topic, TopicOf(batch, row));
    std::pair<Span, Span> spans;
    if (key_) {
      SLUICE_ASSIGN_OR_RETURN(spans.first, Append(*key_, key, row));
    }
    if (!upsert_ || IsAdd(batch.kind(row))) {
      SLUICE_ASSIGN_OR_RETURN(spans.second, Append(value_, value, row));
    }
    SLUICE_RETURN_IF_ERROR(ReadMetadata(batch, row, message));
    messages_.push_back(std::move(message));
    spans_.push_back(spans);
  }
  // The buffer stays where it is from now on.
  for (size_t i = 0; i < messages_.size(); ++i) {
    const auto& [k, v] = spans_[i];
    if (k.there) messages_[i].key = std::string_view(buffer_).substr(k.begin, k.end - k.begin);
    if (v.there) messages_[i].value = std::string_view(buffer_).substr(v.begin, v.end - v.begin);
  }
  return &messages_;
}

}  // namespace sluice::engine::kafka
