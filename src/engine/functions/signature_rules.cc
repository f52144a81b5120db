#include "engine/functions/signature_rules.h"

#include <fmt/format.h>

#include "engine/functions/type_rules.h"

namespace sluice::engine {

bool AnyNullable(const CallInfo& call) {
  for (const DataType& t : call.args) {
    if (t.nullable()) return true;
  }
  return false;
}

bool Fits(const DataType& t, ArgKind kind) {
  switch (kind) {
    case ArgKind::kCharacter: return t.is_character();
    case ArgKind::kBinary: return t.is_binary();
    case ArgKind::kCharacterOrBinary: return t.is_character() || t.is_binary();
    case ArgKind::kInteger: return t.is_exact_integer();
    case ArgKind::kInt: return t.is_exact_integer() && t.kind() != TypeKind::kBigint;
    case ArgKind::kNumeric: return t.is_numeric();
    case ArgKind::kBoolean: return t.kind() == TypeKind::kBoolean;
    case ArgKind::kSymbol: return t.kind() == TypeKind::kSymbol;
    case ArgKind::kTimestamp: return t.is_timestamp();
    case ArgKind::kDatetime: return t.is_datetime();
    case ArgKind::kArray: return t.kind() == TypeKind::kArray;
    case ArgKind::kMap: return t.kind() == TypeKind::kMap;
    case ArgKind::kAny: return t.kind() != TypeKind::kSymbol && t.kind() != TypeKind::kDescriptor;
  }
  return false;
}

ResultRule Returns(DataType type) {
  return [type](const CallInfo& call) { return type.WithNullable(AnyNullable(call)); };
}

ResultRule ReturnsNullable(DataType type) {
  return [type](const CallInfo&) { return type.Nullable(); };
}

ResultRule ReturnsArgument(size_t i) {
  return [i](const CallInfo& call) {
    return call.args[i].WithTimeAttribute(TimeAttribute::kNone).WithNullable(AnyNullable(call));
  };
}

std::string CallText(std::string_view function, const CallInfo& call) {
  std::string out = std::string(function) + "(";
  bool first = true;
  for (const DataType& t : call.args) {
    if (t.kind() == TypeKind::kSymbol) continue;
    if (!first) out += ", ";
    first = false;
    out += PlannedType(t).ToString();
  }
  return out + ")";
}

Error InvalidCall(std::string_view function, const CallInfo& call, std::string_view reason) {
  return {ErrorCode::kValidation, fmt::format("Invalid function call:\n{}\n{}", CallText(function, call), reason)};
}

namespace {

DataType PlainestType(ArgKind kind) {
  switch (kind) {
    case ArgKind::kCharacter:
    case ArgKind::kCharacterOrBinary: return DataType::String();
    case ArgKind::kBinary: return DataType::Bytes();
    case ArgKind::kInteger:
    case ArgKind::kInt:
    case ArgKind::kNumeric: return DataType::Integer();
    case ArgKind::kBoolean: return DataType::Boolean();
    case ArgKind::kTimestamp:
    case ArgKind::kDatetime: return DataType::TimestampType(3);
    default: return DataType::Null();
  }
}

const char* KindText(ArgKind kind) {
  switch (kind) {
    case ArgKind::kCharacter: return "<CHARACTER_STRING>";
    case ArgKind::kBinary: return "<BINARY_STRING>";
    case ArgKind::kCharacterOrBinary: return "<CHARACTER_STRING | BINARY_STRING>";
    case ArgKind::kInteger: return "<INTEGER_NUMERIC>";
    case ArgKind::kInt: return "INT";
    case ArgKind::kNumeric: return "<NUMERIC>";
    case ArgKind::kBoolean: return "BOOLEAN";
    case ArgKind::kSymbol: return "<SYMBOL>";
    case ArgKind::kTimestamp: return "<TIMESTAMP>";
    case ArgKind::kDatetime: return "<DATETIME>";
    case ArgKind::kArray: return "<ARRAY>";
    case ArgKind::kMap: return "<MAP>";
    case ArgKind::kAny: return "<ANY>";
  }
  return "";
}

std::string FormsText(std::string_view function, const std::vector<Form>& forms) {
  std::string out = "Invalid input arguments. Expected signatures are:";
  for (const Form& form : forms) {
    out += "\n" + std::string(function) + "(";
    for (size_t i = 0; i < form.args.size(); ++i) out += std::string(i > 0 ? ", " : "") + KindText(form.args[i]);
    out += form.repeats ? "...)" : ")";
  }
  return out;
}

bool SizeFits(const Form& form, size_t count) {
  return form.repeats ? count + 1 >= form.args.size() : count == form.args.size();
}

ArgKind KindAt(const Form& form, size_t i) { return form.args[std::min(i, form.args.size() - 1)]; }

bool FormFits(const Form& form, const CallInfo& call, bool null_fits) {
  if (!SizeFits(form, call.size())) return false;
  for (size_t i = 0; i < call.size(); ++i) {
    const bool is_null = call.args[i].kind() == TypeKind::kNull;
    if (is_null ? !null_fits : !Fits(call.args[i], KindAt(form, i))) return false;
  }
  return true;
}

}  // namespace

Resolver ResolveForms(std::string function, std::vector<Form> forms, ResultRule result, CallStyle style) {
  return [function = std::move(function), forms = std::move(forms), result = std::move(result),
          style](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (style == CallStyle::kCalcite) {
      for (const DataType& t : call.args) {
        if (t.kind() == TypeKind::kNull) return Error(ErrorCode::kValidation, "Illegal use of 'NULL'");
      }
    }
    for (const Form& form : forms) {
      if (!FormFits(form, call, style == CallStyle::kBuiltIn)) continue;
      CallInfo typed = call;
      for (size_t i = 0; i < typed.size(); ++i) {
        const ArgKind kind = KindAt(form, i);
        DataType& t = typed.args[i];
        if (t.kind() == TypeKind::kNull) t = PlainestType(kind);
        if (kind == ArgKind::kInt) t = DataType::Integer().WithNullable(t.nullable());
      }
      DataType type = result(typed);
      return std::optional<Signature>(Signature{std::move(type), std::move(typed.args)});
    }
    if (style == CallStyle::kBuiltIn) return InvalidCall(function, call, FormsText(function, forms));
    return std::optional<Signature>();
  };
}

}  // namespace sluice::engine
