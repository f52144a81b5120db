#include "engine/connectors/kafka/table_options.h"

#include <algorithm>

#include "engine/connectors/kafka/option_declarations.h"
#include "engine/connectors/options/format_options.h"
#include "engine/functions/regex.h"

namespace sluice::engine::kafka {
namespace {

std::string ListText(const Names& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? ", " : "") + name;
  return out + "]";
}

/// As Java prints a ChangelogMode.
std::string KindsText(const ChangelogMode& mode) {
  Names kinds = {"INSERT"};
  if (mode.update_before) kinds.emplace_back("UPDATE_BEFORE");
  if (mode.update_after) kinds.emplace_back("UPDATE_AFTER");
  if (mode.deletes) kinds.emplace_back("DELETE");
  return ListText(kinds);
}

}  // namespace

Status TableOptions::Common(KafkaTable& out) {
  out.upsert = upsert_;
  splits::RecordLayout& layout = out.layout;
  layout.upsert = upsert_;
  SLUICE_ASSIGN_OR_RETURN(layout.key_format, FormatOf(kKeyFormat.key));
  if (layout.key_format != nullptr && !upsert_) SLUICE_RETURN_IF_ERROR(CheckKeyFormat(*layout.key_format));
  std::string value_prefix;
  if (!upsert_) {
    SLUICE_ASSIGN_OR_RETURN(layout.value_format, FormatOf(kFormat.key));
  }
  if (layout.value_format == nullptr) {
    SLUICE_ASSIGN_OR_RETURN(layout.value_format, FormatOf(kValueFormat.key));
    value_prefix = "value.";
  }
  for (const auto* missing : {upsert_ && layout.key_format == nullptr ? &kKeyFormat.key : nullptr,
                              layout.value_format == nullptr ? &kValueFormat.key : nullptr}) {
    if (missing == nullptr) continue;
    return Invalid("Could not find required " + std::string(sink_ ? "sink" : "scan") + " format '" +
                   std::string(*missing) + "'.");
  }
  SLUICE_RETURN_IF_ERROR(CheckNames(layout, value_prefix));
  layout.value_options = FormatOptions(table_.options, value_prefix + layout.value_format->descriptor.name);
  if (layout.key_format != nullptr) {
    layout.key_options = FormatOptions(table_.options, "key." + layout.key_format->descriptor.name);
  }
  for (const auto& [name, value] : table_.options) {
    if (name.starts_with(kPropertiesPrefix)) out.properties[name.substr(kPropertiesPrefix.size())] = value;
  }
  return {};
}

Status TableOptions::ReadTopics(Topics& out) const {
  SLUICE_ASSIGN_OR_RETURN(const auto names, FindOption(values_, kTopic));
  SLUICE_ASSIGN_OR_RETURN(const auto pattern, FindOption(values_, kTopicPattern));
  if (names && pattern) return Invalid("Option 'topic' and 'topic-pattern' shouldn't be set together.");
  if (!names && !pattern) return Invalid("Either 'topic' or 'topic-pattern' must be set.");
  if (names) out.names = *names;
  if (pattern) {
    out.pattern = *pattern;
    SLUICE_RETURN_IF_ERROR(Regex::Compile("^(?:" + *pattern + ")$"));
  }
  return {};
}

Status TableOptions::Layout(splits::RecordLayout& layout) const {
  SLUICE_ASSIGN_OR_RETURN(layout.key_prefix, FindText(kKeyPrefix));
  SLUICE_ASSIGN_OR_RETURN(layout.key_fields, KeyFields(layout));
  SLUICE_ASSIGN_OR_RETURN(const FieldsInclude include, GetOption(values_, kValueFields));
  if (include == FieldsInclude::kAll && !layout.key_prefix.empty()) {
    return Invalid(
        "A key prefix is not allowed when option 'value.fields-include' is set to 'ALL'. Set it to "
        "'EXCEPT_KEY' instead to avoid field overlaps.");
  }
  for (int i = 0; i < static_cast<int>(table_.physical.size()); ++i) {
    const bool in_key = std::find(layout.key_fields.begin(), layout.key_fields.end(), i) != layout.key_fields.end();
    if (include == FieldsInclude::kAll || !in_key) layout.value_fields.push_back(i);
  }
  SLUICE_RETURN_IF_ERROR(ValidateFormat(*layout.value_format, layout.value_options, layout.value_fields, ""));
  if (layout.key_format == nullptr) return {};
  return ValidateFormat(*layout.key_format, layout.key_options, layout.key_fields, layout.key_prefix);
}

