// The Java client's properties as librdkafka's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/connectors/kafka/security.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::kafka {

enum class ClientRole : uint8_t { kConsumer, kProducer };

/// Pairs for rd_kafka_conf_set, in order. Properties that mean nothing here (serialisers, metrics reporters) are left
/// out, as the Java client only warns of those it does not know.
std::vector<std::pair<std::string, std::string>> ClientSettings(const OptionMap& properties, const Security& security,
                                                                ClientRole role);

}  // namespace sluice::engine::kafka
