#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/connectors/connector_for_test.h"
#include "engine/connectors/filesystem/prepared_files.h"

namespace sluice::engine {
namespace {

using std::chrono::milliseconds;
using test::ConnectorWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FilesystemSinkTest : public ::testing::Test {
 protected:
  using OpenSink = ConnectorWorld::OpenSink;
  void Write(const OpenSink& one, const std::vector<std::string>& lines) const {
    std::vector<std::vector<Value>> rows;
    for (const std::string& line : lines) rows.push_back({Value::String(line)});
    one.Write(world.table.physical, rows);
  }
  OpenSink Make(int subtask = 0) { return world.MakeSink(connector, subtask); }
  /// As if the process had died: nothing is closed, but the owner's lock is gone.
  static void Kill(OpenSink& one) { killed().push_back(std::move(one)); }
  static std::vector<OpenSink>& killed() {
    static auto* sinks = new std::vector<OpenSink>();
    return *sinks;
  }

  ConnectorWorld world;
  Connector connector = FilesystemConnector(&world.formats);
};

TEST_F(FilesystemSinkTest, PreparedFilesAreHiddenUntilTheCommit) {
  auto one = Make();
  EXPECT_TRUE(one.sink->two_phase());
  Write(one, {"a", "b"});
  const std::string prepared = *one.sink->PrepareCommit(1);
  EXPECT_THAT(world.VisibleLines(), IsEmpty());
  Write(one, {"c"});  // belongs to the next checkpoint
  ASSERT_TRUE(one.sink->Commit(prepared).ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b"));
  ASSERT_TRUE(one.sink->Commit(prepared).ok()) << "a commit may come twice";
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b"));
  ASSERT_TRUE(one.sink->Commit(*one.sink->PrepareCommit(2)).ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b", "c"));
  ASSERT_TRUE(one.sink->Close().ok());
  EXPECT_THAT(world.Files(true), IsEmpty());
}

TEST_F(FilesystemSinkTest, FailedCheckpointsFilesComeWithTheNext) {
  auto one = Make();
  Write(one, {"a"});
  const std::string first = *one.sink->PrepareCommit(1);
  Write(one, {"b"});
  const std::string second = *one.sink->PrepareCommit(2);
  ASSERT_TRUE(one.sink->Commit(first).ok());
  ASSERT_TRUE(one.sink->Commit(second).ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b"));
}

TEST_F(FilesystemSinkTest, AnotherAttemptCommits) {
  std::string prepared;
  {
    auto dead = Make();
    Write(dead, {"a"});
    prepared = *dead.sink->PrepareCommit(1);
    Write(dead, {"lost with the process"});
    Kill(dead);
  }
  for (const int subtask : {0, 3}) {  // the second time all is done already
    auto next = Make(subtask);
    ASSERT_TRUE(next.sink->Commit(prepared).ok());
    EXPECT_THAT(world.VisibleLines(), ElementsAre("a"));
    ASSERT_TRUE(next.sink->Close().ok());
  }
}

TEST_F(FilesystemSinkTest, CommittedAndTakenAwaySince) {
  auto dead = Make();
  Write(dead, {"a"});
  const std::string prepared = *dead.sink->PrepareCommit(1);
  ASSERT_TRUE(dead.sink->Commit(prepared).ok());
  ASSERT_TRUE(RemoveTree(world.folder).ok());
  auto next = Make();
  EXPECT_TRUE(next.sink->Commit(prepared).ok());
  EXPECT_FALSE(dead.sink->Commit(prepared).ok()) << "the attempt itself cannot have missed it";
}

TEST_F(FilesystemSinkTest, ChangedPreparedFileIsRefused) {
  auto one = Make();
  Write(one, {"abc"});
  const std::string prepared = *one.sink->PrepareCommit(1);
  for (const std::string& name : world.Files(true)) {
    if (name.find(".inprogress.") != std::string::npos) truncate((world.folder + "/" + name).c_str(), 1);
  }
  auto next = Make();
  const Status status = next.sink->Commit(prepared);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("has 1 bytes, but 4 were prepared"));
  EXPECT_THAT(world.VisibleLines(), IsEmpty());
}

TEST_F(FilesystemSinkTest, CloseWithoutFinishLeavesNothing) {
  auto one = Make();
  Write(one, {"a"});
  ASSERT_TRUE(one.sink->Flush().ok());
  ASSERT_TRUE(one.sink->Close().ok());
  EXPECT_THAT(world.Files(true), IsEmpty());
  EXPECT_THAT(world.Files(false), IsEmpty());
}

TEST_F(FilesystemSinkTest, CloseKeepsWhatACheckpointMayNeed) {
  auto one = Make();
  Write(one, {"a"});
  const std::string prepared = *one.sink->PrepareCommit(1);
  ASSERT_TRUE(one.sink->Close().ok());
  auto next = Make();
  ASSERT_TRUE(next.sink->Commit(prepared).ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a"));
}

/// In a process of its own, so that its locks die with it.
std::string InDyingProcess(const std::function<std::string()>& work) {
  int pipe_ends[2];
  INVARIANT(pipe(pipe_ends) == 0, "pipe");
  const pid_t child = fork();
  if (child == 0) {
    const std::string result = work();
    INVARIANT(write(pipe_ends[1], result.data(), result.size()) == static_cast<ssize_t>(result.size()), "write");
    _exit(0);
  }
  close(pipe_ends[1]);
  std::string result(65536, '\0');
  const ssize_t n = read(pipe_ends[0], result.data(), result.size());
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  INVARIANT(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child failed");
  result.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
  return result;
}

TEST_F(FilesystemSinkTest, LeftoversGoAtTheFirstOwnCommit) {
  const std::string prepared = InDyingProcess([&] {
    auto one = Make();
    Write(one, {"a"});
    std::string bytes = *one.sink->PrepareCommit(1);
    Write(one, {"x"});
    (void)one.sink->PrepareCommit(2);  // never complete
    Write(one, {"y"});
    Kill(one);
    return bytes;
  });
  (void)world.random.Next();
  (void)world.random.Next();
  (void)world.random.Next();
  (void)world.random.Next();
  (void)InDyingProcess([&] {  // an attempt that dies before its first checkpoint
    auto one = Make();
    INVARIANT(one.sink->Commit(prepared).ok(), "commit");
    Write(one, {"z"});
    Kill(one);
    return std::string("-");
  });
  (void)world.random.Next();
  (void)world.random.Next();
  (void)world.random.Next();
  (void)world.random.Next();
  auto stranger = Make();  // another job that writes into the same folder
  Write(stranger, {"s"});
  auto fork = Make();  // a second job from the same checkpoint, alive
  ASSERT_TRUE(fork.sink->Commit(prepared).ok());
  Write(fork, {"f"});
  auto one = Make();
  ASSERT_TRUE(one.sink->Commit(prepared).ok());
  Write(one, {"b"});
  const auto in_progress = [&] {
    size_t count = 0;
    for (const std::string& name : world.Files(true)) count += name.find(".inprogress.") != std::string::npos;
    return count;
  };
  EXPECT_EQ(in_progress(), 6u) << "x, y, z, s, f, b: until a checkpoint is complete, all stay";
  ASSERT_TRUE(one.sink->Commit(*one.sink->PrepareCommit(3)).ok());
  EXPECT_EQ(in_progress(), 2u) << "s and f are of living attempts";
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b"));
  ASSERT_TRUE(stranger.sink->Finish().ok());
  ASSERT_TRUE(fork.sink->Finish().ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("a", "b", "f", "s"));
}

TEST_F(FilesystemSinkTest, RollsBySize) {
  world.table.options["sink.rolling-policy.file-size"] = "10 bytes";
  auto one = Make();
  Write(one, {"1234", "6789", "abcd", "e"});
  ASSERT_TRUE(one.sink->Finish().ok());
  EXPECT_THAT(world.Files(false), SizeIs(2));
  EXPECT_THAT(world.VisibleLines(), ElementsAre("1234", "6789", "abcd", "e"));
}

TEST_F(FilesystemSinkTest, RollsByAgeAtTheNextCheck) {
  world.table.options["sink.rolling-policy.rollover-interval"] = "100 s";
  world.table.options["sink.rolling-policy.check-interval"] = "60 s";
  auto one = Make();
  Write(one, {"a"});
  for (const char* line : {"b", "c"}) {  // at 60 s, at 120 s
    world.clock.Advance(milliseconds(60'000));
    Write(one, {line});
  }
  ASSERT_TRUE(one.sink->Finish().ok());
  EXPECT_THAT(world.Files(false), SizeIs(2)) << "a and b, then c";
}

TEST_F(FilesystemSinkTest, RollsWhenNothingComesForAWhile) {
  world.table.options["sink.rolling-policy.inactivity-interval"] = "5 s";
  world.table.options["sink.rolling-policy.check-interval"] = "1 s";
  auto one = Make();
  Write(one, {"a"});
  for (int i = 0; i < 4; ++i) {
    world.clock.Advance(milliseconds(1000));
    ASSERT_TRUE(one.sink->OnTime(world.clock.NowMs()).ok());
  }
  Write(one, {"b"});
  for (int i = 0; i < 5; ++i) {
    world.clock.Advance(milliseconds(1000));
    ASSERT_TRUE(one.sink->OnTime(world.clock.NowMs()).ok());
  }
  Write(one, {"c"});
  ASSERT_TRUE(one.sink->Finish().ok());
  EXPECT_THAT(world.Files(false), SizeIs(2)) << "a and b, then c";
}

TEST_F(FilesystemSinkTest, PartitionsAreCommittedWithTheirFiles) {
  world.table.physical = {{"p", DataType::String()}, {"line", DataType::String()}};
  world.table.partition_keys = {"p"};
  world.table.options["sink.partition-commit.policy.kind"] = "success-file";
  auto one = Make();
  one.Write(world.table.physical, {{Value::String("x"), Value::String("1")}, {Value::String("y"), Value::String("2")}});
  const std::string prepared = *one.sink->PrepareCommit(1);
  EXPECT_FALSE(ReadFile(world.folder + "/p=x/_SUCCESS").ok());
  auto next = Make();
  ASSERT_TRUE(next.sink->Commit(prepared).ok());
  EXPECT_TRUE(ReadFile(world.folder + "/p=x/_SUCCESS").ok());
  EXPECT_TRUE(ReadFile(world.folder + "/p=y/_SUCCESS").ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("1", "2"));
}

TEST_F(FilesystemSinkTest, PartitionsWaitForTheirDelayAlsoInAnotherAttempt) {
  world.table.physical = {{"p", DataType::String()}, {"line", DataType::String()}};
  world.table.partition_keys = {"p"};
  world.table.options["sink.partition-commit.policy.kind"] = "success-file";
  world.table.options["sink.partition-commit.delay"] = "1 h";
  const auto committed = [&](const char* p) { return ReadFile(world.folder + "/p=" + p + "/_SUCCESS").ok(); };
  auto one = Make();
  one.Write(world.table.physical, {{Value::String("x"), Value::String("1")}});
  ASSERT_TRUE(one.sink->Commit(*one.sink->PrepareCommit(1)).ok());
  world.clock.Advance(std::chrono::minutes(40));
  one.Write(world.table.physical, {{Value::String("y"), Value::String("2")}});
  const std::string prepared = *one.sink->PrepareCommit(2);
  auto next = Make();
  ASSERT_TRUE(next.sink->Commit(prepared).ok());
  EXPECT_THAT(world.VisibleLines(), ElementsAre("1", "2"));
  EXPECT_FALSE(committed("x"));
  world.clock.Advance(std::chrono::minutes(21));
  ASSERT_TRUE(next.sink->Commit(*next.sink->PrepareCommit(3)).ok());
  EXPECT_TRUE(committed("x"));
  EXPECT_FALSE(committed("y"));
  ASSERT_TRUE(next.sink->Finish().ok());
  EXPECT_TRUE(committed("y"));
}

TEST_F(FilesystemSinkTest, UnwritableFolderIsNamed) {
  if (geteuid() == 0)
    world.table.options["path"] = "/proc/sluice";
  else
    world.table.options["path"] = "/sluice-not-writable";
  auto one = Make();
  Batch batch;
  batch.length = 1;
  batch.columns = {Column::MakeConstant(DataType::String(), Value::String("a"), 1)};
  const Status status = one.sink->Write(std::move(batch));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr(world.table.options["path"]));
}

TEST_F(FilesystemSinkTest, BadCommits) {
  auto one = Make();
  Write(one, {"a"});
  std::string good = *one.sink->PrepareCommit(1);
  for (size_t cut = 1; cut < good.size(); ++cut) EXPECT_FALSE(one.sink->Commit(good.substr(0, cut)).ok());
  EXPECT_THAT(world.VisibleLines(), IsEmpty());
  good[0] = 50;
  const Status status = one.sink->Commit(good);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("version 50"));
}

}  // namespace
}  // namespace sluice::engine
