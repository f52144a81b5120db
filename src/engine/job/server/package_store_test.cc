#include "engine/job/server/package_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include "base/files.h"

namespace sluice::engine::server {
namespace {

using testing::HasSubstr;

class PackageStoreTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("packages-"); }
  void TearDown() override { (void)RemoveTree(folder_); }

  std::string ZipOf(const std::vector<std::pair<std::string, std::string>>& files) {
    const std::string path = folder_ + "/made.zip";
    int error = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const auto& [name, text] : files) {
      zip_file_add(archive, name.c_str(), zip_source_buffer(archive, text.data(), text.size(), 0), ZIP_FL_ENC_UTF_8);
    }
    EXPECT_EQ(zip_close(archive), 0);
    std::string bytes = *ReadFile(path);
    (void)RemoveTree(path);
    return bytes;
  }

  std::string folder_;
  SeededRandom random_{1};
};

TEST_F(PackageStoreTest, FindsTheScript) {
  EXPECT_EQ(*ScriptOfPackage("a.sql", "SELECT 1"), "SELECT 1");
  EXPECT_EQ(*ScriptOfPackage("a.zip", ZipOf({{"lib/x.txt", "no"}, {"app/job.sql", "SELECT 2"}})), "SELECT 2");
  EXPECT_EQ(*ScriptOfPackage("a.jar", ZipOf({{"a.sql", "A"}, {"x/main.sql", "B"}})), "B");
}

TEST_F(PackageStoreTest, SaysWhatIsWrong) {
  auto why = [](const Result<std::string>& script) { return script.ok() ? "" : script.error().message(); };
  EXPECT_THAT(why(ScriptOfPackage("a.jar", "bytes")), HasSubstr("neither a .sql file nor a zip"));
  EXPECT_THAT(why(ScriptOfPackage("a.zip", ZipOf({{"x.txt", "no"}}))), HasSubstr("no .sql file"));
  EXPECT_THAT(why(ScriptOfPackage("a.zip", ZipOf({{"a.sql", "A"}, {"b.sql", "B"}}))), HasSubstr("a.sql, b.sql"));
  EXPECT_THAT(why(ScriptOfPackage("a.zip", "PK\x03\x04 broken")), HasSubstr("cannot be read"));
}

TEST_F(PackageStoreTest, KeepsListsAndDeletes) {
  PackageStore store(folder_ + "/jars", random_);
  EXPECT_TRUE(store.List().empty());
  auto path = store.Add("dir/a.sql", "SELECT 1");
  ASSERT_TRUE(path.ok());
  const std::string id = path->substr(path->find_last_of('/') + 1);
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}_a.sql"));
  PackageStore again(folder_ + "/jars", random_);
  ASSERT_EQ(again.List().size(), 1u);
  EXPECT_EQ(again.List()[0].name, "a.sql");
  EXPECT_EQ(*again.Script(id), "SELECT 1");
  EXPECT_FALSE(again.Delete("../jars/" + id).ok());
  EXPECT_TRUE(again.Delete(id).ok());
  EXPECT_FALSE(again.Delete(id).ok());
  EXPECT_FALSE(again.Script(id).ok());
}

}  // namespace
}  // namespace sluice::engine::server
