// libFuzzer entry: whatever the bytes, every format decodes or refuses them cleanly, and what was decoded can be
// encoded. The first two bytes pick the format, its options and where the input is cut.
#include <cstdint>

#include "base/fuzz_seeds.h"
#include "engine/formats/avro_confluent/schema_registry.h"
#include "engine/formats/format_for_test.h"
#include "engine/formats/fuzz_subjects_for_test.h"
#include "engine/formats/glue/glue_registry.h"
#include "engine/formats/memory_file_for_test.h"

namespace sluice::engine {
namespace {

using test::FuzzSubject;

/// What a schema registry, whichever, answers from now on; it takes any schema and keeps here what came last.
std::string& RegistrySchema() {
  static std::string schema;
  return schema;
}

class ConfluentRegistry final : public avro::SchemaRegistry {
 public:
  Result<std::string> SchemaOf(int32_t) override { return RegistrySchema(); }
  Result<int32_t> Register(const std::string&, const std::string& schema) override {
    RegistrySchema() = schema;
    return 1;
  }
};

class GlueRegistry final : public glue::SchemaRegistry {
 public:
  Result<std::string> DefinitionOf(const std::string&) override { return RegistrySchema(); }
  Result<std::pair<std::string, std::string>> Latest() override { return std::pair(kVersion, RegistrySchema()); }
  Result<std::string> VersionOf(const std::string& definition) override {
    RegistrySchema() = definition;
    return kVersion;
  }

