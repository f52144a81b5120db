// Against objects in memory; tests/system/test_checkpoints.py does the same through S3 (moto).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "engine/state/checkpoint_store.h"
#include "engine/state/object_store.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MemoryObjects : public ObjectStore {
 public:
  Status Put(const std::string& bucket, const std::string& key, std::string bytes) override {
    std::lock_guard lock(mutex_);
    if (fail) return Error(ErrorCode::kUnavailable, "s3://" + bucket + "/" + key + ": SlowDown");
    objects[bucket + "/" + key] = std::move(bytes);
    return {};
  }
  Result<std::string> Get(const std::string& bucket, const std::string& key, uint64_t offset,
                          uint64_t length) override {
    std::lock_guard lock(mutex_);
    auto found = objects.find(bucket + "/" + key);
    if (found == objects.end()) return Error(ErrorCode::kNotFound, "s3://" + bucket + "/" + key + ": NoSuchKey");
    if (offset >= found->second.size()) return std::string();
    return found->second.substr(offset, length);
  }
  Result<uint64_t> Size(const std::string& bucket, const std::string& key) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string bytes, Get(bucket, key, 0, UINT64_MAX));
    return bytes.size();
  }
  Status Delete(const std::string& bucket, const std::string& key) override {
    std::lock_guard lock(mutex_);
    objects.erase(bucket + "/" + key);
    return {};
  }
  Result<std::vector<std::string>> List(const std::string& bucket, const std::string& prefix) override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [name, bytes] : objects) {
      if (name.starts_with(bucket + "/" + prefix)) keys.push_back(name.substr(bucket.size() + 1));
    }
    return keys;
  }
  size_t min_part_bytes() const override { return 1000; }
  Result<std::string> BeginUpload(const std::string&, const std::string&) override {
    ++open_uploads;
    return std::string("u");
  }
  Result<std::string> UploadPart(const std::string& bucket, const std::string& key, const std::string&, int number,
                                 std::string bytes) override {
    std::lock_guard lock(mutex_);
    if (fail) return Error(ErrorCode::kUnavailable, "s3://" + bucket + "/" + key + ": SlowDown");
    parts_[number] = std::move(bytes);
    return std::to_string(number);
  }
  Status FinishUpload(const std::string& bucket, const std::string& key, const std::string&,
                      const std::vector<std::string>& tags) override {
    std::lock_guard lock(mutex_);
    std::string whole;
    for (const std::string& tag : tags) whole += parts_[std::stoi(tag)];
    objects[bucket + "/" + key] = whole;
    --open_uploads;
    return {};
  }
  Status AbortUpload(const std::string&, const std::string&, const std::string&) override {
    --open_uploads;
    return {};
  }

  std::map<std::string, std::string> objects;
  std::atomic<bool> fail{false};
  std::atomic<int> open_uploads{0};

 private:
  std::mutex mutex_;
  std::map<int, std::string> parts_;
};

Result<StatePiece> Write(CheckpointStorage& storage, const std::string& name, const std::vector<std::string>& parts) {
  auto writer = storage.CreateFile(name);
  for (const std::string& part : parts) writer->Append(part);
  std::promise<Result<StatePiece>> answer;
  writer->Finish([&](Result<StatePiece> piece) { answer.set_value(std::move(piece)); });
  return answer.get_future().get();
}

