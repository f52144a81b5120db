// 'connector' = 'print': every row as a line on standard output (or error) of the process that runs the job.
#include <ostream>

#include "engine/connectors/connector.h"
#include "engine/connectors/options/format_options.h"
#include "engine/connectors/print/java_text.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

class PrintSink : public Sink {
 public:
  PrintSink(std::ostream* out, std::string identifier) : out_(out), identifier_(std::move(identifier)) {}

  Status Open(const TaskContext& context) override {
    // "identifier:2> " with several subtasks, "identifier> " with one, as PrintSinkOutputWriter.
    prefix_ = identifier_;
    if (context.parallelism > 1) {
      if (!prefix_.empty()) prefix_ += ":";
      prefix_ += std::to_string(context.subtask + 1);
    }
    if (!prefix_.empty()) prefix_ += "> ";
    return {};
  }

  Status Write(Batch batch) override {
    // One write a batch: subtasks share the stream, and lines must stay whole.
    std::string text;
    const Rows rows = batch.rows();
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t row = rows[k];
      text += prefix_;
      text += RowKindText(batch.kind(row));
      text.push_back('[');
      for (size_t c = 0; c < batch.columns.size(); ++c) {
        if (c > 0) text += ", ";
        AppendJavaText(text, *batch.columns[c], row);
      }
      text += "]\n";
    }
    out_->write(text.data(), static_cast<std::streamsize>(text.size()));
    return {};
  }

  Status Flush() override {
    out_->flush();
    return {};
  }

 private:
  std::ostream* const out_;
  const std::string identifier_;
  std::string prefix_;
};

const std::vector<std::string>& PrintOptions() {
  static const std::vector<std::string> kOptions = [] {
    std::vector<std::string> names = CommonOptions();
    names.insert(names.end(), {"print-identifier", "sink.parallelism", "standard-error"});
    return names;
  }();
  return kOptions;
}

Result<TableCapability> PrintCapability(const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("print", table.options, PrintOptions()));
  SLUICE_RETURN_IF_ERROR(text::BoolOption(table.options, "standard-error", false));
  SLUICE_RETURN_IF_ERROR(text::IntOption(table.options, "sink.parallelism", 1, 32));
  TableCapability capability;
  capability.changelog = ChangelogMode::All();
  capability.accepts_any = true;
  capability.supports_partitions = true;
  return capability;
}

Result<std::unique_ptr<Sink>> MakePrintSink(const SinkNode& node, const Schema&,
                                            const ConnectorEnvironment& environment) {
  SLUICE_ASSIGN_OR_RETURN(const bool error, text::BoolOption(node.table.options, "standard-error", false));
  std::ostream* out = error && environment.err != nullptr ? environment.err : environment.out;
  return std::unique_ptr<Sink>(
      std::make_unique<PrintSink>(out, text::StringOption(node.table.options, "print-identifier", "")));
}

}  // namespace

Connector PrintConnector() {
  Connector connector;
  connector.descriptor.name = "print";
  connector.descriptor.is_sink = true;
  for (const std::string& name : PrintOptions()) connector.descriptor.options.push_back({name, name == "connector"});
  connector.descriptor.sink = PrintCapability;
  connector.make_sink = MakePrintSink;
  return connector;
}

}  // namespace sluice::engine
