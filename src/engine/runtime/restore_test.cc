#include "engine/runtime/restore.h"

#include <gtest/gtest.h>

#include "engine/columnar/hashing.h"
#include "engine/runtime/in_flight.h"

namespace sluice::engine {
namespace {

JobGraph Graph(int producers, int consumers, Distribution distribution) {
  JobGraph graph;
  graph.vertices.resize(3);
  graph.vertices[0].uid = "source";
  graph.vertices[0].parallelism = producers;
  graph.vertices[0].make_source = []() -> Result<std::unique_ptr<Source>> { return std::unique_ptr<Source>(); };
  graph.vertices[1].uid = "operator";
  graph.vertices[1].parallelism = consumers;
  graph.vertices[1].make_operator = []() -> Result<std::unique_ptr<Operator>> { return std::unique_ptr<Operator>(); };
  graph.vertices[2].uid = "sink";
  graph.vertices[2].parallelism = consumers;
  graph.vertices[2].make_sink = []() -> Result<std::unique_ptr<Sink>> { return std::unique_ptr<Sink>(); };
  JobEdge edge{0, 1, 0, distribution, {}, {DataType::Bigint()}};
  if (distribution == Distribution::kHash) edge.hash_keys = {0};
  graph.edges = {edge, {1, 2, 0, Distribution::kForward, {}, {DataType::Bigint()}}};
  return graph;
}

Batch Numbers(int64_t from, int64_t count, int64_t watermark) {
  Batch batch;
  ColumnPtr c = Column::Make(DataType::Bigint(), 0);
  for (int64_t i = 0; i < count; ++i) c->Append(from + i);
  batch.length = static_cast<size_t>(count);
  batch.columns = {c};
  batch.watermark = watermark;
  return batch;
}

SubtaskSnapshot OperatorSubtask(int64_t input, int64_t output, bool idle = false) {
  SubtaskSnapshot s;
  s.state = StateSnapshot{};
  s.state->values[std::string(kWatermarksValue)] = EncodeWatermarks({input, output, idle});
  return s;
}

TEST(Restore, RowsUnderWayGoToTheOwnersOfTheirKeys) {
  const JobGraph graph = Graph(2, 3, Distribution::kHash);
  JobRestore restore;
  restore.manifest.vertices = {{"source", "source", std::vector<SubtaskSnapshot>(2)},
                               {"operator", "operator", {OperatorSubtask(1, 1), OperatorSubtask(1, 1)}}};
  auto& old = restore.manifest.vertices[1].subtasks;
  old[0].in_flight.push_back({0, 1, EncodeInFlight(Numbers(0, 50, 9))});
  old[1].in_flight.push_back({0, 0, EncodeInFlight(Numbers(50, 50, 9))});
  auto subtasks = RestoreVertex(graph, restore, 1);
  ASSERT_TRUE(subtasks.ok());
  std::vector<bool> seen(100);
  for (size_t s = 0; s < 3; ++s) {
    for (const RestoredBatch& b : (*subtasks)[s].in_flight) {
      // It may be too early for rows of the other old subtask.
      EXPECT_EQ(b.batch.watermark, kNoWatermark);
      b.batch.rows().ForEach([&](size_t i) {
        const ColumnPtr key = b.batch.columns[0];
        const std::vector<ColumnPtr> keys = {key};
        EXPECT_EQ(SubtaskOfKeyGroup(KeyGroupOf(HashRow(keys, i), 128), 128, 3), s);
        seen[static_cast<size_t>(key->at<int64_t>(i))] = true;
      });
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 100);
}

TEST(Restore, AtTheSameParallelismWatermarksUnderWayStay) {
  const JobGraph graph = Graph(2, 2, Distribution::kRebalance);
  JobRestore restore;
  restore.manifest.vertices = {{"source", "source", std::vector<SubtaskSnapshot>(2)},
                               {"operator", "operator", {OperatorSubtask(4, 3), OperatorSubtask(6, 5)}}};
  restore.manifest.vertices[1].subtasks[1].in_flight.push_back({0, 1, EncodeInFlight(Numbers(0, 5, 9))});
  auto subtasks = RestoreVertex(graph, restore, 1);
  ASSERT_TRUE(subtasks.ok());
  EXPECT_TRUE((*subtasks)[0].in_flight.empty());
  ASSERT_EQ((*subtasks)[1].in_flight.size(), 1u);
  EXPECT_EQ((*subtasks)[1].in_flight[0].batch.watermark, 9);
  EXPECT_EQ((*subtasks)[1].in_flight[0].producer, 1);
  EXPECT_EQ((*subtasks)[0].watermarks.input, 4);
  EXPECT_EQ((*subtasks)[1].watermarks.output, 5);
}

TEST(Restore, AtAnotherParallelismTheSmallestWatermarkOfThoseThatAreNotIdleHolds) {
  const JobGraph graph = Graph(2, 1, Distribution::kHash);
  JobRestore restore;
  restore.manifest.vertices = {
      {"operator", "operator", {OperatorSubtask(4, 3), OperatorSubtask(6, 5), OperatorSubtask(2, 1, true)}}};
  auto subtasks = RestoreVertex(graph, restore, 1);
  ASSERT_TRUE(subtasks.ok());
  EXPECT_EQ((*subtasks)[0].watermarks.input, 2);
  EXPECT_EQ((*subtasks)[0].watermarks.output, 3);
  EXPECT_EQ((*subtasks)[0].state.snapshots.size(), 3u);
}

TEST(Restore, PreparedCommitsAndPositionsFindAPlace) {
  const JobGraph graph = Graph(1, 2, Distribution::kHash);
  JobRestore restore;
  restore.manifest.vertices = {{"source", "source", std::vector<SubtaskSnapshot>(3)},
                               {"sink", "sink", std::vector<SubtaskSnapshot>(3)}};
  for (int i = 0; i < 3; ++i) {
    restore.manifest.vertices[0].subtasks[static_cast<size_t>(i)].position = "p" + std::to_string(i);
    restore.manifest.vertices[1].subtasks[static_cast<size_t>(i)].prepared = {"c" + std::to_string(i)};
  }
  restore.manifest.vertices[0].subtasks[0].finished = true;
  auto source = RestoreVertex(graph, restore, 0), sink = RestoreVertex(graph, restore, 2);
  ASSERT_TRUE(source.ok() && sink.ok());
  EXPECT_EQ((*source)[0].positions, (std::vector<std::string>{"p0", "p1", "p2"}));
  EXPECT_FALSE((*source)[0].finished);
  EXPECT_EQ((*sink)[0].prepared, (std::vector<std::string>{"c0", "c2"}));
  EXPECT_EQ((*sink)[1].prepared, (std::vector<std::string>{"c1"}));
  for (SubtaskSnapshot& s : restore.manifest.vertices[0].subtasks) s.finished = true;
  EXPECT_TRUE((*RestoreVertex(graph, restore, 0))[0].finished);
}

}  // namespace
}  // namespace sluice::engine
