// The columns of a window aggregate's result: keys, one a call, then the window's properties.
#pragma once

#include "engine/columnar/batch.h"
#include "engine/operators/window_slices.h"
#include "engine/operators/window_zone.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine {

class WindowOutput {
 public:
  WindowOutput(const WindowAggregateNode& node, const Schema& schema, WindowZone zone)
      : properties_(node.properties), schema_(schema), zone_(std::move(zone)) {}

  /// Empty key columns for KeyedTable::ReadKeys.
  void AddKeyColumns(Batch& batch, size_t count) const {
    for (size_t k = 0; k < count; ++k) batch.columns.push_back(Column::Make(schema_[k].type, 0));
  }

  /// One window a row; its rowtime for kProctime too.
  void AddProperties(Batch& batch, const std::vector<WindowSpan>& windows) const {
    for (const WindowProperty property : properties_) {
      const DataType& type = schema_[batch.columns.size()].type;
      ColumnPtr column = Column::Make(type, windows.size());
      for (size_t k = 0; k < windows.size(); ++k) {
        const int64_t values[] = {Bound(windows[k].start, type), Bound(windows[k].end, type),
                                  zone_.ToInstant(windows[k].end - 1), zone_.ToInstant(windows[k].end - 1)};
        column->data<int64_t>()[k] = values[static_cast<size_t>(property)];
      }
      batch.columns.push_back(std::move(column));
    }
  }

  /// The same window for all rows of the batch. `time` is what kProctime shows.
  void AddProperties(Batch& batch, WindowSpan window, int64_t time) const {
    for (const WindowProperty property : properties_) {
      const DataType& type = schema_[batch.columns.size()].type;
      const int64_t values[] = {Bound(window.start, type), Bound(window.end, type), zone_.ToInstant(window.end - 1),
                                time};
      const int64_t value = values[static_cast<size_t>(property)];
      batch.columns.push_back(Column::MakeConstant(type, Value::Int(value), batch.length));
    }
  }

 private:
  /// The bounds of table functions' windows are wall clock times, those of older group windows instants.
  int64_t Bound(int64_t local, const DataType& type) const {
    return type.kind() == TypeKind::kTimestampLtz ? zone_.ToInstant(local) : local;
  }

  std::vector<WindowProperty> properties_;
  Schema schema_;
  WindowZone zone_;
};

}  // namespace sluice::engine
