#include "engine/job/stest/test_report.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

namespace sluice::engine::stest {
namespace {

constexpr size_t kMaxDiffLines = 60;
constexpr size_t kMaxDiffCells = 4'000'000;  // of the table of the longest common subsequence
constexpr size_t kContextLines = 2;
constexpr size_t kMaxReasons = 25;

/// Without a common prefix and suffix, both sides in one piece: enough for very long results.
std::vector<std::string> BlockDiff(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  std::vector<std::string> out;
  for (const std::string& line : expected) out.push_back("-" + line);
  for (const std::string& line : actual) out.push_back("+" + line);
  return out;
}

std::vector<std::string> FullDiff(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  const size_t n = expected.size();
  const size_t m = actual.size();
  if ((n + 1) * (m + 1) > kMaxDiffCells) return BlockDiff(expected, actual);
  std::vector<uint32_t> common((n + 1) * (m + 1), 0);  // of the suffixes
  auto at = [&](size_t i, size_t j) -> uint32_t& { return common[i * (m + 1) + j]; };
  for (size_t i = n; i-- > 0;) {
    for (size_t j = m; j-- > 0;) {
      at(i, j) = expected[i] == actual[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  std::vector<std::string> out;
  size_t i = 0;
  size_t j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && expected[i] == actual[j]) {
      out.push_back(" " + expected[i++]);
      ++j;
    } else if (j == m || (i < n && at(i + 1, j) >= at(i, j + 1))) {
      out.push_back("-" + expected[i++]);
    } else {
      out.push_back("+" + actual[j++]);
    }
  }
  return out;
}

std::string XmlEscape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        // Control characters are not allowed in XML 1.0, not even escaped.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string FolderOf(const std::string& path) { return std::filesystem::path(path).parent_path().filename().string(); }

/// The reason of a failure without what varies: positions and quoted names stay, long tails go.
std::string Reason(const BlockOutcome& outcome) {
  if (outcome.note.empty()) return "different result";
  std::string reason = outcome.note.substr(0, outcome.note.find('\n'));
  size_t at = reason.find(" at line ");
  size_t colon = reason.find(": ", at == std::string::npos ? 0 : at);
  if (at != std::string::npos && colon != std::string::npos) reason.erase(at, colon - at);
  return reason.substr(0, 140);
}

}  // namespace

std::vector<std::string> DiffLines(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  std::vector<std::string> all = FullDiff(expected, actual);
  std::vector<bool> keep(all.size(), false);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i][0] == ' ') continue;
    size_t begin = i < kContextLines ? 0 : i - kContextLines;
    for (size_t k = begin; k < std::min(all.size(), i + kContextLines + 1); ++k) keep[k] = true;
  }
  std::vector<std::string> out;
  for (size_t i = 0; i < all.size(); ++i) {
    if (keep[i]) {
      out.push_back(std::move(all[i]));
    } else if (out.empty() || out.back() != " …") {
      out.push_back(" …");
    }
    if (out.size() == kMaxDiffLines && i + 1 < all.size()) {
      out.push_back(fmt::format(" … {} more lines", all.size() - i - 1));
      break;
    }
  }
  return out;
}

std::string FailureText(const TestFile& file, const Block& block, const BlockReport& report) {
  std::string out = fmt::format("FAIL {}:{} {}", file.path, block.line, BlockKindName(block.kind));
  if (!report.outcome.note.empty()) out += ": " + report.outcome.note;
  out += "\n";
  for (const std::string& line : block.body) out += "    | " + line + "\n";
  const bool compare = !report.outcome.actual.empty() || report.outcome.note.empty();
  if (compare) {
    for (const std::string& line : DiffLines(report.outcome.expected, report.outcome.actual))
      out += "    " + line + "\n";
  } else if (block.kind == BlockKind::kError) {
    for (const std::string& line : report.outcome.expected) out += "    -" + line + "\n";
  }
  return out;
}

std::string SummaryText(const std::vector<FileReport>& reports) {
  struct Counts {
    size_t files = 0, passed = 0, failed = 0;
  };
  std::map<std::string, Counts> folders;
  std::map<std::string, size_t> reasons;
  for (const FileReport& report : reports) {
    Counts& counts = folders[FolderOf(report.file.path)];
    ++counts.files;
    counts.passed += report.passed;
    counts.failed += report.failed;
    for (size_t i = 0; i < report.blocks.size(); ++i) {
      if (!report.file.blocks[i].counted() || report.blocks[i].outcome.passed) continue;
      ++reasons[Reason(report.blocks[i].outcome)];
    }
  }
  std::string out = fmt::format("{:<24}{:>7}{:>8}{:>8}{:>9}\n", "folder", "files", "blocks", "passed", "percent");
  for (const auto& [folder, c] : folders) {
    size_t blocks = c.passed + c.failed;
    double percent = blocks == 0 ? 0 : 100.0 * static_cast<double>(c.passed) / static_cast<double>(blocks);
    out += fmt::format("{:<24}{:>7}{:>8}{:>8}{:>8.1f}%\n", folder, c.files, blocks, c.passed, percent);
  }
  if (reasons.empty()) return out;
  std::vector<std::pair<size_t, std::string>> sorted;
  for (const auto& [reason, count] : reasons) sorted.emplace_back(count, reason);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  if (sorted.size() > kMaxReasons) sorted.resize(kMaxReasons);
  out += "\nmost frequent reasons\n";
  for (const auto& [count, reason] : sorted) out += fmt::format("{:>6}  {}\n", count, reason);
  return out;
}

std::string JUnitXml(const std::vector<FileReport>& reports) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const FileReport& report : reports) {
    const std::string path = XmlEscape(report.file.path);
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n", path, report.passed + report.failed,
                       report.failed);
    for (size_t i = 0; i < report.blocks.size(); ++i) {
      const Block& block = report.file.blocks[i];
      if (!block.counted()) continue;
      out += fmt::format("    <testcase classname=\"{}\" name=\"line {} {}\" time=\"{:.3f}\"", path, block.line,
                         BlockKindName(block.kind), static_cast<double>(report.blocks[i].elapsed_ms) / 1000.0);
      if (report.blocks[i].outcome.passed) {
        out += "/>\n";
        continue;
      }
      out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                         XmlEscape(Reason(report.blocks[i].outcome)),
                         XmlEscape(FailureText(report.file, block, report.blocks[i])));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace sluice::engine::stest
