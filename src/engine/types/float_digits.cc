#include "engine/types/float_digits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace sluice::engine {

namespace {

constexpr int kFractionBits = 52;
constexpr int kFives[] = {0,  3,  5,  7,  10, 12, 14, 17, 19, 21, 24, 26, 28, 31,
                          33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61};  // bits of 5^n
constexpr int kFiveCount = 27;

/// A number of up to 1280 bits; 5^325 * 2^1100 never occurs, the widest is about 1150 bits.
class Big {
 public:
  explicit Big(uint64_t v = 0) {
    word_[0] = static_cast<uint32_t>(v);
    word_[1] = static_cast<uint32_t>(v >> 32);
    size_ = word_[1] ? 2 : (word_[0] ? 1 : 0);
  }
  void MultiplySmall(uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < size_; ++i) {
      carry += uint64_t{word_[i]} * factor;
      word_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry) word_[size_++] = static_cast<uint32_t>(carry);
  }
  void MultiplyPow5(int n) {
    for (; n >= 13; n -= 13) MultiplySmall(1220703125u);
    uint32_t rest = 1;
    for (; n > 0; --n) rest *= 5;
    if (rest != 1) MultiplySmall(rest);
  }
  void ShiftLeft(int n) {
    if (size_ == 0) return;
    const int words = n / 32, bits = n % 32;
    for (int i = size_ - 1; i >= 0; --i) word_[i + words] = word_[i];
    std::fill(word_, word_ + words, 0u);
    size_ += words;
    if (bits) {
      uint32_t carry = 0;
      for (int i = words; i < size_; ++i) {
        const uint32_t next = word_[i] >> (32 - bits);
        word_[i] = word_[i] << bits | carry;
        carry = next;
      }
      if (carry) word_[size_++] = carry;
    }
  }
  static int Compare(const Big& a, const Big& b) {
    if (a.size_ != b.size_) return a.size_ < b.size_ ? -1 : 1;
    for (int i = a.size_ - 1; i >= 0; --i) {
      if (a.word_[i] != b.word_[i]) return a.word_[i] < b.word_[i] ? -1 : 1;
    }
    return 0;
  }
  static Big Add(const Big& a, const Big& b) {
    Big out;
    uint64_t carry = 0;
    const int n = std::max(a.size_, b.size_);
    for (int i = 0; i < n; ++i) {
      carry += uint64_t{i < a.size_ ? a.word_[i] : 0} + (i < b.size_ ? b.word_[i] : 0);
      out.word_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    out.size_ = n;
    if (carry) out.word_[out.size_++] = static_cast<uint32_t>(carry);
    return out;
  }
  /// this = (this mod s) * 10, returns this / s, which is at most 9.
  int QuotientRemainderTimes10(const Big& s) {
    int q = 0;
    while (Compare(*this, s) >= 0) {
      Subtract(s);
      ++q;
    }
    MultiplySmall(10);
    return q;
  }
  bool IsZero() const { return size_ == 0; }

 private:
  void Subtract(const Big& b) {
    int64_t borrow = 0;
    for (int i = 0; i < size_; ++i) {
      borrow += int64_t{word_[i]} - (i < b.size_ ? int64_t{b.word_[i]} : 0);
      word_[i] = static_cast<uint32_t>(borrow);
      borrow >>= 32;
    }
    while (size_ > 0 && word_[size_ - 1] == 0) --size_;
  }
  uint32_t word_[80] = {};
  int size_ = 0;
};

int DigitsThatAPowerOfTwoHides(int p) {
  // floor(p * log10(2)) over the range where it matters; values as the Java table has them.
  constexpr int8_t kHidden[] = {0,  0,  0,  0,  1,  1,  1,  2,  2,  2,  3,  3,  3,  3,  4,  4,  4,  5,  5,  5,  6,  6,
                                6,  6,  7,  7,  7,  8,  8,  8,  9,  9,  9,  9,  10, 10, 10, 11, 11, 11, 12, 12, 12, 12,
                                13, 13, 13, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 17, 17, 17, 18, 18, 18, 19};
  return p > 1 && p < 64 ? kHidden[p] : 0;
}

void RoundUp(FloatDigits& d) {
  int i = d.count - 1;
  while (d.digits[i] == '9' && i > 0) d.digits[i--] = '0';
  if (d.digits[i] == '9') {
    d.exponent += 1;
    d.digits[0] = '1';
    return;
  }
  ++d.digits[i];
}

/// Whole numbers that fit 63 bits are printed exactly, minus the digits beyond the number's precision.
FloatDigits WholeNumber(uint64_t v, int insignificant) {
  FloatDigits d;
  int exponent = 0;
  if (insignificant > 0) {
    uint64_t unit = 1;
    for (int i = 0; i < insignificant; ++i) unit *= 10;
    const uint64_t rest = v % unit;
    v /= unit;
    exponent += insignificant;
    if (rest >= unit >> 1) ++v;
  }
  while (v % 10 == 0) {
    v /= 10;
    ++exponent;
  }
  char reversed[24];
  while (v != 0) {
    reversed[d.count++] = static_cast<char>('0' + v % 10);
    v /= 10;
  }
  std::reverse_copy(reversed, reversed + d.count, d.digits);
  d.exponent = exponent + d.count;
  return d;
}

struct Stop {
  bool low = false;
  bool high = false;
  int tie = 0;  // sign of (2 * rest - 1 unit) when both hold
};

void Finish(FloatDigits& d, const Stop& stop) {
  if (!stop.high) return;
  if (stop.low && (stop.tie < 0 || (stop.tie == 0 && (d.digits[d.count - 1] & 1) == 0))) return;
  RoundUp(d);
}

/// U is uint64_t or uint32_t: Java computes in long or int and lets sums wrap, which shows in some digits.
template <typename U>
FloatDigits SmallLoop(U b, U s, U m, int decimal_exponent) {
  using Signed = std::make_signed_t<U>;
  FloatDigits d;
  const U tens = s * 10;
  auto is_high = [&] { return static_cast<Signed>(b + m) > static_cast<Signed>(tens); };
  auto is_low = [&] { return static_cast<Signed>(b) < static_cast<Signed>(m); };
  Stop stop;
  U q = b / s;
  b = 10 * (b % s);
  m *= 10;
  stop.low = is_low();
  stop.high = is_high();
  if (q == 0 && !stop.high) {
    --decimal_exponent;
  } else {
    d.digits[d.count++] = static_cast<char>('0' + q);
  }
  if (decimal_exponent < -3 || decimal_exponent >= 8) stop.low = stop.high = false;
  while (!stop.low && !stop.high) {
    q = b / s;
    b = 10 * (b % s);
    m *= 10;
    const bool wrapped = static_cast<Signed>(m) <= 0;
    stop.low = wrapped || is_low();
    stop.high = wrapped || is_high();
    d.digits[d.count++] = static_cast<char>('0' + q);
  }
  const auto difference = static_cast<Signed>(static_cast<U>(b << 1) - tens);
  stop.tie = difference < 0 ? -1 : (difference > 0 ? 1 : 0);
  d.exponent = decimal_exponent + 1;
  Finish(d, stop);
  return d;
}

FloatDigits BigLoop(uint64_t fraction, int b5, int b2, int s5, int s2, int m5, int m2, int decimal_exponent) {
  Big b(fraction), s(1), m(1);
  b.MultiplyPow5(b5);
  b.ShiftLeft(b2);
  s.MultiplyPow5(s5);
  s.ShiftLeft(s2);
  m.MultiplyPow5(m5);
  m.ShiftLeft(m2);
  Big tens = s;
  tens.MultiplySmall(10);
  FloatDigits d;
  Stop stop;
  int q = b.QuotientRemainderTimes10(s);
  m.MultiplySmall(10);
  stop.low = Big::Compare(b, m) < 0;
  stop.high = Big::Compare(tens, Big::Add(b, m)) <= 0;
  if (q == 0 && !stop.high) {
    --decimal_exponent;
  } else {
    d.digits[d.count++] = static_cast<char>('0' + q);
  }
  if (decimal_exponent < -3 || decimal_exponent >= 8) stop.low = stop.high = false;
  while (!stop.low && !stop.high) {
    q = b.QuotientRemainderTimes10(s);
    m.MultiplySmall(10);
    stop.low = Big::Compare(b, m) < 0;
    stop.high = Big::Compare(tens, Big::Add(b, m)) <= 0;
    d.digits[d.count++] = static_cast<char>('0' + q);
  }
  if (stop.low && stop.high) {
    b.ShiftLeft(1);
    stop.tie = Big::Compare(b, tens);
  }
  d.exponent = decimal_exponent + 1;
  Finish(d, stop);
  return d;
}

uint64_t Pow5(int n) {
  uint64_t v = 1;
  for (; n > 0; --n) v *= 5;
  return v;
}

/// `fraction` has its highest bit at kFractionBits; the number is fraction * 2^(exponent - kFractionBits).
FloatDigits Develop(int exponent, uint64_t fraction, int significant_bits) {
  const int tail_zeros = std::countr_zero(fraction);
  const int fraction_bits = kFractionBits + 1 - tail_zeros;
  const int tiny_bits = std::max(0, fraction_bits - exponent - 1);
  if (exponent <= 62 && exponent >= -21 && tiny_bits == 0 && fraction_bits < 64) {
    const int hidden = exponent > significant_bits ? DigitsThatAPowerOfTwoHides(exponent - significant_bits - 1) : 0;
    fraction =
        exponent >= kFractionBits ? fraction << (exponent - kFractionBits) : fraction >> (kFractionBits - exponent);
    return WholeNumber(fraction, hidden);
  }
  const double d2 = std::bit_cast<double>(uint64_t{0x3FF0000000000000} | (fraction & ((uint64_t{1} << 52) - 1)));
  const auto decimal_exponent = static_cast<int>(
      std::floor((d2 - 1.5) * 0.289529654 + 0.176091259 + static_cast<double>(exponent) * 0.301029995663981));
  const int b5 = std::max(0, -decimal_exponent);
  int b2 = b5 + tiny_bits + exponent;
  const int s5 = std::max(0, decimal_exponent);
  int s2 = s5 + tiny_bits;
  const int m5 = b5;
  int m2 = b2 - significant_bits;
  fraction >>= tail_zeros;
  b2 -= fraction_bits - 1;
  const int shared = std::min(b2, s2);
  b2 -= shared;
  s2 -= shared;
  m2 -= shared;
  if (fraction_bits == 1) m2 -= 1;  // below a power of two the next number is nearer
  if (m2 < 0) {
    b2 -= m2;
    s2 -= m2;
    m2 = 0;
  }
  const int b_bits = fraction_bits + b2 + (b5 < kFiveCount ? kFives[b5] : b5 * 3);
  const int ten_s_bits = s2 + 1 + (s5 + 1 < kFiveCount ? kFives[s5 + 1] : (s5 + 1) * 3);
  if (b_bits < 64 && ten_s_bits < 64) {
    const uint64_t b = (fraction * Pow5(b5)) << b2, s = Pow5(s5) << s2, m = Pow5(m5) << m2;
    if (b_bits < 32 && ten_s_bits < 32) {
      return SmallLoop(static_cast<uint32_t>(b), static_cast<uint32_t>(s), static_cast<uint32_t>(m), decimal_exponent);
    }
    return SmallLoop(b, s, m, decimal_exponent);
  }
  return BigLoop(fraction, b5, b2, s5, s2, m5, m2, decimal_exponent);
}

}  // namespace

FloatDigits ShortestDigits(double v) {
  const auto bits = std::bit_cast<uint64_t>(v);
  uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  int significant = 53;
  if (exponent == 0) {
    const int leading = std::countl_zero(fraction);
    const int shift = leading - (63 - kFractionBits);
    fraction <<= shift;
    exponent = 1 - shift;
    significant = 64 - leading;
  } else {
    fraction |= uint64_t{1} << 52;
  }
  return Develop(exponent - 1023, fraction, significant);
}

FloatDigits ShortestDigits(float v) {
  const auto bits = std::bit_cast<uint32_t>(v);
  uint32_t fraction = bits & ((1u << 23) - 1);
  int exponent = static_cast<int>(bits >> 23 & 0xFF);
  int significant = 24;
  if (exponent == 0) {
    const int leading = std::countl_zero(fraction);
    const int shift = leading - 8;
    fraction <<= shift;
    exponent = 1 - shift;
    significant = 32 - leading;
  } else {
    fraction |= 1u << 23;
  }
  return Develop(exponent - 127, uint64_t{fraction} << (kFractionBits - 23), significant);
}

}  // namespace sluice::engine
