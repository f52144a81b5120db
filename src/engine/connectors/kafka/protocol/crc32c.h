// CRC-32C (Castagnoli), the checksum of Kafka's record batches.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::engine::kafka {

uint32_t Crc32c(std::string_view bytes);

}  // namespace sluice::engine::kafka
