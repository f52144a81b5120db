#include "engine/types/decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

constexpr std::array<int128_t, 39> kPowers = [] {
  std::array<int128_t, 39> p{};
  p[0] = 1;
  for (size_t i = 1; i < p.size(); ++i) p[i] = p[i - 1] * 10;
  return p;
}();

uint128_t Magnitude(int128_t v) { return v < 0 ? ~static_cast<uint128_t>(v) + 1 : static_cast<uint128_t>(v); }

uint128_t Low128(const Uint256& v) { return static_cast<uint128_t>(v.word[1]) << 64 | v.word[0]; }
bool FitsLow128(const Uint256& v) { return v.word[2] == 0 && v.word[3] == 0; }

int Compare256(const Uint256& a, const Uint256& b) {
  for (int i = 3; i >= 0; --i) {
    if (a.word[i] != b.word[i]) return a.word[i] < b.word[i] ? -1 : 1;
  }
  return 0;
}

Uint256 Add256(const Uint256& a, const Uint256& b) {
  Uint256 out;
  uint128_t carry = 0;
  for (int i = 0; i < 4; ++i) {
    carry += static_cast<uint128_t>(a.word[i]) + b.word[i];
    out.word[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return out;
}

Uint256 Subtract256(const Uint256& a, const Uint256& b) {
  Uint256 out;
  uint64_t borrow = 0;
  for (int i = 0; i < 4; ++i) {
    const uint128_t d = static_cast<uint128_t>(a.word[i]) - b.word[i] - borrow;
    out.word[i] = static_cast<uint64_t>(d);
    borrow = (d >> 64) != 0 ? 1 : 0;
  }
  return out;
}

/// v * 10^n; n <= 38 and the result must fit.
Uint256 Scale256(uint128_t v, int n) { return Multiply128(v, static_cast<uint128_t>(PowerOfTen(n))); }

/// Divides by 10^drop (any drop >= 0) with HALF_UP.
Uint256 DropDigits(Uint256 v, int drop) {
  bool up = false;
  while (drop > 0) {
    const int step = std::min(drop, 38);
    drop -= step;
    uint128_t rest = 0;
    const auto unit = static_cast<uint128_t>(PowerOfTen(step));
    v = Divide256(v, unit, &rest);
    up = drop == 0 && rest >= unit / 2 && unit > 1;
  }
  return up ? Add256(v, Uint256{{1, 0, 0, 0}}) : v;
}

DecimalResult Signed(bool negative, const Uint256& v, int precision) {
  if (!FitsLow128(v)) return std::nullopt;
  const uint128_t m = Low128(v);
  if (m >= static_cast<uint128_t>(PowerOfTen(precision))) return std::nullopt;
  return negative ? -static_cast<int128_t>(m) : static_cast<int128_t>(m);
}

/// |v| at `from` digits after the point, as DECIMAL(p, s).
DecimalResult Rescale256(bool negative, const Uint256& v, int from, int p, int s) {
  if (from >= s) return Signed(negative, DropDigits(v, from - s), p);
  if (!FitsLow128(v)) return std::nullopt;
  const uint128_t low = Low128(v);
  if (low >= static_cast<uint128_t>(PowerOfTen(38))) return std::nullopt;
  if (s - from > 38) return low == 0 ? DecimalResult(0) : std::nullopt;
  return Signed(negative, Scale256(low, s - from), p);
}

}  // namespace

int128_t PowerOfTen(int n) { return kPowers[static_cast<size_t>(n)]; }

int DecimalDigits(int128_t v) {
  const uint128_t m = Magnitude(v);
  int n = 1;
  while (n < 39 && m >= static_cast<uint128_t>(kPowers[static_cast<size_t>(n)])) {
    if (++n == 39) break;
  }
  return n;
}

bool FitsPrecision(int128_t v, int precision) { return Magnitude(v) < static_cast<uint128_t>(PowerOfTen(precision)); }

Uint256 Multiply128(uint128_t a, uint128_t b) {
  const uint64_t al = static_cast<uint64_t>(a), ah = static_cast<uint64_t>(a >> 64);
  const uint64_t bl = static_cast<uint64_t>(b), bh = static_cast<uint64_t>(b >> 64);
  const uint128_t ll = static_cast<uint128_t>(al) * bl, lh = static_cast<uint128_t>(al) * bh;
  const uint128_t hl = static_cast<uint128_t>(ah) * bl, hh = static_cast<uint128_t>(ah) * bh;
  Uint256 out;
  out.word[0] = static_cast<uint64_t>(ll);
  uint128_t middle = (ll >> 64) + static_cast<uint64_t>(lh) + static_cast<uint64_t>(hl);
  out.word[1] = static_cast<uint64_t>(middle);
  const uint128_t high = hh + (lh >> 64) + (hl >> 64) + (middle >> 64);
  out.word[2] = static_cast<uint64_t>(high);
  out.word[3] = static_cast<uint64_t>(high >> 64);
  return out;
}

Uint256 Divide256(const Uint256& n, uint128_t d, uint128_t* remainder) {
  if (FitsLow128(n)) {
    const uint128_t low = Low128(n);
    *remainder = low % d;
    const uint128_t q = low / d;
    return Uint256{{static_cast<uint64_t>(q), static_cast<uint64_t>(q >> 64), 0, 0}};
  }
  Uint256 q;
  if (d >> 64 == 0) {
    uint128_t rest = 0;
    for (int i = 3; i >= 0; --i) {
      rest = rest << 64 | n.word[i];
      q.word[i] = static_cast<uint64_t>(rest / d);
      rest %= d;
    }
    *remainder = rest;
    return q;
  }
  uint128_t rest = 0;
  for (int bit = 255; bit >= 0; --bit) {
    const bool top = (rest >> 127) != 0;
    rest = rest << 1 | (n.word[bit / 64] >> (bit % 64) & 1);
    if (top || rest >= d) {
      rest -= d;
      q.word[bit / 64] |= uint64_t{1} << (bit % 64);
    }
  }
  *remainder = rest;
  return q;
}

void AppendDecimal(std::string& out, int128_t v, int scale) {
  char buffer[48];
  char* end = buffer + sizeof(buffer);
  char* p = end;
  uint128_t m = Magnitude(v);
  int digits = 0;
  while (m > std::numeric_limits<uint64_t>::max() || digits < 0) {
    *--p = static_cast<char>('0' + static_cast<int>(m % 10));
    m /= 10;
    if (++digits == scale) *--p = '.';
  }
  auto small = static_cast<uint64_t>(m);
  while (small != 0 || digits <= scale) {
    *--p = static_cast<char>('0' + small % 10);
    small /= 10;
    if (++digits == scale) *--p = '.';
  }
  if (v < 0) *--p = '-';
  out.append(p, static_cast<size_t>(end - p));
}

std::string DecimalToString(int128_t v, int scale) {
  std::string out;
  AppendDecimal(out, v, scale);
  return out;
}

namespace {

/// Digits and exponent of a BigDecimal text: value = 0.d1d2… as integer digits * 10^exponent.
struct DecimalText {
  bool negative = false;
  std::string digits;  // without leading zeros
  int64_t exponent = 0;
};

bool ReadDecimalText(std::string_view text, DecimalText& out) {
  size_t i = 0;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) out.negative = text[i++] == '-';
  bool any = false, point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (point) return false;
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) --out.exponent;
      if (c != '0' || !out.digits.empty()) out.digits += c;
    } else {
      break;
    }
  }
  if (!any) return false;
  if (i == text.size()) return true;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && text[i] == '+') ++i;
  int64_t e = 0;
  const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), e);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (e > 2147483647 || e < -2147483648LL) return false;
  out.exponent += e;
  return true;
}

