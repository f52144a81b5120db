#include "service/code/sql_package.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <map>

#include "base/files.h"
#include "service/code/zip_unpack.h"

namespace sluice::service {
namespace {

std::string MakeZip(const std::map<std::string, std::string>& files) {
  zip_error_t error;
  zip_source_t* source = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(source);
  zip_t* archive = zip_open_from_source(source, ZIP_TRUNCATE, &error);
  for (const auto& [name, content] : files) {
    zip_file_add(archive, name.c_str(), zip_source_buffer(archive, content.data(), content.size(), 0), 0);
  }
  zip_close(archive);
  zip_source_open(source);
  zip_source_seek(source, 0, SEEK_END);
  std::string bytes(static_cast<size_t>(zip_source_tell(source)), '\0');
  zip_source_seek(source, 0, SEEK_SET);
  zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  zip_source_free(source);
  return bytes;
}

std::string Why(std::string_view package) {
  auto sql = ExtractSql(package, "p");
  return sql.ok() ? "" : sql.error().ToString();
}

TEST(SqlPackageTest, KindsOfPackages) {
  EXPECT_EQ(KindOfPackage("SELECT 1"), PackageKind::kSql);
  EXPECT_EQ(KindOfPackage("PK\x03\x04 damaged"), PackageKind::kSql);
  EXPECT_EQ(KindOfPackage(MakeZip({{"a.sql", "SELECT 1"}, {"helper.py", "x"}})), PackageKind::kSql);
  EXPECT_EQ(KindOfPackage(MakeZip({{"META-INF/MANIFEST.MF", "Main-Class: a.B\n"}})), PackageKind::kJar);
  EXPECT_EQ(KindOfPackage(MakeZip({{"app/main.py", "x"}, {"lib/a.jar", "x"}})), PackageKind::kPython);
}

TEST(SqlPackageTest, ZipsAreUnpackedButNotOutsideTheirFolder) {
  const std::string folder = *MakeTemporaryFolder("unpack");
  const auto below = [&](const std::string& name) { return folder + "/out/" + name; };
  ASSERT_TRUE(WriteFileAtomically(folder + "/good.zip", MakeZip({{"a/b.txt", "text"}, {"c", ""}})).ok());
  ASSERT_TRUE(UnpackZip(folder + "/good.zip", below).ok());
  EXPECT_EQ(*ReadFile(folder + "/out/a/b.txt"), "text");
  for (const char* name : {"../x", "a/../../x", "/x"}) {
    ASSERT_TRUE(WriteFileAtomically(folder + "/bad.zip", MakeZip({{name, "text"}})).ok());
    EXPECT_FALSE(UnpackZip(folder + "/bad.zip", below).ok()) << name;
  }
  EXPECT_FALSE(UnpackZip(folder + "/none.zip", below).ok());
  ASSERT_TRUE(RemoveTree(folder).ok());
}

TEST(SqlPackageTest, PlainTextAndZips) {
  EXPECT_EQ(*ExtractSql("\xEF\xBB\xBFSELECT 1", "p"), "SELECT 1");
  EXPECT_EQ(*ExtractSql(MakeZip({{"a/job.sql", "SELECT 2"}, {"README", "x"}, {"__MACOSX/a/._job.sql", "x"}}), "p"),
            "SELECT 2");
  EXPECT_EQ(*ExtractSql(MakeZip({{"a/main.sql", "deep"}, {"main.sql", "top"}, {"b.sql", "b"}}), "p"), "top");
}

TEST(SqlPackageTest, WhatCannotRunIsNamed) {
  EXPECT_NE(Why("").find("it is empty"), std::string::npos);
  EXPECT_NE(Why(std::string("\0\1", 2)).find("neither a zip file nor SQL"), std::string::npos);
  EXPECT_NE(Why(MakeZip({{"x.txt", "y"}})).find("no file in it whose name ends in .sql"), std::string::npos);
  EXPECT_NE(Why(MakeZip({{"a.sql", "1"}, {"b.sql", "2"}})).find("several .sql files (a.sql, b.sql)"),
            std::string::npos);
  EXPECT_TRUE(Why(MakeZip({{"META-INF/MANIFEST.MF", ""}, {"a.sql", "1"}})).starts_with("NOT_SUPPORTED"));
  EXPECT_TRUE(Why(MakeZip({{"main.py", ""}})).starts_with("NOT_SUPPORTED"));
  EXPECT_TRUE(Why(std::string(17 * 1024 * 1024, ' ')).starts_with("RESOURCE_EXHAUSTED"));
  EXPECT_TRUE(Why(MakeZip({{"a.sql", std::string(17 * 1024 * 1024, ' ')}})).starts_with("RESOURCE_EXHAUSTED"));
}

TEST(SqlPackageTest, TheKinesisConnectorInside) {
  const std::string note = "META-INF/maven/org.apache.flink/flink-connector-kinesis_2.12/pom.properties";
  EXPECT_EQ(KinesisConnectorVersion(MakeZip({{note, "groupId=org.apache.flink\r\nversion=1.13.2\r\nx=y\n"}})),
            "1.13.2");
  EXPECT_EQ(KinesisConnectorVersion(MakeZip({{"lib/flink-sql-connector-kinesis_2.12-1.14.0.jar", ""}})), "1.14.0");
  EXPECT_EQ(KinesisConnectorVersion(MakeZip({{"lib/flink-sql-connector-kinesis-4.2.0-1.18.jar", ""}})), "4.2.0-1.18");
  EXPECT_EQ(KinesisConnectorVersion(MakeZip({{"lib/amazon-kinesis-connector-flink-2.0.0.jar", ""}})), std::nullopt);
  EXPECT_EQ(KinesisConnectorVersion(MakeZip({{note, "nothing"}})), std::nullopt);
  EXPECT_EQ(KinesisConnectorVersion("SELECT 1"), std::nullopt);
}

TEST(SqlPackageTest, DamagedZipsNeverCrash) {
  const std::string good =
      MakeZip({{"a.sql", "SELECT 1, 'some text that is long enough to be compressed aaaaaaaaaaaaaa'"}});
  for (size_t cut = 4; cut < good.size(); ++cut) EXPECT_NE(Why(good.substr(0, cut)), "") << cut;
  for (size_t i = 4; i < good.size(); ++i) {
    for (char flip : {'\x01', '\xff', '\x80'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      (void)ExtractSql(bad, "p");
    }
  }
}

}  // namespace
}  // namespace sluice::service
