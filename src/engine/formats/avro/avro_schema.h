// The Avro schema that Flink derives from a table (AvroSchemaConverter.convertToSchema), as far as reading and writing
// need it: what stands in the bytes for each SQL type. Every nullable type is a union of null and the type.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::avro {

struct AvroOptions {
  /// TIMESTAMP as timestamp-millis and no TIMESTAMP_LTZ, as before Avro knew local timestamps.
  bool legacy_timestamps = true;
};

/// Fails with Flink's message for a value that is none; what we do not read or write is refused.
Result<AvroOptions> ReadAvroOptions(const OptionMap& options);

/// Refuses types that no Avro schema can be derived for, with Flink's messages.
Status CheckAvroType(const DataType& type, const AvroOptions& options);

/// What a timestamp's long counts: 1000 = milliseconds, 1'000'000 = microseconds, 1'000'000'000 = nanoseconds.
int64_t TimestampUnits(const DataType& type);

}  // namespace sluice::engine::avro
