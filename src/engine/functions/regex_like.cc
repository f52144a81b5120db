#include "engine/functions/regex_like.h"

#include <fmt/format.h>

#include "engine/functions/string_utf.h"

namespace sluice::engine {

Result<LikePattern> LikePattern::Compile(std::string_view pattern, std::optional<char32_t> escape) {
  LikePattern out;
  auto literal = [&](std::string_view c) {
    out.segments_.back().parts.back() += c;
    ++out.segments_.back().characters;
  };
  for (size_t i = 0; i < pattern.size();) {
    const size_t start = i;
    const char32_t c = NextCodePoint(pattern, i);
    if (escape && c == *escape) {
      const size_t from = i;
      const char32_t next = i < pattern.size() ? NextCodePoint(pattern, i) : 0;
      if (from == pattern.size() || (next != '_' && next != '%' && next != *escape)) {
        return Error(ErrorCode::kInvalidArgument,
                     fmt::format("Invalid escape sequence '{}', {}", pattern, CountUtf16(pattern.substr(0, start))));
      }
      literal(pattern.substr(from, i - from));
    } else if (c == '%') {
      if (out.segments_.size() == 1 || !out.segments_.back().empty()) out.segments_.emplace_back();
    } else if (c == '_') {
      out.segments_.back().parts.emplace_back();
      ++out.segments_.back().characters;
    } else {
      literal(pattern.substr(start, i - start));
    }
  }
  return out;
}

size_t LikePattern::Segment::MatchAt(std::string_view text, size_t at) const {
  for (size_t p = 0; p < parts.size(); ++p) {
    if (p > 0) {
      if (at >= text.size()) return std::string_view::npos;
      const char32_t c = NextCodePoint(text, at);
      if (c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029) return std::string_view::npos;
    }
    if (text.compare(at, parts[p].size(), parts[p]) != 0) return std::string_view::npos;
    at += parts[p].size();
  }
  return at;
}

bool LikePattern::Matches(std::string_view text) const {
  const Segment& first = segments_.front();
  size_t at = first.MatchAt(text, 0);
  if (at == std::string_view::npos) return false;
  if (segments_.size() == 1) return at == text.size();
  for (size_t s = 1; s + 1 < segments_.size(); ++s) {
    const Segment& segment = segments_[s];
    size_t start = at, end = std::string_view::npos;
    if (segment.parts.size() == 1) {
      start = text.find(segment.parts[0], at);
      if (start != std::string_view::npos) end = start + segment.parts[0].size();
    } else {
      for (; start <= text.size(); start += start < text.size() ? CharacterBytes(text, start) : 1) {
        end = segment.MatchAt(text, start);
        if (end != std::string_view::npos) break;
      }
    }
    if (end == std::string_view::npos) return false;
    at = end;
  }
  const Segment& last = segments_.back();
  size_t start = text.size();
  for (size_t k = 0; k < last.characters && start > 0; ++k) {
    --start;
    while (start > 0 && IsContinuation(text[start])) --start;
  }
  return start >= at && last.MatchAt(text, start) == text.size();
}

}  // namespace sluice::engine
