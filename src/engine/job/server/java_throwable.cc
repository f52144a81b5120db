#include "engine/job/server/java_throwable.h"

#include "net/digest.h"

namespace sluice::engine::server {
namespace {

// What InstantiationUtil.serializeObject of Flink 2.3 wrote for one without stack frames, cause and original exception,
// cut at its three strings: message, stack trace, class. The class descriptions and their serialVersionUIDs are in the
// first.
constexpr std::string_view kHead =
    "aced0005737200296f72672e6170616368652e666c696e6b2e7574696c2e53657269616c697a65645468726f7761626c"
    "6565169df51fa713f30200034c001966756c6c537472696e676966696564537461636b54726163657400124c6a617661"
    "2f6c616e672f537472696e673b4c00166f726967696e616c4572726f72436c6173734e616d6571007e00015b00137365"
    "7269616c697a6564457863657074696f6e7400025b42787200136a6176612e6c616e672e457863657074696f6ed0fd1f"
    "3e1a3b1cc4020000787200136a6176612e6c616e672e5468726f7761626c65d5c635273977b8cb0300044c0005636175"
    "73657400154c6a6176612f6c616e672f5468726f7761626c653b4c000d64657461696c4d65737361676571007e00015b"
    "000a737461636b547261636574001e5b4c6a6176612f6c616e672f537461636b5472616365456c656d656e743b4c0014"
    "73757070726573736564457863657074696f6e737400104c6a6176612f7574696c2f4c6973743b78707074";
constexpr std::string_view kBehindMessage =
    "7572001e5b4c6a6176612e6c616e672e537461636b5472616365456c656d656e743b02462a3c3cfd2239020000787000"
    "0000007372001f6a6176612e7574696c2e436f6c6c656374696f6e7324456d7074794c6973747ab817b43ca79ede0200"
    "0078707874";
constexpr std::string_view kBehindTrace = "74";
constexpr std::string_view kEnd = "70";

void AppendHex(std::string_view hex, std::string& out) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t k = 0; k + 1 < hex.size(); k += 2) out += static_cast<char>(digit(hex[k]) * 16 + digit(hex[k + 1]));
}

/// Two bytes of length, then modified UTF-8, which has neither NUL bytes nor four-byte characters.
void AppendUtf(std::string_view text, std::string& out) {
  std::string plain;
  for (size_t k = 0; k < text.size() && plain.size() < 65'500; ++k) {
    const auto byte = static_cast<unsigned char>(text[k]);
    if (byte == 0 || byte >= 0xF8) {
      plain += '?';
    } else if (byte >= 0xF0) {
      plain += '?';
      while (k + 1 < text.size() && (static_cast<unsigned char>(text[k + 1]) & 0xC0) == 0x80) ++k;
    } else {
      plain += text[k];
    }
  }
  while (!plain.empty() && plain.size() >= 65'500 && (static_cast<unsigned char>(plain.back()) & 0x80) != 0) {
    plain.pop_back();  // no half character at the cut
  }
  out += static_cast<char>(plain.size() >> 8);
  out += static_cast<char>(plain.size());
  out += plain;
}

}  // namespace

std::string SerializedThrowable(std::string_view class_name, std::string_view message, std::string_view stack_trace) {
  std::string bytes;
  AppendHex(kHead, bytes);
  AppendUtf(message, bytes);
  AppendHex(kBehindMessage, bytes);
  AppendUtf(stack_trace, bytes);
  AppendHex(kBehindTrace, bytes);
  AppendUtf(class_name, bytes);
  AppendHex(kEnd, bytes);
  return net::Base64(bytes);
}

}  // namespace sluice::engine::server
