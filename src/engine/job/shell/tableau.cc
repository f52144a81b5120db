#include "engine/job/shell/tableau.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::engine::shell {
namespace {

constexpr size_t kKindWidth = 2;
constexpr size_t kNullWidth = 6;  // "<NULL>"
constexpr std::string_view kCut = "...";

struct Range {
  uint32_t first, last;
};
/// Unicode's East_Asian_Width W and F, in the ranges that matter on terminals.
constexpr std::array<Range, 17> kWide = {{{0x1100, 0x115F},
                                          {0x231A, 0x231B},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0x33FF},
                                          {0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xA000, 0xA4CF},
                                          {0xA960, 0xA97F},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1F64F},
                                          {0x1F900, 0x1F9FF},
                                          {0x20000, 0x2FFFD},
                                          {0x30000, 0x3FFFD}}};

size_t CharacterWidth(uint32_t code) {
  for (const Range& range : kWide) {
    if (code >= range.first && code <= range.last) return 2;
  }
  return 1;
}

/// Takes one character off the front; a byte that is no UTF-8 counts as a character.
uint32_t TakeCharacter(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  size_t length = lead < 0xC0 || lead >= 0xF8 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  for (size_t i = 1; i < length; ++i) {
    if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) length = 1;
  }
  uint32_t code = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  text.remove_prefix(length);
  return code;
}

/// The longest beginning of `text` that is at most `width` wide.
std::string_view Cut(std::string_view text, size_t width) {
  std::string_view rest = text;
  size_t used = 0;
  size_t end = 0;
  while (!rest.empty()) {
    used += CharacterWidth(TakeCharacter(rest));
    if (used > width) break;
    end = text.size() - rest.size();
  }
  return text.substr(0, end);
}

size_t FractionalWidth(size_t whole, int precision) {
  return precision == 0 ? whole : whole + 1 + static_cast<size_t>(precision);
}

size_t TypeWidth(const DataType& type, size_t max_width) {
  switch (type.kind()) {
    case TypeKind::kTinyint: return 4;
    case TypeKind::kSmallint: return 6;
    case TypeKind::kInteger: return 11;
    case TypeKind::kBigint: return 20;
    case TypeKind::kDecimal: return static_cast<size_t>(type.precision()) + 3;
    case TypeKind::kBoolean: return 5;
    case TypeKind::kDate: return 10;
    case TypeKind::kTime: return FractionalWidth(8, type.precision());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return FractionalWidth(19, type.precision());
    default: return max_width;
  }
}

}  // namespace

size_t DisplayWidth(std::string_view utf8) {
  size_t width = 0;
  while (!utf8.empty()) width += CharacterWidth(TakeCharacter(utf8));
  return width;
}

Tableau Tableau::ByType(const Schema& schema, size_t max_width, bool with_kind) {
  Tableau table;
  if (with_kind) {
    table.names_.emplace_back("op");
    table.widths_.push_back(kKindWidth);
  }
  for (const RowField& column : schema) {
    table.names_.push_back(column.name);
    table.widths_.push_back(std::max({DisplayWidth(column.name), TypeWidth(column.type, max_width), kNullWidth}));
  }
  return table;
}

Tableau Tableau::ByContent(std::vector<std::string> names, const std::vector<std::vector<std::string>>& rows,
                           size_t max_width) {
  Tableau table;
  table.names_ = std::move(names);
  for (const std::string& name : table.names_) table.widths_.push_back(DisplayWidth(name));
  for (const auto& row : rows) {
    for (size_t c = 0; c < std::min(row.size(), table.widths_.size()); ++c) {
      size_t width = DisplayWidth(row[c]);
      if (max_width > 0) width = std::min(width, max_width);
      table.widths_[c] = std::max(table.widths_[c], width);
    }
  }
  return table;
}

std::string Tableau::Border() const {
  std::string line = "+";
  for (size_t width : widths_) line += std::string(width + 2, '-') + "+";
  return line;
}

std::string Tableau::Row(const std::vector<std::string>& fields) const {
  std::string line = "|";
  for (size_t c = 0; c < widths_.size(); ++c) {
    std::string_view text = c < fields.size() ? std::string_view(fields[c]) : std::string_view();
    std::string_view cut;
    if (DisplayWidth(text) > widths_[c]) {
      text = Cut(text, widths_[c] - std::min(widths_[c], kCut.size()));
      cut = kCut;
    }
    size_t used = DisplayWidth(text) + cut.size();
    line += ' ';
    if (used < widths_[c]) line.append(widths_[c] - used, ' ');
    line += text;
    line += cut;
    line += " |";
  }
  return line;
}

std::string FormatTable(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
                        size_t max_width) {
  const Tableau table = Tableau::ByContent(names, rows, max_width);
  const std::string border = table.Border() + "\n";
  std::string out = border + table.Heading() + "\n" + border;
  for (const auto& row : rows) out += table.Row(row) + "\n";
  return out + border;
}

}  // namespace sluice::engine::shell
