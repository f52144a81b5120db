#include <algorithm>
#include <cctype>

#include "engine/sql/parser/unparse_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

const char* BehaviorText(JsonBehavior behavior) {
  switch (behavior) {
    case JsonBehavior::kError: return "ERROR";
    case JsonBehavior::kNull: return "NULL";
    case JsonBehavior::kDefault: return "DEFAULT ";
    case JsonBehavior::kTrue: return "TRUE";
    case JsonBehavior::kFalse: return "FALSE";
    case JsonBehavior::kUnknown: return "UNKNOWN";
    case JsonBehavior::kEmptyArray: return "EMPTY ARRAY";
    case JsonBehavior::kEmptyObject: return "EMPTY OBJECT";
    case JsonBehavior::kNone: break;
  }
  return "";
}

}  // namespace

/// The functions that keep keywords between their arguments; false if `call` is not one of them.
bool Unparser::SpecialCall(const CallExpr& call, const std::string& name) {
  const std::vector<ExprPtr>& arguments = call.arguments;
  auto write = [&](std::initializer_list<const char*> between) {
    Text(name + "(");
    auto word = between.begin();
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (i > 0) Text(word != between.end() ? *word++ : ", ");
      Write(*arguments[i]);
    }
    Text(")");
    return true;
  };
  if (name == "EXTRACT") return write({" FROM "});
  if (name == "POSITION") return write({" IN ", " FROM "});
  if (name == "OVERLAY") return write({" PLACING ", " FROM ", " FOR "});
  if (name == "TRIM") return write({" ", " FROM "});
  if ((name == "FLOOR" || name == "CEIL") && arguments.size() == 2) return write({" TO "});
  if (name == "FINAL" || name == "RUNNING") {
    Text(name + " ");
    Write(*arguments[0]);
    return true;
  }
  // The navigation functions show the offset that they have without one.
  if ((name == "FIRST" || name == "LAST" || name == "PREV" || name == "NEXT") && arguments.size() == 1) {
    Text(name + "(");
    Write(*arguments[0]);
    Text(name == "PREV" || name == "NEXT" ? ", 1)" : ", 0)");
    return true;
  }
  return false;
}

template <typename T>
void Unparser::FilterAndOver(const T& call) {
  if (call.filter != nullptr) {
    Text(" FILTER (WHERE ");
    Write(*call.filter);
    Text(")");
  }
  if (call.over != nullptr) {
    Text(" OVER ");
    Window(*call.over);
  }
}

void Unparser::Call(const CallExpr& call, int left, int right) {
  // FILTER and OVER bind weaker than any operator but MULTISET's.
  bool parentheses = (call.filter != nullptr || call.over != nullptr) && (left > 20 || (right != 0 && 21 <= right));
  if (parentheses) Text("(");
  bool plain = call.name.parts.size() == 1 && !call.name.parts[0].quoted;
  std::string name = plain ? Upper(call.name.parts[0].name) : std::string();
  if (name == "CEILING") name = "CEIL";
  if (!plain || !SpecialCall(call, name)) {
    if (plain) {
      Text(name);
    } else {
      Write(call.name);
    }
    if (!call.parentheses) return;
    Text("(");
    if (call.quantifier != SetQuantifier::kNone) {
      Text(call.quantifier == SetQuantifier::kDistinct ? "DISTINCT " : "ALL ");
    }
    if (call.star) Text("*");
    List(call.arguments);
    if (!call.order_by.empty()) {
      Text(" ");
      Order(call.order_by);
    }
    Text(")");
  }
  if (call.null_treatment != NullTreatment::kNone) {
    Text(call.null_treatment == NullTreatment::kIgnore ? " IGNORE NULLS" : " RESPECT NULLS");
  }
  if (!call.within_group.empty()) {
    Text(" WITHIN GROUP (");
    Order(call.within_group);
    Text(")");
  }
  FilterAndOver(call);
  if (parentheses) Text(")");
}

void Unparser::TableArgument(const TableArgumentExpr& table) {
  if (table.table_keyword && table.query->kind == QueryKind::kTable) {
    Text("TABLE ");
    Write(static_cast<const TableQuery&>(*table.query).name);
  } else {
    Nested(*table.query);
  }
  if (!table.partition_by.empty()) {
    Text(" PARTITION BY ");
    if (table.partition_by.size() > 1) Text("(");
    List(table.partition_by);
    if (table.partition_by.size() > 1) Text(")");
  }
  if (!table.order_by.empty()) {
    Text(" ORDER BY ");
    if (table.order_by.size() > 1) Text("(");
    std::string before = std::move(out_);
    out_.clear();
    Order(table.order_by);
    out_ = before + out_.substr(std::string_view("ORDER BY ").size());
    if (table.order_by.size() > 1) Text(")");
  }
}

void Unparser::JsonCall(const JsonCallExpr& call) {
  static constexpr const char* kNames[] = {"JSON_EXISTS",    "JSON_VALUE", "JSON_QUERY",   "JSON_OBJECT",
                                           "JSON_OBJECTAGG", "JSON_ARRAY", "JSON_ARRAYAGG"};
  Text(kNames[static_cast<size_t>(call.function)]);
  Text("(");
  if (call.function <= JsonFunction::kQuery) {
    JsonPathCall(call);
  } else {
    JsonConstructor(call);
  }
  Text(")");
  const std::vector<OrderItem>& order = call.order_by.empty() ? call.within_group : call.order_by;
  if (!order.empty()) {
    Text(" WITHIN GROUP (");
    Order(order);
    Text(")");
  }
  FilterAndOver(call);
}

