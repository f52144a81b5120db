#include "engine/connectors/kafka/message_metadata.h"

#include <map>

namespace sluice::engine::kafka {
namespace {

DataType HeadersType() { return DataType::Map(DataType::String(), DataType::Bytes()).NotNull(); }
DataType HeaderListType() {
  return DataType::Array(DataType::Row({{"key", DataType::String().NotNull()}, {"value", DataType::Bytes()}}).NotNull())
      .NotNull();
}

/// Name and value of each header, in order.
std::vector<std::pair<Value, Value>> HeadersOf(const RecordFacts& facts) {
  std::vector<std::pair<Value, Value>> out;
  for (const RecordHeader& h : facts.headers) {
    out.emplace_back(Value::String(std::string(h.name)),
                     h.value ? Value::String(std::string(*h.value)) : Value::Null());
  }
  return out;
}

Value HeaderMap(const RecordFacts& facts) {
  std::map<std::string, Value> last;  // of several headers of a name the last one counts
  for (auto& [name, value] : HeadersOf(facts)) last[name.as_string()] = std::move(value);
  ValueList list;
  for (auto& [name, value] : last) {
    list.push_back(Value::String(name));
    list.push_back(std::move(value));
  }
  return Value::List(std::move(list));
}

Value HeaderList(const RecordFacts& facts) {
  ValueList list;
  for (auto& [name, value] : HeadersOf(facts)) list.push_back(Value::List({std::move(name), std::move(value)}));
  return Value::List(std::move(list));
}

const char* TimestampTypeName(TimestampType type) {
  switch (type) {
    case TimestampType::kCreateTime: return "CreateTime";
    case TimestampType::kLogAppendTime: return "LogAppendTime";
    case TimestampType::kNone: break;
  }
  return "NoTimestampType";
}

template <typename F>
ColumnPtr Each(const DataType& type, const splits::RowOrigins& origins, const F& value) {
  ColumnPtr column = Column::Make(type, origins.rows);
  for (size_t i = 0; i < origins.rows; ++i) value(*column, i, origins[i]);
  return column;
}

}  // namespace

std::vector<MetadataKey> ReadableMetadata() {
  return {{"topic", DataType::String().NotNull()},
          {"partition", DataType::Integer().NotNull()},
          {"headers", HeadersType()},
          {"header-list", HeaderListType()},
          {"leader-epoch", DataType::Integer()},
          {"offset", DataType::Bigint().NotNull()},
          {"timestamp", DataType::TimestampLtz(3).NotNull()},
          {"timestamp-type", DataType::String().NotNull()}};
}

ColumnPtr MetadataColumn(const std::string& key, const TopicPartition& partition, std::span<const int64_t> offsets,
                         std::span<const RecordFacts> facts, const splits::RowOrigins& origins) {
  const auto constant = [&](const DataType& type, const Value& value) {
    return Column::MakeConstant(type, value, origins.rows);
  };
  if (key == "topic") return constant(DataType::String().NotNull(), Value::String(partition.first));
  if (key == "partition") return constant(DataType::Integer().NotNull(), Value::Int(partition.second));
  if (key == "leader-epoch") {
    return Each(DataType::Integer(), origins, [&](Column& column, size_t i, size_t m) {
      if (facts[m].leader_epoch < 0) {
        column.SetNull(i);
      } else {
        column.data<int32_t>()[i] = facts[m].leader_epoch;
      }
    });
  }
  if (key == "offset") {
    return Each(DataType::Bigint().NotNull(), origins,
                [&](Column& column, size_t i, size_t m) { column.data<int64_t>()[i] = offsets[m]; });
  }
  if (key == "timestamp") {
    return Each(DataType::TimestampLtz(3).NotNull(), origins,
                [&](Column& column, size_t i, size_t m) { column.data<int64_t>()[i] = facts[m].timestamp_ms; });
  }
  if (key == "timestamp-type") {
    return Each(DataType::String().NotNull(), origins, [&](Column& column, size_t i, size_t m) {
      column.SetString(i, TimestampTypeName(facts[m].timestamp_type));
    });
  }
  const bool list = key == "header-list";
  INVARIANT(list || key == "headers", "a Kafka source is asked for the metadata '" + key + "'");
  return Each(list ? HeaderListType() : HeadersType(), origins, [&](Column& column, size_t i, size_t m) {
    column.SetValue(i, list ? HeaderList(facts[m]) : HeaderMap(facts[m]));
  });
}

}  // namespace sluice::engine::kafka
