// What a table's scan.watermark.… options ask of a source that makes watermarks by split (Flink's
// org.apache.flink.table.factories.FactoryUtil and WatermarkParams).
#pragma once

#include "base/result.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine {

/// kOption if a value cannot be read, or a group has no max-drift.
Result<SourceWatermarks> ReadSourceWatermarks(const OptionMap& table_options);

}  // namespace sluice::engine
