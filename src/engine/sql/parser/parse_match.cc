// MATCH_RECOGNIZE.
#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

TableRefPtr Parser::ParseMatchRecognize(TableRefPtr input, size_t start) {
  Expect("MATCH_RECOGNIZE");
  auto match = New<MatchRecognizeRef>();
  match->input = std::move(input);
  Expect(Symbol::kLeftParen);
  if (Accept("PARTITION")) {
    Expect("BY");
    match->partition_by = ParseExprList();
  }
  if (Sees("ORDER")) match->order_by = ParseOrderBy();
  if (Accept("MEASURES")) {
    do {
      MatchRecognizeRef::Named measure;
      measure.expr = ParseExpr();
      Expect("AS");
      measure.name = ParseIdentifier();
      match->measures.push_back(std::move(measure));
    } while (Accept(Symbol::kComma));
  }
  if (Accept("ONE")) {
    Expect("ROW");
    Expect("PER");
    Expect("MATCH");
    match->rows = MatchRecognizeRef::Rows::kOne;
  } else if (Accept("ALL")) {
    Expect("ROWS");
    Expect("PER");
    Expect("MATCH");
    match->rows = MatchRecognizeRef::Rows::kAll;
  }
  if (Sees("AFTER")) ParseMatchSkip(match.get());
  Expect("PATTERN");
  Expect(Symbol::kLeftParen);
  match->strict_start = Accept(Symbol::kCaret);
  match->pattern = ParsePattern();
  match->strict_end = Accept(Symbol::kDollar);
  Expect(Symbol::kRightParen);
  if (Accept("WITHIN")) {
    if (!Sees("INTERVAL")) Unexpected();
    match->within = ParseInterval();
  }
  if (Accept("SUBSET")) {
    do {
      MatchRecognizeRef::Subset subset;
      subset.name = ParseIdentifier();
      Expect(Symbol::kEqual);
      subset.variables = ParseIdentifierList();
      match->subsets.push_back(std::move(subset));
    } while (Accept(Symbol::kComma));
  }
  Expect("DEFINE");
  do {
    MatchRecognizeRef::Named definition;
    definition.name = ParseIdentifier();
    Expect("AS");
    definition.expr = ParseExpr();
    match->definitions.push_back(std::move(definition));
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  return Done(std::move(match), start);
}

void Parser::ParseMatchSkip(MatchRecognizeRef* match) {
  Expect("AFTER");
  Expect("MATCH");
  Expect("SKIP");
  if (Accept("PAST")) {
    Expect("LAST");
    Expect("ROW");
    match->skip = SkipTo::kPastLastRow;
    return;
  }
  Expect("TO");
  if (AcceptBoth("NEXT", "ROW")) {
    match->skip = SkipTo::kNextRow;
    return;
  }
  match->skip = SkipTo::kLast;
  if (At("FIRST") && AtIdentifier(1)) {
    Advance();
    match->skip = SkipTo::kFirst;
  } else if (At("LAST") && AtIdentifier(1)) {
    Advance();
  }
  match->skip_variable = ParseIdentifier();
}

std::unique_ptr<Pattern> Parser::ParsePattern() {
  auto pattern = std::make_unique<Pattern>();
  Depth depth(this);
  if (!depth.ok()) return pattern;
  size_t start = mark();
  pattern->kind = PatternKind::kAlternation;
  do {
    pattern->children.push_back(ParsePatternTerm());
  } while (Accept(Symbol::kBar));
  Place(*pattern, start);
  if (pattern->children.size() > 1) return pattern;
  return std::move(pattern->children[0]);
}

std::unique_ptr<Pattern> Parser::ParsePatternTerm() {
  size_t start = mark();
  auto pattern = std::make_unique<Pattern>();
  pattern->kind = PatternKind::kConcat;
  do {
    pattern->children.push_back(ParsePatternFactor());
    // `{` is here only the start of an exclusion: a quantifier has been taken with its factor.
  } while (!failed() && (AtIdentifier() || At(Symbol::kLeftParen) || At(Symbol::kLeftBrace) || At("PERMUTE")));
  Place(*pattern, start);
  if (pattern->children.size() > 1) return pattern;
  return std::move(pattern->children[0]);
}

std::unique_ptr<Pattern> Parser::ParsePatternFactor() {
  size_t start = mark();
  std::unique_ptr<Pattern> child = ParsePatternPrimary();
  auto pattern = std::make_unique<Pattern>();
  pattern->kind = PatternKind::kQuantified;
  size_t quantifier = mark();
  if (Accept(Symbol::kStar)) {
    pattern->min = 0;
  } else if (Accept(Symbol::kPlus)) {
    pattern->min = 1;
  } else if (Accept(Symbol::kQuestion)) {
    pattern->min = 0;
    pattern->max = 1;
  } else if (At(Symbol::kLeftBrace) && !At(Symbol::kMinus, 1)) {
    Advance();
    if (Accept(Symbol::kComma)) {
      pattern->min = 0;
      pattern->max = ParseUnsigned();
    } else {
      pattern->min = ParseUnsigned().value_or(0);
      if (!Accept(Symbol::kComma)) {
        pattern->max = pattern->min;
      } else if (!At(Symbol::kRightBrace)) {
        pattern->max = ParseUnsigned();
      }
    }
    Expect(Symbol::kRightBrace);
  } else {
    return child;
  }
  for (size_t i = quantifier; i < mark(); ++i) {
    pattern->quantifier += text_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
  }
  pattern->reluctant = Accept(Symbol::kQuestion);
  pattern->children.push_back(std::move(child));
  Place(*pattern, start);
  return pattern;
}

std::unique_ptr<Pattern> Parser::ParsePatternPrimary() {
  size_t start = mark();
  auto pattern = std::make_unique<Pattern>();
  if (Accept(Symbol::kLeftParen)) {
    pattern = ParsePattern();
    Expect(Symbol::kRightParen);
    return pattern;
  }
  if (Accept(Symbol::kLeftBrace)) {
    pattern->kind = PatternKind::kExclusion;
    Expect(Symbol::kMinus);
    pattern->children.push_back(ParsePattern());
    Expect(Symbol::kMinus);
    Expect(Symbol::kRightBrace);
  } else if (Accept("PERMUTE")) {
    pattern->kind = PatternKind::kPermute;
    Expect(Symbol::kLeftParen);
    do {
      pattern->children.push_back(ParsePattern());
    } while (Accept(Symbol::kComma));
    Expect(Symbol::kRightParen);
  } else {
    Expected("(");
    pattern->name = ParseIdentifier();
  }
  Place(*pattern, start);
  return pattern;
}

}  // namespace sluice::engine::sql
