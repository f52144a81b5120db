// Which fields of a message stand in which columns, checked as Flink's format checks it.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/formats/protobuf/proto_schema.h"
#include "engine/formats/protobuf/wire.h"
#include "engine/types/data_type.h"

namespace sluice::engine::protobuf {

/// How a value of the kind stands in a message.
WireType WireTypeOf(WireKind kind);

struct MessagePlan;

struct FieldPlan {
  const FieldType* field = nullptr;
  size_t column = 0;  // among the row's
  DataType type;
  std::unique_ptr<const MessagePlan> message;  // of a message, of an ARRAY's elements, or of a MAP's entries
};

/// A row. In the order of the fields' numbers.
struct MessagePlan {
  const MessageType* message = nullptr;
  std::vector<FieldPlan> fields;
  int required = 0;            // fields of the message that must be set
  std::vector<int> by_number;  // index into fields, -1: none; for small numbers
  const FieldPlan* Find(uint32_t number) const;
};

/// kValidation in Flink's words if a column has no field, or another type.
Result<std::unique_ptr<const MessagePlan>> MakePlan(const MessageType& message, const Schema& columns);

}  // namespace sluice::engine::protobuf
