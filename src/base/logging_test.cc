#include "base/logging.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace sluice {
namespace {

TEST(LoggingTest, TextAndJsonLines) {
  LogRecord record{1'700'000'000'042,
                   LogLevel::kWarn,
                   "runner",
                   "engine \"a\"\nstopped",
                   {{"application", "my app"}, {"pid", 7}, {"clean", false}, {"seconds", 1.5}, {"note", ""}}};
  EXPECT_EQ(FormatLogRecord(record, LogFormat::kText),
            "2023-11-14T22:13:20.042Z WARN  runner: engine \"a\"\\nstopped application=\"my app\" pid=7 clean=false "
            "seconds=1.5 note=\"\"");
  EXPECT_EQ(
      FormatLogRecord(record, LogFormat::kJsonLines),
      R"({"time":"2023-11-14T22:13:20.042Z","level":"WARN","component":"runner",)"
      R"("message":"engine \"a\"\nstopped","application":"my app","pid":7,"clean":false,"seconds":1.5,"note":""})");
}

TEST(LoggingTest, LevelComponentAndFieldsComeFromTheLogger) {
  auto sink = std::make_shared<MemoryLogSink>();
  ManualClock clock(5);
  Logger root(sink, clock, "root");
  Logger job = root.For("job").With({{"job", "j1"}});
  job.Debug("not written");
  clock.Advance(std::chrono::milliseconds(2));
  job.Error("failed", {{"attempt", 3}});
  auto records = sink->records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(FormatLogRecord(records[0], LogFormat::kText),
            "1970-01-01T00:00:00.007Z ERROR job: failed job=j1 attempt=3");
  Logger().Info("goes nowhere");
}

TEST(LoggingTest, LevelsParse) {
  EXPECT_EQ(ParseLogLevel("warn").value(), LogLevel::kWarn);
  EXPECT_FALSE(ParseLogLevel("loud").ok());
}

TEST(LoggingTest, FileSinkAppendsAndRotates) {
  auto folder = MakeTemporaryFolder("logging_test");
  ASSERT_TRUE(folder.ok());
  const std::string path = *folder + "/a.log";
  ManualClock clock;
  for (int i = 0; i < 2; ++i) {
    auto sink = MakeFileLogSink(path, LogFormat::kText);
    ASSERT_TRUE(sink.ok());
    Logger(*sink, clock, "c").Info("line", {{"i", i}});
  }
  EXPECT_EQ(ReadFile(path).value(),
            "1970-01-01T00:00:00.000Z INFO  c: line i=0\n1970-01-01T00:00:00.000Z INFO  c: line i=1\n");
  {
    auto sink = MakeFileLogSink(*folder + "/b.log", LogFormat::kText, 100, 2);
    ASSERT_TRUE(sink.ok());
    Logger log(*sink, clock, "c");
    for (int i = 0; i < 20; ++i) log.Info("line", {{"i", i}});
  }
  EXPECT_EQ(ListFolder(*folder).value(), (std::vector<std::string>{"a.log", "b.1.log", "b.2.log", "b.log"}));
  EXPECT_FALSE(MakeFileLogSink(*folder + "/a.log/x", LogFormat::kText).ok());
  EXPECT_TRUE(RemoveTree(*folder).ok());
}

}  // namespace
}  // namespace sluice
