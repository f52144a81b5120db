// A .stest file as data: blocks with their places, and writing new expectations back without touching anything else.
// The format is described in docs (SQL tests); the rules here follow it word by word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine::stest {

enum class BlockKind : uint8_t { kFile, kOk, kError, kUnsupported, kResult, kRows, kChangelog, kChanges, kTable };

/// "file", "ok", …
std::string_view BlockKindName(BlockKind kind);

struct Block {
  BlockKind kind = BlockKind::kOk;
  std::string argument;  // `file NAME`: the name
  std::vector<std::string> body;
  std::vector<std::string> expected;  // lines after `----`
  int line = 0;                       // of the block's first line, 1-based
  int body_end_line = 0;              // the line after the body: `----` if there is one
  bool has_expected = false;

  /// file blocks only set up and are not counted.
  bool counted() const { return kind != BlockKind::kFile; }
  /// The body as one statement: lines joined, trimmed, one closing ';' taken off, `${dir}` replaced.
  std::string Statement(std::string_view dir) const;
};

struct TestFile {
  std::string path;
  bool batch = false;  // "# mode: batch" anywhere
  std::vector<std::string> lines;
  std::vector<Block> blocks;
};

/// kSyntax with the line for an unknown kind of block or a `file` without a name.
Result<TestFile> ParseTestFile(std::string path, std::string_view text);

/// The file's text with the expected part of block i replaced by expected[i]; nullopt leaves a block as it is.
std::string WithExpected(const TestFile& file, const std::vector<std::optional<std::vector<std::string>>>& expected);

/// A field as a test file writes it: backslash, tab, newline and carriage return escaped; and back.
std::string EscapeField(std::string_view field);
std::string UnescapeField(std::string_view text);

/// `text` with every `from` replaced by `to`.
std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);

}  // namespace sluice::engine::stest
