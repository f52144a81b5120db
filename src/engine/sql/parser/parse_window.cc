#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

std::vector<OrderItem> Parser::ParseOrderBy() {
  std::vector<OrderItem> items;
  Expect("ORDER");
  Expect("BY");
  do {
    items.push_back(ParseOrderItem());
  } while (Accept(Symbol::kComma));
  return items;
}

OrderItem Parser::ParseOrderItem() {
  size_t start = mark();
  OrderItem item;
  item.expr = ParseExpr();
  if (Accept("ASC")) {
    item.direction_written = true;
  } else if (Accept("DESC")) {
    item.direction_written = true;
    item.descending = true;
  }
  if (AcceptBoth("NULLS", "FIRST")) {
    item.nulls = NullsOrder::kFirst;
  } else if (AcceptBoth("NULLS", "LAST")) {
    item.nulls = NullsOrder::kLast;
  }
  Place(item, start);
  return item;
}

std::unique_ptr<WindowSpec> Parser::ParseWindowSpec() {
  size_t start = mark();
  auto spec = std::make_unique<WindowSpec>();
  Expect(Symbol::kLeftParen);
  if (AtIdentifier()) spec->base = ParseIdentifier();
  if (Accept("PARTITION")) {
    Expect("BY");
    spec->partition_by = ParseExprList();
  }
  if (Sees("ORDER")) spec->order_by = ParseOrderBy();
  if (Sees("ROWS") || Sees("RANGE") || At("GROUPS")) ParseFrame(spec.get());
  if (AcceptBoth("ALLOW", "PARTIAL")) {
    spec->allow_partial = true;
  } else if (AcceptBoth("DISALLOW", "PARTIAL")) {
    spec->allow_partial = false;
  }
  Expect(Symbol::kRightParen);
  Place(*spec, start);
  return spec;
}

void Parser::ParseFrame(WindowSpec* spec) {
  spec->has_frame = true;
  if (Accept("ROWS")) {
    spec->unit = FrameUnit::kRows;
  } else if (!Accept("RANGE")) {
    // Flink's grammar has no GROUPS frames.
    Unexpected();
    return;
  }
  if (Accept("BETWEEN")) {
    spec->start = ParseFrameBound();
    Expect("AND");
    spec->end = ParseFrameBound();
  } else {
    spec->start = ParseFrameBound();
  }
  if (!Accept("EXCLUDE")) return;
  if (Accept("CURRENT")) {
    Expect("ROW");
    spec->exclude = FrameExclude::kCurrentRow;
  } else if (Accept("NO")) {
    Expect("OTHERS");
  } else if (Accept("GROUP")) {
    spec->exclude = FrameExclude::kGroup;
  } else {
    Expect("TIES");
    spec->exclude = FrameExclude::kTies;
  }
}

FrameBound Parser::ParseFrameBound() {
  size_t start = mark();
  FrameBound bound;
  if (AcceptBoth("CURRENT", "ROW")) {
    bound.kind = FrameBoundKind::kCurrentRow;
  } else if (At("UNBOUNDED") && (At("PRECEDING", 1) || At("FOLLOWING", 1))) {
    Advance();
    bound.kind = Accept("PRECEDING") ? FrameBoundKind::kUnboundedPreceding : FrameBoundKind::kUnboundedFollowing;
    if (bound.kind == FrameBoundKind::kUnboundedFollowing) Expect("FOLLOWING");
  } else {
    bound.offset = ParseExpr();
    if (Accept("PRECEDING")) {
      bound.kind = FrameBoundKind::kPreceding;
    } else {
      Expect("FOLLOWING");
      bound.kind = FrameBoundKind::kFollowing;
    }
  }
  Place(bound, start);
  return bound;
}

}  // namespace sluice::engine::sql
