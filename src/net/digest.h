// Hashes as AWS protocols need them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sluice::net {

std::string Sha256(std::string_view data);                            // 32 bytes
std::string HmacSha256(std::string_view key, std::string_view data);  // 32 bytes
std::string Md5(std::string_view data);                               // 16 bytes; for checksums only
std::string Hex(std::string_view bytes);                              // lower case
std::string Base64(std::string_view bytes);

}  // namespace sluice::net
