#include "engine/functions/string_functions.h"

namespace sluice::engine {

ResultRule ReturnsVarcharOf(size_t i, bool always_nullable) {
  return [i, always_nullable](const CallInfo& call) {
    return DataType::Varchar(call.args[i].length()).WithNullable(always_nullable || AnyNullable(call));
  };
}

void AddStringFunctions(FunctionRegistry& r) {
  AddStringCaseFunctions(r);
  AddStringConcatFunctions(r);
  AddStringPartFunctions(r);
  AddStringSearchFunctions(r);
  AddStringSplitFunctions(r);
  AddStringEncodingFunctions(r);
  AddStringAddressFunctions(r);
  AddStringFormatFunctions(r);
  AddStringTestFunctions(r);
}

}  // namespace sluice::engine