void Unparser::JsonPathCall(const JsonCallExpr& call) {
  List(call.arguments);
  if (call.returning != nullptr) {
    Text(" RETURNING ");
    Write(*call.returning);
  }
  JsonBehavior on_empty = call.on_empty;
  JsonBehavior on_error = call.on_error;
  if (call.function == JsonFunction::kQuery) {
    switch (call.wrapper) {
      case JsonWrapper::kNone:
      case JsonWrapper::kWithout: Text(" WITHOUT ARRAY WRAPPER"); break;
      case JsonWrapper::kConditional: Text(" WITH CONDITIONAL ARRAY WRAPPER"); break;
      case JsonWrapper::kUnconditional: Text(" WITH UNCONDITIONAL ARRAY WRAPPER"); break;
    }
    if (on_empty == JsonBehavior::kNone) on_empty = JsonBehavior::kNull;
    if (on_error == JsonBehavior::kNone) on_error = JsonBehavior::kNull;
  }
  auto behavior = [&](JsonBehavior what, const ExprPtr& fallback, const char* where) {
    if (what == JsonBehavior::kNone) return;
    Text(" ");
    Text(BehaviorText(what));
    if (fallback != nullptr) Write(*fallback);
    Text(where);
  };
  behavior(on_empty, call.on_empty_default, " ON EMPTY");
  behavior(on_error, call.on_error_default, " ON ERROR");
}

void Unparser::JsonConstructor(const JsonCallExpr& call) {
  bool object = call.function == JsonFunction::kObject || call.function == JsonFunction::kObjectAgg;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    bool value = object && i % 2 == 1;
    if (value) {
      Text(" VALUE ");
    } else if (i > 0) {
      Text(", ");
    }
    if (object && !value) Text("KEY ");
    Write(*call.arguments[i]);
    if (i < call.format_json.size() && call.format_json[i]) Text(" FORMAT JSON");
  }
  JsonNulls nulls = call.nulls;
  if (nulls == JsonNulls::kNone) {
    if (object) nulls = JsonNulls::kNullOnNull;
    bool elements = call.function == JsonFunction::kArray && !call.arguments.empty();
    if (elements || call.function == JsonFunction::kArrayAgg) nulls = JsonNulls::kAbsentOnNull;
  }
  if (nulls == JsonNulls::kNone) return;
  if (!call.arguments.empty()) Text(" ");
  Text(nulls == JsonNulls::kNullOnNull ? "NULL ON NULL" : "ABSENT ON NULL");
}

void Unparser::Order(const std::vector<OrderItem>& items) {
  Text("ORDER BY ");
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) Text(", ");
    Write(*items[i].expr);
    if (items[i].descending) Text(" DESC");
    if (items[i].nulls != NullsOrder::kDefault) {
      Text(items[i].nulls == NullsOrder::kFirst ? " NULLS FIRST" : " NULLS LAST");
    }
  }
}

void Unparser::Bound(const FrameBound& bound) {
  switch (bound.kind) {
    case FrameBoundKind::kUnboundedPreceding: return Text("UNBOUNDED PRECEDING");
    case FrameBoundKind::kUnboundedFollowing: return Text("UNBOUNDED FOLLOWING");
    case FrameBoundKind::kCurrentRow: return Text("CURRENT ROW");
    case FrameBoundKind::kPreceding:
    case FrameBoundKind::kFollowing:
      Write(*bound.offset);
      return Text(bound.kind == FrameBoundKind::kPreceding ? " PRECEDING" : " FOLLOWING");
  }
}

void Unparser::Frame(const WindowSpec& window) {
  Text(window.unit == FrameUnit::kRows ? "ROWS " : "RANGE ");
  if (window.end) Text("BETWEEN ");
  Bound(window.start);
  if (window.end) {
    Text(" AND ");
    Bound(*window.end);
  }
  switch (window.exclude) {
    case FrameExclude::kNoOthers: break;
    case FrameExclude::kCurrentRow: Text(" EXCLUDE CURRENT ROW"); break;
    case FrameExclude::kGroup: Text(" EXCLUDE GROUP"); break;
    case FrameExclude::kTies: Text(" EXCLUDE TIES"); break;
  }
}

void Unparser::Window(const WindowSpec& window) {
  if (window.reference) return Name(*window.base);
  Text("(");
  bool first = true;
  auto space = [&] {
    if (!first) Text(" ");
    first = false;
  };
  if (window.base) {
    space();
    Name(*window.base);
  }
  if (!window.partition_by.empty()) {
    space();
    Text("PARTITION BY ");
    List(window.partition_by);
  }
  if (!window.order_by.empty()) {
    space();
    Order(window.order_by);
  }
  if (window.has_frame) {
    space();
    Frame(window);
  }
  if (window.allow_partial) {
    space();
    Text(*window.allow_partial ? "ALLOW PARTIAL" : "DISALLOW PARTIAL");
  }
  Text(")");
}

}  // namespace sluice::engine::sql
