// The one list of built-in functions. A new family adds its line here.
#include "engine/functions/function.h"
#include "engine/functions/opaque_types.h"

namespace sluice::engine {

const FunctionRegistry& BuiltinFunctions() {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry r;
    AddArithmeticFunctions(r);
    AddComparisonFunctions(r);
    AddLogicFunctions(r);
    AddCastFunctions(r);
    AddStringFunctions(r);
    AddRegexFunctions(r);
    AddHashFunctions(r);
    AddCollectionFunctions(r);
    AddJsonFunctions(r);
    AddVariantFunctions(r);
    AddBitmapFunctions(r);
    AddTemporalFunctions(r);
    AddSinkConstraints(r);
    AddBasicAggregates(r);
    AddMoreAggregates(r);
    AddBitmapAggregates(r);
    return r;
  }();
  return kRegistry;
}

}  // namespace sluice::engine
