#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "engine/connectors/connector_for_test.h"
#include "engine/connectors/filesystem/file_bytes.h"
#include "engine/connectors/filesystem/source_position.h"
#include "engine/connectors/filesystem/split_reader.h"

namespace sluice::engine {
namespace {

using filesystem::SourcePosition;
using filesystem::Split;
using test::ConnectorWorld;
using test::PollOn;
using test::RowsOut;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> Lines(const std::string& name, int count) {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) lines.push_back(name + ":" + std::to_string(i) + std::string(i % 13, 'x'));
  return lines;
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class FilesystemSourceTest : public ::testing::Test {
 protected:
  void AddFile(const std::string& name, int lines) {
    const std::vector<std::string> all = Lines(name, lines);
    world.WriteFile(name, Text(all));
    expected.insert(expected.end(), all.begin(), all.end());
  }
  std::vector<std::string> Run(int parallelism, int polls, const std::vector<std::string>& positions, RowsOut& out,
                               int64_t limit = -1) {
    std::vector<std::string> after;
    for (auto& one : world.OpenAll(connector, parallelism, 10, limit)) {
      if (!positions.empty()) {
        EXPECT_TRUE(one.source->RestorePositions(positions).ok());
      }
      auto answer = PollOn(*one.source, out, polls);
      EXPECT_TRUE(answer.ok()) << answer.error().ToString();
      after.push_back(*one.source->SnapshotPosition());
    }
    return after;
  }
  /// Runs with the parallelisms one after the other, two batches of each subtask a run, then to the end.
  void ExpectAllOnce(const std::vector<int>& runs) {
    RowsOut out;
    std::vector<std::string> positions;
    for (const int parallelism : runs) positions = Run(parallelism, 2, positions, out);
    EXPECT_LT(out.rows.size(), expected.size());
    Run(runs.back(), 1'000'000, positions, out);
    EXPECT_THAT(out.rows, UnorderedElementsAreArray(expected));
  }

  ConnectorWorld world;
  Connector connector = FilesystemConnector(&world.formats);
  std::vector<std::string> expected;
};

TEST_F(FilesystemSourceTest, SmallFilesAtOtherParallelism) {
  for (int i = 0; i < 9; ++i) AddFile("f" + std::to_string(i), 40 + i);
  for (const std::vector<int>& runs : std::vector<std::vector<int>>{{1, 1}, {1, 3}, {3, 1}, {2, 3, 2}, {4, 2, 3}}) {
    ExpectAllOnce(runs);
  }
}

TEST_F(FilesystemSourceTest, CompressedFileGoesOnWhereItWas) {
  const std::vector<std::string> lines = Lines("z", 200);
  const std::string text = Text(lines);
  const gzFile file = gzopen((world.folder + "/z.gz").c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  expected = lines;
  ExpectAllOnce({1, 2, 1});
}

TEST_F(FilesystemSourceTest, SnapshotBeforeTheFirstPollHasAllFiles) {
  AddFile("a", 30);
  AddFile("b", 30);
  RowsOut out;
  const auto positions = Run(3, 0, {}, out);
  AddFile("later", 5);  // not part of a bounded read that has begun
  expected.resize(60);
  Run(2, 1'000'000, positions, out);
  EXPECT_THAT(out.rows, UnorderedElementsAreArray(expected));
}

TEST_F(FilesystemSourceTest, MonitoredFolderRemembersWhatItHasSeen) {
  world.table.options["source.monitor-interval"] = "1 s";
  for (int i = 0; i < 5; ++i) AddFile("f" + std::to_string(i), 25);
  RowsOut out;
  std::vector<std::string> positions = Run(2, 2, {}, out);
  positions = Run(3, 3, positions, out);
  for (int i = 5; i < 9; ++i) AddFile("f" + std::to_string(i), 25);
  positions = Run(3, 1'000'000, positions, out);
  EXPECT_THAT(out.rows, UnorderedElementsAreArray(expected));
  AddFile("last", 3);
  positions = Run(1, 1'000'000, positions, out);
  Run(4, 1'000'000, positions, out);
  EXPECT_THAT(out.rows, UnorderedElementsAreArray(expected));
}

/// One subtask had seen the file "b", the one that "a" falls to had not looked again: "b" first would make "a" late.
TEST_F(FilesystemSourceTest, MonitoredFilesKeepTheirOrderWhenSubtasksAreOthers) {
  world.table.options["source.monitor-interval"] = "1 s";
  AddFile("a", 25);
  AddFile("b", 25);
  SourcePosition ahead, behind;
  ahead.splits = {{world.folder + "/b", 0, UINT64_MAX, Text(Lines("b", 25)).size(), 0, 0}};
  RowsOut out;
  Run(1, 1'000'000, {EncodeSourcePosition(ahead), EncodeSourcePosition(behind)}, out);
  EXPECT_EQ(out.rows, expected);
}

TEST_F(FilesystemSourceTest, MonitoredFolderIsLookedAtInIntervals) {
  world.table.options["source.monitor-interval"] = "1 s";
  AddFile("a", 1);
  auto one = *world.OpenOne(connector, 0, 1, 10);
  RowsOut out;
  EXPECT_EQ(PollOn(*one.source, out)->wake_after_ms, 1000);
  AddFile("b", 1);
  world.clock.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(PollOn(*one.source, out)->wake_after_ms, 1);
  EXPECT_EQ(out.rows.size(), 1u);
  world.clock.Advance(std::chrono::milliseconds(1));
  (void)PollOn(*one.source, out);
  EXPECT_THAT(out.rows, UnorderedElementsAreArray(expected));
}

TEST_F(FilesystemSourceTest, LimitCountsAllSubtasksBeforeTheRestore) {
  for (int i = 0; i < 4; ++i) AddFile("f" + std::to_string(i), 100);
  RowsOut out;
  auto positions = Run(2, 1, {}, out, 55);    // 2 * 10
  positions = Run(3, 1, positions, out, 55);  // + 3 * 10 = 50
  positions = Run(1, 100, positions, out, 55);
  EXPECT_EQ(out.rows.size(), 55u);
  Run(3, 100, positions, out, 55);
  EXPECT_EQ(out.rows.size(), 55u);
}

TEST_F(FilesystemSourceTest, ShortenedFileIsNotTheFileOfTheCheckpoint) {
  AddFile("a", 100);
  RowsOut out;
  const auto positions = Run(1, 2, {}, out);
  world.WriteFile("a", "x\n");
  auto one = *world.OpenOne(connector, 0, 1, 10);
  ASSERT_TRUE(one.source->RestorePositions(positions).ok());
  const auto answer = one.source->Poll(out);
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message(), HasSubstr(world.folder + "/a has 2 bytes"));
}

TEST_F(FilesystemSourceTest, BadPositions) {
  AddFile("a", 3);
  auto one = *world.OpenOne(connector, 0, 1, 10);
  std::string good = *one.source->SnapshotPosition();
  for (size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(one.source->RestorePositions({good.substr(0, cut)}).ok());
  good[0] = 77;
  const Status status = one.source->RestorePositions({good});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("version 77"));
}

/// Reads a split as the source does.
std::vector<std::string> ReadRange(const Split& split) {
  DecodeRequest request;
  request.physical = {{"line", DataType::String()}};
  request.paths = {{0}};
  request.types = {DataType::String()};
  auto decoder = *RawFormat().make_decoder(request);
  auto reader = *filesystem::SplitReader::Open(split, *filesystem::OpenLocalFile(split.path), *decoder);
  std::vector<std::string> rows;
  for (bool more = true; more;) {
    std::vector<ColumnPtr> columns = {Column::Make(DataType::String(), 0)};
    std::vector<RowKind> kinds;
    size_t made = 0;
    more = *reader->Read(5, columns, kinds, &made);
    for (size_t i = 0; i < made; ++i) rows.emplace_back(columns[0]->string_at(i));
  }
  return rows;
}

TEST_F(FilesystemSourceTest, RestOfARangeIsDividedAndTiled) {
  const std::vector<std::string> lines = Lines("big", 300);
  const std::string text = Text(lines);
  world.WriteFile("big", text);
  const std::string path = world.folder + "/big";
  for (const uint64_t offset : {uint64_t{0}, text.find("big:17"), text.find("big:299")}) {
    for (uint64_t subtasks = 1; subtasks < 8; ++subtasks) {
      SourcePosition old;
      old.splits = {{path, 0, UINT64_MAX, text.size(), 0, offset}};
      std::vector<std::string> rows;
      for (uint64_t subtask = 0; subtask < subtasks; ++subtask) {
        const SourcePosition mine = filesystem::DividePositions({old}, {subtask, subtasks, false, 100});
        for (const Split& split : mine.splits) {
          for (std::string& row : ReadRange(split)) rows.push_back(std::move(row));
        }
      }
      const size_t skipped =
          static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<long>(offset), '\n'));
      EXPECT_THAT(rows, UnorderedElementsAreArray(lines.begin() + static_cast<long>(skipped), lines.end()))
          << offset << " " << subtasks;
    }
  }
}

