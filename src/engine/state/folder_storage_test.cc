#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include "base/files.h"
#include "engine/state/faulty_durable_files.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FolderStorageTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *MakeTemporaryFolder("sluice-checkpoints-");
    settings_.inline_bytes = 10;
    settings_.files = faulty_;
    storage_ = *MakeFolderCheckpointStorage("file://" + root(), settings_);
  }
  void TearDown() override {
    storage_.reset();
    (void)RemoveTree(folder_);
  }

  std::string root() const { return folder_ + "/a/b"; }  // not there yet
  Result<StatePiece> Write(const std::string& name, const std::vector<std::string>& parts) {
    auto writer = storage_->CreateFile(name);
    for (const std::string& part : parts) writer->Append(part);
    std::promise<Result<StatePiece>> answer;
    writer->Finish([&](Result<StatePiece> piece) { answer.set_value(std::move(piece)); });
    return answer.get_future().get();
  }
  bool Exists(const std::string& name) const { return std::filesystem::exists(root() + "/" + name); }

  std::string folder_;
  std::shared_ptr<FaultyDurableFiles> faulty_ = std::make_shared<FaultyDurableFiles>();
  FaultyDurableFiles& files_ = *faulty_;
  StorageSettings settings_;
  std::shared_ptr<CheckpointStorage> storage_;
};

TEST_F(FolderStorageTest, ShortPiecesStayInline) {
  auto piece = Write("shared/a-0-1", {"12345", "", "67890"});
  ASSERT_TRUE(piece.ok());
  EXPECT_EQ(piece->file, "");
  EXPECT_EQ(piece->bytes, "1234567890");
  EXPECT_EQ(*storage_->Read(*piece), "1234567890");
  EXPECT_FALSE(std::filesystem::exists(root()));
}

TEST_F(FolderStorageTest, LongerPiecesAreFilesSyncedWithTheirFolder) {
  auto piece = Write("shared/a-0-1", {"12345", "67890", "1"});
  ASSERT_TRUE(piece.ok()) << piece.error().ToString();
  EXPECT_EQ(piece->file, "shared/a-0-1");
  EXPECT_EQ(piece->length, 11u);
  EXPECT_EQ(*ReadFile(root() + "/shared/a-0-1"), "12345678901");
  EXPECT_EQ(*storage_->Read(*piece), "12345678901");
  EXPECT_EQ(files_.syncs, 1);
  EXPECT_EQ(files_.folder_syncs, 1);
  EXPECT_THAT(*storage_->List(""), ElementsAre("shared/a-0-1"));
  EXPECT_EQ(*storage_->Size("shared/a-0-1"), 11u);
  EXPECT_EQ(storage_->location(), "file:" + root());
}

TEST_F(FolderStorageTest, ManyFilesAtOnceKeepTheirBytesApart) {
  std::vector<std::future<Result<StatePiece>>> answers;
  std::vector<std::string> contents;
  for (int file = 0; file < 20; ++file) {
    auto writer = storage_->CreateFile("f-" + std::to_string(file));
    std::string content;
    for (int part = 0; part < 50; ++part) {
      std::string bytes(static_cast<size_t>(part * 37 % 200), static_cast<char>('a' + (file + part) % 26));
      content += bytes;
      writer->Append(std::move(bytes));
    }
    auto answer = std::make_shared<std::promise<Result<StatePiece>>>();
    answers.push_back(answer->get_future());
    writer->Finish([answer](Result<StatePiece> piece) { answer->set_value(std::move(piece)); });
    contents.push_back(std::move(content));
  }
  for (size_t file = 0; file < answers.size(); ++file) {
    auto piece = answers[file].get();
    ASSERT_TRUE(piece.ok());
    EXPECT_EQ(*storage_->Read(*piece), contents[file]);
  }
}

TEST_F(FolderStorageTest, AWriterWithoutFinishLeavesNothing) {
  {
    auto writer = storage_->CreateFile("shared/a-0-1");
    writer->Append(std::string(1000, 'x'));
  }
  {
    auto writer = storage_->CreateFile("shared/a-0-2");
    writer->Append("x");
  }
  storage_.reset();
  while (Exists("shared/a-0-1")) std::this_thread::yield();  // what is queued ends behind us
  EXPECT_FALSE(Exists("shared/a-0-1"));
  EXPECT_FALSE(Exists("shared/a-0-2"));
}

TEST_F(FolderStorageTest, AWriterMayOutliveItsStorage) {
  auto writer = storage_->CreateFile("a-0-1");
  storage_.reset();
  writer->Append(std::string(1000, 'x'));
  std::promise<bool> done;
  writer->Finish([&](const Result<StatePiece>& piece) { done.set_value(piece.ok()); });
  writer.reset();
  EXPECT_TRUE(done.get_future().get());
  EXPECT_TRUE(Exists("a-0-1"));
}

TEST_F(FolderStorageTest, FilesInTheMakingAreNotListed) {
  auto writer = storage_->CreateFile("shared/a-0-1");
  writer->Append(std::string(1000, 'x'));
  while (writer->queued_bytes() > 0) std::this_thread::yield();
  ASSERT_TRUE(Exists("shared/a-0-1"));
  EXPECT_THAT(*storage_->List("shared"), IsEmpty());
}

