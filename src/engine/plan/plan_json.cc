#include "engine/plan/plan_json.h"

#include <bit>
#include <boost/json.hpp>

#include "engine/types/structured_type.h"

namespace sluice::engine {

namespace json = boost::json;

namespace {

Error Bad(std::string_view what) {
  return Error(ErrorCode::kData,
               "The plan is damaged: " + std::string(what) + " is missing or of the wrong kind. Plan the SQL again.");
}

/// The member `key` as an integer; an error if it is none.
Result<int64_t> Int(const json::value& v, std::string_view key) {
  const json::value* m = v.is_object() ? v.as_object().if_contains(key) : nullptr;
  if (m == nullptr || !m->is_int64()) return Bad(key);
  return m->as_int64();
}

const json::array* Array(const json::value& v, std::string_view key) {
  const json::value* m = v.is_object() ? v.as_object().if_contains(key) : nullptr;
  return m == nullptr ? nullptr : m->if_array();
}

Result<std::string> Text(const json::value& v, std::string_view key) {
  const json::value* m = v.is_object() ? v.as_object().if_contains(key) : nullptr;
  if (m == nullptr || !m->is_string()) return Bad(key);
  return std::string(m->as_string());
}

std::string Hex(std::string_view bytes) {
  static const char* kDigits = "0123456789abcdef";
  std::string out;
  for (unsigned char c : bytes) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

Result<std::string> Unhex(std::string_view text) {
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (text.size() % 2 != 0) return Bad("a string");
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return Bad("a string");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

Result<DataType> SimpleType(TypeKind kind, int p, int s) {
  switch (kind) {
    case TypeKind::kNull: return DataType::Null();
    case TypeKind::kBoolean: return DataType::Boolean();
    case TypeKind::kTinyint: return DataType::Tinyint();
    case TypeKind::kSmallint: return DataType::Smallint();
    case TypeKind::kInteger: return DataType::Integer();
    case TypeKind::kBigint: return DataType::Bigint();
    case TypeKind::kFloat: return DataType::Float();
    case TypeKind::kDouble: return DataType::Double();
    case TypeKind::kDecimal: return DataType::Decimal(p, s);
    case TypeKind::kChar: return DataType::Char(p);
    case TypeKind::kVarchar: return DataType::Varchar(p);
    case TypeKind::kBinary: return DataType::Binary(p);
    case TypeKind::kVarbinary: return DataType::Varbinary(p);
    case TypeKind::kDate: return DataType::Date();
    case TypeKind::kTime: return DataType::Time(p);
    case TypeKind::kTimestamp: return DataType::TimestampType(p);
    case TypeKind::kTimestampLtz: return DataType::TimestampLtz(p);
    case TypeKind::kSymbol: return DataType::Symbol();
    default: return Bad("a type");
  }
}

}  // namespace

json::value TypeToJson(const DataType& t) {
  json::object o;
  o["kind"] = static_cast<int>(t.kind());
  if (!t.nullable()) o["notNull"] = true;
  if (t.precision() != 0) o["precision"] = t.precision();
  if (t.scale() != 0) o["scale"] = t.scale();
  if (t.is_interval()) o["range"] = static_cast<int>(t.interval_range());
  if (t.time_attribute() != TimeAttribute::kNone) o["time"] = static_cast<int>(t.time_attribute());
  if (t.is_nested() || t.kind() == TypeKind::kRaw) {
    json::array children;
    for (const RowField& f : t.fields())
      children.push_back({{"name", f.name}, {"type", TypeToJson(f.type)}, {"comment", f.description}});
    o["children"] = std::move(children);
    if (IsStructured(t)) o["class"] = StructuredClass(t);
  }
  return o;
}

Result<DataType> TypeFromJson(const json::value& v) {
  SLUICE_ASSIGN_OR_RETURN(int64_t kind_number, Int(v, "kind"));
  if (kind_number < 0 || kind_number > static_cast<int>(TypeKind::kRaw)) return Bad("kind");
  const auto kind = static_cast<TypeKind>(kind_number);
  const json::object& o = v.as_object();
  auto number = [&](std::string_view key) {
    return o.contains(key) && o.at(key).is_int64() ? static_cast<int>(o.at(key).as_int64()) : 0;
  };
  std::vector<RowField> children;
  if (const json::array* list = Array(v, "children")) {
    for (const json::value& c : *list) {
      SLUICE_ASSIGN_OR_RETURN(std::string name, Text(c, "name"));
      SLUICE_ASSIGN_OR_RETURN(std::string comment, Text(c, "comment"));
      const json::value* type = c.as_object().if_contains("type");
      if (type == nullptr) return Bad("type");
      SLUICE_ASSIGN_OR_RETURN(DataType t, TypeFromJson(*type));
      children.push_back({std::move(name), std::move(t), std::move(comment)});
    }
  }
  const size_t expected = kind == TypeKind::kMap   ? 2
                          : kind == TypeKind::kRow ? children.size()
                          : kind == TypeKind::kArray || kind == TypeKind::kMultiset || kind == TypeKind::kRaw ? 1
                                                                                                              : 0;
  if (children.size() != expected) return Bad("children");
  DataType out;
  switch (kind) {
    case TypeKind::kArray: out = DataType::Array(children[0].type); break;
    case TypeKind::kMultiset: out = DataType::Multiset(children[0].type); break;
    case TypeKind::kMap: out = DataType::Map(children[0].type, children[1].type); break;
    case TypeKind::kRow:
      out = o.contains("class") && o.at("class").is_string()
                ? StructuredType(std::string(o.at("class").as_string()), std::move(children))
                : DataType::Row(std::move(children));
      break;
    case TypeKind::kRaw: out = DataType::Raw(children[0].name); break;
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      out = DataType::Interval(static_cast<IntervalRange>(number("range")), number("precision"), number("scale"));
      break;
    default: {
      SLUICE_ASSIGN_OR_RETURN(out, SimpleType(kind, number("precision"), number("scale")));
    }
  }
  out = out.WithNullable(!o.contains("notNull"));
  return out.WithTimeAttribute(static_cast<TimeAttribute>(number("time")));
}

json::value ValueToJson(const Value& value) {
  struct Visitor {
    json::value operator()(std::monostate) const { return nullptr; }
    json::value operator()(bool b) const { return b; }
    json::value operator()(int64_t i) const { return json::object{{"i", i}}; }
    json::value operator()(double d) const { return json::object{{"d", std::bit_cast<int64_t>(d)}}; }
    json::value operator()(int128_t d) const {
      return json::object{{"high", static_cast<int64_t>(d >> 64)},
                          {"low", static_cast<int64_t>(static_cast<uint64_t>(d))}};
    }
    json::value operator()(const Timestamp& t) const {
      return json::object{{"ms", t.millis}, {"ns", static_cast<int64_t>(t.nanos)}};
    }
    json::value operator()(const std::string& s) const { return json::object{{"s", Hex(s)}}; }
    json::value operator()(const ValueList& list) const {
      json::array a;
      for (const Value& v : list) a.push_back(ValueToJson(v));
      return a;
    }
  };
  return std::visit(Visitor{}, value.storage());
}

Result<Value> ValueFromJson(const json::value& v) {
  if (v.is_null()) return Value::Null();
  if (v.is_bool()) return Value::Bool(v.as_bool());
  if (v.is_array()) {
    ValueList list;
    for (const json::value& e : v.as_array()) {
      SLUICE_ASSIGN_OR_RETURN(Value item, ValueFromJson(e));
      list.push_back(std::move(item));
    }
    return Value::List(std::move(list));
  }
  if (!v.is_object() || v.as_object().empty()) return Bad("a value");
  const json::object& o = v.as_object();
  if (o.contains("s")) {
    SLUICE_ASSIGN_OR_RETURN(std::string hex, Text(v, "s"));
    SLUICE_ASSIGN_OR_RETURN(std::string bytes, Unhex(hex));
    return Value::String(std::move(bytes));
  }
  if (o.contains("i")) {
    SLUICE_ASSIGN_OR_RETURN(int64_t i, Int(v, "i"));
    return Value::Int(i);
  }
  if (o.contains("d")) {
    SLUICE_ASSIGN_OR_RETURN(int64_t bits, Int(v, "d"));
    return Value::Double(std::bit_cast<double>(bits));
  }
  if (o.contains("ms")) {
    SLUICE_ASSIGN_OR_RETURN(int64_t ms, Int(v, "ms"));
    SLUICE_ASSIGN_OR_RETURN(int64_t ns, Int(v, "ns"));
    return Value::Time({ms, static_cast<int32_t>(ns)});
  }
  SLUICE_ASSIGN_OR_RETURN(int64_t high, Int(v, "high"));
  SLUICE_ASSIGN_OR_RETURN(int64_t low, Int(v, "low"));
  return Value::Decimal(
      static_cast<int128_t>(static_cast<uint128_t>(static_cast<uint64_t>(high)) << 64 | static_cast<uint64_t>(low)));
}

json::value ExprToJson(const ExprPtr& e) {
  if (!e) return nullptr;
  json::object o;
  o["type"] = TypeToJson(e->type);
  switch (e->kind) {
    case ExprKind::kInput: o["input"] = e->input; break;
    case ExprKind::kLiteral: o["value"] = ValueToJson(e->value); break;
    case ExprKind::kCall: {
      o["function"] = e->function;
      json::array args;
      for (const ExprPtr& a : e->args) args.push_back(ExprToJson(a));
      o["args"] = std::move(args);
      if (e->position.known()) {
        o["line"] = e->position.line;
        o["column"] = e->position.column;
      }
    }
  }
  return o;
}

Result<ExprPtr> ExprFromJson(const json::value& v) {
  if (v.is_null()) return ExprPtr();
  if (!v.is_object() || !v.as_object().contains("type")) return Bad("an expression");
  const json::object& o = v.as_object();
  SLUICE_ASSIGN_OR_RETURN(DataType type, TypeFromJson(o.at("type")));
  if (o.contains("input")) {
    SLUICE_ASSIGN_OR_RETURN(int64_t input, Int(v, "input"));
    return Expr::Input(static_cast<int>(input), type);
  }
  if (o.contains("value")) {
    SLUICE_ASSIGN_OR_RETURN(Value value, ValueFromJson(o.at("value")));
    return Expr::Literal(std::move(value), type);
  }
  SLUICE_ASSIGN_OR_RETURN(std::string function, Text(v, "function"));
  const json::array* list = Array(v, "args");
  if (list == nullptr) return Bad("args");
  std::vector<ExprPtr> args;
  for (const json::value& a : *list) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr arg, ExprFromJson(a));
    if (!arg) return Bad("args");
    args.push_back(std::move(arg));
  }
  TextPosition position;
  if (o.contains("line")) {
    SLUICE_ASSIGN_OR_RETURN(int64_t line, Int(v, "line"));
    SLUICE_ASSIGN_OR_RETURN(int64_t column, Int(v, "column"));
    position = {static_cast<int>(line), static_cast<int>(column)};
  }
  return Expr::Call(std::move(function), std::move(args), type, position);
}

}  // namespace sluice::engine
