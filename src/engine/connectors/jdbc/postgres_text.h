// PostgreSQL's text format of values, read into columns and written from them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::jdbc {

/// Nothing if values of the type can be read and written; else what is wrong, with Flink's sentence
/// (PostgresDialect.validate). `field` names the column.
std::optional<Error> CheckType(const std::string& field, const DataType& type);

/// Appends the value; kData if the text is none of the column's type.
Status AppendText(std::string_view text, Column& column);

/// Element `row`, which is not NULL, as a parameter of a statement; kData if PostgreSQL has no such value.
Result<std::string> ParameterText(const Column& column, size_t row);

/// 'it''s'
std::string QuoteLiteral(std::string_view text);
/// As Flink's dialect leaves names alone, upper-case letters fold to lower case; plain lower-case names are quoted, so
/// that reserved words work too.
std::string QuoteName(const std::string& name);

}  // namespace sluice::engine::jdbc