DecimalResult FromText(const DecimalText& t, int precision, int scale) {
  if (t.digits.empty()) return 0;
  // Digits kept: all those left of the last kept position, one more decides about rounding.
  const int64_t keep = static_cast<int64_t>(t.digits.size()) + t.exponent + scale;
  if (keep > 38) return std::nullopt;
  if (keep < 0) return 0;
  int128_t v = 0;
  for (int64_t k = 0; k < keep; ++k) {
    v = v * 10 + (static_cast<size_t>(k) < t.digits.size() ? t.digits[static_cast<size_t>(k)] - '0' : 0);
  }
  if (static_cast<size_t>(keep) < t.digits.size() && t.digits[static_cast<size_t>(keep)] >= '5') ++v;
  if (!FitsPrecision(v, precision)) return std::nullopt;
  return t.negative ? -v : v;
}

bool IsDecimalBlank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

}  // namespace

DecimalResult ParseDecimal(std::string_view text, int precision, int scale, bool* bad_syntax) {
  DecimalText t;
  const bool good = ReadDecimalText(text, t);
  if (bad_syntax) *bad_syntax = !good;
  return good ? FromText(t, precision, scale) : std::nullopt;
}

DecimalResult CastStringToDecimal(std::string_view text, int precision, int scale, bool* bad_syntax) {
  while (!text.empty() && IsDecimalBlank(text.front())) text.remove_prefix(1);
  if (precision > 18 || text.size() > 18) {
    while (!text.empty() && IsDecimalBlank(text.back())) text.remove_suffix(1);
    return ParseDecimal(text, precision, scale, bad_syntax);
  }
  // The short path of Flink: one character ends the digits, whatever it is; then only blanks may follow.
  if (bad_syntax) *bad_syntax = false;
  if (text.empty()) return std::nullopt;
  size_t i = 0;
  DecimalText t;
  if (text[0] == '-' || text[0] == '+') {
    t.negative = text[0] == '-';
    if (++i == text.size()) return std::nullopt;
  }
  char c = 0;
  bool point = false;
  while (i < text.size()) {
    c = text[i++];
    if (c >= '0' && c <= '9') {
      if (point) --t.exponent;
      if (c != '0' || !t.digits.empty()) t.digits += c;
    } else if (c == '.') {
      if (point) return std::nullopt;
      point = true;
    } else {
      break;
    }
  }
  if ((c == 'e' || c == 'E') && i < text.size()) {
    const bool negative = text[i] == '-';
    if (negative || text[i] == '+') {
      if (++i == text.size()) return std::nullopt;
    }
    int64_t e = 0;
    for (; i < text.size(); ++i) {
      c = text[i];
      if (c < '0' || c > '9') {
        ++i;
        break;
      }
      if (e < 40) e = e * 10 + (c - '0');
    }
    t.exponent += negative ? -e : e;
  }
  for (; i < text.size(); ++i) {
    if (!IsDecimalBlank(text[i])) return std::nullopt;
  }
  return FromText(t, precision, scale);
}

