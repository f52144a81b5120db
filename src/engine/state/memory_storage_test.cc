#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "engine/state/checkpoint_storage.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StatePiece WriteFile(CheckpointStorage& storage, const std::string& name, std::vector<std::string> parts) {
  auto writer = storage.CreateFile(name);
  for (std::string& part : parts) writer->Append(std::move(part));
  std::optional<Result<StatePiece>> answer;
  writer->Finish([&](Result<StatePiece> piece) { answer = std::move(piece); });
  EXPECT_TRUE(answer.has_value());  // on this thread
  EXPECT_TRUE(answer->ok());
  return **answer;
}

TEST(MemoryStorage, GivesPiecesBack) {
  auto storage = MakeMemoryCheckpointStorage();
  const StatePiece whole = WriteFile(*storage, "job/shared/a-0-1", {"one", "two", ""});
  EXPECT_EQ(whole.file, "job/shared/a-0-1");
  EXPECT_EQ(whole.length, 6u);
  auto read = storage->Read(whole);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, "onetwo");
}

TEST(MemoryStorage, MissingShortAndDamagedPiecesNameTheFile) {
  auto storage = MakeMemoryCheckpointStorage();
  const StatePiece whole = WriteFile(*storage, "a", {"onetwo"});
  StatePiece longer = whole, damaged = whole, missing = whole, beyond = whole;
  longer.length = 7;
  damaged.checksum ^= 1;
  missing.file = "b";
  beyond.offset = 1ull << 60;
  for (const StatePiece& piece : {longer, damaged, missing, beyond}) {
    auto read = storage->Read(piece);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(read.error().message(), HasSubstr("'memory/" + piece.file + "'"));
  }
}

TEST(MemoryStorage, ListsAndRemoves) {
  auto storage = MakeMemoryCheckpointStorage();
  for (const char* name : {"job/chk-1/_metadata", "job/chk-10/_metadata", "job/shared/x", "jobs"}) {
    ASSERT_TRUE(storage->WriteWhole(name, name).ok());
  }
  EXPECT_THAT(*storage->List("job/chk-1"), ElementsAre("job/chk-1/_metadata"));
  EXPECT_THAT(*storage->List("none"), ElementsAre());
  ASSERT_TRUE(storage->Remove("job/chk-1").ok());
  ASSERT_TRUE(storage->Remove("job/chk-1").ok());
  EXPECT_THAT(*storage->List("job"), ElementsAre("job/chk-10/_metadata", "job/shared/x"));
  EXPECT_FALSE(storage->Remove("").ok());
  EXPECT_EQ(storage->ReadWhole("job/chk-1/_metadata").error().code(), ErrorCode::kNotFound);
}

TEST(MemoryStorage, NamesStayBelowTheRoot) {
  auto storage = MakeMemoryCheckpointStorage();
  for (const char* name : {"/etc/passwd", "a/../../b", "./a"}) {
    EXPECT_EQ(storage->WriteWhole(name, "").error().code(), ErrorCode::kInvalidArgument) << name;
    StatePiece piece;
    piece.file = name;
    EXPECT_FALSE(storage->Read(piece).ok()) << name;
  }
}

}  // namespace
}  // namespace sluice::engine
