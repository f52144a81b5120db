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
std::vector<std::pair<Value, Value>> HeadersOf(const rd_kafka_message_t* message) {
  std::vector<std::pair<Value, Value>> out;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    out.emplace_back(Value::String(name), value == nullptr
                                              ? Value::Null()
                                              : Value::String(std::string(static_cast<const char*>(value), size)));
  }
  return out;
}

Value HeaderMap(const rd_kafka_message_t* message) {
  std::map<std::string, Value> last;  // of several headers of a name the last one counts
  for (auto& [name, value] : HeadersOf(message)) last[name.as_string()] = std::move(value);
  ValueList list;
  for (auto& [name, value] : last) {
    list.push_back(Value::String(name));
    list.push_back(std::move(value));
  }
  return Value::List(std::move(list));
}

Value HeaderList(const rd_kafka_message_t* message) {
  ValueList list;
  for (auto& [name, value] : HeadersOf(message)) list.push_back(Value::List({std::move(name), std::move(value)}));
  return Value::List(std::move(list));
}

const char* TimestampTypeName(rd_kafka_timestamp_type_t type) {
  switch (type) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME: return "CreateTime";
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: return "LogAppendTime";
    default: return "NoTimestampType";
  }
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

ColumnPtr MetadataColumn(const std::string& key, std::span<rd_kafka_message_t* const> messages,
                         const splits::RowOrigins& origins) {
  const auto constant = [&](const DataType& type, const Value& value) {
    return Column::MakeConstant(type, value, origins.rows);
  };
  const rd_kafka_message_t* first = messages.front();
  if (key == "topic") return constant(DataType::String().NotNull(), Value::String(rd_kafka_topic_name(first->rkt)));
  if (key == "partition") return constant(DataType::Integer().NotNull(), Value::Int(first->partition));
  if (key == "leader-epoch") return constant(DataType::Integer(), Value::Null());  // librdkafka tells it from 2.1 on
  if (key == "offset") {
    return Each(DataType::Bigint().NotNull(), origins,
                [&](Column& column, size_t i, size_t m) { column.data<int64_t>()[i] = messages[m]->offset; });
  }
  if (key == "timestamp") {
    return Each(DataType::TimestampLtz(3).NotNull(), origins, [&](Column& column, size_t i, size_t m) {
      column.data<int64_t>()[i] = rd_kafka_message_timestamp(messages[m], nullptr);
    });
  }
  if (key == "timestamp-type") {
    return Each(DataType::String().NotNull(), origins, [&](Column& column, size_t i, size_t m) {
      rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
      rd_kafka_message_timestamp(messages[m], &type);
      column.SetString(i, TimestampTypeName(type));
    });
  }
  const bool list = key == "header-list";
  INVARIANT(list || key == "headers", "a Kafka source is asked for the metadata '" + key + "'");
  return Each(list ? HeaderListType() : HeadersType(), origins, [&](Column& column, size_t i, size_t m) {
    column.SetValue(i, list ? HeaderList(messages[m]) : HeaderMap(messages[m]));
  });
}

}  // namespace sluice::engine::kafka
