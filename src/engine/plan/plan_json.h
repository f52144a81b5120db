// Values, types and expressions as JSON: the parts of a serialised plan. Boost.JSON; included by .cc files only.
#pragma once

#include <boost/json/value.hpp>

#include "base/result.h"
#include "engine/plan/expr.h"

namespace sluice::engine {

boost::json::value TypeToJson(const DataType& type);
Result<DataType> TypeFromJson(const boost::json::value& json);
boost::json::value ValueToJson(const Value& value);
Result<Value> ValueFromJson(const boost::json::value& json);
boost::json::value ExprToJson(const ExprPtr& e);  // null for a null pointer
Result<ExprPtr> ExprFromJson(const boost::json::value& json);

}  // namespace sluice::engine
