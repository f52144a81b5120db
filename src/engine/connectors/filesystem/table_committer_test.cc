// What subtasks of one sink do together: compaction and partition commits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/connectors/connector_for_test.h"
#include "engine/connectors/filesystem/compaction.h"
#include "engine/connectors/shared_parts.h"
#include "engine/runtime/watermark_listener.h"

namespace sluice::engine {
namespace {

using test::ConnectorWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr int64_t kHour = 3'600'000;

class TableCommitterTest : public ::testing::Test {
 protected:
  using OpenSink = ConnectorWorld::OpenSink;

  /// The subtasks of one attempt.
  std::vector<OpenSink> Attempt(int parallelism) {
    world.environment.shared = std::make_shared<SharedParts>();
    std::vector<OpenSink> all;
    for (int i = 0; i < parallelism; ++i) all.push_back(world.MakeSink(connector, i, parallelism));
    return all;
  }
  void Write(const OpenSink& one, const std::vector<std::vector<std::string>>& lines) const {
    std::vector<std::vector<Value>> rows;
    for (const auto& line : lines) {
      rows.emplace_back();
      for (const std::string& field : line) rows.back().push_back(Value::String(field));
    }
    one.Write(world.table.physical, rows);
  }
  static void Advance(OpenSink& one, int64_t watermark) {
    ASSERT_TRUE(dynamic_cast<WatermarkListener&>(*one.sink).AdvanceWatermark(watermark).ok());
  }
  static std::vector<std::string> Prepare(std::vector<OpenSink>& all, int64_t checkpoint) {
    std::vector<std::string> prepared;
    for (OpenSink& one : all) prepared.push_back(*one.sink->PrepareCommit(checkpoint));
    return prepared;
  }
  static void Commit(std::vector<OpenSink>& all, const std::vector<std::string>& prepared) {
    for (size_t i = 0; i < all.size(); ++i) {
      const Status status = all[i].sink->Commit(prepared[i]);
      ASSERT_TRUE(status.ok()) << status.error().ToString();
    }
  }
  static void Checkpoint(std::vector<OpenSink>& all, int64_t checkpoint) { Commit(all, Prepare(all, checkpoint)); }
  /// The input ends: what compaction is still at is awaited.
  static void End(std::vector<OpenSink>& all, int64_t checkpoint) {
    for (OpenSink& one : all) Advance(one, INT64_MAX);
    Checkpoint(all, checkpoint);
  }
  bool committed(const std::string& partition) const {
    return ReadFile(world.folder + "/" + partition + "/_SUCCESS").ok();
  }
  /// Hidden files but the marks of living subtasks.
  std::vector<std::string> Hidden() const {
    std::vector<std::string> names = world.Files(true);
    std::erase_if(names, [](const std::string& name) { return name.find(".owner.") != std::string::npos; });
    return names;
  }
  void Partitioned() {
    world.table.physical = {{"p", DataType::String()}, {"line", DataType::String()}};
    world.table.partition_keys = {"p"};
    world.table.options["sink.partition-commit.policy.kind"] = "success-file";
  }

