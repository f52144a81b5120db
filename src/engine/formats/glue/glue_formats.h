// Messages with the header of AWS Glue's schema registry: avro-glue and json-glue, as flink-connector-aws has them.
#pragma once

#include "engine/formats/format.h"

namespace sluice::engine {

Format AvroGlueFormat();
Format JsonGlueFormat();

}  // namespace sluice::engine
