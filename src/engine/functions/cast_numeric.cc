#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/functions/cast_kernels.h"
#include "engine/functions/kernel_templates.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

/// Java's narrowing: floating point saturates at int or long and NaN is 0; integers wrap.
template <typename To, typename From>
To Narrow(From v) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Wide = std::conditional_t<sizeof(To) == 8, int64_t, int32_t>;
    Wide w;
    if (std::isnan(v)) {
      w = 0;
    } else if (v >= static_cast<From>(std::numeric_limits<Wide>::max())) {
      w = std::numeric_limits<Wide>::max();
    } else if (v <= static_cast<From>(std::numeric_limits<Wide>::min())) {
      w = std::numeric_limits<Wide>::min();
    } else {
      w = static_cast<Wide>(v);
    }
    return static_cast<To>(w);
  } else {
    return static_cast<To>(v);
  }
}

template <typename From>
Kernel FromNumber(const DataType& to) {
  if (to.kind() == TypeKind::kBoolean) {
    return UnaryKernel<From, uint8_t>([](From v) { return static_cast<uint8_t>(v != 0); });
  }
  if (to.kind() == TypeKind::kDecimal) {
    return CheckedUnaryKernel<From, int128_t>(
        [p = to.precision(), s = to.scale()](EvalContext&, size_t, From v, int128_t& out) {
          const DecimalResult r = std::is_floating_point_v<From> ? DecimalFromDouble(static_cast<double>(v), p, s)
                                                                 : DecimalFromInt(static_cast<int64_t>(v), p, s);
          if (r) out = *r;
          return r.has_value();
        });
  }
  return ForNumberType(to.physical(), [](auto target) -> Kernel {
    using To = decltype(target);
    return UnaryKernel<From, To>([](From v) { return Narrow<To>(v); });
  });
}

Kernel FromDecimal(const DataType& from, const DataType& to) {
  const int scale = from.scale();
  if (to.kind() == TypeKind::kBoolean) {
    return UnaryKernel<int128_t, uint8_t>([](int128_t v) { return static_cast<uint8_t>(v != 0); });
  }
  if (to.kind() == TypeKind::kDecimal) {
    return CheckedUnaryKernel<int128_t, int128_t>(
        [scale, p = to.precision(), s = to.scale()](EvalContext&, size_t, int128_t v, int128_t& out) {
          const DecimalResult r = RescaleDecimal(v, scale, p, s);
          if (r) out = *r;
          return r.has_value();
        });
  }
  return ForNumberType(to.physical(), [scale](auto target) -> Kernel {
    using To = decltype(target);
    return UnaryKernel<int128_t, To>([scale](int128_t v) {
      if constexpr (std::is_floating_point_v<To>) {
        return static_cast<To>(DecimalToDouble(v, scale));
      } else {
        return static_cast<To>(DecimalToInt64(v, scale));
      }
    });
  });
}

}  // namespace

Kernel CastNumberToNumber(const DataType& from, const DataType& to) {
  if (from.kind() == TypeKind::kDecimal) return FromDecimal(from, to);
  if (from.kind() == TypeKind::kBoolean) return FromNumber<uint8_t>(to);
  return ForNumberType(from.physical(), [&](auto source) -> Kernel { return FromNumber<decltype(source)>(to); });
}

namespace {

int64_t IntervalUnit(IntervalRange range) {
  switch (range) {
    case IntervalRange::kYear: return 12;
    case IntervalRange::kYearToMonth:
    case IntervalRange::kMonth: return 1;
    case IntervalRange::kHour: return 3'600'000;
    case IntervalRange::kMinute: return 60'000;
    case IntervalRange::kSecond: return 1000;
    default: return 86'400'000;
  }
}

}  // namespace