  ConnectorWorld world;
  Connector connector = FilesystemConnector(&world.formats);
};

using Compaction = TableCommitterTest;

TEST(PackUnits, FirstFitInOrderOfNames) {
  using filesystem::HiddenFile;
  const auto names = [](const std::vector<filesystem::CompactionUnit>& units) {
    std::vector<std::string> all;
    for (const auto& unit : units) {
      all.emplace_back();
      for (const HiddenFile& f : unit) all.back() += f.path;
    }
    return all;
  };
  EXPECT_THAT(names(filesystem::PackUnits({{"d", "x", 3}, {"a", "x", 6}, {"c", "x", 4}, {"b", "x", 20}}, 10)),
              ElementsAre("ac", "b", "d"));
  EXPECT_THAT(names(filesystem::PackUnits({{"b", "y", 1}, {"a", "x", 1}, {"c", "y", 1}}, 10)), ElementsAre("a", "bc"));
  EXPECT_THAT(filesystem::PackUnits({}, 10), IsEmpty());
}

TEST_F(Compaction, FilesOfACheckpointBecomeOne) {
  world.table.options["auto-compaction"] = "true";
  auto all = Attempt(2);
  Write(all[0], {{"a"}, {"b"}});
  Write(all[1], {{"c"}});
  const auto first = Prepare(all, 1);
  EXPECT_THAT(world.Files(false), IsEmpty());
  ASSERT_TRUE(all[0].sink->Commit(first[0]).ok());
  EXPECT_THAT(world.Files(false), IsEmpty()) << "the other subtask's are missing";
  ASSERT_TRUE(all[1].sink->Commit(first[1]).ok());
  Write(all[0], {{"d"}});
  End(all, 2);
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(world.Files(false), ElementsAre(StartsWith("compacted-part-"), StartsWith("compacted-part-")));
  EXPECT_THAT(Hidden(), IsEmpty());
  for (OpenSink& one : all) ASSERT_TRUE(one.sink->Close().ok());
}

TEST_F(Compaction, HiddenFilesStayUntilNoCheckpointNeedsThem) {
  world.table.options["auto-compaction"] = "true";
  auto all = Attempt(1);
  Write(all[0], {{"a"}});
  Checkpoint(all, 1);
  while (world.Files(false).empty()) std::this_thread::yield();
  EXPECT_THAT(Hidden(), ElementsAre(StartsWith(".uncompacted-part-")));
  // One of the next checkpoints sees that the compaction is done, and when it is complete they go.
  for (int64_t checkpoint = 2; !Hidden().empty(); ++checkpoint) Checkpoint(all, checkpoint);
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a"));
}

TEST_F(Compaction, AnotherAttemptRepeatsIt) {
  world.table.options["auto-compaction"] = "true";
  auto dead = Attempt(2);
  Write(dead[0], {{"a"}});
  Write(dead[1], {{"b"}});
  const auto first = Prepare(dead, 1);
  Commit(dead, first);
  while (world.Files(false).empty()) std::this_thread::yield();  // this time it was done
  Write(dead[1], {{"c"}});
  const auto second = Prepare(dead, 2);  // never complete
  auto next = Attempt(1);
  for (const std::string& prepared : first) ASSERT_TRUE(next[0].sink->Commit(prepared).ok());
  Write(next[0], {{"d"}});
  Checkpoint(next, 3);
  End(next, 4);
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b", "d"));
}

TEST_F(Compaction, OfARestoredCheckpointThatNobodyBegan) {
  world.table.options["auto-compaction"] = "true";
  auto dead = Attempt(2);
  Write(dead[0], {{"a"}});
  Write(dead[1], {{"b"}});
  for (OpenSink& one : dead) Advance(one, INT64_MAX);
  const auto last = Prepare(dead, 1);
  auto next = Attempt(2);  // the input has ended: there is no other checkpoint
  Commit(next, last);
  EXPECT_THAT(world.Files(false), IsEmpty());
  for (OpenSink& one : next) ASSERT_TRUE(one.sink->Close().ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b"));
  EXPECT_THAT(world.Files(false), SizeIs(1));
}

TEST_F(Compaction, TargetSize) {
  world.table.options["auto-compaction"] = "true";
  world.table.options["sink.rolling-policy.file-size"] = "4 bytes";
  world.table.options["compaction.file-size"] = "10 bytes";
  auto all = Attempt(1);
  Write(all[0], {{"123"}, {"456"}, {"789"}, {"abc"}, {"def"}});
  ASSERT_TRUE(all[0].sink->Finish().ok()) << "without checkpoints, at the end";
  EXPECT_THAT(world.Files(false), SizeIs(3));
  EXPECT_THAT(world.VisibleLines(), ElementsAre("123", "456", "789", "abc", "def"));
  EXPECT_THAT(Hidden(), IsEmpty());
}

TEST_F(Compaction, PartitionsAreCommittedAfterIt) {
  Partitioned();
  world.table.options["auto-compaction"] = "true";
  auto all = Attempt(1);
  Write(all[0], {{"x", "1"}});
  Checkpoint(all, 1);
  while (!committed("p=x")) std::this_thread::yield();
  EXPECT_THAT(world.VisibleLines(), ElementsAre("1"));
}

TEST_F(TableCommitterTest, PartitionsWaitForTheWatermarkOfAllSubtasks) {
  Partitioned();
  world.table.options["sink.partition-commit.trigger"] = "partition-time";
  world.table.options["sink.partition-commit.delay"] = "1 h";
  auto all = Attempt(2);
  Write(all[0], {{"1970-01-01 00:00:00", "1"}, {"1970-01-01 02:00:00", "2"}});
  Advance(all[0], 2 * kHour);
  Advance(all[1], kHour);
  Checkpoint(all, 1);
  const std::string first = "p=1970-01-01 00%3A00%3A00", second = "p=1970-01-01 02%3A00%3A00";
  EXPECT_FALSE(committed(first)) << "not before the watermark is later than its time and the delay";
  Advance(all[1], kHour + 1);
  const auto prepared = Prepare(all, 2);
  Advance(all[0], 9 * kHour);  // after the checkpoint: belongs to the next
  Advance(all[1], 9 * kHour);
  ASSERT_TRUE(all[1].sink->Commit(prepared[1]).ok());
  EXPECT_FALSE(committed(first)) << "the other subtask's files may be missing";
  ASSERT_TRUE(all[0].sink->Commit(prepared[0]).ok());
  EXPECT_TRUE(committed(first));
  EXPECT_FALSE(committed(second));
  Checkpoint(all, 3);
  EXPECT_TRUE(committed(second));
}

TEST_F(TableCommitterTest, WaitingPartitionsSurvive) {
  Partitioned();
  world.table.options["sink.partition-commit.trigger"] = "partition-time";
  auto dead = Attempt(2);
  Write(dead[0], {{"1970-01-01", "1"}});
  Checkpoint(dead, 1);
  Write(dead[1], {{"1970-01-02", "2"}});
  const auto second = Prepare(dead, 2);
  auto next = Attempt(1);
  for (const std::string& prepared : second) ASSERT_TRUE(next[0].sink->Commit(prepared).ok());
  Advance(next[0], 1);
  Checkpoint(next, 3);
  EXPECT_TRUE(committed("p=1970-01-01"));
  EXPECT_FALSE(committed("p=1970-01-02"));
  End(next, 4);
  EXPECT_TRUE(committed("p=1970-01-02")) << "at the end of the input all are";
}

TEST_F(TableCommitterTest, PartitionWithoutATimeFails) {
  Partitioned();
  world.table.options["sink.partition-commit.trigger"] = "partition-time";
  auto all = Attempt(1);
  Write(all[0], {{"nodate", "1"}});
  const Status status = all[0].sink->Commit(*all[0].sink->PrepareCommit(1));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), ::testing::HasSubstr("Text 'nodate' could not be parsed"));
}

}  // namespace
}  // namespace sluice::engine