DecimalResult RescaleDecimal(int128_t v, int from_scale, int to_precision, int to_scale) {
  if (from_scale == to_scale) return FitsPrecision(v, to_precision) ? DecimalResult(v) : std::nullopt;
  if (from_scale > to_scale) {
    const int128_t unit = PowerOfTen(from_scale - to_scale);
    int128_t q = v / unit;
    const int128_t rest = v % unit;
    if ((rest < 0 ? -rest : rest) >= unit - (rest < 0 ? -rest : rest)) q += v < 0 ? -1 : 1;
    return FitsPrecision(q, to_precision) ? DecimalResult(q) : std::nullopt;
  }
  if (!FitsPrecision(v, std::min(38, 38 - (to_scale - from_scale)))) return std::nullopt;
  const int128_t up = v * PowerOfTen(to_scale - from_scale);
  return FitsPrecision(up, to_precision) ? DecimalResult(up) : std::nullopt;
}

DecimalResult AddDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s) {
  if (sa == sb) {
    const int128_t sum = a + b;  // both below 10^38: no overflow
    return RescaleDecimal(sum, sa, p, s);
  }
  const int common = std::max(sa, sb);
  const Uint256 x = Scale256(Magnitude(a), common - sa), y = Scale256(Magnitude(b), common - sb);
  const bool na = a < 0, nb = b < 0;
  if (na == nb) return Rescale256(na, Add256(x, y), common, p, s);
  const int order = Compare256(x, y);
  if (order == 0) return 0;
  return order > 0 ? Rescale256(na, Subtract256(x, y), common, p, s) : Rescale256(nb, Subtract256(y, x), common, p, s);
}

DecimalResult SubtractDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s) {
  return AddDecimal(a, sa, -b, sb, p, s);
}

DecimalResult MultiplyDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s) {
  int128_t product;
  if (!__builtin_mul_overflow(a, b, &product) && sa + sb == s) {
    return FitsPrecision(product, p) ? DecimalResult(product) : std::nullopt;
  }
  return Rescale256((a < 0) != (b < 0), Multiply128(Magnitude(a), Magnitude(b)), sa + sb, p, s);
}

