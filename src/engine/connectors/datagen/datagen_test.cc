#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "engine/connectors/connector_for_test.h"
#include "engine/connectors/datagen/row_numbers.h"

namespace sluice::engine {
namespace {

using std::chrono::milliseconds;
using test::ConnectorWorld;
using test::PollOn;
using test::RowsOut;
using ::testing::ElementsAre;

class DatagenTest : public ::testing::Test {
 protected:
  void UseSequence(int64_t end, const std::string& per_second = "1000000") {
    world.table.physical = {{"n", DataType::Bigint()}};
    world.table.options = {{"connector", "datagen"},
                           {"rows-per-second", per_second},
                           {"fields.n.kind", "sequence"},
                           {"fields.n.start", "1"},
                           {"fields.n.end", std::to_string(end)}};
  }
  /// `polls` batches of each of `parallelism` subtasks that go on from `positions`; the new positions.
  std::vector<std::string> Run(int parallelism, int polls, const std::vector<std::string>& positions, RowsOut& out,
                               int64_t limit = -1) {
    std::vector<std::string> after;
    for (auto& one : world.OpenAll(connector, parallelism, 7, limit)) {
      if (!positions.empty()) {
        EXPECT_TRUE(one.source->RestorePositions(positions).ok());
      }
      EXPECT_TRUE(PollOn(*one.source, out, polls).ok());
      after.push_back(*one.source->SnapshotPosition());
    }
    return after;
  }
  static std::vector<std::string> Numbers(int64_t from, int64_t to) {
    std::vector<std::string> numbers;
    for (int64_t n = from; n <= to; ++n) numbers.push_back(std::to_string(n));
    return numbers;
  }

  ConnectorWorld world;
  Connector connector = DatagenConnector();
};

TEST_F(DatagenTest, SequenceIsDividedAnewAtEveryParallelism) {
  UseSequence(1000);
  for (const std::vector<int>& runs : std::vector<std::vector<int>>{{1, 1}, {2, 3, 1}, {3, 2, 5}, {1, 4, 3, 1, 2}}) {
    RowsOut out;
    std::vector<std::string> positions;
    for (const int parallelism : runs) positions = Run(parallelism, 9, positions, out);
    EXPECT_LT(out.rows.size(), 1000u);
    Run(2, 100000, positions, out);
    EXPECT_THAT(out.rows, ::testing::UnorderedElementsAreArray(Numbers(1, 1000)));
  }
}

TEST_F(DatagenTest, OneSubtaskCountsUpwards) {
  UseSequence(100);
  RowsOut out;
  const auto positions = Run(3, 2, {}, out);
  RowsOut rest;
  Run(1, 1000, positions, rest);
  EXPECT_TRUE(std::is_sorted(rest.rows.begin(), rest.rows.end(),
                             [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
}

TEST_F(DatagenTest, PositionAfterTheEndEndsAgain) {
  UseSequence(20);
  RowsOut out;
  auto positions = Run(2, 100, {}, out);
  EXPECT_EQ(out.rows.size(), 20u);
  positions = Run(3, 100, positions, out);
  Run(1, 100, positions, out);
  EXPECT_EQ(out.rows.size(), 20u);
}

TEST_F(DatagenTest, LimitCountsWhatWasMadeBefore) {
  UseSequence(1000);
  RowsOut out;
  auto positions = Run(2, 1, {}, out, 40);    // 2 * 7
  positions = Run(3, 1, positions, out, 40);  // + 3 * 7 = 35
  positions = Run(1, 1000, positions, out, 40);
  EXPECT_EQ(out.rows.size(), 40u);
  Run(4, 1000, positions, out, 40);
  EXPECT_EQ(out.rows.size(), 40u);
}

TEST_F(DatagenTest, RowsPerSecond) {
  UseSequence(1000, "10");
  auto one = *world.OpenOne(connector, 0, 1, 4);
  RowsOut out;
  auto answer = PollOn(*one.source, out);
  EXPECT_EQ(answer->state, PollState::kIdle);
  EXPECT_EQ(answer->wake_after_ms, 1000);
  EXPECT_THAT(out.batch_rows, ElementsAre(4, 4, 2));
  world.clock.Advance(milliseconds(999));
  EXPECT_EQ(PollOn(*one.source, out)->wake_after_ms, 1);
  EXPECT_EQ(out.rows.size(), 10u);
  world.clock.Advance(milliseconds(1));
  (void)PollOn(*one.source, out);
  EXPECT_EQ(out.rows.size(), 20u);
  world.clock.Advance(milliseconds(5500));  // seconds in which nobody asked are not made up for
  EXPECT_EQ(PollOn(*one.source, out)->wake_after_ms, 500);
  EXPECT_EQ(out.rows.size(), 30u);
}

TEST_F(DatagenTest, RowsPerSecondOfAllSubtasksTogether) {
  UseSequence(1000, "10");
  RowsOut out;
  Run(3, 1000, {}, out);
  EXPECT_EQ(out.rows.size(), 10u);
}

TEST_F(DatagenTest, PacingGoesOnAfterRestore) {
  UseSequence(1000, "10");
  RowsOut out;
  auto positions = Run(1, 1, {}, out);
  EXPECT_EQ(out.rows.size(), 7u);
  positions = Run(1, 100, positions, out);  // the same second
  EXPECT_EQ(out.rows.size(), 10u);
  positions = Run(2, 100, positions, out);
  EXPECT_EQ(out.rows.size(), 10u);
  world.clock.Advance(milliseconds(60'000));
  positions = Run(2, 100, positions, out);
  EXPECT_EQ(out.rows.size(), 20u);
  world.clock.SetNowMs(5);  // set back: a new second begins
  Run(2, 100, positions, out);
  EXPECT_EQ(out.rows.size(), 30u);
}

TEST_F(DatagenTest, BadPositions) {
  UseSequence(10);
  auto one = *world.OpenOne(connector, 0, 1, 4);
  std::string good = *one.source->SnapshotPosition();
  EXPECT_FALSE(one.source->RestorePositions({good.substr(0, good.size() - 1)}).ok());
  EXPECT_FALSE(one.source->RestorePositions({""}).ok());
  good[0] = 9;
  const Status status = one.source->RestorePositions({good});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), ::testing::HasSubstr("version 9"));
}

TEST(RowNumbers, LanesEndAtTheLargestNumber) {
  datagen::DatagenPosition position;
  position.lanes = {{std::numeric_limits<int64_t>::max() - 1, 5}};
  EXPECT_EQ(TakeNumber(position), std::numeric_limits<int64_t>::max() - 1);
  EXPECT_EQ(NextNumber(position), std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace sluice::engine
