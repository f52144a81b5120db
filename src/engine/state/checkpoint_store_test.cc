#include "engine/state/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "base/files.h"
#include "base/random.h"
#include "engine/state/checksum.h"
#include "engine/state/faulty_durable_files.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kJob[] = "0123456789abcdef0123456789abcdef";

class CheckpointStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *MakeTemporaryFolder("sluice-store-");
    settings_.inline_bytes = 4;
    settings_.files = faulty_;
    open_ = [this](const std::string& uri) { return MakeFolderCheckpointStorage(uri, settings_); };
    storage_ = *open_(root());
    Reopen();
  }
  void TearDown() override {
    store_.reset();
    storage_.reset();
    (void)RemoveTree(folder_);
  }

  std::string root() const { return folder_ + "/checkpoints"; }
  void Reopen(int retained = 1) {
    auto store = CheckpointStore::Open(
        storage_, {.job_id = kJob, .retained = retained, .note = [this](const auto& line) { notes_ += line + "\n"; }});
    ASSERT_TRUE(store.ok()) << store.error().ToString();
    store_ = std::move(*store);
  }

  StatePiece Write(CheckpointStorage& storage, const std::string& name, const std::string& content) {
    auto writer = storage.CreateFile(name);
    writer->Append(content);
    std::promise<Result<StatePiece>> answer;
    writer->Finish([&](Result<StatePiece> piece) { answer.set_value(std::move(piece)); });
    auto piece = answer.get_future().get();
    EXPECT_TRUE(piece.ok());
    return piece.ok() ? *piece : StatePiece{};
  }
  /// What checkpoint `id` writes of its own.
  StatePiece Own(int64_t id) {
    return Write(*storage_, store_->shared_folder() + "/agg-0-" + std::to_string(id),
                 "content of " + std::to_string(id));
  }
  static CheckpointManifest Manifest(int64_t id, std::vector<StatePiece> pieces) {
    CheckpointManifest manifest;
    manifest.checkpoint_id = id;
    SubtaskSnapshot& subtask = manifest.vertices.emplace_back().subtasks.emplace_back();
    subtask.state.emplace().pieces = std::move(pieces);
    return manifest;
  }
  CheckpointStore::Completed Take(int64_t id, std::vector<StatePiece> earlier = {}) {
    store_->Begin(id);
    earlier.push_back(Own(id));
    auto completed = store_->Complete(Manifest(id, earlier));
    EXPECT_TRUE(completed.ok()) << completed.error().ToString();
    return completed.ok() ? *completed : CheckpointStore::Completed{};
  }
  StatePiece PieceOf(int64_t id) {
    StatePiece piece;
    piece.file = store_->shared_folder() + "/agg-0-" + std::to_string(id);
    const std::string content = "content of " + std::to_string(id);
    piece.length = content.size();
    piece.checksum = StateChecksum(content);
    return piece;
  }
  std::vector<std::string> Files() {
    auto names = *storage_->List("");
    for (std::string& name : names) name = name.starts_with(kJob) ? name.substr(sizeof(kJob)) : name;
    return names;
  }
  int64_t Newest() {
    auto point = store_->LoadNewest();
    if (!point.ok() || !*point) return -1;
    return (*point)->manifest.checkpoint_id;
  }

  std::string folder_;
  std::shared_ptr<FaultyDurableFiles> faulty_ = std::make_shared<FaultyDurableFiles>();
  FaultyDurableFiles& files_ = *faulty_;
  StorageSettings settings_;
  OpenStorage open_;
  std::shared_ptr<CheckpointStorage> storage_;
  std::unique_ptr<CheckpointStore> store_;
  std::string notes_;
};

TEST_F(CheckpointStoreTest, ANewJobHasNone) {
  EXPECT_EQ(store_->next_id(), 1);
  auto point = store_->LoadNewest();
  ASSERT_TRUE(point.ok());
  EXPECT_FALSE(point->has_value());
}

TEST_F(CheckpointStoreTest, TheNewestIsFoundByANewProcess) {
  EXPECT_EQ(Take(1).external_path, "file:" + root() + "/" + kJob + "/chk-1");
  EXPECT_THAT(Take(2).discarded, ElementsAre(1));
  Reopen();
  EXPECT_EQ(Newest(), 2);
  EXPECT_EQ(store_->next_id(), 3);
  EXPECT_EQ(notes_, "");
}

