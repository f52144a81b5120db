// Avro messages whose schema stands in a registry: avro-confluent and debezium-avro-confluent.
#pragma once

#include "engine/formats/format.h"

namespace sluice::engine {

Format AvroConfluentFormat();
Format DebeziumAvroConfluentFormat();

}  // namespace sluice::engine
