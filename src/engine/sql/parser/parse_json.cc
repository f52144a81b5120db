#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

ExprPtr Parser::ParseJsonCall(JsonFunction function) {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  size_t start = mark();
  Advance();
  auto call = New<JsonCallExpr>();
  call->function = function;
  bool outer = std::exchange(alias_follows_, false);
  Expect(Symbol::kLeftParen);
  switch (function) {
    case JsonFunction::kExists:
    case JsonFunction::kValue:
    case JsonFunction::kQuery: ParseJsonPathCall(call.get()); break;
    case JsonFunction::kObject:
    case JsonFunction::kObjectAgg: ParseJsonPairs(call.get()); break;
    case JsonFunction::kArray:
    case JsonFunction::kArrayAgg: ParseJsonElements(call.get()); break;
  }
  Expect(Symbol::kRightParen);
  alias_follows_ = outer;
  if (function == JsonFunction::kArrayAgg && At("WITHIN")) call->within_group = ParseWithinGroup();
  return Done(std::move(call), start);
}

void Parser::ParseJsonPathCall(JsonCallExpr* call) {
  call->arguments.push_back(ParseExpr());
  Expect(Symbol::kComma);
  call->arguments.push_back(ParseExpr());
  if (At("PASSING")) Refuse("PASSING in a JSON function", Peek().position);
  if (call->function != JsonFunction::kExists && Accept("RETURNING")) call->returning = ParseType(false);
  if (call->function == JsonFunction::kQuery) ParseJsonWrapper(call);
  while (!failed() && !At(Symbol::kRightParen)) {
    ExprPtr fallback;
    JsonBehavior behavior = ParseJsonBehavior(call->function, &fallback);
    Expect("ON");
    if (call->function != JsonFunction::kExists && Accept("EMPTY")) {
      call->on_empty = behavior;
      call->on_empty_default = std::move(fallback);
    } else {
      Expect("ERROR");
      call->on_error = behavior;
      call->on_error_default = std::move(fallback);
    }
    if (call->function == JsonFunction::kExists) break;
  }
}

void Parser::ParseJsonWrapper(JsonCallExpr* call) {
  if (Accept("WITHOUT")) {
    call->wrapper = JsonWrapper::kWithout;
  } else if (Accept("WITH")) {
    call->wrapper = Accept("CONDITIONAL") ? JsonWrapper::kConditional : JsonWrapper::kUnconditional;
    if (call->wrapper == JsonWrapper::kUnconditional) Accept("UNCONDITIONAL");
  } else {
    return;
  }
  Accept("ARRAY");
  Expect("WRAPPER");
}

JsonBehavior Parser::ParseJsonBehavior(JsonFunction function, ExprPtr* fallback) {
  if (Accept("ERROR")) return JsonBehavior::kError;
  if (function == JsonFunction::kExists) {
    if (Accept("TRUE")) return JsonBehavior::kTrue;
    if (Accept("FALSE")) return JsonBehavior::kFalse;
    if (Accept("UNKNOWN")) return JsonBehavior::kUnknown;
  } else {
    if (Accept("NULL")) return JsonBehavior::kNull;
    if (function == JsonFunction::kValue && Accept("DEFAULT")) {
      *fallback = ParseExpr();
      return JsonBehavior::kDefault;
    }
    if (function == JsonFunction::kQuery && Accept("EMPTY")) {
      if (Accept("ARRAY")) return JsonBehavior::kEmptyArray;
      Expect("OBJECT");
      return JsonBehavior::kEmptyObject;
    }
  }
  Expected(")");
  Unexpected();
  return JsonBehavior::kNone;
}

void Parser::ParseJsonNulls(JsonCallExpr* call) {
  if (At("NULL") && At("ON", 1)) {
    call->nulls = JsonNulls::kNullOnNull;
  } else if (At("ABSENT") && At("ON", 1)) {
    call->nulls = JsonNulls::kAbsentOnNull;
  } else {
    return;
  }
  Advance();
  Advance();
  Expect("NULL");
}

void Parser::ParseJsonPair(JsonCallExpr* call) {
  // KEY is also a name: it is the keyword only if a value can follow it.
  bool keyword = At("KEY") && CanStartOperand(1) && !At(Symbol::kPlus, 1) && !At(Symbol::kMinus, 1) &&
                 !At("MULTISET", 1) && !(At("NOT", 1)) && !At(Symbol::kLeftParen, 1);
  if (keyword) Advance();
  call->arguments.push_back(ParseExpr());
  call->format_json.push_back(false);
  if (!Accept("VALUE") && !(!keyword && Accept(Symbol::kComma)) && !(!keyword && Accept(Symbol::kColon))) {
    Unexpected();
    return;
  }
  call->arguments.push_back(ParseExpr());
  bool format = AcceptBoth("FORMAT", "JSON");
  call->format_json.push_back(format);
}

void Parser::ParseJsonPairs(JsonCallExpr* call) {
  bool aggregate = call->function == JsonFunction::kObjectAgg;
  bool empty = At(Symbol::kRightParen) || ((At("NULL") || At("ABSENT")) && At("ON", 1));
  if (aggregate || !empty) {
    do {
      ParseJsonPair(call);
    } while (!aggregate && Accept(Symbol::kComma));
  }
  ParseJsonNulls(call);
  if (!failed() && At("RETURNING")) Refuse("RETURNING of JSON constructors", Peek().position);
}

void Parser::ParseJsonElements(JsonCallExpr* call) {
  bool aggregate = call->function == JsonFunction::kArrayAgg;
  bool empty = At(Symbol::kRightParen) || ((At("NULL") || At("ABSENT")) && At("ON", 1));
  if (aggregate || !empty) {
    do {
      call->arguments.push_back(ParseExpr());
      call->format_json.push_back(AcceptBoth("FORMAT", "JSON"));
    } while (!aggregate && Accept(Symbol::kComma));
  }
  if (aggregate && At("ORDER")) call->order_by = ParseOrderBy();
  ParseJsonNulls(call);
}

}  // namespace sluice::engine::sql
