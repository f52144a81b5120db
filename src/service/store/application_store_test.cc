#include "service/store/application_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/files.h"
#include "service/store/sqlite.h"

namespace sluice::service {
namespace {

class ApplicationStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = MakeTemporaryFolder("store");
    ASSERT_TRUE(folder.ok());
    folder_ = *folder;
    Reopen();
  }
  void TearDown() override { (void)RemoveTree(folder_); }

  std::string path() const { return folder_ + "/meta.db"; }
  void Reopen() {
    store_.reset();
    auto store = ApplicationStore::Open(path());
    ASSERT_TRUE(store.ok()) << store.error().ToString();
    store_ = std::move(store).value();
  }
  static ApplicationRow Row(const std::string& name) {
    return {name, "arn:" + name, "STREAMING", ApplicationStatus::kReady, 1, 1000, 1000, "03:00", "{}"};
  }
  Status Create(const std::string& name, const TagMap& tags = {}) {
    return store_->Create(Row(name), {1, 1000, 0, "{\"v\":1}"}, tags, 3);
  }

  std::string folder_;
  std::unique_ptr<ApplicationStore> store_;
};

TEST_F(ApplicationStoreTest, RowsSurviveReopening) {
  ASSERT_TRUE(Create("b", {{"k", "v"}}).ok());
  ASSERT_TRUE(Create("a").ok());
  Reopen();
  auto found = store_->Find("b");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->arn, "arn:b");
  EXPECT_EQ(found->created_ms, 1000);
  EXPECT_EQ(store_->Tags("b")->at("k"), "v");
  EXPECT_EQ(store_->List("", 10)->size(), 2u);
  EXPECT_EQ(store_->List("a", 10)->at(0).name, "b");
  EXPECT_EQ(store_->Find("c").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Create("a").error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(Create("c").ok());
  EXPECT_EQ(Create("d").error().code(), ErrorCode::kResourceExhausted);
  ASSERT_TRUE(store_->Remove("b").ok());
  EXPECT_TRUE(store_->Tags("b")->empty());
  EXPECT_FALSE(store_->FindVersion("b", 1).ok());
}