TEST_F(CheckpointStoreTest, FilesThatNoRetainedCheckpointRefersToGo) {
  Take(1);
  Take(2, {PieceOf(1)});
  EXPECT_THAT(Files(), ElementsAre("chk-2/_metadata", "shared/agg-0-1", "shared/agg-0-2"));
  Take(3, {PieceOf(2)});  // no longer refers to 1, but a subtask may begin 4 without knowing of 3
  EXPECT_THAT(Files(), ElementsAre("chk-3/_metadata", "shared/agg-0-1", "shared/agg-0-2", "shared/agg-0-3"));
  Take(4, {PieceOf(3)});
  EXPECT_THAT(Files(), ElementsAre("chk-4/_metadata", "shared/agg-0-2", "shared/agg-0-3", "shared/agg-0-4"));
}

TEST_F(CheckpointStoreTest, WhatACheckpointInProgressMayReferToStays) {
  Take(1);
  store_->Begin(2);
  for (int64_t id = 3; id < 8; ++id) Take(id, {});
  EXPECT_THAT(Files(), testing::Contains("shared/agg-0-1"));
  const StatePiece own = Own(2);
  store_->Abort(2);
  Take(8);
  EXPECT_THAT(Files(), testing::Not(testing::Contains("shared/agg-0-1")));
  EXPECT_THAT(Files(), testing::Not(testing::Contains("shared/agg-0-2")));  // what it wrote itself
}

TEST_F(CheckpointStoreTest, FilesOfAnAbortedCheckpointThatComeLateGoToo) {
  store_->Begin(1);
  store_->Abort(1);
  Own(1);
  Take(2);
  EXPECT_THAT(Files(), ElementsAre("chk-2/_metadata", "shared/agg-0-2"));
}

TEST_F(CheckpointStoreTest, RetainsAsManyAsAsked) {
  Reopen(3);
  for (int64_t id = 1; id <= 5; ++id) Take(id);
  EXPECT_THAT(store_->retained(), ElementsAre(3, 4, 5));
  Reopen(3);
  EXPECT_THAT(store_->retained(), ElementsAre(3, 4, 5));
}

TEST_F(CheckpointStoreTest, WhatACrashLeftIsRemovedAndItsIdNotUsedAgain) {
  Take(1);
  store_->Begin(2);
  Own(2);
  (void)MakeFolders(root() + "/" + kJob + "/chk-5");
  std::ofstream(root() + "/" + kJob + "/chk-5/_metadata.inprogress") << "half";
  std::ofstream(root() + "/" + kJob + "/shared/agg-0-4") << "half";
  Reopen();
  EXPECT_THAT(Files(), ElementsAre("chk-1/_metadata", "shared/agg-0-1"));
  EXPECT_EQ(store_->next_id(), 5);
  EXPECT_EQ(Newest(), 1);
}

TEST_F(CheckpointStoreTest, ADamagedManifestIsPassedOver) {
  Reopen(2);
  Take(1);
  Take(2);
  const std::string path = root() + "/" + kJob + "/chk-2/_metadata";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  Reopen(2);
  EXPECT_EQ(Newest(), 1);
  EXPECT_THAT(notes_, HasSubstr("checkpoint 2 is passed over: the manifest 'file:" + path + "' is damaged"));
  EXPECT_EQ(store_->next_id(), 3);
  // Its files stay as long as it does, because nobody knows which they are.
  EXPECT_THAT(Files(), testing::Contains("shared/agg-0-2"));
  Take(3);
  EXPECT_THAT(store_->retained(), ElementsAre(1, 3));
  Take(4);
  EXPECT_THAT(store_->retained(), ElementsAre(3, 4));
  EXPECT_THAT(Files(), testing::Not(testing::Contains("shared/agg-0-2")));
}

TEST_F(CheckpointStoreTest, ATruncatedOrMissingPieceIsPassedOver) {
  Reopen(3);
  for (int64_t id = 1; id <= 3; ++id) Take(id);
  std::filesystem::remove(root() + "/" + kJob + "/shared/agg-0-3");
  std::filesystem::resize_file(root() + "/" + kJob + "/shared/agg-0-2", 3);
  Reopen(3);
  EXPECT_EQ(Newest(), 1);
  EXPECT_THAT(notes_, HasSubstr("/shared/agg-0-3' is missing"));
  EXPECT_THAT(notes_, HasSubstr("/shared/agg-0-2' is cut short: 12 bytes are referred to, 3 are there"));
}

TEST_F(CheckpointStoreTest, WhatTurnsOutToBeDamagedIsRejected) {
  Reopen(2);
  Take(1);
  Take(2);
  store_->Reject(2, Error(ErrorCode::kCorrupt, "'x' is damaged"));
  EXPECT_EQ(Newest(), 1);
  EXPECT_THAT(notes_, HasSubstr("checkpoint 2 is passed over: 'x' is damaged"));
  store_->Reject(1, Error(ErrorCode::kCorrupt, "'y' is damaged"));
  auto none = store_->LoadNewest();
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(none.error().message(), HasSubstr("/chk-2', 'file:"));
}

