#include "engine/sql/parser/ast.h"

namespace sluice::engine::ast {

void NodeDeleter::operator()(Expr* node) const { delete node; }
void NodeDeleter::operator()(Type* node) const { delete node; }
void NodeDeleter::operator()(Query* node) const { delete node; }
void NodeDeleter::operator()(TableRef* node) const { delete node; }
void NodeDeleter::operator()(Statement* node) const { delete node; }

std::string CompoundName::ToString() const {
  std::string text;
  for (const Identifier& part : parts) {
    if (!text.empty()) text += '.';
    text += part.name;
  }
  return text;
}

const char* TimeUnitName(TimeUnit unit) {
  static constexpr const char* kNames[] = {"YEAR",       "QUARTER", "MONTH",      "WEEK",        "DAY",
                                           "HOUR",       "MINUTE",  "SECOND",     "MILLISECOND", "MICROSECOND",
                                           "NANOSECOND", "DOW",     "ISODOW",     "DOY",         "ISOYEAR",
                                           "DECADE",     "CENTURY", "MILLENNIUM", "EPOCH"};
  return kNames[static_cast<size_t>(unit)];
}

}  // namespace sluice::engine::ast
