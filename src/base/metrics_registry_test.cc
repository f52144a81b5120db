#include "base/metrics_registry.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice {
namespace {

constexpr MetricSpec kRows{MetricKind::kCounter, "rows_total", "rows", "Rows read.", "job,operator"};
constexpr MetricSpec kJobs{MetricKind::kGauge, "jobs", "jobs", "Jobs that run."};
constexpr MetricSpec kLatency{MetricKind::kHistogram, "latency_seconds", "s", "Time.", "job", "0.1, 1"};

TEST(MetricsTest, PrometheusText) {
  MetricsRegistry registry;
  registry.NewCounter(kRows, {"b", "src"})->Add(5);
  registry.NewCounter(kRows, {"a", "say \"hi\"\n"})->Add();
  registry.NewCounter(kRows, {"b", "src"})->Add(2);
  registry.NewGauge(kJobs)->Set(1.5);
  auto latency = registry.NewHistogram(kLatency, {"a"});
  for (double value : {0.05, 0.1, 0.5, 3.0}) latency->Observe(value);
  EXPECT_EQ(latency->count(), 4u);
  EXPECT_EQ(registry.PrometheusText(),
            "# HELP jobs Jobs that run.\n# TYPE jobs gauge\njobs 1.5\n"
            "# HELP latency_seconds Time.\n# TYPE latency_seconds histogram\n"
            "latency_seconds_bucket{job=\"a\",le=\"0.1\"} 2\n"
            "latency_seconds_bucket{job=\"a\",le=\"1\"} 3\n"
            "latency_seconds_bucket{job=\"a\",le=\"+Inf\"} 4\n"
            "latency_seconds_sum{job=\"a\"} 3.65\nlatency_seconds_count{job=\"a\"} 4\n"
            "# HELP rows_total Rows read.\n# TYPE rows_total counter\n"
            "rows_total{job=\"a\",operator=\"say \\\"hi\\\"\\n\"} 1\n"
            "rows_total{job=\"b\",operator=\"src\"} 7\n");
}

TEST(MetricsTest, RemovedSeriesAreNotPrintedButStaySafe) {
  MetricsRegistry registry;
  auto rows = registry.NewCounter(kRows, {"a", "src"});
  registry.NewGauge(kJobs)->Set(1);
  registry.RemoveSeries("job", "a");
  rows->Add();
  EXPECT_EQ(registry.PrometheusText(), "# HELP jobs Jobs that run.\n# TYPE jobs gauge\njobs 1\n");
  EXPECT_EQ(registry.NewCounter(kRows, {"a", "src"})->value(), 0u);
}

TEST(MetricsTest, CountingFromManyThreadsLosesNothing) {
  MetricsRegistry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&registry] {
      auto rows = registry.NewCounter(kRows, {"a", "src"});
      auto latency = registry.NewHistogram(kLatency, {"a"});
      for (int i = 0; i < 1000; ++i) {
        rows->Add();
        latency->Observe(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.NewCounter(kRows, {"a", "src"})->value(), 4000u);
  EXPECT_EQ(registry.NewHistogram(kLatency, {"a"})->sum(), 4000.0);
}

}  // namespace
}  // namespace sluice
