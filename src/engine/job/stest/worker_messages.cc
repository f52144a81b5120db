#include "engine/job/stest/worker_messages.h"

#include <cstring>

namespace sluice::engine::stest {
namespace {

template <typename T>
void Put(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}
void PutString(std::string& out, std::string_view text) {
  Put<uint32_t>(out, static_cast<uint32_t>(text.size()));
  out += text;
}
void PutLines(std::string& out, const std::vector<std::string>& lines) {
  Put<uint32_t>(out, static_cast<uint32_t>(lines.size()));
  for (const std::string& line : lines) PutString(out, line);
}

/// Both ends are the same program, and only whole messages are read: no bounds checks.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  std::string TakeString() {
    auto size = Take<uint32_t>();
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  std::vector<std::string> TakeLines() {
    std::vector<std::string> lines(Take<uint32_t>());
    for (std::string& line : lines) line = TakeString();
    return lines;
  }

 private:
  std::string_view bytes_;
};

}  // namespace

std::string EncodeMessage(const WorkerMessage& message) {
  std::string body;
  Put<uint8_t>(body, message.ended);
  Put<uint32_t>(body, message.block);
  Put<int64_t>(body, message.elapsed_ms);
  Put<uint8_t>(body, message.outcome.passed);
  PutString(body, message.outcome.note);
  PutLines(body, message.outcome.actual);
  PutLines(body, message.outcome.expected);
  std::string framed;
  PutString(framed, body);
  return framed;
}

std::optional<WorkerMessage> TakeMessage(std::string& buffer) {
  if (buffer.size() < sizeof(uint32_t)) return std::nullopt;
  const auto size = Reader(buffer).Take<uint32_t>();
  if (buffer.size() < sizeof(uint32_t) + size) return std::nullopt;
  Reader reader(std::string_view(buffer).substr(sizeof(uint32_t), size));
  WorkerMessage message;
  message.ended = reader.Take<uint8_t>() != 0;
  message.block = reader.Take<uint32_t>();
  message.elapsed_ms = reader.Take<int64_t>();
  message.outcome.passed = reader.Take<uint8_t>() != 0;
  message.outcome.note = reader.TakeString();
  message.outcome.actual = reader.TakeLines();
  message.outcome.expected = reader.TakeLines();
  buffer.erase(0, sizeof(uint32_t) + size);
  return message;
}

}  // namespace sluice::engine::stest
