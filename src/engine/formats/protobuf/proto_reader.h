// Protobuf messages into column slots, straight from their bytes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/formats/protobuf/proto_plan.h"
#include "engine/formats/protobuf/wire.h"

namespace sluice::engine::protobuf {

/// Not thread-safe.
class MessageReader {
 public:
  /// `read_defaults`: what is not set becomes its default instead of NULL. In proto3 scalars always do.
  explicit MessageReader(bool read_defaults) : read_defaults_(read_defaults) {}

  /// A message into row `row` of the columns, which are those of the plan and hold that row. The bytes lie in `chunk`:
  /// texts may stay views into it. kData with Protobuf's words if the bytes are no such message.
  Status Read(const MessagePlan& plan, std::string_view bytes, const std::shared_ptr<const Buffer>& chunk,
              std::vector<ColumnPtr>& columns, size_t row);

 private:
  using Columns = std::span<const ColumnPtr>;

  void Clear(const MessagePlan& plan, const Columns& columns, size_t row);
  void ClearField(const MessagePlan& plan, const FieldPlan& field, Column& column, size_t row);
  void SetDefault(const FieldType& field, Column& column, size_t row);
  bool ReadFields(const MessagePlan& plan, std::string_view bytes, const Columns& columns, size_t row);
  bool ReadField(const MessagePlan& plan, const FieldPlan& field, uint32_t type, WireReader& in, const Columns& columns,
                 size_t row);
  bool ReadElement(const FieldPlan& field, uint32_t type, WireReader& in, Column& column, size_t row);
  bool ReadPacked(const FieldPlan& field, std::string_view bytes, Column& list, size_t row);
  bool ReadValue(const FieldPlan& field, uint32_t type, WireReader& in, Column& column, size_t row);
  bool ReadMessage(const FieldPlan& field, uint32_t type, WireReader& in, Column& column, size_t row, bool fresh);
  bool ReadEntry(const FieldPlan& field, WireReader& in, Column& column, size_t row);
  void OrderEntries(Column& column, size_t row);
  bool ReadScalar(const FieldType& field, uint32_t type, WireReader& in, Column& column, size_t row, bool* known);
  bool StoreText(const FieldType& field, std::string_view text, Column& column, size_t row);
  bool StoreEnum(const FieldType& field, int32_t number, Column& column, size_t row, bool* known);
  bool Fail(const char* why);

  const bool read_defaults_;
  std::shared_ptr<const Buffer> chunk_;
  std::string why_;
  int depth_ = 0;
};

}  // namespace sluice::engine::protobuf
