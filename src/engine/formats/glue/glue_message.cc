#include "engine/formats/glue/glue_message.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace sluice::engine::glue {
namespace {

constexpr char kVersion = 3;
constexpr char kPlain = 0;
constexpr char kZlib = 5;
constexpr size_t kUuid = 16;
constexpr size_t kMostBytes = size_t{64} << 20;  // of one decompressed message

Error Bad(std::string message) { return Error(ErrorCode::kData, std::move(message)); }

std::string UuidText(const char* bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < kUuid; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<std::shared_ptr<const Buffer>> Inflate(std::string_view bytes, size_t* size) {
  for (size_t room = std::clamp<size_t>(bytes.size() * 4, 1024, kMostBytes);; room = std::min(room * 4, kMostBytes)) {
    auto out = std::make_shared<Buffer>(room + Decoder::kPadding);
    uLongf made = room;
    const int code = uncompress(reinterpret_cast<Bytef*>(out->data()), &made,
                                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
    if (code == Z_BUF_ERROR && room < kMostBytes) continue;
    if (code != Z_OK) return Bad("The payload of a Glue schema registry message is no zlib data");
    std::memset(out->data() + made, 0, Decoder::kPadding);
    *size = made;
    return std::shared_ptr<const Buffer>(std::move(out));
  }
}

}  // namespace

Result<Payload> ReadMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end) {
  const char* bytes = chunk->data() + begin;
  if (end - begin < kHeader)
    return Bad("Data is not compatible with schema registry size: " + std::to_string(end - begin));
  if (bytes[0] != kVersion) return Bad("Invalid schema registry header version byte in data");
  if (bytes[1] != kPlain && bytes[1] != kZlib) return Bad("Invalid schema registry compression byte in data");
  Payload payload;
  payload.schema_version = UuidText(bytes + 2);
  payload.chunk = chunk;
  payload.begin = begin + kHeader;
  payload.end = end;
  if (bytes[1] == kPlain) return payload;
  size_t size = 0;
  SLUICE_ASSIGN_OR_RETURN(payload.chunk, Inflate({bytes + kHeader, end - begin - kHeader}, &size));
  payload.begin = 0;
  payload.end = size;
  return payload;
}

Result<std::string> MakeHeader(std::string_view schema_version, bool compressed) {
  std::string out = {kVersion, compressed ? kZlib : kPlain};
  int high = -1;
  for (const char c : schema_version) {
    if (c == '-') continue;
    const int digit = HexValue(c);
    if (digit < 0) return Bad("'" + std::string(schema_version) + "' is no id of a schema version");
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (out.size() != kHeader || high >= 0) {
    return Bad("'" + std::string(schema_version) + "' is no id of a schema version");
  }
  return out;
}

void AppendPayload(std::string_view payload, bool compressed, std::string& out) {
  if (!compressed) {
    out += payload;
    return;
  }
  const size_t before = out.size();
  uLongf room = compressBound(static_cast<uLong>(payload.size()));
  out.resize(before + room);
  compress(reinterpret_cast<Bytef*>(out.data() + before), &room, reinterpret_cast<const Bytef*>(payload.data()),
           static_cast<uLong>(payload.size()));
  out.resize(before + room);
}

}  // namespace sluice::engine::glue
