// The one list of built-in functions. A new family adds its line here.
#include "engine/functions/function.h"

namespace sluice::engine {

const FunctionRegistry& BuiltinFunctions() {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry r;
    AddArithmeticFunctions(r);
    AddComparisonFunctions(r);
    AddLogicFunctions(r);
    AddCastFunctions(r);
    // Not landed yet: AddStringFunctions AddRegexFunctions AddJsonFunctions AddTemporalFunctions
    // AddCollectionFunctions AddHashFunctions AddBasicAggregates AddMoreAggregates
    return r;
  }();
  return kRegistry;
}

}  // namespace sluice::engine