DecimalResult DivideDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s) {
  if (a == 0) return 0;
  const uint128_t x = Magnitude(a), y = Magnitude(b);
  // First to 38 significant digits: shift so that the quotient has 38 or 39, then drop what is too much.
  int shift = 38 - DecimalDigits(a) + DecimalDigits(b);  // quotient in (10^37, 10^39)
  Uint256 n = Scale256(x, std::min(shift, 38));
  if (shift > 38) {
    // x * 10^38 is below 10^76 then, the second factor keeps it below 10^77.
    Uint256 wide;
    uint128_t carry = 0;
    const auto factor = static_cast<uint64_t>(PowerOfTen(std::min(shift - 38, 18)));
    for (int i = 0; i < 4; ++i) {
      carry += static_cast<uint128_t>(n.word[i]) * factor;
      wide.word[i] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    int left = shift - 38 - std::min(shift - 38, 18);
    n = wide;
    for (; left > 0; --left) {
      carry = 0;
      for (uint64_t& word : n.word) {
        carry += static_cast<uint128_t>(word) * 10;
        word = static_cast<uint64_t>(carry);
        carry >>= 64;
      }
    }
  }
  uint128_t rest = 0;
  Uint256 q = Divide256(n, y, &rest);
  int scale = sa - sb + shift;
  const Uint256 limit = Scale256(1, 38);
  if (Compare256(q, limit) >= 0) {
    // 39 digits: the last decides; what is below only matters at exactly 5, where HALF_UP goes up anyway.
    q = DropDigits(q, 1);
    --scale;
  } else if (rest >= y - rest) {
    q = Add256(q, Uint256{{1, 0, 0, 0}});
  }
  const bool negative = (a < 0) != (b < 0);
  if (scale < 0) {
    for (; scale < 0 && FitsLow128(q); ++scale) q = Multiply128(Low128(q), 10);
    if (scale < 0) return std::nullopt;
  }
  // BigDecimal strips trailing zeros of an exact quotient; that does not change the value.
  if (scale >= s) return Signed(negative, DropDigits(q, scale - s), p);
  return Rescale256(negative, q, scale, p, s);
}

DecimalResult ModuloDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s) {
  const int common = std::max(sa, sb);
  const Uint256 x = Scale256(Magnitude(a), common - sa), y = Scale256(Magnitude(b), common - sb);
  if (Compare256(x, y) < 0) return Rescale256(a < 0, x, common, p, s);
  if (!FitsLow128(y)) {
    // Few quotients can come here: both are near 2^256, so subtracting shifted copies is short.
    Uint256 rest = x;
    while (Compare256(rest, y) >= 0) {
      Uint256 step = y, next = Add256(y, y);
      while (Compare256(next, step) > 0 && Compare256(next, rest) <= 0) {
        step = next;
        next = Add256(next, next);
      }
      rest = Subtract256(rest, step);
    }
    return Rescale256(a < 0, rest, common, p, s);
  }
  uint128_t rest = 0;
  Divide256(x, Low128(y), &rest);
  return Rescale256(a < 0, Uint256{{static_cast<uint64_t>(rest), static_cast<uint64_t>(rest >> 64), 0, 0}}, common, p,
                    s);
}

int CompareDecimals(int128_t a, int sa, int128_t b, int sb) {
  if (sa == sb) return a < b ? -1 : (a > b ? 1 : 0);
  if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
  const int common = std::max(sa, sb);
  const int order = Compare256(Scale256(Magnitude(a), common - sa), Scale256(Magnitude(b), common - sb));
  return a < 0 ? -order : order;
}

double DecimalToDouble(int128_t v, int scale) {
  const uint128_t m = Magnitude(v);
  if (m <= (uint64_t{1} << 53) && scale <= 22) {
    return static_cast<double>(static_cast<int64_t>(v)) / static_cast<double>(PowerOfTen(scale));  // both exact
  }
  std::string text = DecimalToString(v, 0);
  text += 'e';
  AppendInt(text, -scale);
  return ParseDouble(text).value_or(0);
}

DecimalResult DecimalFromDouble(double v, int precision, int scale) {
  if (!std::isfinite(v)) return std::nullopt;
  return ParseDecimal(DoubleToString(v), precision, scale);
}

DecimalResult DecimalFromInt(int64_t v, int precision, int scale) { return RescaleDecimal(v, 0, precision, scale); }

int64_t DecimalToInt64(int128_t v, int scale) { return static_cast<int64_t>(v / PowerOfTen(scale)); }

}  // namespace sluice::engine
