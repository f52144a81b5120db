// Expected pauses: computed by hand from Flink 2.3's FixedDelay-, FailureRate- and ExponentialDelay…TimeStrategy.
#include "engine/runtime/restart_strategy.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sluice::engine {
namespace {

RestartConfig Read(OptionValues options) {
  auto config = ReadJobConfig(options);
  EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().ToString());
  return config->restart;
}

TEST(RestartStrategy, DefaultsAreFlinks) {
  EXPECT_EQ(Read({}).kind, RestartKind::kNone);
  const RestartConfig config = Read({{"execution.checkpointing.interval", "1 s"}});
  EXPECT_EQ(config.kind, RestartKind::kExponentialDelay);
  EXPECT_EQ(config.initial_backoff_ms, 1000);
  EXPECT_EQ(config.max_backoff_ms, 60'000);
  EXPECT_EQ(config.multiplier, 1.5);
  EXPECT_EQ(config.reset_backoff_ms, 3'600'000);
  EXPECT_EQ(config.jitter, 0.1);
  EXPECT_EQ(config.attempts_before_reset, INT32_MAX);
  EXPECT_EQ(Read({{"execution.checkpointing.interval", "1 s"}, {"restart-strategy", "off"}}).kind, RestartKind::kNone);
}

TEST(RestartStrategy, FixedDelayCountsAttempts) {
  SeededRandom random(1);
  RestartStrategy strategy(Read({{"restart-strategy.type", "fixed-delay"},
                                 {"restart-strategy.fixed-delay.attempts", "2"},
                                 {"restart-strategy.fixed-delay.delay", "10 s"}}),
                           random);
  EXPECT_EQ(strategy.Failed(0), 10'000);
  EXPECT_EQ(strategy.Failed(1'000'000), 10'000);
  EXPECT_EQ(strategy.Failed(9'000'000), std::nullopt);
}

TEST(RestartStrategy, FailureRateLooksAtTheInterval) {
  SeededRandom random(1);
  RestartStrategy strategy(Read({{"restart-strategy.type", "failurerate"},
                                 {"restart-strategy.failure-rate.max-failures-per-interval", "2"},
                                 {"restart-strategy.failure-rate.failure-rate-interval", "1 min"},
                                 {"restart-strategy.failure-rate.delay", "3 s"}}),
                           random);
  EXPECT_EQ(strategy.Failed(0), 3000);
  EXPECT_EQ(strategy.Failed(1000), 3000);
  EXPECT_EQ(strategy.Failed(60'001), 3000) << "the first is more than a minute ago";
  EXPECT_EQ(strategy.Failed(61'000), std::nullopt) << "three within a minute";
}

TEST(RestartStrategy, ExponentialDelayGrowsToTheMaximumAndIsReset) {
  SeededRandom random(1);
  RestartStrategy strategy(Read({{"restart-strategy.type", "exponential-delay"},
                                 {"restart-strategy.exponential-delay.initial-backoff", "1 s"},
                                 {"restart-strategy.exponential-delay.max-backoff", "5 s"},
                                 {"restart-strategy.exponential-delay.backoff-multiplier", "2.0"},
                                 {"restart-strategy.exponential-delay.reset-backoff-threshold", "1 min"},
                                 {"restart-strategy.exponential-delay.jitter-factor", "0"}}),
                           random);
  int64_t now = 100'000;
  for (const int64_t expected : {1000, 2000, 4000, 5000, 5000}) {
    EXPECT_EQ(strategy.Failed(now), expected);
    now += expected + 10;
  }
  EXPECT_EQ(strategy.Failed(now), 5000);
  EXPECT_EQ(strategy.Failed(now + 2000), 3000) << "while it waits: the same restart";
  EXPECT_EQ(strategy.Failed(now + 5000 + 60'000), 1000);
}

TEST(RestartStrategy, JitterStaysInItsBounds) {
  SeededRandom random(7);
  RestartStrategy strategy(Read({{"restart-strategy.type", "exponential-delay"},
                                 {"restart-strategy.exponential-delay.initial-backoff", "1 s"},
                                 {"restart-strategy.exponential-delay.max-backoff", "1000 s"},
                                 {"restart-strategy.exponential-delay.backoff-multiplier", "10"},
                                 {"restart-strategy.exponential-delay.jitter-factor", "0.1"}}),
                           random);
  const auto first = strategy.Failed(0);
  EXPECT_GE(*first, 1000);
  EXPECT_LE(*first, 1100);
  const auto second = strategy.Failed(10'000);
  EXPECT_GE(*second, 9000);
  EXPECT_LE(*second, 11'000);
  EXPECT_NE(*second, 10'000);
}

TEST(RestartStrategy, RefusesWhatFlinkRefuses) {
  EXPECT_FALSE(ReadJobConfig({{"restart-strategy.type", "sometimes"}}).ok());
  EXPECT_FALSE(ReadJobConfig({{"restart-strategy.type", "exponential-delay"},
                              {"restart-strategy.exponential-delay.initial-backoff", "2 min"}})
                   .ok());
  EXPECT_FALSE(ReadJobConfig({{"restart-strategy.type", "exponential-delay"},
                              {"restart-strategy.exponential-delay.backoff-multiplier", "1"}})
                   .ok());
  EXPECT_FALSE(ReadJobConfig({{"execution.checkpointing.interval", "9 ms"}}).ok());
  EXPECT_FALSE(ReadJobConfig({{"state.backend.type", "forst"}}).ok());
}

}  // namespace
}  // namespace sluice::engine
