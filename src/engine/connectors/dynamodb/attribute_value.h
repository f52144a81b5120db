// Values of columns as DynamoDB's typed JSON, as Flink's DynamoDB sink and the AWS SDK for Java convert them.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::dynamodb {

/// Appends {"S":"…"}, {"N":"1"}, {"BOOL":true}, {"B":"…"}, {"L":[…]}, {"M":{…}} or {"NULL":true}.
void AppendAttributeValue(std::string& out, const Column& column, size_t row);

/// What can be written; kNotSupported names the column.
Status CheckAttributeType(const std::string& column, const DataType& type);

}  // namespace sluice::engine::dynamodb
