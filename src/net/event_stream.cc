#include "net/event_stream.h"

#include <zlib.h>

#include <cstdint>

namespace sluice::net {
namespace {

constexpr size_t kPrelude = 12;  // total length, length of headers, checksum of both
constexpr size_t kChecksum = 4;
constexpr size_t kLargest = 24 * 1024 * 1024;

uint32_t ReadNumber(std::string_view bytes, size_t at, size_t size) {
  uint32_t v = 0;
  for (size_t i = 0; i < size; ++i) v = v << 8 | static_cast<unsigned char>(bytes[at + i]);
  return v;
}

void WriteNumber(std::string& out, uint32_t v, size_t size) {
  for (size_t i = size; i-- > 0;) out.push_back(static_cast<char>(v >> (8 * i)));
}

uint32_t Checksum(std::string_view bytes) {
  return static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

Error Damaged(std::string_view what) {
  return Error(ErrorCode::kData, "the event stream is damaged: " + std::string(what));
}

/// Bytes of a value of the type, after the type's byte; of texts and byte strings the length stands before.
size_t FixedSize(uint8_t type) {
  constexpr size_t kSizes[] = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
  return kSizes[type];
}

Status ReadHeaders(std::string_view bytes, EventMessage& message) {
  size_t at = 0;
  auto left = [&](size_t n) { return bytes.size() - at >= n; };
  while (at < bytes.size()) {
    const size_t name_size = ReadNumber(bytes, at++, 1);
    if (!left(name_size + 1)) return Damaged("a header's name is cut off");
    const std::string_view name = bytes.substr(at, name_size);
    at += name_size;
    const auto type = static_cast<uint8_t>(bytes[at++]);
    if (type > 9) return Damaged("a header of an unknown type");
    size_t size = FixedSize(type);
    const bool sized = type == 6 || type == 7;
    if (sized) {
      if (!left(2)) return Damaged("a header's length is cut off");
      size = ReadNumber(bytes, at, 2);
      at += 2;
    }
    if (!left(size)) return Damaged("a header's value is cut off");
    if (type == 7) message.headers.emplace(name, bytes.substr(at, size));
    at += size;
  }
  return {};
}

}  // namespace

std::string_view EventMessage::Header(std::string_view name) const {
  auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::optional<EventMessage>> EventStreamReader::Next() {
  std::string_view rest = std::string_view(bytes_).substr(begin_);
  if (rest.size() < kPrelude) return std::optional<EventMessage>();
  const size_t total = ReadNumber(rest, 0, 4);
  const size_t headers = ReadNumber(rest, 4, 4);
  if (ReadNumber(rest, 8, 4) != Checksum(rest.substr(0, 8))) return Damaged("the checksum of a length is wrong");
  if (total > kLargest || total < kPrelude + kChecksum || headers > total - kPrelude - kChecksum) {
    return Damaged("a message has an impossible length");
  }
  if (rest.size() < total) return std::optional<EventMessage>();
  rest = rest.substr(0, total);
  if (ReadNumber(rest, total - kChecksum, 4) != Checksum(rest.substr(0, total - kChecksum))) {
    return Damaged("the checksum of a message is wrong");
  }
  EventMessage message;
  SLUICE_RETURN_IF_ERROR(ReadHeaders(rest.substr(kPrelude, headers), message));
  message.payload = rest.substr(kPrelude + headers, total - kPrelude - headers - kChecksum);
  begin_ += total;
  if (begin_ == bytes_.size() || begin_ > 1024 * 1024) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  return std::optional<EventMessage>(std::move(message));
}

std::string EncodeEventMessage(const EventMessage& message) {
  std::string headers;
  for (const auto& [name, value] : message.headers) {
    WriteNumber(headers, static_cast<uint32_t>(name.size()), 1);
    headers += name;
    WriteNumber(headers, 7, 1);
    WriteNumber(headers, static_cast<uint32_t>(value.size()), 2);
    headers += value;
  }
  std::string out;
  WriteNumber(out, static_cast<uint32_t>(kPrelude + headers.size() + message.payload.size() + kChecksum), 4);
  WriteNumber(out, static_cast<uint32_t>(headers.size()), 4);
  WriteNumber(out, Checksum(out), 4);
  out += headers;
  out += message.payload;
  WriteNumber(out, Checksum(out), 4);
  return out;
}

}  // namespace sluice::net
