#include "engine/connectors/kafka/protocol/crc32c.h"

#include <array>
#include <cstring>

namespace sluice::engine::kafka {
namespace {

#ifndef __SSE4_2__
constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? (c >> 1) ^ 0x82F63B78u : c >> 1;
    table[i] = c;
  }
  return table;
}();
#endif

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
#ifdef __SSE4_2__
  uint64_t crc = 0xFFFFFFFFu;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto last = static_cast<uint32_t>(crc);
  for (const char c : bytes) last = __builtin_ia32_crc32qi(last, static_cast<unsigned char>(c));
  return ~last;
#else
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  return ~crc;
#endif
}

}  // namespace sluice::engine::kafka
