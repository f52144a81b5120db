// The wire format as Confluent documents it, against a registry of this test.
#include "engine/formats/avro_confluent/confluent_formats.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "engine/formats/format_for_test.h"
#include "engine/formats/json/json_tree.h"
#include "net/http_server.h"

namespace sluice::engine {
namespace {

using namespace std::string_literals;

/// Keeps schemas by id, as the registry's REST interface; a 503 before every first answer.
class Registry {
 public:
  Registry() {
    server_ =
        std::move(*net::HttpServer::Start("127.0.0.1", 0, [this](const net::HttpRequest& r) { return Answer(r); }));
  }
  std::string url() const { return "http://" + server_->address(); }

  std::map<int, std::string> schemas;  // as JSON strings, escaped
  std::string posted, subject_path, authorization;

 private:
  net::HttpResponse Answer(const net::HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    authorization = request.headers.Get("Authorization");
    if (failed_.emplace(request.target, 1).second) return net::HttpResponse::Text(503, "starting");
    if (request.method == "POST") {
      posted = request.body;
      subject_path = request.target;
      return net::HttpResponse::Json(200, R"({"id":258})");
    }
    const std::string prefix = "/schemas/ids/";
    const auto found = schemas.find(std::atoi(request.target.substr(prefix.size()).c_str()));
    if (found == schemas.end())
      return net::HttpResponse::Json(404, R"({"error_code":40403,"message":"Schema not found"})");
    return net::HttpResponse::Json(200, "{\"schema\":\"" + found->second + "\"}");
  }

  std::mutex mutex_;
  std::map<std::string, int> failed_;
  std::unique_ptr<net::HttpServer> server_;
};

const Schema& Table() {
  static const Schema kTable = {{"id", DataType::Bigint(), ""}, {"name", DataType::String(), ""}};
  return kTable;
}

struct Decoded {
  std::string rows, error;
};

Decoded Decode(const Format& format, const OptionMap& options, const std::vector<std::string>& messages) {
  DecodeRequest request;
  request.physical = Table();
  request.options = options;
  request.paths = {{1}, {0}};
  request.types = {DataType::String(), DataType::Bigint()};
  auto decoder = format.make_decoder(request);
  if (!decoder.ok()) return {"", decoder.error().message()};
  std::vector<ColumnPtr> columns = {Column::Make(request.types[0], 0), Column::Make(request.types[1], 0)};
  std::vector<RowKind> kinds;
  for (const std::string& m : messages) {
    const Status status = (*decoder)->DecodeMessage(test::Chunk(m), 0, m.size(), columns, kinds);
    if (!status.ok()) return {"", status.error().message()};
  }
  Decoded out;
  for (size_t i = 0; i < columns[0]->size(); ++i) {
    if (!kinds.empty()) out.rows += RowKindText(kinds[i]) + " "s;
    AppendText(out.rows, *columns[0], i, *TimeZone::Utc());
    out.rows += "|";
    AppendText(out.rows, *columns[1], i, *TimeZone::Utc());
    out.rows += "\n";
  }
  return out;
}

TEST(AvroConfluent, ReadsMessagesOfSeveralSchemasByName) {
  Registry registry;
  registry.schemas[1] =
      R"({\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"id\",\"type\":\"int\"}]})";
  registry.schemas[258] =
      R"({\"type\":\"record\",\"name\":\"b\",\"fields\":[{\"name\":\"id\",\"type\":[\"null\",\"long\"]},{\"name\":\"more\",\"type\":{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"X\"]}}]})";
  const Decoded read =
      Decode(AvroConfluentFormat(), {{"url", registry.url()}},
             {"\0\0\0\0\x01\x06one\x02"s, "\0\0\0\x01\x02\x02\x04\0"s, "", "\0\0\0\0\x01\x06two\x04"s});
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.rows, "one|1\n<NULL>|2\ntwo|2\n");
}

TEST(AvroConfluent, SaysWhatIsWrong) {
  Registry registry;
  const Format format = AvroConfluentFormat();
  EXPECT_EQ(Decode(format, {{"url", registry.url()}}, {"\x01\0\0\0\x01"s}).error,
            "Unknown data format. Magic number does not match");
  EXPECT_NE(Decode(format, {{"url", registry.url()}}, {"\0\0\0\0\x07\0"s}).error.find("Schema not found"),
            std::string::npos);
  registry.schemas[8] = R"({\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"}]})";
  EXPECT_NE(Decode(format, {{"url", registry.url()}}, {"\0\0\0\0\x08\0"s}).error.find("Found string, expecting union"),
            std::string::npos);
  EXPECT_NE(Decode(format, {}, {}).error.find("Missing required options are:\n\nurl"), std::string::npos);
}