 private:
  const std::string kVersion = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
};

constexpr size_t kMostRows = 1000;  // at a time

struct Decoded {
  std::vector<ColumnPtr> columns;
  std::vector<RowKind> kinds;
};

DecodeRequest RequestFor(const Schema& schema, const OptionMap& options) {
  DecodeRequest request;
  request.physical = schema;
  request.options = options;
  for (size_t i = 0; i < schema.size(); ++i) {
    request.paths.push_back({static_cast<int>(i)});
    request.types.push_back(schema[i].type);
  }
  return request;
}

Decoded Empty(const DecodeRequest& request) {
  Decoded out;
  for (const DataType& type : request.types) out.columns.push_back(Column::Make(type, 0));
  return out;
}

/// `cut`: how many bytes there are at first; the rest follows.
void DecodeStream(const FuzzSubject& subject, const DecodeRequest& request, std::string_view text, size_t cut) {
  auto decoder = subject.format.make_decoder(request);
  if (!decoder.ok()) return;
  Decoded out = Empty(request);
  size_t begin = 0;
  for (const size_t end : {std::min(cut, text.size()), text.size()}) {
    const auto chunk = test::Chunk(text.substr(begin, end - begin));
    auto taken = (*decoder)->Decode(chunk, 0, end - begin, end == text.size(), kMostRows, out.columns, out.kinds);
    if (!taken.ok()) return;
    begin += *taken;
  }
}

void DecodeWholeFile(const FuzzSubject& subject, const DecodeRequest& request, std::string_view bytes) {
  auto reader = subject.format.open_file(request, std::make_shared<test::MemoryFile>(std::string(bytes)), FileRange());
  if (!reader.ok()) return;
  std::vector<ColumnPtr> columns;
  for (size_t batches = 0; batches < 10; ++batches) {
    const auto made = (*reader)->Read(kMostRows, columns);
    if (!made.ok() || *made == 0) return;
  }
}

/// Empty if there is no encoder or no row.
std::string Encoded(const FuzzSubject& subject, Decoded rows) {
  std::string bytes;
  if (subject.format.make_encoder == nullptr || rows.columns[0]->size() == 0) return bytes;
  auto encoder = subject.format.make_encoder({.schema = *subject.schema, .options = subject.options});
  if (!encoder.ok()) return bytes;
  Batch batch;
  batch.columns = std::move(rows.columns);
  batch.length = batch.columns[0]->size();
  batch.kinds = std::move(rows.kinds);
  for (size_t i = 0; i < batch.length; ++i) (void)(*encoder)->Encode(batch, i, bytes);
  return bytes;
}

void DecodeOneMessage(const FuzzSubject& subject, const DecodeRequest& request, std::string_view text) {
  auto decoder = subject.format.make_decoder(request);
  if (!decoder.ok()) return;
  Decoded out = Empty(request);
  if (!(*decoder)->DecodeMessage(test::Chunk(text), 0, text.size(), out.columns, out.kinds).ok()) return;
  (void)Encoded(subject, std::move(out));
}

std::string WrittenFile(const FuzzSubject& subject, const Decoded& rows) {
  test::MemorySink sink;
  auto writer = subject.format.create_file({.schema = *subject.schema, .options = subject.options}, &sink);
  if (!writer.ok() || !(*writer)->Write(rows.columns, {nullptr, rows.columns[0]->size()}).ok()) return "";
  return (*writer)->Finish().ok() ? sink.out : "";
}

/// The sample row as the format itself writes it. Without bytes where that fails, which fails the writing of seeds.
FuzzSeed SeedOf(size_t number) {
  const FuzzSubject& subject = test::FuzzSubjects()[number];
  FuzzSeed seed{"made-" + std::to_string(number), ""};
  const DecodeRequest request = RequestFor(*subject.schema, {});
  Decoded rows = Empty(request);
  auto json = JsonFormat().make_decoder(request);
  if (!json.ok()) return seed;
  const auto chunk = test::Chunk(subject.sample);
  if (!(*json)->DecodeMessage(chunk, 0, subject.sample.size(), rows.columns, rows.kinds).ok()) return seed;
  std::string body = subject.whole_file ? WrittenFile(subject, rows) : Encoded(subject, std::move(rows));
  if (body.empty()) return seed;
  if (subject.registry) body.insert(0, RegistrySchema() + "\n");
  constexpr char kCut = 40;
  seed.bytes = std::string{static_cast<char>(number), kCut} + body;
  return seed;
}

std::vector<FuzzSeed> Seeds() {
  std::vector<FuzzSeed> seeds;
  for (size_t i = 0; i < test::FuzzSubjects().size(); ++i) seeds.push_back(SeedOf(i));
  return seeds;
}

}  // namespace

// In place of the ones that call a registry: a fuzz build leaves those files, and all of net, out.
Result<std::unique_ptr<avro::SchemaRegistry>> avro::OpenSchemaRegistry(const OptionMap&) {
  return std::unique_ptr<avro::SchemaRegistry>(std::make_unique<ConfluentRegistry>());
}
std::unique_ptr<glue::SchemaRegistry> glue::OpenGlueRegistry(const glue::RegistryOptions&) {
  return std::make_unique<GlueRegistry>();
}
Result<glue::RegistryOptions> glue::ReadRegistryOptions(const OptionMap& options, const std::string& data_format) {
  glue::RegistryOptions read;
  read.data_format = data_format;
  read.compressed = options.contains("schema.compression");
  return read;
}

}  // namespace sluice::engine

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  sluice::WriteFuzzSeedsIfAsked(*argc, *argv, sluice::engine::Seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::engine;
  if (size < 2) return 0;
  const test::FuzzSubject& subject = test::FuzzSubjects()[data[0] % test::FuzzSubjects().size()];
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (subject.registry) {
    const size_t line = std::min(text.find('\n'), text.size());
    RegistrySchema() = text.substr(0, line);
    text.remove_prefix(std::min(line + 1, text.size()));
  }
  const DecodeRequest request = RequestFor(*subject.schema, subject.options);
  if (subject.whole_file) {
    DecodeWholeFile(subject, request, text);
    return 0;
  }
  if (subject.format.in_files && subject.format.check_file == nullptr) DecodeStream(subject, request, text, data[1]);
  DecodeOneMessage(subject, request, text);
  return 0;
}
