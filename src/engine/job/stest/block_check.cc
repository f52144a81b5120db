#include "engine/job/stest/block_check.h"

#include <algorithm>
#include <map>

#include "engine/job/stest/error_match.h"

namespace sluice::engine::stest {
namespace {

std::string JoinFields(const DisplayedRow& row) {
  std::string line;
  for (size_t i = 0; i < row.fields.size(); ++i) {
    if (i > 0) line += '\t';
    line += EscapeField(row.fields[i]);
  }
  return line;
}

Result<std::vector<std::string>> TableLines(const std::vector<DisplayedRow>& rows) {
  std::map<std::string, int64_t> bag;
  for (const DisplayedRow& row : rows) bag[JoinFields(row)] += IsAdd(row.kind) ? 1 : -1;
  std::vector<std::string> lines;
  for (const auto& [line, count] : bag) {
    if (count < 0) return Error(ErrorCode::kData, "negative count for row " + line);
    lines.insert(lines.end(), static_cast<size_t>(count), line);
  }
  return lines;
}

bool OrderCounts(BlockKind kind) { return kind != BlockKind::kChanges && kind != BlockKind::kTable; }

std::string ErrorLine(const Error& error, std::string_view dir) {
  return ReplaceAll(EscapeField(error.message()), dir, "${dir}");
}

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string joined;
  for (const std::string& line : lines) joined += (joined.empty() ? "" : "\n") + line;
  return joined;
}

void CheckRefusal(const Block& block, std::string_view dir, const Result<StatementOutput>& output,
                  BlockOutcome& outcome) {
  const bool must_fail = block.kind == BlockKind::kError;
  if (output.ok()) {
    outcome.passed = !must_fail;
    if (must_fail) outcome.note = "must fail, but succeeds";
    outcome.actual = {"NO ERROR"};
    return;
  }
  outcome.actual = {ErrorLine(output.error(), dir)};
  if (!must_fail) {
    outcome.passed = IsClearRefusal(output.error());
    if (!outcome.passed) outcome.note = "not a clear refusal: " + output.error().ToString();
    return;
  }
  const std::string flink = ReplaceAll(UnescapeField(JoinLines(block.expected)), "${dir}", dir);
  auto why = WhyNotTheSameError(block.Statement(dir), flink, output.error());
  outcome.passed = !why.has_value();
  if (why) outcome.note = *why;
}

/// The table that recorded changes leave.
std::vector<std::string> FoldLines(const std::vector<std::string>& changes) {
  std::map<std::string, int64_t> bag;
  for (const std::string& change : changes) {
    const size_t tab = change.find('\t');
    bag[tab == std::string::npos ? "" : change.substr(tab + 1)] += change.starts_with('+') ? 1 : -1;
  }
  std::vector<std::string> lines;
  for (const auto& [line, count] : bag)
    lines.insert(lines.end(), static_cast<size_t>(std::max<int64_t>(count, 0)), line);
  return lines;
}

void CheckRows(const Block& block, std::string_view dir, const Result<StatementOutput>& output, bool ordered,
               BlockOutcome& outcome) {
  if (!output.ok()) {
    outcome.note = output.error().ToString();
    return;
  }
  const bool changes = block.kind == BlockKind::kChangelog || block.kind == BlockKind::kChanges;
  const bool folded = !ordered && (changes || block.kind == BlockKind::kRows);
  if (folded && changes) outcome.expected = FoldLines(block.expected);
  auto lines = ResultLines(folded ? BlockKind::kTable : block.kind, output->rows);
  if (!lines.ok()) {
    outcome.note = lines.error().ToString();
    return;
  }
  outcome.actual = std::move(*lines);
  for (std::string& line : outcome.actual) line = ReplaceAll(line, dir, "${dir}");
  if (folded || !OrderCounts(block.kind)) {
    // The recording sorted by UTF-16 units; bytes agree but for characters beyond U+FFFF.
    std::sort(outcome.actual.begin(), outcome.actual.end());
    std::sort(outcome.expected.begin(), outcome.expected.end());
  }
  outcome.passed = outcome.actual == outcome.expected;
}

}  // namespace

Result<std::vector<std::string>> ResultLines(BlockKind kind, const std::vector<DisplayedRow>& rows) {
  if (kind == BlockKind::kTable) return TableLines(rows);
  const bool with_kind = kind == BlockKind::kChangelog || kind == BlockKind::kChanges;
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const DisplayedRow& row : rows) {
    lines.push_back(with_kind ? std::string(RowKindText(row.kind)) + "\t" + JoinFields(row) : JoinFields(row));
  }
  if (kind == BlockKind::kChanges) std::sort(lines.begin(), lines.end());
  return lines;
}

BlockOutcome CheckBlock(const Block& block, std::string_view dir, const Result<StatementOutput>& output, bool ordered) {
  BlockOutcome outcome;
  outcome.expected = block.expected;
  switch (block.kind) {
    case BlockKind::kFile: outcome.passed = true; break;
    case BlockKind::kOk:
      outcome.passed = output.ok();
      if (!output.ok()) outcome.note = output.error().ToString();
      break;
    case BlockKind::kError:
    case BlockKind::kUnsupported: CheckRefusal(block, dir, output, outcome); break;
    default: CheckRows(block, dir, output, ordered, outcome);
  }
  return outcome;
}

}  // namespace sluice::engine::stest
