#include "service/api/sql_configuration.h"

#include <fmt/format.h>

#include <set>
#include <span>

#include "service/api/resource_ids.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

constexpr std::string_view kSources[] = {"KinesisStreamsInput", "KinesisFirehoseInput"};
constexpr std::string_view kDestinations[] = {"KinesisStreamsOutput", "KinesisFirehoseOutput", "LambdaOutput"};

/// The one of `kinds` that `object` has, under its name with `suffix`.
Answer<std::string> ExactlyOne(const json::object& object, std::span<const std::string_view> kinds,
                               std::string_view what) {
  std::string found;
  for (std::string_view kind : kinds) {
    if (!object.contains(kind)) continue;
    if (!found.empty()) {
      return ApiError::InvalidArgument(
          fmt::format("{} has both {} and {}; give exactly one of {}", what, found, kind, fmt::join(kinds, ", ")));
    }
    found = kind;
  }
  if (found.empty()) {
    return ApiError::InvalidArgument(fmt::format("{} must have exactly one of {}", what, fmt::join(kinds, ", ")));
  }
  return found;
}

/// "KinesisStreamsInputUpdate": {"ResourceARNUpdate": …} becomes the one description among `kinds`: a change of kind
/// takes the old one away.
Answer<Done> UpdateEndpoint(const json::object& update, std::span<const std::string_view> kinds, std::string_view what,
                            json::object* description) {
  std::string changed;
  for (std::string_view kind : kinds) {
    if (!update.contains(std::string(kind) + "Update")) continue;
    if (!changed.empty()) {
      return ApiError::InvalidArgument(
          fmt::format("{} changes both {} and {}; it can have only one", what, changed, kind));
    }
    changed = kind;
  }
  if (changed.empty()) return Done{};
  const json::object& given = *ObjectAt(update, changed + "Update");
  for (std::string_view kind : kinds) description->erase(std::string(kind) + "Description");
  (*description)[changed + "Description"] = {{"ResourceARN", TextAt(given, "ResourceARNUpdate")}};
  return Done{};
}

Answer<Done> CheckFormat(const json::object& format) {
  const auto* mapping = ObjectAt(format, "MappingParameters");
  if (mapping == nullptr) return Done{};
  const std::string type = TextAt(format, "RecordFormatType");
  const std::string other = type == "JSON" ? "CSV" : "JSON";
  if (mapping->contains(other + "MappingParameters")) {
    return ApiError::InvalidArgument(
        fmt::format("RecordFormatType is {}: MappingParameters must have {}MappingParameters, not {}MappingParameters",
                    type, type, other));
  }
  return Done{};
}

Answer<Done> CheckColumns(const json::array& columns) {
  std::set<std::string> seen;
  for (const json::value& column : columns) {
    const std::string name = TextAt(column.as_object(), "Name");
    if (!seen.insert(name).second) {
      return ApiError::InvalidArgument(fmt::format("RecordColumns has the column {} twice", name));
    }
  }
  return Done{};
}

Answer<Done> CheckSchema(const json::object& schema) {
  SLUICE_RETURN_IF_ERROR(CheckColumns(*ArrayAt(schema, "RecordColumns")));
  return CheckFormat(*ObjectAt(schema, "RecordFormat"));
}

/// One stream inside the application for each of the input's parallel readers.
json::array StreamNames(const std::string& prefix, int64_t count) {
  json::array out;
  for (int64_t i = 1; i <= count; ++i) out.emplace_back(fmt::format("{}_{:03}", prefix, i));
  return out;
}

void NameStreams(json::object* input) {
  const int64_t count = IntAt(*ObjectAt(*input, "InputParallelism"), "Count", 1);
  (*input)["InAppStreamNames"] = StreamNames(TextAt(*input, "NamePrefix"), count);
}

