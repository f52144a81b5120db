#include "engine/job/stest/test_file.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace sluice::engine::stest {
namespace {

constexpr std::string_view kWhitespace = " \t\n\r\f\v";
constexpr std::string_view kSeparator = "----";

constexpr std::array<std::pair<BlockKind, std::string_view>, 9> kKinds = {{
    {BlockKind::kFile, "file"},
    {BlockKind::kOk, "ok"},
    {BlockKind::kError, "error"},
    {BlockKind::kUnsupported, "unsupported"},
    {BlockKind::kResult, "result"},
    {BlockKind::kRows, "rows"},
    {BlockKind::kChangelog, "changelog"},
    {BlockKind::kChanges, "changes"},
    {BlockKind::kTable, "table"},
}};

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

/// The heading line of a block: kind, then everything after the first white space.
Result<Block> ParseHeading(const std::string& path, std::string_view line, int line_number) {
  std::string_view heading = Trim(line);
  size_t space = heading.find_first_of(kWhitespace);
  std::string_view word = heading.substr(0, space);
  Block block;
  block.line = line_number;
  if (space != std::string_view::npos) block.argument = Trim(heading.substr(space));
  for (const auto& [kind, name] : kKinds) {
    if (name != word) continue;
    block.kind = kind;
    if (kind == BlockKind::kFile && block.argument.empty()) {
      return Error(ErrorCode::kSyntax, path + ": a file block needs a name: 'file NAME'", {line_number, 1});
    }
    return block;
  }
  return Error(ErrorCode::kSyntax,
               path + ": unknown block '" + std::string(word) +
                   "'; a block begins with file, ok, error, unsupported, result, rows, changelog, changes or table",
               {line_number, 1});
}

}  // namespace

std::string_view BlockKindName(BlockKind kind) {
  for (const auto& [k, name] : kKinds) {
    if (k == kind) return name;
  }
  return "?";
}

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    size_t at = from.empty() ? std::string_view::npos : text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

std::string Block::Statement(std::string_view dir) const {
  std::string joined;
  for (size_t i = 0; i < body.size(); ++i) {
    if (i > 0) joined += '\n';
    joined += body[i];
  }
  std::string_view statement = Trim(joined);
  if (!statement.empty() && statement.back() == ';') statement.remove_suffix(1);
  return ReplaceAll(statement, "${dir}", dir);
}

Result<TestFile> ParseTestFile(std::string path, std::string_view text) {
  TestFile file;
  file.path = std::move(path);
  file.batch = text.find("# mode: batch") != std::string_view::npos;
  file.lines = SplitLines(text);
  bool inside = false;
  bool in_expected = false;
  for (size_t i = 0; i <= file.lines.size(); ++i) {
    const std::string line = i < file.lines.size() ? file.lines[i] : std::string();
    const int number = static_cast<int>(i) + 1;
    if (!inside) {
      if (Trim(line).empty() || line.front() == '#') continue;
      SLUICE_ASSIGN_OR_RETURN(Block block, ParseHeading(file.path, line, number));
      file.blocks.push_back(std::move(block));
      inside = true;
      in_expected = false;
    } else if (line.empty()) {
      Block& block = file.blocks.back();
      if (!in_expected) block.body_end_line = number;
      inside = false;
    } else if (!in_expected && line == kSeparator) {
      in_expected = true;
      file.blocks.back().has_expected = true;
      file.blocks.back().body_end_line = number;
    } else {
      Block& block = file.blocks.back();
      (in_expected ? block.expected : block.body).push_back(line);
    }
  }
  return file;
}

std::string WithExpected(const TestFile& file, const std::vector<std::optional<std::vector<std::string>>>& expected) {
  std::string out;
  size_t next = 0;  // index of the first line not yet written
  auto copy_until = [&](size_t end) {
    for (; next < end && next < file.lines.size(); ++next) out += file.lines[next] + "\n";
  };
  for (size_t i = 0; i < file.blocks.size() && i < expected.size(); ++i) {
    if (!expected[i].has_value()) continue;
    const Block& block = file.blocks[i];
    copy_until(static_cast<size_t>(block.body_end_line) - 1);
    out += std::string(kSeparator) + "\n";
    for (const std::string& line : *expected[i]) out += line + "\n";
    if (block.has_expected) next += 1 + block.expected.size();
  }
  copy_until(file.lines.size());
  return out;
}

std::string EscapeField(std::string_view field) {
  std::string out;
  out.reserve(field.size());
  for (char c : field) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      default: out += c;
    }
  }
  return out;
}

std::string UnescapeField(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (char c = text[++i]) {
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case '\\': out += '\\'; break;
      default: out += '\\', out += c;
    }
  }
  return out;
}

}  // namespace sluice::engine::stest
