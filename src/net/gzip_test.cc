#include "net/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace sluice::net {
namespace {

std::string Gzip(const std::string& text) {
  z_stream out{};
  deflateInit2(&out, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string bytes(deflateBound(&out, text.size()), '\0');
  out.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  out.avail_in = static_cast<uInt>(text.size());
  out.next_out = reinterpret_cast<Bytef*>(bytes.data());
  out.avail_out = static_cast<uInt>(bytes.size());
  deflate(&out, Z_FINISH);
  bytes.resize(out.total_out);
  deflateEnd(&out);
  return bytes;
}

TEST(GzipTest, UnpacksOneOrMoreMembers) {
  const std::string large(300'000, 'x');
  EXPECT_EQ(large, *Gunzip(Gzip(large), large.size()));
  EXPECT_EQ("ab", *Gunzip(Gzip("a") + Gzip("b"), 10));
  EXPECT_EQ("", *Gunzip(Gzip(""), 10));
}

TEST(GzipTest, RefusesWhatIsTooLargeOrBroken) {
  const std::string packed = Gzip(std::string(300'000, 'x'));
  EXPECT_EQ(ErrorCode::kResourceExhausted, Gunzip(packed, 299'999).error().code());
  EXPECT_EQ(ErrorCode::kData, Gunzip(packed.substr(0, packed.size() - 1), 1 << 20).error().code());
  EXPECT_EQ(ErrorCode::kData, Gunzip("{}", 1 << 20).error().code());
  EXPECT_EQ(ErrorCode::kData, Gunzip("", 1 << 20).error().code());
  for (size_t i = 0; i < packed.size(); ++i) {
    std::string bad = packed;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    (void)Gunzip(bad, 1 << 20);  // must end, whatever it says
  }
}

}  // namespace
}  // namespace sluice::net