TEST_F(CheckpointStoreTest, ACheckpointWhoseManifestCannotBeWrittenDoesNotCount) {
  Take(1);
  store_->Begin(2);
  const StatePiece own = Own(2);
  files_.bytes_left = 10;
  auto completed = store_->Complete(Manifest(2, {own}));
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(completed.error().message(), HasSubstr("/chk-2/_metadata"));
  files_.bytes_left = 1'000'000;
  store_->Abort(2);
  EXPECT_EQ(Newest(), 1);
  EXPECT_THAT(store_->retained(), ElementsAre(1));
  Take(3);
  EXPECT_THAT(Files(), ElementsAre("chk-3/_metadata", "shared/agg-0-1", "shared/agg-0-3"));
}

TEST_F(CheckpointStoreTest, AReferenceToARemovedFileIsRefused) {
  Take(1);
  for (int64_t id = 2; id < 6; ++id) Take(id);
  store_->Begin(6);
  auto completed = store_->Complete(Manifest(6, {PieceOf(1), Own(6)}));
  ASSERT_FALSE(completed.ok());
  EXPECT_EQ(completed.error().code(), ErrorCode::kInternal);
}

TEST_F(CheckpointStoreTest, WhatCannotBeRemovedIsNotedAndGoesLater) {
  Take(1);
  files_.fail_remove = true;
  Take(2);
  EXPECT_THAT(notes_, HasSubstr("cannot remove"));
  files_.fail_remove = false;
  Reopen();
  EXPECT_EQ(Newest(), 2);
}

TEST_F(CheckpointStoreTest, ClosingKeepsOrDeletes) {
  Take(1);
  Take(2, {PieceOf(1)});
  Take(3, {PieceOf(2)});
  store_->Close(true);
  EXPECT_THAT(Files(), ElementsAre("chk-3/_metadata", "shared/agg-0-2", "shared/agg-0-3"));
  Reopen();
  store_->Close(false);
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(root() + "/" + kJob));
}

TEST_F(CheckpointStoreTest, InMemory) {
  std::shared_ptr<CheckpointStorage> memory = MakeMemoryCheckpointStorage();
  storage_ = memory;
  Reopen();
  EXPECT_EQ(Take(1).external_path, "<checkpoint-not-externally-addressable>");
  Take(2, {PieceOf(1)});
  EXPECT_EQ(Newest(), 2);
  auto point = store_->LoadNewest();
  EXPECT_EQ(*memory->Read((*point)->manifest.vertices[0].subtasks[0].state->pieces[0]), "content of 1");
}

// --- restore points

class RestorePointTest : public CheckpointStoreTest {
 protected:
  SavepointTarget TakeSavepoint(int64_t id) {
    auto target = BeginSavepoint(open_, folder_ + "/savepoints", kJob, random_);
    EXPECT_TRUE(target.ok()) << target.error().ToString();
    const StatePiece piece = Write(*target->storage, target->folder + "/agg-0-" + std::to_string(id), "saved state");
    EXPECT_TRUE(CompleteSavepoint(*target, Manifest(id, {piece})).ok());
    return *target;
  }
  SeededRandom random_{1};
};

TEST_F(RestorePointTest, ASavepointIsNamedAsFlinksAndMayBeMoved) {
  const SavepointTarget target = TakeSavepoint(7);
  const std::string folder = target.location.substr(5);
  EXPECT_TRUE(testing::internal::RE::FullMatch(std::filesystem::path(folder).filename().string(),
                                               "savepoint-012345-[0-9a-f]{12}"));
  std::filesystem::rename(folder, folder_ + "/moved");
  for (const std::string& path : {folder_ + "/moved", folder_ + "/moved/", folder_ + "/moved/_metadata",
                                  "file:" + folder_ + "/moved", "file://" + folder_ + "/moved/_metadata"}) {
    auto point = OpenRestorePoint(open_, path);
    ASSERT_TRUE(point.ok()) << path << ": " << point.error().ToString();
    EXPECT_TRUE(point->manifest.savepoint);
    EXPECT_EQ(point->manifest.checkpoint_id, 7);
    EXPECT_EQ(point->location, "file:" + folder_ + "/moved");
    EXPECT_EQ(*point->storage->Read(point->manifest.vertices[0].subtasks[0].state->pieces[0]), "saved state");
  }
}

TEST_F(RestorePointTest, ACheckpointIsOpenedByPath) {
  Take(1);
  Take(2, {PieceOf(1)});
  store_->Close(true);
  auto point = OpenRestorePoint(open_, root() + "/" + kJob + "/chk-2");
  ASSERT_TRUE(point.ok()) << point.error().ToString();
  EXPECT_FALSE(point->manifest.savepoint);
  EXPECT_EQ(point->storage->location(), "file:" + root());
  EXPECT_EQ(*point->storage->Read(point->manifest.vertices[0].subtasks[0].state->pieces[0]), "content of 1");
}

