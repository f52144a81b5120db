// Writes rows to a DynamoDB table: +I and +U as puts, -D as deletes, at least once.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/clock.h"
#include "engine/connectors/aws/async_sink.h"
#include "engine/connectors/aws/aws_options.h"
#include "engine/connectors/connector.h"
#include "engine/connectors/dynamodb/attribute_value.h"
#include "engine/connectors/options/format_options.h"
#include "engine/connectors/print/java_text.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

namespace json = boost::json;

/// Flink's DynamoDbSinkBuilder: what BatchWriteItem takes.
constexpr aws::AsyncWriterLimits kLimits{
    .batch_entries = 25, .batch_bytes = 16 * 1000 * 1000, .entry_bytes = 400 * 1000};

const std::vector<std::string>& OwnOptions() {
  static const std::vector<std::string> kOptions = [] {
    std::vector<std::string> all = {"aws.region", "sink.ignore-nulls", "sink.parallelism", "table-name"};
    all.insert(all.end(), CommonOptions().begin(), CommonOptions().end());
    all.insert(all.end(), aws::AsyncWriterOptions().begin(), aws::AsyncWriterOptions().end());
    return all;
  }();
  return kOptions;
}

std::string Quoted(std::string_view text) {
  return json::serialize(json::value(json::string_view(text.data(), text.size())));
}

/// Places of the named columns.
std::vector<size_t> PlacesOf(const TableDescription& table, const std::vector<std::string>& names) {
  std::vector<size_t> places;
  for (size_t i = 0; i < table.physical.size(); ++i) {
    if (std::find(names.begin(), names.end(), table.physical[i].name) != names.end()) places.push_back(i);
  }
  return places;
}

class ItemEntries final : public aws::EntryMaker {
 public:
  ItemEntries(const TableDescription& table, bool ignore_nulls) : ignore_nulls_(ignore_nulls) {
    for (const RowField& field : table.physical) names_.push_back(Quoted(field.name));
    overwrite_ = PlacesOf(table, table.partition_keys);
    // DynamoDB deletes by the attributes of its key, and by no others.
    key_ = table.primary_key.empty() ? overwrite_ : PlacesOf(table, table.primary_key);
    if (key_.empty()) {
      for (size_t i = 0; i < names_.size(); ++i) key_.push_back(i);
    }
    for (size_t i = 0; i < names_.size(); ++i) all_.push_back(i);
  }

  Result<std::optional<aws::WriteEntry>> Make(const Batch& batch, size_t position) override {
    const RowKind kind = batch.kind(position);
    if (kind == RowKind::kUpdateBefore) return std::optional<aws::WriteEntry>();
    const bool remove = kind == RowKind::kDelete;
    aws::WriteEntry entry;
    entry.data = remove ? "{\"DeleteRequest\":{\"Key\":{" : "{\"PutRequest\":{\"Item\":{";
    bool first = true;
    for (const size_t column : remove ? key_ : all_) {
      const Column& values = *batch.columns[column];
      if (ignore_nulls_ && values.IsNull(values.index(position))) continue;
      if (!first) entry.data += ',';
      first = false;
      entry.data += names_[column] + ":";
      dynamodb::AppendAttributeValue(entry.data, values, position);
    }
    entry.data += "}}}";
    for (const size_t column : overwrite_) {
      AppendJavaText(entry.key, *batch.columns[column], position);
      entry.key += '$';
    }
    return std::optional<aws::WriteEntry>(std::move(entry));
  }

 private:
  const bool ignore_nulls_;
  std::vector<std::string> names_;  // quoted
  std::vector<size_t> overwrite_, key_, all_;
};

class DynamodbTarget final : public aws::AsyncTarget {
 public:
  DynamodbTarget(aws::AwsAccess access, std::string table, Clock& clock)
      : access_(std::move(access)),
        table_(std::move(table)),
        client_(access_.client, access_.credentials.get(), clock, nullptr) {}

  Result<aws::LeftOver> Send(const std::vector<aws::WriteEntry>& entries) override;
  void Cancel() override { client_.Cancel(); }
  std::string name() const override { return "writing to DynamoDB table '" + table_ + "'"; }

 private:
  const aws::AwsAccess access_;
  const std::string table_;
  net::AwsClient client_;
};