Status TableOptions::CheckPrimaryKey(const splits::RecordLayout& layout) const {
  if (upsert_ && table_.primary_key.empty()) {
    return Invalid(
        "'upsert-kafka' tables require to define a PRIMARY KEY constraint. The PRIMARY KEY specifies which columns "
        "should be read from or write to the Kafka message key. The PRIMARY KEY also defines records in the "
        "'upsert-kafka' table should update or delete on which keys.");
  }
  if (upsert_ || table_.primary_key.empty() || !Changelog(*layout.value_format).insert_only()) return {};
  return Invalid("The Kafka table '" + table_.identifier + "' with '" + layout.value_format->descriptor.name +
                 "' format doesn't support defining PRIMARY KEY constraint on the table, because it can't guarantee "
                 "the semantic of primary key.");
}

Status TableOptions::CheckUpsertFormats(const splits::RecordLayout& layout) const {
  for (const bool key : {true, false}) {
    const Format& format = key ? *layout.key_format : *layout.value_format;
    if (Changelog(format).insert_only()) continue;
    const std::string& name = format.descriptor.name;
    return Invalid("'upsert-kafka' connector doesn't support '" + name + "' as " + (key ? "key" : "value") +
                   " format, because '" + name + "' is not in insert-only mode.");
  }
  return {};
}

Status TableOptions::Offsets(const Option<std::string>& option, std::string_view mode, const Topics& topics,
                             OffsetsByPartition& out) const {
  SLUICE_ASSIGN_OR_RETURN(const auto text, FindOption(values_, option));
  if (!text) {
    return Invalid("'" + std::string(option.key) + "' is required in 'specific-offsets' " + std::string(mode) +
                   " mode but missing.");
  }
  if (topics.names.size() != 1) {
    return Invalid("Currently Kafka source only supports specific offset for single topic.");
  }
  const Error malformed =
      Invalid("Invalid properties '" + std::string(option.key) +
              "' should follow the format 'partition:0,offset:42;partition:1,offset:300', but is '" + *text + "'.");
  size_t begin = 0;
  while (begin < text->size() || out.empty()) {
    const size_t end = std::min(text->find(';', begin), text->size());
    const std::string pair = text->substr(begin, end - begin);
    const size_t comma = pair.find(',');
    if (comma == std::string::npos || !pair.starts_with("partition:") ||
        !pair.substr(comma + 1).starts_with("offset:")) {
      return malformed;
    }
    const Result<int32_t> partition = ParseOptionInt(pair.substr(10, comma - 10));
    const Result<int64_t> offset = ParseOptionLong(pair.substr(comma + 8));
    if (!partition.ok() || !offset.ok()) return malformed;
    out[*partition] = *offset;
    begin = end + 1;
  }
  return {};
}

Result<int64_t> TableOptions::Timestamp(const Option<int64_t>& option, std::string_view mode) const {
  SLUICE_ASSIGN_OR_RETURN(const auto value, FindOption(values_, option));
  if (value) return *value;
  return Invalid("'" + std::string(option.key) + "' is required in 'timestamp' " + std::string(mode) +
                 " mode but missing.");
}

const ChangelogMode& TableOptions::Changelog(const Format& format) const {
  return sink_ ? format.descriptor.encode_changelog : format.descriptor.decode_changelog;
}

Result<std::string> TableOptions::FindText(const Option<std::string>& option) const {
  SLUICE_ASSIGN_OR_RETURN(auto text, FindOption(values_, option));
  return text.value_or("");
}

Result<const Format*> TableOptions::FormatOf(std::string_view option) const {
  const auto named = values_.find(option);
  if (named == values_.end()) return static_cast<const Format*>(nullptr);
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable({{"format", named->second}}, formats_));
  if (!format->in_messages) {
    return Error(ErrorCode::kOption,
                 "The format '" + named->second + "' is one of files: it cannot be used in messages.");
  }
  if (sink_ ? format->descriptor.encodes : format->descriptor.decodes) return format;
  return Error(ErrorCode::kOption,
               "The format '" + named->second + "' cannot be used to " + (sink_ ? "write." : "read."));
}