Answer<Done> UpdateInput(const json::object& update, json::object* input) {
  SLUICE_RETURN_IF_ERROR(UpdateEndpoint(update, kSources, "InputUpdate", input));
  if (const auto* name = update.if_contains("NamePrefixUpdate")) (*input)["NamePrefix"] = *name;
  if (const auto* parallelism = ObjectAt(update, "InputParallelismUpdate")) {
    (*input)["InputParallelism"] = {{"Count", IntAt(*parallelism, "CountUpdate", 1)}};
  }
  if (const auto* processing = ObjectAt(update, "InputProcessingConfigurationUpdate")) {
    const auto& lambda = *ObjectAt(*processing, "InputLambdaProcessorUpdate");
    (*input)["InputProcessingConfigurationDescription"] = {
        {"InputLambdaProcessorDescription", {{"ResourceARN", TextAt(lambda, "ResourceARNUpdate")}}}};
  }
  if (const auto* schema = ObjectAt(update, "InputSchemaUpdate")) {
    json::object& described = *ObjectAt(*input, "InputSchema");
    if (const auto* columns = schema->if_contains("RecordColumnUpdates")) described["RecordColumns"] = *columns;
    if (const auto* encoding = schema->if_contains("RecordEncodingUpdate")) described["RecordEncoding"] = *encoding;
    if (const auto* format = schema->if_contains("RecordFormatUpdate")) described["RecordFormat"] = *format;
    SLUICE_RETURN_IF_ERROR(CheckSchema(described));
  }
  NameStreams(input);
  return Done{};
}

Answer<Done> UpdateOutput(const json::object& update, json::object* output) {
  SLUICE_RETURN_IF_ERROR(UpdateEndpoint(update, kDestinations, "OutputUpdate", output));
  if (const auto* name = update.if_contains("NameUpdate")) (*output)["Name"] = *name;
  if (const auto* schema = update.if_contains("DestinationSchemaUpdate")) (*output)["DestinationSchema"] = *schema;
  return Done{};
}

Answer<Done> UpdateReference(const json::object& update, json::object* reference) {
  if (const auto* name = update.if_contains("TableNameUpdate")) (*reference)["TableName"] = *name;
  if (const auto* s3 = ObjectAt(update, "S3ReferenceDataSourceUpdate")) {
    json::object& described = *ObjectAt(*reference, "S3ReferenceDataSourceDescription");
    if (const auto* bucket = s3->if_contains("BucketARNUpdate")) described["BucketARN"] = *bucket;
    if (const auto* key = s3->if_contains("FileKeyUpdate")) described["FileKey"] = *key;
  }
  if (const auto* schema = ObjectAt(update, "ReferenceSchemaUpdate")) {
    SLUICE_RETURN_IF_ERROR(CheckSchema(*schema));
    (*reference)["ReferenceSchema"] = *schema;
  }
  return Done{};
}

/// What the three lists of a configuration have in common.
struct Part {
  std::string_view list;          // in SqlApplicationConfiguration
  std::string_view updates;       // in SqlApplicationConfigurationUpdate
  std::string_view descriptions;  // in SqlApplicationConfigurationDescription
  std::string_view id;
  Answer<Done> (*add)(const json::object&, int64_t, const Quotas&, json::object*);
  Answer<Done> (*update)(const json::object&, json::object*);
};
constexpr Part kParts[] = {
    {"Inputs", "InputUpdates", "InputDescriptions", "InputId", AddInput, UpdateInput},
    {"Outputs", "OutputUpdates", "OutputDescriptions", "OutputId", AddOutput, UpdateOutput},
    {"ReferenceDataSources", "ReferenceDataSourceUpdates", "ReferenceDataSourceDescriptions", "ReferenceId",
     AddReference, UpdateReference},
};

Answer<Done> CheckRoom(const json::object& sql, std::string_view list, size_t limit, std::string_view what) {
  const auto* existing = ArrayAt(sql, list);
  if (existing == nullptr || existing->size() < limit) return Done{};
  return ApiError::InvalidArgument(fmt::format("A SQL-1_0 application can have at most {} {}", limit, what));
}

}  // namespace

json::object DescribeProcessing(const json::object& processing) {
  return {{"InputLambdaProcessorDescription", *ObjectAt(processing, "InputLambdaProcessor")}};
}

