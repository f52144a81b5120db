// libFuzzer entry: whatever the bytes, every format decodes or refuses them cleanly, and what was decoded can be
// encoded. The first two bytes pick the format, its options and where the input is cut.
#include <cstdint>

#include "engine/formats/format_for_test.h"

namespace sluice::engine {
namespace {

const Schema& Physical() {
  static const Schema schema = {
      {"a", DataType::Bigint()},
      {"s", DataType::String()},
      {"r", DataType::Row({{"t", DataType::TimestampType(3)}, {"d", DataType::Double()}})},
      {"l", DataType::Array(DataType::Integer())},
      {"m", DataType::Map(DataType::String(), DataType::Decimal(8, 2))},
  };
  return schema;
}
const Schema& OneText() {
  static const Schema schema = {{"s", DataType::String()}};
  return schema;
}

const Schema& InMessages() {
  static const Schema schema = {
      {"a", DataType::Bigint()},
      {"s", DataType::String()},
      {"r", DataType::Row({{"x", DataType::Integer()}, {"l", DataType::Array(DataType::Double())}})},
      {"l", DataType::Array(DataType::Integer())},
      {"m", DataType::Map(DataType::String(), DataType::Row({{"x", DataType::Integer()}}))},
      {"e", DataType::String()},
  };
  return schema;
}
/// Also with a group, a oneof and a field that is required.
OptionMap ProtobufOptions(const char* version) {
  const bool old = std::string_view(version) == "proto2";
  const std::string label = old ? "optional " : "";
  std::string text = "syntax = \"" + std::string(version) + "\"; message M { ";
  text += old ? "required int64 a = 1; " : "int64 a = 1; ";
  text += label + "string s = 2; " + label + "R r = 3; repeated sint32 l = 4; map<string, R> m = 5; ";
  text += "oneof o { E e = 6; fixed64 f = 7; } ";
  if (old) text += "repeated group G = 8 { optional R in = 1; } ";
  text += "message R { " + label + "int32 x = 1; repeated double l = 2; " + label +
          "R next = 3; } enum E { ZERO = 0; ONE = 1; } }";
  return {{"message-class-name", "M"}, {"schema", text}};
}

struct Subject {
  Format format;
  OptionMap options;
  const Schema* schema;
};

const std::vector<Subject>& Subjects() {
  static const std::vector<Subject> subjects = [] {
    std::vector<Subject> all;
    for (const bool lenient : {false, true}) {
      const OptionMap options = lenient ? OptionMap{{"ignore-parse-errors", "true"}} : OptionMap{};
      for (const Format& format :
           {JsonFormat(), CsvFormat(), DebeziumJsonFormat(), CanalJsonFormat(), MaxwellJsonFormat(), OggJsonFormat()}) {
        all.push_back({format, options, &Physical()});
      }
    }
    all.push_back({AvroFormat(), {}, &Physical()});
    all.push_back({RawFormat(), {}, &OneText()});
    for (const char* version : {"proto2", "proto3"}) {
      all.push_back({ProtobufFormat(), ProtobufOptions(version), &InMessages()});
    }
    return all;
  }();
  return subjects;
}

struct Decoded {
  std::vector<ColumnPtr> columns;
  std::vector<RowKind> kinds;
};

DecodeRequest RequestFor(const Subject& subject) {
  DecodeRequest request;
  request.physical = *subject.schema;
  request.options = subject.options;
  for (size_t i = 0; i < subject.schema->size(); ++i) {
    request.paths.push_back({static_cast<int>(i)});
    request.types.push_back((*subject.schema)[i].type);
  }
  return request;
}

Decoded Empty(const DecodeRequest& request) {
  Decoded out;
  for (const DataType& type : request.types) out.columns.push_back(Column::Make(type, 0));
  return out;
}

/// `cut`: how many bytes there are at first; the rest follows.
void DecodeFile(const Subject& subject, const DecodeRequest& request, std::string_view text, size_t cut) {
  auto decoder = subject.format.make_decoder(request);
  if (!decoder.ok()) return;
  Decoded out = Empty(request);
  size_t begin = 0;
  for (const size_t end : {std::min(cut, text.size()), text.size()}) {
    const auto chunk = test::Chunk(text.substr(begin, end - begin));
    auto taken = (*decoder)->Decode(chunk, 0, end - begin, end == text.size(), 1000, out.columns, out.kinds);
    if (!taken.ok()) return;
    begin += *taken;
  }
}

void DecodeOneMessage(const Subject& subject, const DecodeRequest& request, std::string_view text) {
  auto decoder = subject.format.make_decoder(request);
  if (!decoder.ok()) return;
  Decoded out = Empty(request);
  if (!(*decoder)->DecodeMessage(test::Chunk(text), 0, text.size(), out.columns, out.kinds).ok()) return;
  if (subject.format.make_encoder == nullptr || out.columns[0]->size() == 0) return;
  auto encoder = subject.format.make_encoder({.schema = *subject.schema, .options = subject.options});
  if (!encoder.ok()) return;
  Batch batch;
  batch.columns = std::move(out.columns);
  batch.length = batch.columns[0]->size();
  batch.kinds = std::move(out.kinds);
  std::string bytes;
  for (size_t i = 0; i < batch.length; ++i) (void)(*encoder)->Encode(batch, i, bytes);
}

}  // namespace
}  // namespace sluice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::engine;
  if (size < 2) return 0;
  const Subject& subject = Subjects()[data[0] % Subjects().size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const DecodeRequest request = RequestFor(subject);
  if (subject.format.check_file == nullptr) DecodeFile(subject, request, text, data[1]);
  DecodeOneMessage(subject, request, text);
  return 0;
}
