// The parts of the JSON family; AddJsonFunctions adds them all. Argument orders are in json.h.
#pragma once

#include "engine/functions/function.h"
#include "engine/functions/json.h"
#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"

namespace sluice::engine {

void AddJsonConstructors(FunctionRegistry& r);  // JSON_OBJECT, JSON_ARRAY, JSON, JSON_STRING, JSON_QUOTE, JSON_UNQUOTE

/// The type of "JSON"(text): text that nests instead of becoming a string.
DataType RawJsonType();
/// Whether values of the type can be written as JSON; `why` says which part cannot.
bool JsonConvertible(const DataType& type, std::string& why);
/// Element `row` of a column of a convertible type. An Error (kData) if a RAW('JSON') text is broken.
Result<JsonNode> JsonOf(const Column& column, size_t row);

}  // namespace sluice::engine
