// Partition folders "k=v" as Flink names and reads them (PartitionPathUtils, RowDataPartitionComputer).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::filesystem {

using PartitionSpec = std::vector<std::pair<std::string, std::string>>;  // key, value as text

/// '%XX' for the characters that must not stand in a folder's name.
std::string EscapePathName(std::string_view name);
std::string UnescapePathName(std::string_view name);

/// Every "k=v" component of a path, unescaped, in order.
PartitionSpec PartitionsOfPath(std::string_view path);

/// "k=v/k2=v2".
std::string PartitionFolder(const PartitionSpec& spec);

/// The text of a partition column's value for a folder's name; `default_name` for NULL and ''.
std::string PartitionText(const Column& column, size_t row, const std::string& default_name);

/// The value of a folder's name as the column's type. Fails with Java's words if the text is none.
Result<Value> PartitionValue(const std::string& text, const DataType& type, const std::string& default_name);

}  // namespace sluice::engine::filesystem
