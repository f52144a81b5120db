// Expected rows and messages are those of Apache Flink 2.3 (tests/sql/formats has more of them). Metadata columns
// cannot be read from files in Flink: those follow the conversions of its XxxJsonDecodingFormat.
#include <gtest/gtest.h>

#include "engine/formats/format_for_test.h"

namespace sluice::engine {
namespace {

using Rows = std::vector<std::string>;

Schema IdName() { return {{"id", DataType::Integer(), ""}, {"v", DataType::String(), ""}}; }

/// Reads one message with metadata columns behind `schema`.
Rows WithMetadata(const Format& format, const Schema& schema, const OptionMap& options, std::string_view text,
                  const std::vector<std::string>& keys) {
  DecodeRequest request;
  request.physical = schema;
  request.options = options;
  std::vector<ColumnPtr> columns;
  for (size_t i = 0; i < schema.size(); ++i) {
    request.paths.push_back({static_cast<int>(i)});
    request.types.push_back(schema[i].type);
  }
  for (const std::string& key : keys) {
    for (const MetadataKey& known : format.descriptor.metadata) {
      if (known.key == key) request.types.push_back(known.type);
    }
  }
  request.metadata_keys = keys;
  for (const DataType& type : request.types) columns.push_back(Column::Make(type, 0));
  auto decoder = format.make_decoder(request);
  if (!decoder.ok()) return {"ERROR " + decoder.error().message()};
  std::vector<RowKind> kinds;
  const Status status = (*decoder)->DecodeMessage(test::Chunk(text), 0, text.size(), columns, kinds);
  if (!status.ok()) return {"ERROR " + status.error().message()};
  Rows rows;
  for (size_t i = 0; i < kinds.size(); ++i) {
    std::string row = RowKindText(kinds[i]);
    for (const ColumnPtr& column : columns) {
      row += "|";
      AppendText(row, *column, i, *TimeZone::Utc());
    }
    rows.push_back(row);
  }
  return rows;
}

constexpr std::string_view kDebezium =
    R"({"before":null,"after":{"id":1,"v":"a"},"op":"c"}
{"after":{"id":2,"v":"a longer value than fits"},"op":"r","ts_ms":5,"x":[1,{"y":null}]}

{"before":{"id":1,"v":"a"},"after":{"id":1,"v":"b\n"},"op":"u"} trailing
{"op":"u","after":{"id":3,"v":"c"},"before":{"id":2,"v":"a longer value than fits"}}
{"before":{"id":9},"after":{"id":4,"v":1.50},"op":"c"}
{"before":{"id":"3","v":{"k": [1, 2.50]}},"op":"d"}
)";

TEST(CdcFormats, DebeziumCutAtEveryByte) {
  const Rows expected = {"+I 1|a",   "+I 2|a longer value than fits", "-U 1|a",
                         "+U 1|b\n", "-U 2|a longer value than fits", "+U 3|c",
                         "+I 4|1.5", R"(-D 3|{"k":[1,2.5]})"};
  EXPECT_EQ(test::DecodeAll(DebeziumJsonFormat(), IdName(), {}, kDebezium), expected);
  for (size_t step = 1; step < 70; ++step) {
    ASSERT_EQ(test::DecodeAll(DebeziumJsonFormat(), IdName(), {}, kDebezium, {}, step), expected) << step;
  }
}

TEST(CdcFormats, DebeziumRefusals) {
  const Format format = DebeziumJsonFormat();
  auto one = [&](std::string_view text) { return test::DecodeAll(format, IdName(), {}, text).back(); };
  EXPECT_EQ(
      one(R"({"before":null,"after":{"id":2},"op":"t"})"),
      R"(ERROR Unknown "op" value "t". The Debezium JSON message is '{"before":null,"after":{"id":2},"op":"t"}')");
  EXPECT_EQ(one(R"({"before":{"id":"x"},"after":{"id":2},"op":"c"})"),
            R"(ERROR Corrupt Debezium JSON message '{"before":{"id":"x"},"after":{"id":2},"op":"c"}'. )"
            R"(Fail to deserialize at field: id. For input string: "x")");
  EXPECT_EQ(
      one(R"({"before":null,"after":{"id":2},"op":"u"})"),
      "ERROR The \"before\" field of UPDATE message is null, if you are using Debezium Postgres Connector, please "
      "check the Postgres table has been set REPLICA IDENTITY to FULL level.");
  EXPECT_NE(one(R"({"after":{"id":2})").find("Corrupt Debezium JSON message"), std::string::npos);
  EXPECT_NE(one("garbage").find("Corrupt Debezium JSON message 'garbage'"), std::string::npos);
  EXPECT_NE(one("   ").find("Corrupt Debezium JSON message '   '"), std::string::npos);
}

TEST(CdcFormats, DebeziumIgnoringErrorsKeepsTheSlotsClean) {
  const Rows rows = test::DecodeAll(DebeziumJsonFormat(), IdName(), {{"ignore-parse-errors", "true"}},
                                    R"({"before":{"id":null,"v":null},"after":{"id":null},"op":"t"}
{"before":5,"after":{"id":1,"v":"a"},"op":"c"}
{"before":{"id":1,"v":null},"after":null,"op":"u"}
{"before":{"id":{}},"after":{"id":[3],"v":"q"},"op":"u"}
[{"before":null,"after":{"id":2,"v":"a"},"op":"c"}]
{"before":null,"after":{"id":3,"v":"b"},"op":"c"})");
  EXPECT_EQ(rows, (Rows{"+I 1|a", "-U <NULL>|<NULL>", "+U <NULL>|q", "+I 2|a", "+I 3|b"}));
}

TEST(CdcFormats, DebeziumSchemaInclude) {
  EXPECT_EQ(test::DecodeAll(DebeziumJsonFormat(), IdName(), {{"schema-include", "true"}},
                            R"({"schema":{"type":"struct"},"payload":{"before":null,"after":{"id":1,"v":"a"},"op":"c"}}
{"schema":null,"payload":{"before":{"id":1,"v":1},"after":null,"op":"d"}})"),
            (Rows{"+I 1|a", "-D 1|1"}));
}

TEST(CdcFormats, DebeziumMetadata) {
  const std::string payload = R"({"before":{"id":1},"after":{"id":2},"op":"u","ts_ms":1700000000123,)"
                              R"("source":{"ts_ms":1700000001000,"db":"inv","schema":"public","table":"t1","n":null}})";
  EXPECT_EQ(WithMetadata(DebeziumJsonFormat(), {{"id", DataType::Integer(), ""}}, {{"schema-include", "true"}},
                         R"({"schema":{"a":1},"payload":)" + payload + "}",
                         {"schema", "ingestion-timestamp", "source.timestamp", "source.database", "source.schema",
                          "source.table"}),
            (Rows{"-U|1|{\"a\":1}|2023-11-14 22:13:20.123|2023-11-14 22:13:21.000|inv|public|t1",
                  "+U|2|{\"a\":1}|2023-11-14 22:13:20.123|2023-11-14 22:13:21.000|inv|public|t1"}));
  EXPECT_EQ(WithMetadata(DebeziumJsonFormat(), {{"id", DataType::Integer(), ""}}, {},
                         R"({"after":{"id":2},"op":"c","source":{"k":5}})",
                         {"ingestion-timestamp", "source.timestamp", "source.properties"}),
            (Rows{"+I|2|<NULL>|<NULL>|{k=5}"}));
}

TEST(CdcFormats, Canal) {
  const std::string_view text =
      R"({"data":[{"id":1,"v":"a"},{"id":2,"v":"b"}],"old":null,"type":"INSERT","database":"d1"}
{"data":[{"id":1,"v":"aa"},{"id":3,"v":"b"}],"old":[{"v":"a"},{"id":2}],"type":"UPDATE","database":"d1"}
{"data":null,"type":"CREATE","database":"d1"}
{"data":[{"id":3,"v":{"id":1}}],"old":[{"v":{"id":2}}],"type":"UPDATE","database":"d1"}
{"data":[{"id":1,"v":"aa"}],"type":"DELETE","database":"other"}
)";
  Rows expected = {"+I 1|a",      "+I 2|b", "-U <NULL>|a",           "+U 1|aa",
                   "-U 2|<NULL>", "+U 3|b", R"(-U <NULL>|{"id":2})", R"(+U 3|{"id":1})",
                   "-D 1|aa"};
  EXPECT_EQ(test::DecodeAll(CanalJsonFormat(), IdName(), {}, text), expected);
  for (size_t step = 1; step < 130; ++step) {
    ASSERT_EQ(test::DecodeAll(CanalJsonFormat(), IdName(), {}, text, {}, step), expected) << step;
  }
  expected.pop_back();
  EXPECT_EQ(test::DecodeAll(CanalJsonFormat(), IdName(), {{"database.include", "d[0-9]|zz"}}, text), expected);
  EXPECT_EQ(WithMetadata(CanalJsonFormat(), {}, {},
                         R"({"data":[{}],"type":"DELETE","database":"d","table":"t","es":1700000000000,"ts":null,)"
                         R"("pkNames":["id"],"sqlType":{"id":4}})",
                         {"database", "table", "sql-type", "pk-names", "ingestion-timestamp", "event-timestamp"}),
            (Rows{"-D|d|t|{id=4}|[id]|<NULL>|2023-11-14 22:13:20.000"}));
}

