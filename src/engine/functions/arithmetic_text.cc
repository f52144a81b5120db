// Numbers and bytes as digits: BIN, HEX, UNHEX.
#include "engine/functions/arithmetic_parts.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

/// `bits` 1 or 4 a digit, without leading zeros; negative numbers as their 64 bits.
std::string Digits(uint64_t v, int bits) {
  std::string out;
  do {
    out.insert(out.begin(), "0123456789ABCDEF"[v & ((1u << bits) - 1)]);
    v >>= bits;
  } while (v != 0);
  return out;
}

Kernel NumberDigits(int bits) {
  return [bits](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    rows.ForEach([&](size_t i) { out.SetString(i, Digits(static_cast<uint64_t>(args[0]->at<int64_t>(i)), bits)); });
  };
}

std::string HexText(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += "0123456789ABCDEF"[b >> 4];
    out += "0123456789ABCDEF"[b & 15];
  }
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Pairs of digits. Of an odd number Flink checks the first digit but writes 0 for it.
bool Unhex(std::string_view text, std::string& out) {
  out.clear();
  size_t i = 0;
  if (text.size() % 2 == 1) {
    if (HexDigit(text[0]) < 0) return false;
    out += '\0';
    i = 1;
  }
  for (; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
  }
  return true;
}

ScalarFunction TextFunction(const char* name, const char* text, const char* forms) {
  ScalarFunction f;
  f.name = name;
  f.family = "math";
  f.text = text;
  f.min_args = f.max_args = 1;
  f.supported_forms = forms;
  return f;
}

DataType TextResult(const CallInfo& call) { return DataType::String().WithNullable(call.args[0].nullable()); }

ScalarFunction Bin() {
  ScalarFunction f = TextFunction("BIN", "An integer's binary digits.", "'BIN(<INTEGER>)'");
  f.examples = {"BIN(5) = 101"};
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!call.args[0].is_exact_integer()) return std::optional<Signature>();
    return std::optional(Signature{TextResult(call), {DataType::Bigint().WithNullable(call.args[0].nullable())}});
  };
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> { return NumberDigits(1); };
  return f;
}

ScalarFunction Hex() {
  ScalarFunction f = TextFunction("HEX", "An integer's or a text's bytes as hexadecimal digits.",
                                  "'HEX(<INTEGER>)'\n'HEX(<CHARACTER>)'");
  f.examples = {"HEX(255) = FF"};
  f.resolve = [](const CallInfo& call) -> Resolved {
    const DataType& t = call.args[0];
    if (!t.is_exact_integer() && !t.is_character()) return std::optional<Signature>();
    return std::optional(
        Signature{TextResult(call), {t.is_character() ? t : DataType::Bigint().WithNullable(t.nullable())}});
  };
  f.make = [](const CallInfo& call, const DataType&) -> Result<Kernel> {
    if (!call.args[0].is_character()) return NumberDigits(4);
    return Kernel([](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) { out.SetString(i, HexText(args[0]->string_at(i))); });
    });
  };
  return f;
}

ScalarFunction UnhexFunction() {
  ScalarFunction f = TextFunction("UNHEX", "The bytes that hexadecimal digits stand for; NULL if they are none.",
                                  "UNHEX(expr <CHARACTER_STRING>)");
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!call.args[0].is_character()) {
      return Error(ErrorCode::kValidation,
                   "Unsupported argument type. Expected type of family 'CHARACTER_STRING' but actual type was '" +
                       call.args[0].ToString() + "'.");
    }
    return std::optional(Signature{DataType::Bytes(), call.args});
  };
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      std::string bytes;
      rows.ForEach([&](size_t i) {
        if (Unhex(args[0]->string_at(i), bytes)) {
          out.SetString(i, bytes);
        } else {
          out.SetNull(i);
        }
      });
    });
  };
  return f;
}

}  // namespace

void AddNumberTextFunctions(FunctionRegistry& r) {
  r.Add(Bin());
  r.Add(Hex());
  r.Add(UnhexFunction());
}

}  // namespace sluice::engine
