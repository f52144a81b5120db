// sluice reference FOLDER: writes the reference pages from the registries.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/error_reference.h"
#include "base/files.h"
#include "base/metrics_registry.h"
#include "base/options_registry.h"
#include "cli/command.h"
#include "cli/function_examples.h"
#include "engine/functions/function.h"
#include "engine/job/builtins.h"
#include "engine/job/server/job_metrics.h"
#include "engine/runtime/checkpoint_config.h"
#include "service/observe/application_metrics.h"

namespace sluice::cli {
namespace {

using engine::Builtins;
using engine::FactoryOption;
using engine::FunctionRegistry;

std::string Escape(std::string_view text) {
  std::string cell;
  for (char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", part);
  return text;
}

std::string FunctionRow(const std::string& name, const std::vector<std::string>& aliases, const std::string& text,
                        const std::vector<std::string>& examples) {
  std::string names = "`" + name + "`";
  if (!aliases.empty()) names += ", " + Join(aliases);
  return fmt::format("| {} | {} | {} |\n", Escape(names), Escape(text), Escape(Join(examples)));
}

/// The examples at the declaration, then those of the list.
std::vector<std::string> ExamplesOf(const std::string& name, std::vector<std::string> examples,
                                    const std::vector<FunctionExample>& list) {
  for (const FunctionExample& e : list) {
    if (e.function == name) examples.push_back(fmt::format("{} = {}", e.call, e.result));
  }
  return examples;
}

std::string FunctionsPage(const FunctionRegistry& registry) {
  std::string page = "# Functions\n\nGenerated from the functions' declarations; do not edit.\n";
  constexpr std::string_view kHeader = "\n## {}\n\n| name | what | examples |\n|---|---|---|\n";
  std::map<std::string, std::string> families;
  for (const auto* f : registry.scalars())
    families[f->family] +=
        FunctionRow(f->name, f->aliases, f->text, ExamplesOf(f->name, f->examples, ScalarExamples()));
  for (const auto& [family, rows] : families) page += fmt::format(kHeader, family) + rows;
  page += fmt::format(kHeader, "aggregate");
  page.insert(page.size() - std::string_view("| name | what | examples |\n|---|---|---|\n").size(),
              fmt::format("The examples are over the rows of `{}`.\n\n", kAggregateRows));
  for (const auto* f : registry.aggregates()) {
    if (f->name.starts_with('$')) continue;  // the planner's own
    page += FunctionRow(f->name, f->aliases, f->text, ExamplesOf(f->name, f->examples, AggregateExamples()));
  }
  return page;
}

/// As FORMAT.md of the .stest files writes a backslash.
std::string EscapeField(std::string_view text) {
  std::string field;
  for (char c : text) field += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return field;
}

/// The examples of all functions as an .stest file: `sluice test` shows that the pages tell the truth.
std::string ExamplesTest(const FunctionRegistry& registry) {
  std::string file = "# Generated from the functions' declarations; do not edit.\n";
  for (const auto* f : registry.scalars()) {
    for (const std::string& example : f->examples) {
      const size_t equals = example.rfind(" = ");
      if (equals == std::string::npos) continue;
      file += fmt::format("\nrows\nSELECT {}\n----\n{}\n", example.substr(0, equals),
                          EscapeField(example.substr(equals + 3)));
    }
  }
  for (const FunctionExample& e : ScalarExamples()) {
    file += fmt::format("\nrows\nSELECT {}\n----\n{}\n", e.call, EscapeField(e.result));
  }
  for (const FunctionExample& e : AggregateExamples()) {
    file += fmt::format("\ntable\nSELECT {} FROM {}\n----\n{}\n", e.call, kAggregateRows, EscapeField(e.result));
  }
  return file;
}

std::string OptionRows(const std::vector<FactoryOption>& options) {
  std::string rows;
  for (const FactoryOption& option : options) {
    rows += fmt::format("- `{}`{}\n", option.name, option.required ? " (required)" : "");
  }
  return rows.empty() ? "No options.\n" : rows;
}

std::string ConnectorsPage(const Builtins& builtins) {
  std::string page = "# Connectors and formats\n\nGenerated from their descriptors; do not edit.\n\n# Connectors\n";
  for (const auto& [name, connector] : builtins.catalog.connectors()) {
    page += fmt::format("\n## {}\n\n{}{}{}.\n\n", name, connector.is_source ? "source" : "",
                        connector.is_source && connector.is_sink ? ", " : "", connector.is_sink ? "sink" : "");
    page += OptionRows(connector.options);
  }
  page += "\n# Formats\n";
  for (const auto& [name, format] : builtins.catalog.formats()) {
    page += fmt::format("\n## {}\n\nWith `{}.` before the option.\n\n{}", name, name, OptionRows(format.options));
  }
  return page;
}

std::string SettingsPage() {
  OptionsRegistry registry;
  engine::RegisterCheckpointOptions(registry);
  return registry.ReferencePage("Checkpoints, restoring and restarts");
}

std::string MetricsPage() {
  MetricsRegistry registry;
  engine::server::DeclareMetrics(registry);
  return registry.ReferencePage("Metrics of the engine");
}

std::string ApplicationMetricsPage() {
  MetricsRegistry registry;
  service::DeclareApplicationMetrics(registry);
  return registry.ReferencePage("Metrics of applications");
}

Status WritePages(const std::string& folder) {
  const auto builtins = engine::MakeBuiltins();
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/errors.md", ErrorReferencePage()));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/functions.md", FunctionsPage(*builtins->functions)));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/function_examples.stest", ExamplesTest(*builtins->functions)));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/checkpoint_settings.md", SettingsPage()));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/metrics.md", MetricsPage()));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/application_metrics.md", ApplicationMetricsPage()));
  return WriteFileAtomically(folder + "/connectors.md", ConnectorsPage(*builtins));
}

}  // namespace

int RunReferenceCommand(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    std::fputs("usage: sluice reference FOLDER\n\nWrites the reference pages (Markdown) into FOLDER.\n", stderr);
    return argc == 2 ? 0 : 2;
  }
  const Status written = WritePages(argv[1]);
  if (written.ok()) return 0;
  std::fprintf(stderr, "sluice reference: %s\n", written.error().message().c_str());
  return 1;
}

}  // namespace sluice::cli
