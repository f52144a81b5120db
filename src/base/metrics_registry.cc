#include "base/metrics_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/result.h"

namespace sluice {
namespace {

std::vector<std::string> SplitCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    parts.emplace_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

std::vector<double> ParseBounds(std::string_view text) {
  std::vector<double> bounds;
  for (const std::string& part : SplitCommas(text)) bounds.push_back(std::strtod(part.c_str(), nullptr));
  INVARIANT(std::is_sorted(bounds.begin(), bounds.end()), "histogram buckets must ascend");
  return bounds;
}

std::string_view KindName(MetricKind kind) {
  constexpr std::string_view kNames[] = {"counter", "gauge", "histogram"};
  return kNames[static_cast<size_t>(kind)];
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string EscapeLabel(std::string_view value) {
  std::string out;
  for (char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string EscapeHelp(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

/// `{a="1",b="2"}`, with `extra` (already written) last; empty if there is no label.
std::string LabelText(const std::vector<std::string>& names, const std::vector<std::string>& values,
                      const std::string& extra = "") {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", names[i], EscapeLabel(values[i]));
  }
  if (!extra.empty()) text += (text.empty() ? "" : ",") + extra;
  return text.empty() ? "" : "{" + text + "}";
}

void AppendHistogram(std::string& out, std::string_view name, const std::vector<std::string>& names,
                     const std::vector<std::string>& values, const Histogram& histogram) {
  uint64_t total = 0;
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
    total += histogram.bucket(i);
    const double bound = i < histogram.bounds().size() ? histogram.bounds()[i] : HUGE_VAL;
    out += fmt::format("{}_bucket{} {}\n", name, LabelText(names, values, fmt::format("le=\"{}\"", NumberText(bound))),
                       total);
  }
  out += fmt::format("{}_sum{} {}\n", name, LabelText(names, values), NumberText(histogram.sum()));
  out += fmt::format("{}_count{} {}\n", name, LabelText(names, values), total);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {}

void Histogram::Observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  buckets_[static_cast<size_t>(at - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

MetricsRegistry::Family& MetricsRegistry::FamilyOf(const MetricSpec& spec) {
  auto [entry, fresh] = families_.try_emplace(std::string(spec.name));
  Family& family = entry->second;
  if (fresh) {
    family.spec = spec;
    family.label_names = SplitCommas(spec.labels);
  }
  INVARIANT(family.spec.kind == spec.kind && family.spec.labels == spec.labels,
            fmt::format("metric '{}' is declared twice", spec.name));
  return family;
}

MetricsRegistry::Series& MetricsRegistry::SeriesOf(const MetricSpec& spec, MetricKind kind,
                                                   std::vector<std::string> labels) {
  INVARIANT(spec.kind == kind, fmt::format("metric '{}' is a {}", spec.name, KindName(spec.kind)));
  Family& family = FamilyOf(spec);
  INVARIANT(labels.size() == family.label_names.size(),
            fmt::format("metric '{}' has the labels ({})", spec.name, spec.labels));
  return family.series[std::move(labels)];
}

std::shared_ptr<Counter> MetricsRegistry::NewCounter(const MetricSpec& spec, std::vector<std::string> labels) {
  std::lock_guard guard(mutex_);
  Series& series = SeriesOf(spec, MetricKind::kCounter, std::move(labels));
  if (series.counter == nullptr) series.counter = std::make_shared<Counter>();
  return series.counter;
}

std::shared_ptr<Gauge> MetricsRegistry::NewGauge(const MetricSpec& spec, std::vector<std::string> labels) {
  std::lock_guard guard(mutex_);
  Series& series = SeriesOf(spec, MetricKind::kGauge, std::move(labels));
  if (series.gauge == nullptr) series.gauge = std::make_shared<Gauge>();
  return series.gauge;
}

std::shared_ptr<Histogram> MetricsRegistry::NewHistogram(const MetricSpec& spec, std::vector<std::string> labels) {
  std::lock_guard guard(mutex_);
  Series& series = SeriesOf(spec, MetricKind::kHistogram, std::move(labels));
  if (series.histogram == nullptr) series.histogram = std::make_shared<Histogram>(ParseBounds(spec.buckets));
  return series.histogram;
}

void MetricsRegistry::Declare(const MetricSpec& spec) {
  std::lock_guard guard(mutex_);
  FamilyOf(spec);
}

void MetricsRegistry::RemoveSeries(std::string_view name, std::string_view value) {
  std::lock_guard guard(mutex_);
  for (auto& [metric, family] : families_) {
    const auto label = std::find(family.label_names.begin(), family.label_names.end(), name);
    if (label == family.label_names.end()) continue;
    const auto index = static_cast<size_t>(label - family.label_names.begin());
    std::erase_if(family.series, [&](const auto& entry) { return entry.first[index] == value; });
  }
}

std::string MetricsRegistry::PrometheusText() const {
  std::lock_guard guard(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    if (family.series.empty()) continue;
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, EscapeHelp(family.spec.text), name,
                       KindName(family.spec.kind));
    for (const auto& [values, series] : family.series) {
      const std::string labels = LabelText(family.label_names, values);
      if (series.counter != nullptr) out += fmt::format("{}{} {}\n", name, labels, series.counter->value());
      if (series.gauge != nullptr) out += fmt::format("{}{} {}\n", name, labels, NumberText(series.gauge->value()));
      if (series.histogram != nullptr) AppendHistogram(out, name, family.label_names, values, *series.histogram);
    }
  }
  return out;
}

std::string MetricsRegistry::ReferencePage(std::string_view title) const {
  std::lock_guard guard(mutex_);
  std::string page = fmt::format(
      "# {}\n\nGenerated from the metrics registry; do not edit.\n\n| name | kind | unit | labels | meaning "
      "|\n|---|---|---|---|---|\n",
      title);
  for (const auto& [name, family] : families_) {
    page += fmt::format("| `{}` | {} | {} | {} | {} |\n", name, KindName(family.spec.kind), family.spec.unit,
                        family.spec.labels, family.spec.text);
  }
  return page;
}

}  // namespace sluice