TEST_F(RestorePointTest, WhatIsNotThereOrDamagedIsSaid) {
  auto none = OpenRestorePoint(open_, "file:" + folder_ + "/none");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(none.error().message(),
            "Cannot find checkpoint or savepoint file/directory 'file:" + folder_ + "/none' on file system 'file'.");
  Take(1);
  auto above = OpenRestorePoint(open_, root());
  EXPECT_EQ(above.error().message(),
            "Cannot find meta data file '_metadata' in directory '" + root() +
                "'. Please try to load the checkpoint/savepoint directly from the metadata file "
                "instead of the directory.");

  const SavepointTarget target = TakeSavepoint(7);
  const std::string piece = target.location.substr(5) + "/data/agg-0-7";
  std::filesystem::resize_file(piece, 2);
  auto cut = OpenRestorePoint(open_, target.location);
  EXPECT_EQ(cut.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(cut.error().message(), HasSubstr("'file:" + piece + "' is cut short"));
  std::ofstream(target.location.substr(5) + "/_metadata") << "no manifest";
  EXPECT_THAT(OpenRestorePoint(open_, target.location).error().message(), HasSubstr(target.location + "/_metadata"));
}

TEST_F(RestorePointTest, DisposingRemovesTheWholeSavepointOnly) {
  const SavepointTarget target = TakeSavepoint(7), other = TakeSavepoint(8);
  ASSERT_TRUE(DisposeSavepoint(open_, target.location + "/_metadata").ok());
  EXPECT_FALSE(std::filesystem::exists(target.location.substr(5)));
  EXPECT_TRUE(OpenRestorePoint(open_, other.location).ok());
  EXPECT_EQ(DisposeSavepoint(open_, target.location).error().code(), ErrorCode::kNotFound);
  // A folder that is none is not touched.
  EXPECT_EQ(DisposeSavepoint(open_, folder_ + "/savepoints").error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(OpenRestorePoint(open_, other.location).ok());
}

TEST_F(RestorePointTest, DisposingARetainedCheckpointKeepsWhatOthersNeed) {
  Reopen(2);
  Take(1);
  Take(2, {PieceOf(1)});
  store_->Close(true);
  ASSERT_TRUE(DisposeSavepoint(open_, root() + "/" + kJob + "/chk-2").ok());
  EXPECT_THAT(Files(), ElementsAre("chk-1/_metadata", "shared/agg-0-1"));
}

TEST_F(RestorePointTest, AFailedSavepointLeavesNothing) {
  auto target = BeginSavepoint(open_, folder_ + "/savepoints", kJob, random_);
  ASSERT_TRUE(target.ok());
  const StatePiece piece = Write(*target->storage, target->folder + "/agg-0-7", "saved state");
  files_.bytes_left = 0;
  EXPECT_FALSE(CompleteSavepoint(*target, Manifest(7, {piece})).ok());
  EXPECT_FALSE(OpenRestorePoint(open_, target->location).ok());
  ASSERT_TRUE(RemoveSavepoint(open_, *target).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/savepoints"));
}

TEST_F(RestorePointTest, AClaimedSavepointGoesOnceItIsSubsumed) {
  const SavepointTarget target = TakeSavepoint(7);
  auto point = OpenRestorePoint(open_, target.location);
  ASSERT_TRUE(point.ok());
  store_->Claim(*point, open_);
  store_->Claim(*point, open_);  // again after a failure
  EXPECT_EQ(store_->next_id(), 8);
  EXPECT_FALSE(store_->LoadNewest()->has_value());
  EXPECT_THAT(Take(8).discarded, ElementsAre(7));
  EXPECT_FALSE(std::filesystem::exists(target.location.substr(5)));
}

TEST_F(RestorePointTest, AClaimedCheckpointOfAnotherJobIsReferredToAndGoesByAndBy) {
  Take(1);
  const StatePiece old = PieceOf(1);
  store_->Close(true);
  auto point = OpenRestorePoint(open_, root() + "/" + kJob + "/chk-1");
  ASSERT_TRUE(point.ok());
  const std::string job = "ffffffffffffffffffffffffffffffff";
  store_ = *CheckpointStore::Open(storage_, {.job_id = job, .note = nullptr});
  store_->Claim(*point, open_);
  Take(2, {old});
  EXPECT_THAT(Files(), ElementsAre("shared/agg-0-1", job + "/chk-2/_metadata", job + "/shared/agg-0-2"));
  EXPECT_EQ(Newest(), 2);
  for (int64_t id = 3; id < 6; ++id) Take(id);
  EXPECT_THAT(Files(), testing::Not(testing::Contains("shared/agg-0-1")));
}

}  // namespace
}  // namespace sluice::engine