Answer<Done> AddInput(const json::object& input, int64_t version, const Quotas& quotas, json::object* sql) {
  SLUICE_RETURN_IF_ERROR(CheckRoom(*sql, "InputDescriptions", quotas.sql_inputs, "input"));
  SLUICE_ASSIGN_OR_RETURN(std::string source, ExactlyOne(input, kSources, "Input"));
  SLUICE_RETURN_IF_ERROR(CheckSchema(*ObjectAt(input, "InputSchema")));
  json::array& inputs = ArrayIn(*sql, "InputDescriptions");
  json::object out{{"InputId", NextId(inputs, "InputId", version)}, {"NamePrefix", TextAt(input, "NamePrefix")}};
  out[source + "Description"] = *ObjectAt(input, source);
  out["InputSchema"] = *ObjectAt(input, "InputSchema");
  const auto* parallelism = ObjectAt(input, "InputParallelism");
  out["InputParallelism"] = {{"Count", parallelism == nullptr ? 1 : IntAt(*parallelism, "Count", 1)}};
  if (const auto* processing = ObjectAt(input, "InputProcessingConfiguration")) {
    out["InputProcessingConfigurationDescription"] = DescribeProcessing(*processing);
  }
  // Filled in by a start; AWS shows it empty before.
  out["InputStartingPositionConfiguration"] = json::object();
  NameStreams(&out);
  inputs.push_back(std::move(out));
  return Done{};
}

Answer<Done> AddOutput(const json::object& output, int64_t version, const Quotas& quotas, json::object* sql) {
  SLUICE_RETURN_IF_ERROR(CheckRoom(*sql, "OutputDescriptions", quotas.sql_outputs, "outputs"));
  SLUICE_ASSIGN_OR_RETURN(std::string destination, ExactlyOne(output, kDestinations, "Output"));
  json::array& outputs = ArrayIn(*sql, "OutputDescriptions");
  json::object out{{"OutputId", NextId(outputs, "OutputId", version)}, {"Name", TextAt(output, "Name")}};
  out[destination + "Description"] = *ObjectAt(output, destination);
  out["DestinationSchema"] = *ObjectAt(output, "DestinationSchema");
  outputs.push_back(std::move(out));
  return Done{};
}

Answer<Done> AddReference(const json::object& reference, int64_t version, const Quotas& quotas, json::object* sql) {
  SLUICE_RETURN_IF_ERROR(
      CheckRoom(*sql, "ReferenceDataSourceDescriptions", quotas.sql_references, "reference data source"));
  const auto* s3 = ObjectAt(reference, "S3ReferenceDataSource");
  if (s3 == nullptr || !s3->contains("BucketARN") || !s3->contains("FileKey")) {
    return ApiError::InvalidArgument("ReferenceDataSource needs S3ReferenceDataSource with BucketARN and FileKey");
  }
  SLUICE_RETURN_IF_ERROR(CheckSchema(*ObjectAt(reference, "ReferenceSchema")));
  json::array& references = ArrayIn(*sql, "ReferenceDataSourceDescriptions");
  references.push_back(json::object{{"ReferenceId", NextId(references, "ReferenceId", version)},
                                    {"TableName", TextAt(reference, "TableName")},
                                    {"S3ReferenceDataSourceDescription", *s3},
                                    {"ReferenceSchema", *ObjectAt(reference, "ReferenceSchema")}});
  return Done{};
}

Answer<json::object> DescribeSql(const json::object& configuration, int64_t version, const Quotas& quotas) {
  json::object out;
  for (const Part& part : kParts) {
    const auto* list = ArrayAt(configuration, part.list);
    if (list == nullptr) continue;
    for (const json::value& entry : *list) {
      SLUICE_RETURN_IF_ERROR(part.add(entry.as_object(), version, quotas, &out));
    }
  }
  return out;
}

Answer<Done> UpdateSql(const json::object& update, json::object* sql) {
  json::object changed = *sql;
  for (const Part& part : kParts) {
    const auto* updates = ArrayAt(update, part.updates);
    if (updates == nullptr) continue;
    for (const json::value& entry : *updates) {
      const std::string id = TextAt(entry.as_object(), part.id);
      json::array* among = changed.contains(part.descriptions) ? &changed[part.descriptions].as_array() : nullptr;
      json::object* description = among == nullptr ? nullptr : FindById(*among, part.id, id);
      if (description == nullptr) {
        return ApiError::InvalidArgument(fmt::format("The application has no {} {}", part.id, id));
      }
      SLUICE_RETURN_IF_ERROR(part.update(entry.as_object(), description));
    }
  }
  *sql = std::move(changed);
  return Done{};
}

}  // namespace sluice::service