TEST(SourcePosition, RangesKeepTheirEndsWhenTheyAreDividedTwice) {
  SourcePosition old;
  old.splits = {{"/f", 1000, 2000, 9000, 5, 1500}};
  std::vector<SourcePosition> first;
  for (uint64_t i = 0; i < 3; ++i) first.push_back(filesystem::DividePositions({old}, {i, 3, false, 100}));
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t i = 0; i < 2; ++i) {
    const SourcePosition second = filesystem::DividePositions(first, {i, 2, false, 100});
    for (const Split& s : second.splits) ranges.emplace_back(std::max(s.begin, s.offset), s.end);
  }
  std::sort(ranges.begin(), ranges.end());
  EXPECT_EQ(ranges.front().first, 1500u);
  EXPECT_EQ(ranges.back().second, 2000u);
  for (size_t i = 1; i < ranges.size(); ++i) EXPECT_EQ(ranges[i - 1].second, ranges[i].first);
}

TEST(SourcePosition, CompressedFilesAreNeverCut) {
  SourcePosition old;
  old.splits = {{"/f.gz", 0, UINT64_MAX, 1 << 30, 0, 0}};
  EXPECT_EQ(filesystem::DividePositions({old}, {0, 2, false, 100}).splits.size(), 1u);
  EXPECT_THAT(filesystem::DividePositions({old}, {1, 2, false, 100}).splits, IsEmpty());
}

}  // namespace
}  // namespace sluice::engine
