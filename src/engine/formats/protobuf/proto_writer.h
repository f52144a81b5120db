// Rows as protobuf messages.
#pragma once

#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/formats/protobuf/proto_plan.h"

namespace sluice::engine::protobuf {

/// Appends row `row` of the columns, which are flat and those of the plan, fields by their numbers. NULL is not
/// written; inside of an ARRAY or MAP it becomes the default, a text `null_text`.
void WriteMessage(const MessagePlan& plan, const std::vector<const Column*>& columns, size_t row,
                  const std::string& null_text, std::string& out);

}  // namespace sluice::engine::protobuf
