// The framing of application/vnd.amazon.eventstream: messages with typed headers and a payload, with checksums.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

struct EventMessage {
  std::map<std::string, std::string, std::less<>> headers;  // those whose value is a text; others are left out
  std::string payload;

  /// A header's text, or empty.
  std::string_view Header(std::string_view name) const;
};

/// Cuts a stream of bytes into messages. One thread.
class EventStreamReader {
 public:
  void Add(std::string_view bytes) { bytes_ += bytes; }
  /// The next whole message; none if its bytes have not all come. kData if the stream is damaged: there is no going on.
  Result<std::optional<EventMessage>> Next();

 private:
  std::string bytes_;
  size_t begin_ = 0;
};

/// One message as bytes, with headers that are texts.
std::string EncodeEventMessage(const EventMessage& message);

}  // namespace sluice::net
