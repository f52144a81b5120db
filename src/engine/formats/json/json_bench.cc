// Events a CPU second of the json decoder over a file of Nexmark events: engine_json_bench EVENTS.jsonl [ROUNDS]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/files.h"
#include "engine/formats/format.h"

namespace {

using namespace sluice;
using namespace sluice::engine;

Schema NexmarkSchema() {
  const DataType big = DataType::Bigint(), text = DataType::String(), time = DataType::TimestampType(3);
  return {{"event_type", DataType::Integer()},
          {"person", DataType::Row({{"id", big},
                                    {"name", text},
                                    {"emailAddress", text},
                                    {"creditCard", text},
                                    {"city", text},
                                    {"state", text},
                                    {"dateTime", time},
                                    {"extra", text}})},
          {"auction", DataType::Row({{"id", big},
                                     {"itemName", text},
                                     {"description", text},
                                     {"initialBid", big},
                                     {"reserve", big},
                                     {"dateTime", time},
                                     {"expires", time},
                                     {"seller", big},
                                     {"category", big},
                                     {"extra", text}})},
          {"bid", DataType::Row({{"auction", big},
                                 {"bidder", big},
                                 {"price", big},
                                 {"channel", text},
                                 {"url", text},
                                 {"dateTime", time},
                                 {"extra", text}})}};
}

DataType TypeAt(const Schema& schema, const std::vector<int>& path) {
  DataType type = schema[static_cast<size_t>(path[0])].type;
  for (size_t k = 1; k < path.size(); ++k) type = type.child(static_cast<size_t>(path[k]));
  return type;
}

void Measure(const char* name, const std::vector<std::vector<int>>& paths, const std::shared_ptr<Buffer>& chunk,
             size_t size, int rounds) {
  DecodeRequest request;
  request.physical = NexmarkSchema();
  request.paths = paths;
  for (const auto& path : paths) request.types.push_back(TypeAt(request.physical, path));
  auto decoder = JsonFormat().make_decoder(request);
  if (!decoder.ok()) {
    std::fprintf(stderr, "%s\n", decoder.error().ToString().c_str());
    std::exit(1);
  }
  size_t rows = 0;
  const std::clock_t start = std::clock();
  for (int round = 0; round < rounds; ++round) {
    for (size_t at = 0; at < size;) {
      std::vector<ColumnPtr> columns;
      std::vector<RowKind> kinds;
      for (const DataType& type : request.types) columns.push_back(Column::Make(type, 0));
      auto taken = (*decoder)->Decode(chunk, at, size, true, 1024, columns, kinds);
      if (!taken.ok()) {
        std::fprintf(stderr, "%s\n", taken.error().ToString().c_str());
        std::exit(1);
      }
      at += *taken;
      rows += columns[0]->size();
    }
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%-28s %8.2f M events/CPU s  %7.0f MB/s\n", name, static_cast<double>(rows) / seconds / 1e6,
              static_cast<double>(size) * rounds / seconds / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto text = ReadFile(argv[1]);
  if (!text.ok()) return 1;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 20;
  auto chunk = std::make_shared<Buffer>(text->size() + Decoder::kPadding);
  std::memcpy(chunk->data(), text->data(), text->size());
  std::memset(chunk->data() + text->size(), 0, Decoder::kPadding);
  Measure("q0: event_type, parts of bid", {{0}, {1, 6}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 5}, {3, 6}}, chunk,
          text->size(), rounds);
  Measure("event_type, bid.price", {{0}, {3, 2}}, chunk, text->size(), rounds);
  Measure("everything", {{0}, {1}, {2}, {3}}, chunk, text->size(), rounds);
  return 0;
}