TEST(CdcFormats, Maxwell) {
  EXPECT_EQ(test::DecodeAll(MaxwellJsonFormat(), IdName(), {}, R"({"type":"insert","data":{"id":1,"v":"a"}}
{"type":"update","data":{"id":1,"v":"b"},"old":{"v":null}}
{"type":"update","data":{"id":2,"v":"b"},"old":{"id":1}}
{"type":"delete","data":{"id":2,"v":"b"}}
)"),
            (Rows{"+I 1|a", "-U 1|<NULL>", "+U 1|b", "-U 1|b", "+U 2|b", "-D 2|b"}));
  EXPECT_EQ(WithMetadata(MaxwellJsonFormat(), IdName(), {},
                         R"({"type":"insert","data":{"id":1},"database":"d","table":"t","primary_key_columns":["id"],)"
                         R"("ts":1700000000000})",
                         {"database", "table", "primary-key-columns", "ingestion-timestamp"}),
            (Rows{"+I|1|<NULL>|d|t|[id]|2023-11-14 22:13:20.000"}));
}

TEST(CdcFormats, Ogg) {
  EXPECT_EQ(test::DecodeAll(OggJsonFormat(), IdName(), {}, R"({"before":null,"after":{"id":1,"v":"a"},"op_type":"I"}
{"before":{"id":1,"v":"a"},"after":{"id":1,"v":"b"},"op_type":"U"}
{"before":{"id":1,"v":"b"},"after":null,"op_type":"D"}
)"),
            (Rows{"+I 1|a", "-U 1|a", "+U 1|b", "-D 1|b"}));
  EXPECT_EQ(WithMetadata(OggJsonFormat(), IdName(), {},
                         R"({"after":{"id":1},"op_type":"I","table":"A.B","op_ts":"2020-05-13 15:40:06.000001",)"
                         R"("current_ts":"2020-05-13T15:40:07.000000","primary_keys":["id"]})",
                         {"table", "primary-keys", "ingestion-timestamp", "event-timestamp"}),
            (Rows{"+I|1|<NULL>|A.B|[id]|2020-05-13 15:40:07.000000|2020-05-13 15:40:06.000001"}));
}

