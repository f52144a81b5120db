// The text of a field into a column's row.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/columnar/column.h"
#include "engine/formats/csv/csv_options.h"

namespace sluice::engine::csv {

/// Row `i` exists and is valid. Bad texts are NULL under ignore-parse-errors; else false, and *error says why.
/// `chunk`: the buffer that `text` may lie in.
bool ConvertField(std::string_view text, const CsvOptions& options, const std::shared_ptr<const Buffer>& chunk,
                  Column& column, size_t i, std::string* error);

}  // namespace sluice::engine::csv
