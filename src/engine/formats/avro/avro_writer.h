// Avro's binary encoding of column slots, by the schema that is derived from their types.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::avro {

void WriteLong(int64_t v, std::string& out);
/// Its length, then the bytes.
void WriteBytes(std::string_view bytes, std::string& out);

/// Appends row `i` of the column. `nullable`: the type is a union with null. Fails on a NULL that is none.
Status WriteValue(const Column& column, bool nullable, size_t i, std::string& out);

}  // namespace sluice::engine::avro