/// A full round: pieces small and large, manifest, listing, a new process, garbage.
void ExpectCheckpointsWork(const std::string& root, const StorageSettings& settings, size_t large_bytes) {
  auto opened = OpenCheckpointStorage(root, settings);
  ASSERT_TRUE(opened.ok()) << opened.error().ToString();
  std::shared_ptr<CheckpointStorage> storage = *opened;
  auto store = *CheckpointStore::Open(storage, {.job_id = "job", .note = nullptr});
  const int64_t first = store->next_id();
  std::string content;
  for (size_t k = 0; content.size() < large_bytes; ++k) content += std::to_string(k) + ",";
  for (int64_t id = first; id < first + 3; ++id) {
    store->Begin(id);
    auto large = Write(*storage, store->shared_folder() + "/a-0-" + std::to_string(id),
                       {content.substr(0, content.size() / 2), content.substr(content.size() / 2)});
    auto small = Write(*storage, store->shared_folder() + "/b c+ü-0-" + std::to_string(id), {"small enough"});
    ASSERT_TRUE(large.ok()) << large.error().ToString();
    ASSERT_TRUE(small.ok()) << small.error().ToString();
    CheckpointManifest manifest;
    manifest.checkpoint_id = id;
    manifest.vertices.emplace_back().subtasks.emplace_back().state.emplace().pieces = {*large, *small};
    auto completed = store->Complete(manifest);
    ASSERT_TRUE(completed.ok()) << completed.error().ToString();
    EXPECT_EQ(completed->external_path, root + "/job/chk-" + std::to_string(id));
  }
  store = *CheckpointStore::Open(storage, {.job_id = "job", .note = nullptr});
  auto point = store->LoadNewest();
  ASSERT_TRUE(point.ok()) << point.error().ToString();
  ASSERT_TRUE(point->has_value());
  EXPECT_EQ((*point)->manifest.checkpoint_id, first + 2);
  const auto& pieces = (*point)->manifest.vertices[0].subtasks[0].state->pieces;
  EXPECT_EQ(*storage->Read(pieces[0]), content);
  EXPECT_EQ(*storage->Read(pieces[1]), "small enough");
  const auto opened_piece = storage->Open(pieces[0]);
  ASSERT_TRUE(opened_piece.ok()) << opened_piece.error().ToString();
  std::string buffer;
  for (const size_t at : {size_t{0}, content.size() / 3, content.size() / 2, size_t{7}, content.size() - 100}) {
    EXPECT_EQ(*(*opened_piece)->Part(at, 100, buffer), content.substr(at, 100));
  }
  EXPECT_EQ(*(*opened_piece)->Part(1, content.size() - 1, buffer), content.substr(1));
  StatePiece part = pieces[0], longer = pieces[0];
  part.offset = 10;
  part.length = 7;
  EXPECT_THAT(storage->Read(part).error().message(), HasSubstr("is damaged"));  // the checksum is of the whole
  longer.length += 1;
  EXPECT_THAT(storage->Read(longer).error().message(), HasSubstr("'" + root + "/" + longer.file + "' is cut short"));
  longer.offset = longer.length + 5;
  EXPECT_EQ(storage->Read(longer).error().code(), ErrorCode::kCorrupt);
  longer.file = "job/shared/none-0-1";
  EXPECT_EQ(storage->Read(longer).error().message(), "'" + root + "/job/shared/none-0-1' is missing");
  const OpenStorage open = [&](const std::string& uri) { return OpenCheckpointStorage(uri, settings); };
  auto by_path = OpenRestorePoint(open, root + "/job/chk-" + std::to_string(first + 2) + "/_metadata");
  ASSERT_TRUE(by_path.ok()) << by_path.error().ToString();
  EXPECT_EQ(by_path->storage->location(), root);
  store->Close(false);
  EXPECT_THAT(*storage->List(""), IsEmpty());
}

TEST(ObjectStorage, Checkpoints) {
  auto objects = std::make_shared<MemoryObjects>();
  StorageSettings settings{.inline_bytes = 10, .objects = objects};
  ExpectCheckpointsWork("s3://bucket/some/folder", settings, 5'500);
  settings.read_at_once_bytes = 4000;
  ExpectCheckpointsWork("s3://bucket/in windows", settings, 5'500);
  ExpectCheckpointsWork("s3://bucket", settings, 500);
  EXPECT_EQ(objects->open_uploads, 0);
}

TEST(ObjectStorage, AFailedUploadLeavesNothing) {
  auto objects = std::make_shared<MemoryObjects>();
  auto storage = *MakeObjectCheckpointStorage("s3://bucket/x", {.inline_bytes = 10, .objects = objects});
  objects->fail = true;
  auto large = Write(*storage, "a-0-1", {std::string(5000, 'x')});
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().message(), "s3://bucket/x/a-0-1: SlowDown");
  EXPECT_FALSE(Write(*storage, "a-0-1", {std::string(500, 'x')}).ok());
  { storage->CreateFile("a-0-2")->Append(std::string(5000, 'x')); }
  storage.reset();
  while (objects.use_count() > 1) std::this_thread::yield();  // what is queued ends behind us
  EXPECT_EQ(objects->open_uploads, 0);
  EXPECT_THAT(objects->objects, IsEmpty());
}

TEST(ObjectStorage, Locations) {
  const StorageSettings settings{.objects = std::make_shared<MemoryObjects>()};
  EXPECT_EQ((*OpenCheckpointStorage("s3a://b/x/y/", settings))->location(), "s3://b/x/y");
  EXPECT_EQ((*OpenCheckpointStorage("s3://b/", settings))->location(), "s3://b");
  EXPECT_EQ((*OpenCheckpointStorage("/x/y", settings))->location(), "file:/x/y");
  EXPECT_EQ(OpenCheckpointStorage("s3:///x", settings).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCheckpointStorage("s3://b/../x", settings).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCheckpointStorage("hdfs://h/x", settings).error().code(), ErrorCode::kNotSupported);
  EXPECT_EQ(OpenCheckpointStorage("nope://h/x", settings).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OpenCheckpointStorage("s3://b/x", {}).error().code(), ErrorCode::kNotSupported);
}

}  // namespace
}  // namespace sluice::engine
