// Metrics, declared once: kind, name, unit, text, label names. Prometheus' text output and the reference page read the
// declaration; increments take no lock.
//
//   inline constexpr MetricSpec kRowsIn{MetricKind::kCounter, "sluice_rows_in_total", "rows", "Rows read.",
//   "job,operator"}; std::shared_ptr<Counter> rows = registry.NewCounter(kRowsIn, {job, "source"});
//   rows->Add(batch.size());
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

enum class MetricKind : uint8_t { kCounter, kGauge, kHistogram };

/// All texts are static. `labels` and `buckets` are comma-separated; buckets are upper bounds, ascending, without +Inf.
struct MetricSpec {
  MetricKind kind;
  std::string_view name;
  std::string_view unit;
  std::string_view text;
  std::string_view labels = {};
  std::string_view buckets = {};
};

/// Only goes up.
class Counter {
 public:
  void Add(uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void Observe(double value);
  uint64_t count() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  const std::vector<double>& bounds() const { return bounds_; }
  /// Observations in (bounds[i-1], bounds[i]]; i == bounds().size() is the rest.
  uint64_t bucket(size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;
  std::atomic<double> sum_{0};
};

/// Owns the series. Creating and printing take a lock, counting does not. Thread-safe.
class MetricsRegistry {
 public:
  /// `labels` are the values in the order of the spec's names; the same spec and labels give the same object.
  /// INVARIANT: the kind fits, as many values as names, and a name always comes with the same spec.
  std::shared_ptr<Counter> NewCounter(const MetricSpec& spec, std::vector<std::string> labels = {});
  std::shared_ptr<Gauge> NewGauge(const MetricSpec& spec, std::vector<std::string> labels = {});
  std::shared_ptr<Histogram> NewHistogram(const MetricSpec& spec, std::vector<std::string> labels = {});

  /// Forgets every series whose label `name` has `value` (a job has ended). Holders may go on counting; nobody sees it.
  void RemoveSeries(std::string_view name, std::string_view value);

  /// Prometheus' text exposition format 0.0.4; names and label values sorted.
  std::string PrometheusText() const;
  /// A Markdown page of the specs that have been used or declared.
  std::string ReferencePage(std::string_view title) const;
  /// Makes a spec known to the reference page before its first series.
  void Declare(const MetricSpec& spec);

 private:
  struct Series {
    std::shared_ptr<Counter> counter;
    std::shared_ptr<Gauge> gauge;
    std::shared_ptr<Histogram> histogram;
  };
  struct Family {
    MetricSpec spec;
    std::vector<std::string> label_names;
    std::map<std::vector<std::string>, Series> series;
  };

  Family& FamilyOf(const MetricSpec& spec);
  Series& SeriesOf(const MetricSpec& spec, MetricKind kind, std::vector<std::string> labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace sluice