TEST_F(FolderStorageTest, AFullDiskIsAnErrorWithTheFilesName) {
  files_.bytes_left = 1500;
  auto piece = Write("shared/a-0-1", {std::string(1000, 'x'), std::string(1000, 'y'), std::string(1000, 'z')});
  ASSERT_FALSE(piece.ok());
  EXPECT_EQ(piece.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(piece.error().message(), "cannot write '" + root() + "/shared/a-0-1': No space left on device");
  EXPECT_FALSE(Exists("shared/a-0-1"));
}

TEST_F(FolderStorageTest, FailedSyncsDoNotCount) {
  files_.fail_sync = true;
  EXPECT_THAT(Write("a-0-1", {std::string(99, 'x')}).error().message(),
              HasSubstr("cannot sync '" + root() + "/a-0-1'"));
  EXPECT_FALSE(Exists("a-0-1"));
  EXPECT_FALSE(storage_->WriteWhole("_metadata", "m").ok());
  files_.fail_sync = false;
  files_.fail_sync_folder = true;
  EXPECT_THAT(Write("a-0-1", {std::string(99, 'x')}).error().message(),
              HasSubstr("cannot sync folder '" + root() + "'"));
  EXPECT_FALSE(Exists("a-0-1"));
  EXPECT_FALSE(storage_->WriteWhole("_metadata", "m").ok());
  files_.fail_sync_folder = false;
  files_.fail_rename = true;
  EXPECT_THAT(storage_->WriteWhole("_metadata", "m").error().message(), HasSubstr("'" + root() + "/_metadata'"));
  EXPECT_THAT(*storage_->List(""), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(root()));
}

TEST_F(FolderStorageTest, AFolderThatCannotBeWrittenIsNamed) {
  // A file stands where the folder should be: an error even for root, who may write everywhere.
  std::ofstream(folder_ + "/a") << "file";
  auto piece = Write("shared/a-0-1", {std::string(99, 'x')});
  ASSERT_FALSE(piece.ok());
  EXPECT_THAT(piece.error().message(), HasSubstr("Not a directory"));
  EXPECT_THAT(piece.error().message(), HasSubstr(folder_ + "/a"));
  files_.fail_create = true;
  (void)RemoveTree(folder_ + "/a");
  EXPECT_EQ(Write("shared/a-0-1", {std::string(99, 'x')}).error().message(),
            "cannot create '" + root() + "/shared/a-0-1': Permission denied");
}

TEST_F(FolderStorageTest, WholeFilesReplaceAndLeaveNoTemporary) {
  ASSERT_TRUE(storage_->WriteWhole("chk-1/_metadata", "one").ok());
  ASSERT_TRUE(storage_->WriteWhole("chk-1/_metadata", "two").ok());
  EXPECT_EQ(*storage_->ReadWhole("chk-1/_metadata"), "two");
  EXPECT_THAT(*ListFolder(root() + "/chk-1"), ElementsAre("_metadata"));
  std::ofstream(root() + "/chk-1/_metadata.inprogress") << "left by a crash";
  EXPECT_THAT(*storage_->List("chk-1"), ElementsAre("chk-1/_metadata"));
}

TEST_F(FolderStorageTest, DamageNamesTheFile) {
  const StatePiece piece = *Write("shared/a-0-1", {std::string(1000, 'x')});
  const std::string path = root() + "/shared/a-0-1";
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(500);
    file.put('y');
  }
  auto damaged = storage_->Read(piece);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(damaged.error().message(), HasSubstr("'" + path + "' is damaged"));
  std::filesystem::resize_file(path, 999);
  EXPECT_THAT(storage_->Read(piece).error().message(), HasSubstr("'" + path + "' is cut short: 1000 bytes"));
  std::filesystem::remove(path);
  EXPECT_EQ(storage_->Read(piece).error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(storage_->Read(piece).error().message(), HasSubstr("'" + path + "'"));
}

TEST_F(FolderStorageTest, RemovesFilesAndFoldersButNotItsRoot) {
  (void)Write("shared/a-0-1", {std::string(1000, 'x')});
  (void)Write("shared/a-0-2", {std::string(1000, 'x')});
  ASSERT_TRUE(storage_->Remove("shared/a-0-1").ok());
  EXPECT_THAT(*storage_->List(""), ElementsAre("shared/a-0-2"));
  ASSERT_TRUE(storage_->Remove("shared").ok());
  ASSERT_TRUE(storage_->Remove("shared").ok());
  EXPECT_FALSE(storage_->Remove("").ok());
  EXPECT_FALSE(storage_->Remove("../b").ok());
  EXPECT_FALSE(storage_->Remove("/").ok());
  EXPECT_TRUE(std::filesystem::exists(root()));
  EXPECT_THAT(Write("../x", {std::string(99, 'x')}).error().message(), HasSubstr("'../x'"));
}

TEST(FolderStorage, Locations) {
  for (const char* uri : {"/x/y", "/x/y/", "file:/x/y", "file:///x/y/", "file://localhost/x/y", "file:/x/./y"}) {
    auto storage = MakeFolderCheckpointStorage(uri);
    ASSERT_TRUE(storage.ok()) << uri;
    EXPECT_EQ((*storage)->location(), "file:/x/y") << uri;
  }
  EXPECT_FALSE(MakeFolderCheckpointStorage("file://host/x").ok());
  EXPECT_FALSE(MakeFolderCheckpointStorage("file:x").ok());
  EXPECT_FALSE(MakeFolderCheckpointStorage("").ok());
}

}  // namespace
}  // namespace sluice::engine
