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
      ColumnPtr column = Column::Make(schema_[batch.columns.size()].type, windows.size());
      for (size_t k = 0; k < windows.size(); ++k) {
        const int64_t values[] = {windows[k].start, windows[k].end, zone_.ToInstant(windows[k].end - 1),
                                  zone_.ToInstant(windows[k].end - 1)};
        column->data<int64_t>()[k] = values[static_cast<size_t>(property)];
      }
      batch.columns.push_back(std::move(column));
    }
  }

  /// The same window for all rows of the batch. `time` is what kProctime shows.
  void AddProperties(Batch& batch, WindowSpan window, int64_t time) const {
    for (const WindowProperty property : properties_) {
      const int64_t values[] = {window.start, window.end, zone_.ToInstant(window.end - 1), time};
      const int64_t value = values[static_cast<size_t>(property)];
      batch.columns.push_back(
          Column::MakeConstant(schema_[batch.columns.size()].type, Value::Int(value), batch.length));
    }
  }

 private:
  std::vector<WindowProperty> properties_;
  Schema schema_;
  WindowZone zone_;
};

}  // namespace sluice::engine