Rows EncodeKinds(const Format& format, const OptionMap& options) {
  EncodeRequest request{IdName(), options};
  auto encoder = format.make_encoder(request);
  if (!encoder.ok()) return {"ERROR " + encoder.error().message()};
  Batch batch;
  batch.length = 4;
  batch.columns = {Column::Make(DataType::Integer(), 4), Column::Make(DataType::String(), 4)};
  for (size_t i = 0; i < 4; ++i) {
    batch.columns[0]->data<int32_t>()[i] = static_cast<int32_t>(i);
    batch.columns[1]->SetString(i, "\"x");
    batch.kinds.push_back(static_cast<RowKind>(i));
  }
  batch.columns[1]->SetNull(0);
  Rows lines(4);
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE((*encoder)->Encode(batch, i, lines[i]).ok());
  return lines;
}

TEST(CdcFormats, Encoding) {
  EXPECT_EQ(EncodeKinds(DebeziumJsonFormat(), {}), (Rows{R"({"before":null,"after":{"id":0,"v":null},"op":"c"})",
                                                         R"({"before":{"id":1,"v":"\"x"},"after":null,"op":"d"})",
                                                         R"({"before":null,"after":{"id":2,"v":"\"x"},"op":"c"})",
                                                         R"({"before":{"id":3,"v":"\"x"},"after":null,"op":"d"})"}));
  EXPECT_EQ(EncodeKinds(OggJsonFormat(), {{"encode.ignore-null-fields", "true"}})[0],
            R"({"after":{"id":0},"op_type":"I"})");
  EXPECT_EQ(EncodeKinds(CanalJsonFormat(), {})[1], R"({"data":[{"id":1,"v":"\"x"}],"type":"DELETE"})");
  EXPECT_EQ(EncodeKinds(MaxwellJsonFormat(), {})[2], R"({"data":{"id":2,"v":"\"x"},"type":"insert"})");
  EXPECT_EQ(
      EncodeKinds(DebeziumJsonFormat(), {{"schema-include", "true"}})[0],
      "ERROR Debezium JSON serialization doesn't support 'debezium-json.schema-include' option been set to true.");
}

}  // namespace
}  // namespace sluice::engine
