#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "service/runtimes/java_runtime.h"
#include "service/runtimes/registry_files.h"
#include "service/runtimes/runtime_store.h"
#include "service/runtimes/tar_archive.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;

net::EnvLookup Environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

class RuntimesTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("runtimes"); }
  void TearDown() override { (void)RemoveTree(folder_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }
  void MakeJava(const std::string& home, const std::string& version) {
    Write(home + "/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    Write(home + "/bin/java", "");
  }

  std::string folder_;
};

TEST_F(RuntimesTest, VersionsOfJava) {
  EXPECT_EQ(JavaMajorVersion("17.0.15"), 17);
  EXPECT_EQ(JavaMajorVersion("1.8.0_402"), 8);
  EXPECT_EQ(JavaMajorVersion("21"), 21);
  EXPECT_EQ(JavaMajorVersion(""), 0);
}

TEST_F(RuntimesTest, TheBestJavaIsChosenElseOneThatFits) {
  const std::vector<JavaRuntime> both = {{"/a", 17}, {"/b", 11}};
  EXPECT_EQ(ChooseJava(*FindFlinkDistribution("FLINK-1_20"), both)->home, "/b");
  EXPECT_EQ(ChooseJava(*FindFlinkDistribution("FLINK-2_3"), both)->home, "/a");
  EXPECT_EQ(ChooseJava(*FindFlinkDistribution("FLINK-1_20"), {{"/a", 17}})->home, "/a");
  auto none = ChooseJava(*FindFlinkDistribution("FLINK-2_3"), {{"/old", 8}, {"/new", 25}});
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message().find("needs Java 17 (from 11 to 21), but there is Java 8 in /old, Java 25 in /new"),
            std::string::npos)
      << none.error().message();
}

TEST_F(RuntimesTest, JavaIsFoundByJavaHomeAndPath) {
  MakeJava(folder_ + "/jdk-11", "11.0.2");
  MakeJava(folder_ + "/jdk-17", "17.0.1");
  fs::create_directories(folder_ + "/bin");
  fs::create_symlink(folder_ + "/jdk-17/bin/java", folder_ + "/bin/java");
  auto found = FindJavaRuntimes(
      Environment({{"JAVA_HOME", folder_ + "/jdk-11"}, {"PATH", "/nowhere:" + folder_ + "/bin:" + folder_ + "/bin"}}));
  ASSERT_GE(found.size(), 2u);
  EXPECT_EQ(found[0].version, 11);
  EXPECT_EQ(found[1].version, 17);
  EXPECT_EQ(found[1].Program(), fs::canonical(folder_).string() + "/jdk-17/bin/java");
}