Batch TwoRows() {
  Batch batch;
  batch.length = 2;
  batch.columns = {Column::Make(DataType::Bigint(), 2), Column::Make(DataType::String(), 2)};
  batch.columns[0]->data<int64_t>()[0] = 1;
  batch.columns[0]->data<int64_t>()[1] = -1;
  batch.columns[1]->SetString(0, "one");
  batch.columns[1]->SetNull(1);
  batch.kinds = {RowKind::kInsert, RowKind::kDelete};
  return batch;
}

TEST(AvroConfluent, RegistersTheTablesSchemaAndWritesByIt) {
  Registry registry;
  auto encoder = AvroConfluentFormat().make_encoder(
      {Table(), {{"url", registry.url()}, {"subject", "t-value"}, {"basic-auth.user-info", "me:secret"}}});
  ASSERT_TRUE(encoder.ok());
  std::string out;
  ASSERT_TRUE((*encoder)->Encode(TwoRows(), 0, out).ok());
  EXPECT_EQ(out, "\0\0\0\x01\x02\x02\x02\x02\x06one"s);
  EXPECT_EQ(registry.subject_path, "/subjects/t-value/versions");
  EXPECT_EQ(registry.authorization, "Basic bWU6c2VjcmV0");
  json::Document document;
  ASSERT_TRUE(document.Parse(registry.posted));
  EXPECT_EQ(
      document.Get(document.root(), "schema")->text,
      R"({"type":"record","name":"record","namespace":"org.apache.flink.avro.generated","fields":[)"
      R"({"name":"id","type":["null","long"],"default":null},{"name":"name","type":["null","string"],"default":null}]})");
  EXPECT_EQ(AvroConfluentFormat().make_encoder({Table(), {{"url", registry.url()}}}).error().message(),
            "Option 'avro-confluent.subject' is required for serialization");
}

TEST(DebeziumAvroConfluent, ReadsWhatItWrites) {
  Registry registry;
  const OptionMap options = {{"url", registry.url()}, {"subject", "t-value"}};
  auto encoder = DebeziumAvroConfluentFormat().make_encoder({Table(), options});
  ASSERT_TRUE(encoder.ok());
  std::string add, remove;
  ASSERT_TRUE((*encoder)->Encode(TwoRows(), 0, add).ok());
  ASSERT_TRUE((*encoder)->Encode(TwoRows(), 1, remove).ok());
  json::Document document;
  ASSERT_TRUE(document.Parse(registry.posted));
  std::string schema(document.Get(document.root(), "schema")->text);
  for (size_t at = 0; (at = schema.find('"', at)) != std::string::npos; at += 2) schema.insert(at, "\\");
  registry.schemas[258] = schema;
  const Decoded read = Decode(DebeziumAvroConfluentFormat(), options, {add, remove});
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.rows, "+I one|1\n-D <NULL>|-1\n");
  // An update carries both images.
  std::string update = add;
  update.replace(update.size() - 2, 2, "\x02u");
  EXPECT_NE(Decode(DebeziumAvroConfluentFormat(), options, {update}).error.find("REPLICA IDENTITY"), std::string::npos);
}

}  // namespace
}  // namespace sluice::engine