TEST_F(ApplicationStoreTest, VersionsAreTakenOnlyFromTheCurrentOne) {
  ASSERT_TRUE(Create("a").ok());
  auto added = store_->AddVersion("a", 1, {0, 2000, 1, "{\"v\":2}"}, std::nullopt);
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(store_->AddVersion("a", 1, {0, 3000, 1, ""}, std::nullopt).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(store_->Find("a")->version, 2);
  EXPECT_EQ(store_->FindVersion("a", 2)->detail, "{\"v\":2}");
  EXPECT_EQ(store_->ListVersions("a", 99, 10)->at(0).version, 2);
  EXPECT_EQ(store_->ListVersions("a", 2, 10)->at(0).version, 1);
}

TEST_F(ApplicationStoreTest, OneOfManyRacingUpdatesWins) {
  ASSERT_TRUE(Create("a").ok());
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { won += store_->AddVersion("a", 1, {0, 1, 1, ""}, ApplicationEvent::kUpdate).ok(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(store_->Find("a")->version, 2);
}

TEST_F(ApplicationStoreTest, EventsMoveTheStatusByTheTable) {
  ASSERT_TRUE(Create("a").ok());
  auto started = store_->Apply("a", ApplicationEvent::kStart, 5);
  ASSERT_TRUE(started.ok() && started->accepted());
  EXPECT_EQ(started->before, ApplicationStatus::kReady);
  EXPECT_EQ(store_->Find("a")->status, ApplicationStatus::kStarting);
  EXPECT_FALSE(store_->Apply("a", ApplicationEvent::kStart, 6)->accepted());
  // A refused transition leaves the version alone too.
  EXPECT_FALSE(store_->AddVersion("a", 1, {0, 7, 1, ""}, ApplicationEvent::kUpdate)->accepted());
  EXPECT_EQ(store_->Find("a")->version, 1);
}

TEST_F(ApplicationStoreTest, TagLimitIsAllOrNothing) {
  ASSERT_TRUE(Create("a", {{"one", "1"}}).ok());
  EXPECT_EQ(store_->PutTags("a", {{"two", "2"}, {"three", "3"}}, 2).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(store_->Tags("a")->size(), 1u);
  ASSERT_TRUE(store_->PutTags("a", {{"one", "x"}, {"two", "2"}}, 2).ok());
  ASSERT_TRUE(store_->RemoveTags("a", {"two", "none"}).ok());
  EXPECT_EQ(*store_->Tags("a"), (TagMap{{"one", "x"}}));
}

TEST_F(ApplicationStoreTest, OperationsEndOnceAndListNewestFirst) {
  ASSERT_TRUE(Create("a").ok());
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(store_->BeginOperation("a", {"op" + std::to_string(i), "StartApplication", "IN_PROGRESS", i}).ok());
  }
  ASSERT_TRUE(store_->EndOperation("a", "op2", "FAILED", "boom", 9).ok());
  ASSERT_TRUE(store_->EndOperation("a", "", "SUCCESSFUL", "", 10).ok());
  EXPECT_EQ(store_->FindOperation("a", "op2")->error, "boom");
  EXPECT_EQ(store_->FindOperation("a", "op3")->status, "SUCCESSFUL");
  EXPECT_EQ(store_->ListOperations("a", {}, kNewest, 2)->at(0).id, "op3");
  EXPECT_EQ(store_->ListOperations("a", {"", "FAILED"}, kNewest, 2)->size(), 1u);
  const int64_t second = store_->ListOperations("a", {}, kNewest, 2)->at(1).sequence;
  EXPECT_EQ(store_->ListOperations("a", {}, second, 2)->at(0).id, "op1");
}

TEST_F(ApplicationStoreTest, OpensWhatSchemaVersion1Wrote) {
  store_.reset();
  ASSERT_TRUE(RemoveTree(path()).ok());
  auto script = ReadFile(SLUICE_STORE_TESTDATA "/meta_v1.sql");
  ASSERT_TRUE(script.ok());
  {
    auto database = Sqlite::Open(path());
    auto written = (*database)->Script(*script);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
  }
  Reopen();
  auto row = store_->Find("orders");
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->status, ApplicationStatus::kRunning);
  EXPECT_EQ(row->created_ms, 1700000000123);
  EXPECT_EQ(store_->FindVersion("orders", 2)->updated_from, 1);
  EXPECT_EQ(store_->Tags("orders")->at("team"), "data");
  EXPECT_EQ(store_->FindOperation("orders", "0123")->status, "SUCCESSFUL");
  EXPECT_TRUE(store_->AddVersion("orders", 2, {0, 1, 2, "{}"}, std::nullopt).ok());
}

TEST_F(ApplicationStoreTest, ANewerSchemaIsRefused) {
  store_.reset();
  {
    auto database = Sqlite::Open(path());
    ASSERT_TRUE((*database)->Script("PRAGMA user_version = 99").ok());
  }
  auto store = ApplicationStore::Open(path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), ErrorCode::kNotSupported);
  EXPECT_NE(store.error().message().find("newer Sluice"), std::string::npos);
}

TEST_F(ApplicationStoreTest, SnapshotsGoWithTheirApplicationUnlessTheyStandAlone) {
  ASSERT_TRUE(Create("a").ok());
  const auto begin = [&](const std::string& owner, const std::string& name, int64_t limit) {
    SnapshotRow row;
    row.owner = owner;
    row.name = name;
    row.application = "a";
    row.application_created_ms = 1000;
    row.status = "CREATING";
    row.by_system = true;
    auto begun = store_->BeginSnapshot(&row, limit);
    return begun.ok() ? Result<int64_t>(row.sequence) : Result<int64_t>(begun.error());
  };
  const int64_t own = *begin("a", "s", 0);
  const int64_t alone = *begin("", "s", 0);
  EXPECT_EQ(begin("a", "s", 0).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(begin("a", "t", 1).error().code(), ErrorCode::kResourceExhausted);
  EXPECT_FALSE(store_->LatestSnapshot(*store_->Find("a")).has_value()) << "none is READY";
  EXPECT_EQ(store_->MarkSnapshotDeleting(own).error().code(), ErrorCode::kConflict);
  ASSERT_TRUE(store_->FinishSnapshot(own, {"x/0", ""}, 7, 5, "{}").ok());
  Reopen();
  EXPECT_EQ(store_->LatestSnapshot(*store_->Find("a"))->locations, (std::vector<std::string>{"x/0", ""}));
  EXPECT_EQ(store_->Find("a")->deployment, "{}");
  ASSERT_TRUE(store_->FailSnapshot(alone, "why", 6).ok());
  ASSERT_TRUE(store_->Remove("a").ok());
  EXPECT_FALSE(store_->FindSnapshot(own).ok());
  EXPECT_EQ(store_->FindSnapshot(alone)->error, "why");
}

TEST_F(ApplicationStoreTest, ARefusedChangeWritesNothing) {
  ASSERT_TRUE(Create("a").ok());
  ApplicationStore::Change change;
  change.event = ApplicationEvent::kStop;
  change.run_configuration = "new";
  change.operation = OperationRow{"op", "StopApplication", "IN_PROGRESS", 1};
  auto moved = store_->Commit("a", change, 2);
  ASSERT_TRUE(moved.ok());
  EXPECT_FALSE(moved->accepted());
  EXPECT_EQ(store_->Find("a")->run_configuration, "{}");
  EXPECT_FALSE(store_->FindOperation("a", "op").ok());
  change.event = std::nullopt;
  change.expected_version = 2;
  EXPECT_EQ(store_->Commit("a", change, 2).error().code(), ErrorCode::kConflict);
}

}  // namespace
}  // namespace sluice::service