/// A request may name an item once: of entries with one key the last counts (overwrite by partition keys).
std::vector<const aws::WriteEntry*> LastOfEachKey(const std::vector<aws::WriteEntry>& entries) {
  std::set<std::string_view> seen;
  std::vector<const aws::WriteEntry*> kept;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->key.empty() || seen.insert(entry->key).second) kept.push_back(&*entry);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

Result<aws::LeftOver> DynamodbTarget::Send(const std::vector<aws::WriteEntry>& entries) {
  const std::vector<const aws::WriteEntry*> kept = LastOfEachKey(entries);
  std::string request = "{\"RequestItems\":{" + Quoted(table_) + ":[";
  for (const aws::WriteEntry* entry : kept) request += entry->data + ",";
  request.back() = ']';
  request += "}}";
  SLUICE_ASSIGN_OR_RETURN(const std::string body,
                          client_.CallJson("DynamoDB_20120810.BatchWriteItem", std::move(request), "1.0"));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const auto* object = ec ? nullptr : answer.if_object();
  if (object == nullptr) return Error(ErrorCode::kUnavailable, "the answer to BatchWriteItem is not one of DynamoDB");
  aws::LeftOver left;
  const auto* unprocessed = object->if_contains("UnprocessedItems");
  const auto* tables = unprocessed == nullptr ? nullptr : unprocessed->if_object();
  const auto* of_table = tables == nullptr ? nullptr : tables->if_contains(table_);
  const auto* items = of_table == nullptr ? nullptr : of_table->if_array();
  if (items == nullptr || items->empty()) return left;
  // What comes back has no key of ours: find it by its text, else send it as it came.
  for (const json::value& item : *items) {
    aws::WriteEntry entry{json::serialize(item), ""};
    for (const aws::WriteEntry* sent : kept) {
      if (json::parse(sent->data, ec) == item) entry.key = sent->key;
    }
    left.entries.push_back(std::move(entry));
  }
  left.reason = Error(ErrorCode::kResourceExhausted, "DynamoDB left items unprocessed");
  return left;
}

Result<TableCapability> SinkCapability(const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(RequireOptions(table.options, {"aws.region", "table-name"}));
  OptionMap own;
  for (const auto& [name, value] : table.options) {
    if (!name.starts_with("aws.") && !name.starts_with("sink.http-client.")) own.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("dynamodb", own, OwnOptions()));
  SLUICE_RETURN_IF_ERROR(aws::CheckAwsOptions(table.options));
  SLUICE_RETURN_IF_ERROR(aws::ReadAsyncWriterLimits(table.options, kLimits));
  SLUICE_RETURN_IF_ERROR(text::BoolOption(table.options, "sink.ignore-nulls", false));
  for (const RowField& field : table.physical)
    SLUICE_RETURN_IF_ERROR(dynamodb::CheckAttributeType(field.name, field.type));
  TableCapability capability;
  capability.changelog = ChangelogMode::Upsert();
  capability.supports_partitions = true;
  return capability;
}

Result<std::unique_ptr<Sink>> MakeSink(const SinkNode& node, const Schema&, const ConnectorEnvironment& environment) {
  const OptionMap& options = node.table.options;
  aws::AsyncSinkParts parts;
  SLUICE_ASSIGN_OR_RETURN(parts.limits, aws::ReadAsyncWriterLimits(options, kLimits));
  SLUICE_ASSIGN_OR_RETURN(const bool ignore_nulls, text::BoolOption(options, "sink.ignore-nulls", false));
  parts.entries = std::make_unique<ItemEntries>(node.table, ignore_nulls);
  parts.make_target = [options, clock = environment.clock]() -> Result<std::unique_ptr<aws::AsyncTarget>> {
    SLUICE_ASSIGN_OR_RETURN(aws::AwsAccess access,
                            aws::MakeAwsAccess(options, "dynamodb", net::ProcessEnvironment(), *clock));
    return std::unique_ptr<aws::AsyncTarget>(
        std::make_unique<DynamodbTarget>(std::move(access), options.at("table-name"), *clock));
  };
  return aws::MakeAsyncSink(std::move(parts), environment);
}

}  // namespace

Connector DynamodbConnector() {
  Connector connector;
  connector.descriptor.name = "dynamodb";
  connector.descriptor.is_sink = true;
  for (const std::string& name : OwnOptions()) {
    connector.descriptor.options.push_back({name, name == "aws.region" || name == "table-name"});
  }
  connector.descriptor.sink = SinkCapability;
  connector.make_sink = MakeSink;
  return connector;
}

}  // namespace sluice::engine
