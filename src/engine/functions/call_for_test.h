// For tests: one call of a scalar function on literals, without SQL.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/columnar/display.h"
#include "engine/functions/function.h"

namespace sluice::engine {

struct Arg {
  DataType type;
  Value value;
};
inline Arg Str(std::string s) {
  int length = 0;
  for (char c : s) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return {DataType::Char(length).NotNull(), Value::String(std::move(s))};
}
inline Arg NullStr() { return {DataType::String(), Value::Null()}; }
inline Arg Bytes(std::string s) {
  const auto length = static_cast<int>(s.size());
  return {DataType::Binary(length).NotNull(), Value::String(std::move(s))};
}
inline Arg Int(int64_t v) { return {DataType::Integer().NotNull(), Value::Int(v)}; }
inline Arg NullInt() { return {DataType::Integer(), Value::Null()}; }
inline Arg Big(int64_t v) { return {DataType::Bigint().NotNull(), Value::Int(v)}; }
inline Arg Dbl(double v) { return {DataType::Double().NotNull(), Value::Double(v)}; }
inline Arg Bool(bool v) { return {DataType::Boolean().NotNull(), Value::Bool(v)}; }
inline Arg Sym(std::string s) { return {DataType::Symbol(), Value::String(std::move(s))}; }

struct Answer {
  std::string text;  // displayed value, or "ERROR " and the message
  std::string type;
};

/// `result`, if given, is the type that the caller asks for (RETURNING).
inline Answer CallForTest(const FunctionRegistry& registry, std::string_view name, const std::vector<Arg>& args,
                          const DataType* result = nullptr) {
  const ScalarFunction* f = registry.FindScalar(name);
  if (f == nullptr) return {"ERROR no such function", ""};
  SessionFacts facts;
  facts.now_ms = [] { return int64_t{1'700'000'000'123}; };
  CallInfo info;
  info.facts = &facts;
  for (const Arg& a : args) {
    info.args.push_back(a.type);
    info.literals.push_back(&a.value);
  }
  auto signature = f->resolve(info);
  if (!signature.ok()) return {"ERROR " + signature.error().message(), ""};
  if (!signature->has_value()) return {"ERROR Cannot apply " + f->supported_forms, ""};
  info.args = (*signature)->args;
  const DataType type = result != nullptr ? *result : (*signature)->result;
  auto kernel = f->make(info, type);
  if (!kernel.ok()) return {"ERROR " + kernel.error().message(), ""};
  std::vector<ColumnPtr> columns;
  bool null = false;
  for (size_t i = 0; i < args.size(); ++i) {
    columns.push_back(Column::MakeConstant(info.args[i], args[i].value, 1));
    null |= args[i].value.is_null();
  }
  ColumnPtr out = Column::Make(type, 1);
  EvalContext context(facts);
  if (f->nulls == NullRule::kPropagate && null) {
    out->SetNull(0);
  } else {
    (*kernel)(context, columns, Rows{nullptr, 1}, *out);
  }
  if (context.failed()) return {"ERROR " + context.error().message(), type.ToString()};
  return {FieldText(*out, 0, *TimeZone::Utc()), type.ToString()};
}

}  // namespace sluice::engine
