#include "engine/formats/text/scalar_text.h"

#include <strings.h>

#include "engine/columnar/java_hash_order.h"
#include "engine/types/decimal.h"

namespace sluice::engine::text {

std::optional<int64_t> ParseJavaInt(std::string_view s, int bits) {
  bool negative = false;
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) {
    negative = s[0] == '-';
    s.remove_prefix(1);
  }
  if (s.empty()) return std::nullopt;
  const uint64_t limit = (uint64_t{1} << (bits - 1)) - (negative ? 0 : 1);
  uint64_t v = 0;
  for (char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (v > (limit - digit) / 10) return std::nullopt;
    v = v * 10 + digit;
  }
  return negative ? static_cast<int64_t>(~v + 1) : static_cast<int64_t>(v);
}

bool ParseJavaBoolean(std::string_view s) { return s.size() == 4 && strncasecmp(s.data(), "true", 4) == 0; }

namespace {

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

bool DecodeBase64(std::string_view s, std::string* out) {
  out->clear();
  size_t i = 0;
  while (true) {
    while (i < s.size() && static_cast<unsigned char>(s[i]) <= ' ') ++i;
    if (i == s.size()) return true;
    if (s.size() - i < 4) return false;
    const int a = Base64Digit(s[i]), b = Base64Digit(s[i + 1]);
    if (a < 0 || b < 0) return false;
    out->push_back(static_cast<char>(a << 2 | b >> 4));
    if (s[i + 2] == '=') {
      if (s[i + 3] != '=') return false;
    } else {
      const int c = Base64Digit(s[i + 2]);
      if (c < 0) return false;
      out->push_back(static_cast<char>((b & 15) << 4 | c >> 2));
      if (s[i + 3] != '=') {
        const int d = Base64Digit(s[i + 3]);
        if (d < 0) return false;
        out->push_back(static_cast<char>((c & 3) << 6 | d));
      }
    }
    i += 4;
  }
}

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t i = 0;
  auto byte = [&](size_t k) { return static_cast<unsigned char>(bytes[k]); };
  for (; i + 3 <= bytes.size(); i += 3) {
    const unsigned v = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) out.push_back(kDigits[v >> shift & 63]);
  }
  if (i == bytes.size()) return;
  const bool two = bytes.size() - i == 2;
  const unsigned v = byte(i) << 16 | (two ? byte(i + 1) << 8 : 0);
  out.push_back(kDigits[v >> 18 & 63]);
  out.push_back(kDigits[v >> 12 & 63]);
  out.push_back(two ? kDigits[v >> 6 & 63] : '=');
  out.push_back('=');
}

void StoreInt(Column& column, size_t i, int64_t v) {
  switch (column.physical()) {
    case PhysicalType::kInt8: column.data<int8_t>()[i] = static_cast<int8_t>(v); break;
    case PhysicalType::kInt16: column.data<int16_t>()[i] = static_cast<int16_t>(v); break;
    case PhysicalType::kInt32: column.data<int32_t>()[i] = static_cast<int32_t>(v); break;
    default: column.data<int64_t>()[i] = v; break;
  }
}

int64_t LoadInt(const Column& column, size_t i) {
  switch (column.physical()) {
    case PhysicalType::kInt8: return column.at<int8_t>(i);
    case PhysicalType::kInt16: return column.at<int16_t>(i);
    case PhysicalType::kInt32: return column.at<int32_t>(i);
    default: return column.at<int64_t>(i);
  }
}

void StoreTimestamp(Column& column, size_t i, Timestamp t) {
  if (column.physical() == PhysicalType::kTimestamp) {
    column.data<Timestamp>()[i] = t;
  } else {
    column.data<int64_t>()[i] = t.millis;
  }
}

Timestamp LoadTimestamp(const Column& column, size_t i) {
  if (column.physical() == PhysicalType::kTimestamp) return column.at<Timestamp>(i);
  return Timestamp{column.at<int64_t>(i), 0, 0};
}

bool StoreDecimal(Column& column, size_t i, std::string_view text) {
  bool bad_syntax = false;
  const DecimalResult v = ParseDecimal(text, column.type().precision(), column.type().scale(), &bad_syntax);
  if (!v && bad_syntax) return false;
  if (v) {
    column.data<int128_t>()[i] = *v;
  } else {
    column.SetNull(i);
  }
  return true;
}

void StoreTextMap(Column& column, size_t i, const std::vector<std::string>& names, const Column& read) {
  Column& keys = *column.child(0);
  Column& values = *column.child(1);
  const size_t offset = keys.size();
  for (const size_t k : HashMapOrder(names)) {
    keys.AppendString(names[k]);
    values.AppendFrom(read, k);
    if (column.type().kind() == TypeKind::kMultiset && read.IsNull(k)) {
      values.SetValid(values.size() - 1);
      values.data<int32_t>()[values.size() - 1] = 0;
    }
  }
  column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(keys.size() - offset)};
}

}  // namespace sluice::engine::text
