#include "engine/job/server/rest_figures.h"

#include <gtest/gtest.h>

namespace sluice::engine::server {
namespace {

VertexSnapshot Operator(ExecutionState state, int64_t in, int64_t out) {
  VertexSnapshot vertex;
  vertex.state = state;
  vertex.records_in = in;
  vertex.records_out = out;
  return vertex;
}

/// Two sources and the operator that reads both, in one chain.
struct TwoSources {
  TwoSources() {
    job.snapshot.vertices = {Operator(ExecutionState::kFinished, 0, 10), Operator(ExecutionState::kRunning, 0, 30),
                             Operator(ExecutionState::kRunning, 40, 4)};
    task.operators = {0, 1, 2};
    task.heads = {0, 1};
  }
  JobFacts job;
  TaskFacts task;
};

TEST(RestFigures, ATaskRunsUntilAllOfItHasFinished) {
  TwoSources two;
  EXPECT_EQ(FiguresOf(two.job, two.task).state, ExecutionState::kRunning);
  for (VertexSnapshot& vertex : two.job.snapshot.vertices) vertex.state = ExecutionState::kFinished;
  EXPECT_EQ(FiguresOf(two.job, two.task).state, ExecutionState::kFinished);
  two.job.snapshot.vertices[1].state = ExecutionState::kFailed;
  EXPECT_EQ(FiguresOf(two.job, two.task).state, ExecutionState::kFailed);
}

TEST(RestFigures, AllSourcesOfATaskCount) {
  const TwoSources two;
  const SubtaskFacts figures = FiguresOf(two.job, two.task);
  EXPECT_EQ(figures.records_in, 40);
  EXPECT_EQ(figures.records_out, 4);
}

}  // namespace
}  // namespace sluice::engine::server
