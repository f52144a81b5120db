#include "engine/formats/csv/csv_records.h"

#include <cstring>

namespace sluice::engine::csv {
namespace {

char Unescaped(char c) {
  switch (c) {
    case '0': return '\0';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

}  // namespace

std::string& RecordSplitter::Scratch() {
  if (scratch_used_ == scratch_.size()) scratch_.emplace_back();
  std::string& s = scratch_[scratch_used_++];
  s.clear();
  return s;
}

void RecordSplitter::SkipLine(const char** p, const char* limit) {
  const auto* newline = static_cast<const char*>(std::memchr(*p, '\n', static_cast<size_t>(limit - *p)));
  *p = newline != nullptr ? newline + 1 : limit;
}

RecordState RecordSplitter::Next(const char** p, const char* limit, bool last) {
  fields_.clear();
  scratch_used_ = 0;
  const char* at = *p;
  if (options_.allow_comments) {
    const char* first = at;
    while (first < limit && *first == ' ') ++first;
    if (first < limit && *first == '#') {
      if (!last && std::memchr(first, '\n', static_cast<size_t>(limit - first)) == nullptr) {
        return RecordState::kIncomplete;
      }
      SkipLine(p, limit);
      return RecordState::kComment;
    }
  }
  while (true) {
    const bool quoted = options_.quote && at < limit && *at == *options_.quote;
    const RecordState state = quoted ? Quoted(&at, limit, last) : Plain(&at, limit, last);
    if (state == RecordState::kIncomplete) return state;
    if (state == RecordState::kBroken) {
      const auto* newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(limit - at)));
      if (newline == nullptr && !last) return RecordState::kIncomplete;
      *p = newline != nullptr ? newline + 1 : limit;
      return state;
    }
    if (at == limit) {
      if (!last) return RecordState::kIncomplete;
      break;
    }
    if (*at == options_.delimiter) {
      ++at;
      continue;
    }
    if (*at == '\r') {
      ++at;
      if (at == limit && !last) return RecordState::kIncomplete;
      if (at < limit && *at == '\n') ++at;
    } else {
      ++at;  // '\n'
    }
    break;
  }
  *p = at;
  return RecordState::kRecord;
}

/// From a field's first byte to the delimiter or line end behind it.
RecordState RecordSplitter::Plain(const char** p, const char* limit, bool last) {
  const char* begin = *p;
  const char* at = begin;
  std::string* copy = nullptr;
  while (at < limit && *at != options_.delimiter && *at != '\n' && *at != '\r') {
    if (options_.escape && *at == *options_.escape) {
      if (copy == nullptr) {
        copy = &Scratch();
        copy->assign(begin, at);
      }
      if (++at == limit) {
        if (!last) return RecordState::kIncomplete;
        error_ = "Unexpected end-of-input within an escaped character";
        return RecordState::kBroken;
      }
      copy->push_back(Unescaped(*at++));
      continue;
    }
    if (copy != nullptr) copy->push_back(*at);
    ++at;
  }
  if (at == limit && !last) return RecordState::kIncomplete;
  fields_.push_back(copy != nullptr ? std::string_view(*copy)
                                    : std::string_view(begin, static_cast<size_t>(at - begin)));
  *p = at;
  return RecordState::kRecord;
}

RecordState RecordSplitter::Quoted(const char** p, const char* limit, bool last) {
  const char quote = *options_.quote;
  const char* begin = *p + 1;
  const char* at = begin;
  std::string* copy = nullptr;
  auto start_copy = [&] {
    if (copy == nullptr) {
      copy = &Scratch();
      copy->assign(begin, at);
    }
  };
  std::string_view value;
  while (true) {
    if (at == limit) {
      if (!last) return RecordState::kIncomplete;
      error_ = "Missing closing quote for value";
      *p = limit;
      return RecordState::kBroken;
    }
    if (*at == quote) {
      if (at + 1 == limit && !last) return RecordState::kIncomplete;
      if (at + 1 < limit && at[1] == quote) {
        start_copy();
        copy->push_back(quote);
        at += 2;
        continue;
      }
      value = copy != nullptr ? std::string_view(*copy) : std::string_view(begin, static_cast<size_t>(at - begin));
      ++at;
      break;
    }
    if (options_.escape && *at == *options_.escape) {
      start_copy();
      if (++at == limit) continue;
      copy->push_back(Unescaped(*at++));
      continue;
    }
    if (copy != nullptr) copy->push_back(*at);
    ++at;
  }
  while (at < limit && *at == ' ' && *at != options_.delimiter) ++at;
  if (at == limit && !last) return RecordState::kIncomplete;
  if (at < limit && *at != options_.delimiter && *at != '\n' && *at != '\r') {
    error_ = std::string("Unexpected character ('") + *at + "'): Expected column separator character ('" +
             options_.delimiter + "') or end-of-line";
    *p = at;
    return RecordState::kBroken;
  }
  fields_.push_back(value);
  *p = at;
  return RecordState::kRecord;
}

}  // namespace sluice::engine::csv