Status TableOptions::CheckKeyFormat(const Format& format) const {
  if (Changelog(format).insert_only()) return {};
  return Invalid("A key format should only deal with INSERT-only records. But " + format.descriptor.name +
                 " has a changelog mode of " + KindsText(Changelog(format)) + ".");
}

Status TableOptions::CheckNames(const splits::RecordLayout& layout, const std::string& value_prefix) const {
  std::vector<std::string> supported = CommonOptions(), required;
  for (const OptionSpec& spec : Specs(upsert_)) {
    supported.emplace_back(spec.key);
    if (IsRequired(spec.key, upsert_)) required.emplace_back(spec.key);
  }
  auto add_format = [&](const Format* format, const std::string& prefix) {
    if (format == nullptr) return;
    for (const FactoryOption& o : format->descriptor.options) {
      supported.push_back(prefix + format->descriptor.name + "." + o.name);
    }
  };
  add_format(layout.value_format, value_prefix);
  add_format(layout.key_format, "key.");
  OptionMap own;
  for (const auto& [name, value] : table_.options) {
    const bool format_option =
        name.starts_with(value_prefix + layout.value_format->descriptor.name + ".") ||
        (layout.key_format != nullptr && name.starts_with("key." + layout.key_format->descriptor.name + "."));
    if (!format_option && (!name.starts_with(kPropertiesPrefix) || name == kServers.key)) own.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RequireOptions(table_.options, required));
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions(upsert_ ? "upsert-kafka" : "kafka", own, supported));
  SLUICE_RETURN_IF_ERROR(FindOption(values_, kScanParallelism));
  SLUICE_RETURN_IF_ERROR(FindOption(values_, kSinkParallelism));
  return GetOption(values_, kNaming).ok() ? Status() : Status(GetOption(values_, kNaming).error());
}

Result<std::vector<int>> TableOptions::KeyFields(const splits::RecordLayout& layout) const {
  std::vector<int> fields;
  Names names = table_.primary_key;
  if (!upsert_) {
    SLUICE_ASSIGN_OR_RETURN(const auto listed, FindOption(values_, kKeyFields));
    if (layout.key_format == nullptr && listed) {
      return Invalid("The option 'key.fields' can only be declared if a key format is defined using 'key.format'.");
    }
    if (layout.key_format != nullptr && (!listed || listed->empty())) {
      return Invalid(
          "A key format 'key.format' requires the declaration of one or more of key fields using 'key.fields'.");
    }
    names = listed.value_or(Names());
  }
  Names physical;
  for (const RowField& f : table_.physical) physical.push_back(f.name);
  for (const std::string& name : names) {
    const auto at = std::find(physical.begin(), physical.end(), name);
    if (at == physical.end()) {
      return Invalid("Could not find the field '" + name +
                     "' in the table schema for usage in the key format. A key field must be a regular, physical "
                     "column. The following columns can be selected in the 'key.fields' option:\n" +
                     ListText(physical));
    }
    if (!name.starts_with(layout.key_prefix)) {
      return Invalid("All fields in 'key.fields' must be prefixed with '" + layout.key_prefix +
                     "' when option 'key.fields-prefix' is set but field '" + name + "' is not prefixed.");
    }
    fields.push_back(static_cast<int>(at - physical.begin()));
  }
  return fields;
}

Status TableOptions::ValidateFormat(const Format& format, const OptionMap& options, const std::vector<int>& fields,
                                    std::string_view prefix) const {
  Schema schema;
  for (const int f : fields) {
    schema.push_back(table_.physical[static_cast<size_t>(f)]);
    if (schema.back().name.starts_with(prefix)) schema.back().name.erase(0, prefix.size());
  }
  if (format.descriptor.validate) SLUICE_RETURN_IF_ERROR(format.descriptor.validate(options, schema));
  if (!sink_ || format.make_encoder == nullptr) return {};
  EncodeRequest request;
  request.schema = schema;
  request.options = options;
  const auto encoder = format.make_encoder(request);
  return encoder.ok() ? Status() : Status(encoder.error());
}

}  // namespace sluice::engine::kafka