TEST_F(RuntimesTest, AFileIsFoundInBothFormsOfAnIndex) {
  const std::string page = "https://index.example/simple/p/";
  EXPECT_EQ(FindInIndexPage(R"(<a href="../../files/p-1.0.tar.gz#sha256=ab">p</a>)", page, "p-1.0.tar.gz"),
            "https://index.example/files/p-1.0.tar.gz");
  EXPECT_EQ(FindInIndexPage(R"(<a href="/f/p-1.tar.gz">p</a>)", page, "p-1.tar.gz"),
            "https://index.example/f/p-1.tar.gz");
  EXPECT_EQ(
      FindInIndexPage(R"({"files":[{"filename":"a","url":"x"},{"filename":"p-1.whl","url":"https://h/p-1.whl"}]})",
                      page, "p-1.whl"),
      "https://h/p-1.whl");
  EXPECT_EQ(FindInIndexPage(R"(<a href="p-1.tar.gz.asc">p</a>)", page, "p-1.tar.gz"), "");
  EXPECT_EQ(FindInIndexPage("href=", page, "p"), "");
}

TEST_F(RuntimesTest, MavensMirrorOfCentral) {
  EXPECT_EQ(FindMavenMirror(R"(<settings><!-- <mirror><mirrorOf>*</mirrorOf><url>http://no</url></mirror> --><mirrors>
      <mirror><id>a</id><mirrorOf>other</mirrorOf><url>http://a</url></mirror>
      <mirror><id>b</id><mirrorOf> central </mirrorOf><url> http://b/m2 </url></mirror></mirrors></settings>)"),
            "http://b/m2");
  EXPECT_EQ(FindMavenMirror("<settings/>"), "");
  EXPECT_EQ(FindMavenMirror("<mirror><mirrorOf>*,!central</mirrorOf><url>http://a</url></mirror>"), "");
}

TEST_F(RuntimesTest, EachVersionHasAChecksumForEachFile) {
  for (const FlinkDistribution& flink : FlinkDistributions()) {
    for (std::string_view sha256 : {flink.libraries.sha256, flink.s3.sha256, flink.properties.sha256}) {
      EXPECT_EQ(sha256.size(), 64u) << flink.runtime;
    }
    EXPECT_EQ(flink.gateway.sha256.size(), flink.gateway.version.empty() ? 0u : 64u) << flink.runtime;
    EXPECT_TRUE(flink.java_least <= flink.java_best && flink.java_best <= flink.java_most) << flink.runtime;
  }
  EXPECT_EQ(FindFlinkDistribution("FLINK-1_20")->s3.Path(),
            "org/apache/flink/flink-s3-fs-hadoop/1.20.0/flink-s3-fs-hadoop-1.20.0.jar");
  EXPECT_EQ(FindFlinkDistribution("FLINK-1_6"), nullptr);
}

/// From a registry of files: curl takes file:// addresses too.
TEST_F(RuntimesTest, AFileGoesOnWhereItWasCutOffAndIsChecked) {
  const std::string text(100'000, 'x');
  Write(folder_ + "/registry/g/a/1/a-1.jar", text);
  const std::string sha256 = *FileSha256(folder_ + "/registry/g/a/1/a-1.jar");
  const MavenFile file{"g", "a", "1", sha256, static_cast<int64_t>(text.size())};
  Write(folder_ + "/downloads/a-1.jar.part", text.substr(0, 60'000));
  RegistryFiles files(folder_ + "/downloads",
                      Environment({{"SLUICE_MAVEN_REPOSITORY", "file://" + folder_ + "/registry"}}), {});
  auto path = files.FetchMaven(file);
  ASSERT_TRUE(path.ok()) << path.error().message();
  EXPECT_EQ(*ReadFile(*path), text);
  // What came for another file is refused and does not stay.
  Write(folder_ + "/downloads/a-1.jar.part", std::string(60'000, 'y'));
  ASSERT_TRUE(RemoveTree(*path).ok());
  auto wrong = files.FetchMaven(file);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), ErrorCode::kCorrupt);
  EXPECT_FALSE(fs::exists(*path));
}

TEST_F(RuntimesTest, AFileThatIsNotThereNamesTheVariable) {
  RegistryFiles files(folder_ + "/downloads", Environment({{"SLUICE_PYTHON_INDEX", "file://" + folder_ + "/nothing"}}),
                      {});
  auto missing = files.FetchPython("p", {"p-1.tar.gz", "00", 1});
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("SLUICE_PYTHON_INDEX"), std::string::npos) << missing.error().message();
}

TEST_F(RuntimesTest, DamagedArchivesAreErrors) {
  Write(folder_ + "/text.tar.gz", "no archive at all");
  EXPECT_FALSE(UnpackTarGz(folder_ + "/text.tar.gz", [](const std::string&) { return ""; }).ok());
  EXPECT_FALSE(UnpackTarGz(folder_ + "/none.tar.gz", [](const std::string&) { return ""; }).ok());
}

TEST_F(RuntimesTest, WhatIsNotInstalledSaysHowToInstallIt) {
  RuntimeStore store(folder_ + "/runtimes", Environment({}));
  auto missing = store.Find(*FindFlinkDistribution("FLINK-2_3"));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("sluice runtime install FLINK-2_3"), std::string::npos);
  EXPECT_TRUE(store.List().empty());
}

}  // namespace
}  // namespace sluice::service
