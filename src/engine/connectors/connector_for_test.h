// Sources and sinks in tests: made from a table's options, driven by hand, as the runtime would.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/connectors/connector.h"

namespace sluice::engine::test {

/// Rows (one text column or one number column, as text) that were emitted.
class RowsOut : public Output {
 public:
  Status Emit(Batch batch) override {
    const ColumnPtr column = Column::Flatten(batch.columns.at(0));
    batch_rows.push_back(batch.row_count());
    batch.rows().ForEach([&](size_t i) {
      rows.push_back(column->physical() == PhysicalType::kString ? std::string(column->string_at(i))
                                                                 : std::to_string(column->at<int64_t>(i)));
    });
    return {};
  }
  std::vector<std::string> rows;
  std::vector<size_t> batch_rows;
};

/// The world of one test: a folder that is removed, a clock, the table's options.
class ConnectorWorld {
 public:
  ConnectorWorld() : folder(*MakeTemporaryFolder("sluice-connector-test-")) {
    formats = {{"csv", CsvFormat()}, {"raw", RawFormat()}, {"json", JsonFormat()}};
    table.options = {{"connector", "filesystem"}, {"path", folder}, {"format", "raw"}};
    table.physical = {{"line", DataType::String()}};
    environment.formats = &formats;
    environment.clock = &clock;
    environment.out = environment.err = &printed;
    environment.random = [this] { return random.Next(); };
  }
  ~ConnectorWorld() { (void)RemoveTree(folder); }

  void WriteFile(const std::string& name, const std::string& content) const {
    std::ofstream(folder + "/" + name, std::ios::binary) << content;
  }

  /// One open subtask of a source.
  struct OpenSource {
    std::unique_ptr<TaskContext> context;
    std::unique_ptr<Source> source;
  };
  Result<OpenSource> OpenOne(const Connector& connector, int subtask, int parallelism, size_t batch_rows,
                             int64_t limit = -1) {
    SourceNode node;
    node.table = table;
    node.limit = limit;
    for (size_t i = 0; i < table.physical.size(); ++i) node.projection.push_back({static_cast<int>(i)});
    OpenSource one;
    one.context = Context(subtask, parallelism);
    one.context->batch_rows = batch_rows;
    SLUICE_ASSIGN_OR_RETURN(one.source, connector.make_source(node, table.physical, environment));
    SLUICE_RETURN_IF_ERROR(one.source->Open(*one.context));
    return one;
  }
  std::vector<OpenSource> OpenAll(const Connector& connector, int parallelism, size_t batch_rows, int64_t limit = -1) {
    std::vector<OpenSource> all;
    for (int i = 0; i < parallelism; ++i) all.push_back(*OpenOne(connector, i, parallelism, batch_rows, limit));
    return all;
  }

  struct OpenSink {
    std::unique_ptr<TaskContext> context;
    std::unique_ptr<Sink> sink;
    void Write(const Schema& schema, const std::vector<std::vector<Value>>& rows) const {
      Batch batch;
      batch.length = rows.size();
      for (size_t c = 0; c < schema.size(); ++c) {
        ColumnPtr column = Column::Make(schema[c].type, rows.size());
        for (size_t i = 0; i < rows.size(); ++i) column->SetValue(i, rows[i][c]);
        batch.columns.push_back(std::move(column));
      }
      const Status status = sink->Write(std::move(batch));
      INVARIANT(status.ok(), status.error().ToString());
    }
  };
  OpenSink MakeSink(const Connector& connector, int subtask = 0, int parallelism = 1) {
    SinkNode node;
    node.table = table;
    OpenSink one;
    one.context = Context(subtask, parallelism);
    auto sink = connector.make_sink(node, table.physical, environment);
    INVARIANT(sink.ok(), sink.error().ToString());
    one.sink = std::move(*sink);
    const Status status = one.sink->Open(*one.context);
    INVARIANT(status.ok(), status.error().ToString());
    return one;
  }

  /// Names (below the folder) of files; hidden ones begin with '.' or '_'.
  std::vector<std::string> Files(bool hidden) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = entry.path().filename().string();
      if ((name.starts_with('.') || name.starts_with('_')) == hidden) {
        names.push_back(entry.path().string().substr(folder.size() + 1));
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  /// All lines of all visible files, sorted.
  std::vector<std::string> VisibleLines() const {
    std::vector<std::string> lines;
    for (const std::string& name : Files(false)) {
      std::istringstream text(*ReadFile(folder + "/" + name));
      for (std::string line; std::getline(text, line);) lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  const std::string folder;
  ManualClock clock{1'000'000};
  SeededRandom random{7};
  std::ostringstream printed;
  std::map<std::string, Format> formats;
  TableDescription table;
  ConnectorEnvironment environment;

 private:
  std::unique_ptr<TaskContext> Context(int subtask, int parallelism) {
    auto context = std::make_unique<TaskContext>();
    context->subtask = subtask;
    context->parallelism = parallelism;
    context->clock = &clock;
    return context;
  }
};

/// Polls until the source pauses or ends, or `max_polls`; the last answer.
inline Result<PollResult> PollOn(Source& source, RowsOut& out, int max_polls = 1'000'000) {
  Result<PollResult> answer = PollResult{};
  for (int i = 0; i < max_polls; ++i) {
    answer = source.Poll(out);
    if (!answer.ok() || answer->state != PollState::kMore) break;
  }
  return answer;
}

}  // namespace sluice::engine::test
