#include "engine/connectors/kinesis/kinesis_sink.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/random.h"
#include "engine/connectors/aws/aws_options.h"
#include "engine/connectors/aws/encoded_entries.h"
#include "engine/connectors/kinesis/kinesis_options.h"
#include "engine/connectors/print/java_text.h"

namespace sluice::engine::kinesis {
namespace {

constexpr size_t kMaxKey = 256;

class KinesisTarget final : public aws::AsyncTarget {
 public:
  KinesisTarget(aws::AwsAccess access, net::KinesisStream stream, Clock& clock)
      : access_(std::move(access)),
        stream_(std::move(stream)),
        client_(access_.client, access_.credentials.get(), clock) {}

  Result<aws::LeftOver> Send(const std::vector<aws::WriteEntry>& entries) override {
    std::vector<net::PutRecordsEntry> records;
    records.reserve(entries.size());
    for (const aws::WriteEntry& entry : entries) records.push_back({entry.data, entry.key});
    SLUICE_ASSIGN_OR_RETURN(const auto refused, client_.PutRecords(stream_, records));
    aws::LeftOver left;
    for (const net::RefusedRecord& one : refused) {
      net::PutRecordsEntry& record = records[one.index];
      left.entries.push_back({std::move(record.data), std::move(record.partition_key)});
      left.reason = one.error;
    }
    return left;
  }
  void Cancel() override { client_.Cancel(); }
  std::string name() const override { return "writing to Kinesis stream '" + stream_.name + "'"; }

 private:
  const aws::AwsAccess access_;
  const net::KinesisStream stream_;
  net::KinesisClient client_;
};

/// As java.util.UUID.randomUUID.
std::string RandomUuid(const std::function<uint64_t()>& random) {
  const uint64_t high = (random() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (random() & ~(uint64_t{3} << 62)) | uint64_t{1} << 63;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffffffffffff);
}

/// Java counts UTF-16 units; a key of more characters than Kinesis takes is cut.
void CutKey(std::string& key) {
  size_t units = 0;
  for (size_t i = 0; i < key.size(); ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    if ((byte & 0xc0) == 0x80) continue;
    units += byte >= 0xf0 ? 2 : 1;
    if (units > kMaxKey) {
      key.resize(i);
      return;
    }
  }
}

std::string KeyOfFields(const Batch& batch, size_t position, const std::vector<size_t>& fields,
                        const std::string& delimiter) {
  std::string key;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) key += delimiter;
    AppendJavaText(key, *batch.columns[fields[i]], position);
  }
  CutKey(key);
  return key;
}

Result<std::vector<size_t>> FieldsOf(const TableDescription& table) {
  std::vector<size_t> fields;
  std::string missing, bad;
  for (const std::string& name : table.partition_keys) {
    size_t field = 0;
    while (field < table.physical.size() && table.physical[field].name != name) ++field;
    if (field == table.physical.size()) {
      missing += (missing.empty() ? "" : ", ") + name;
      continue;
    }
    switch (table.physical[field].type.kind()) {
      case TypeKind::kChar:
      case TypeKind::kVarchar:
      case TypeKind::kBoolean:
      case TypeKind::kTinyint:
      case TypeKind::kSmallint:
      case TypeKind::kInteger:
      case TypeKind::kBigint:
      case TypeKind::kFloat:
      case TypeKind::kDouble: fields.push_back(field); break;
      default: bad += (bad.empty() ? "" : ", ") + name;
    }
  }
  if (!missing.empty()) {
    return Error(ErrorCode::kValidation, "The following partition keys are not present in the table: " + missing);
  }
  if (!bad.empty()) {
    return Error(ErrorCode::kValidation,
                 "The following partition keys have types that are not supported by Kinesis: " + bad);
  }
  return fields;
}

}  // namespace

Status CheckPartitionKeys(const TableDescription& table) {
  auto fields = FieldsOf(table);
  return fields.ok() ? Status() : Status(fields.error());
}

Result<std::unique_ptr<Sink>> MakeKinesisSink(const SinkNode& node, const Schema& input,
                                              const ConnectorEnvironment& environment) {
  SLUICE_ASSIGN_OR_RETURN(const SinkOptions options, ReadSinkOptions(node.table));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<size_t> fields, FieldsOf(node.table));
  auto subtask = std::make_shared<std::string>("0");
  aws::EntryKey key;
  switch (options.partitioner) {
    case SinkOptions::Partitioner::kRandom:
      key = [random = environment.random](const Batch&, size_t) { return RandomUuid(random); };
      break;
    case SinkOptions::Partitioner::kFixed: key = [subtask](const Batch&, size_t) { return *subtask; }; break;
    case SinkOptions::Partitioner::kFields:
      key = [fields, delimiter = options.delimiter](const Batch& batch, size_t position) {
        return KeyOfFields(batch, position, fields, delimiter);
      };
      break;
  }
  aws::AsyncSinkParts parts;
  SLUICE_ASSIGN_OR_RETURN(parts.entries, aws::MakeEncodedEntries(node.table, input, environment, std::move(key),
                                                                 [subtask](const TaskContext& context) {
                                                                   *subtask = std::to_string(context.subtask);
                                                                 }));
  parts.limits = options.limits;
  parts.make_target = [table_options = AwsOptionsOf(node.table.options), stream = options.stream,
                       clock = environment.clock]() -> Result<std::unique_ptr<aws::AsyncTarget>> {
    SLUICE_ASSIGN_OR_RETURN(aws::AwsAccess access,
                            aws::MakeAwsAccess(table_options, "kinesis", net::ProcessEnvironment(), *clock));
    return std::unique_ptr<aws::AsyncTarget>(std::make_unique<KinesisTarget>(std::move(access), stream, *clock));
  };
  return aws::MakeAsyncSink(std::move(parts), environment);
}

}  // namespace sluice::engine::kinesis