Kernel CastNumberToInterval(const DataType& from, const DataType& to) {
  const auto unit = static_cast<uint64_t>(IntervalUnit(to.interval_range()));
  return ForNumberType(from.physical(), [&](auto tag) -> Kernel {
    using T = decltype(tag);
    if (to.physical() == PhysicalType::kInt32) {
      return UnaryKernel<T, int32_t>([unit](T v) { return static_cast<int32_t>(static_cast<uint64_t>(v) * unit); });
    }
    return UnaryKernel<T, int64_t>([unit](T v) { return static_cast<int64_t>(static_cast<uint64_t>(v) * unit); });
  });
}

namespace {

std::string InputText(std::string_view text, std::string_view what) {
  return "For input string: '" + std::string(text) + "'. " + std::string(what);
}

/// parse(text, row's T&): empty if it worked, else the message; a null pointer means "NULL without a failure".
template <typename T, typename Parse>
Kernel FromText(Parse parse) {
  return [parse](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    T* to = out.data<T>();
    std::string message;
    rows.ForEach([&](size_t i) {
      if (!parse(args[0]->string_at(i), to[i], message)) FailCast(context, out, i, message);
    });
  };
}

template <typename T>
Kernel TextToInteger() {
  return FromText<T>([](std::string_view text, T& out, std::string& message) {
    text = TrimBlanks(text);
    int64_t v = 0;
    switch (ParseInteger(text, sizeof(T) * 8, &v)) {
      case IntParse::kOk: out = static_cast<T>(v); return true;
      case IntParse::kEmpty: message = InputText(text, "Input is empty."); break;
      case IntParse::kInvalid: message = InputText(text, "Invalid character found."); break;
      case IntParse::kOverflow: message = InputText(text, "Overflow."); break;
    }
    return false;
  });
}

std::string FloatMessage(std::string_view text) {
  if (JavaTrim(text).empty()) return "empty String";
  return "For input string: \"" + std::string(text) + "\"";
}

bool ParseBoolean(std::string_view text, uint8_t& out) {
  std::string lower;
  for (char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (std::string_view yes : {"t", "true", "y", "yes", "1"}) {
    if (lower == yes) {
      out = 1;
      return true;
    }
  }
  for (std::string_view no : {"f", "false", "n", "no", "0"}) {
    if (lower == no) {
      out = 0;
      return true;
    }
  }
  return false;
}

std::string DecimalMessage(std::string_view text, bool bad_syntax) {
  if (!bad_syntax) return InputText(text, "Overflow.");
  for (char c : text) {
    if ((c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') {
      return std::string("Character ") + c +
             " is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark.";
    }
  }
  return InputText(text, "Invalid number.");
}

}  // namespace

Kernel CastTextToNumber(const DataType& to) {
  switch (to.kind()) {
    case TypeKind::kTinyint: return TextToInteger<int8_t>();
    case TypeKind::kSmallint: return TextToInteger<int16_t>();
    case TypeKind::kInteger: return TextToInteger<int32_t>();
    case TypeKind::kBigint: return TextToInteger<int64_t>();
    case TypeKind::kBoolean:
      return FromText<uint8_t>([](std::string_view text, uint8_t& out, std::string& message) {
        if (ParseBoolean(text, out)) return true;
        message = "Cannot parse '" + std::string(text) + "' as BOOLEAN.";
        return false;
      });
    case TypeKind::kFloat:
      return FromText<float>([](std::string_view text, float& out, std::string& message) {
        const auto v = ParseFloat(text);
        if (v) out = *v;
        if (!v) message = FloatMessage(text);
        return v.has_value();
      });
    case TypeKind::kDouble:
      return FromText<double>([](std::string_view text, double& out, std::string& message) {
        const auto v = ParseDouble(text);
        if (v) out = *v;
        if (!v) message = FloatMessage(text);
        return v.has_value();
      });
    default:
      return FromText<int128_t>(
          [p = to.precision(), s = to.scale()](std::string_view text, int128_t& out, std::string& message) {
            bool bad_syntax = false;
            const DecimalResult v = CastStringToDecimal(TrimBlanks(text), p, s, &bad_syntax);
            if (v) out = *v;
            if (!v) message = DecimalMessage(TrimBlanks(text), bad_syntax);
            return v.has_value();
          });
  }
}

}  // namespace sluice::engine
