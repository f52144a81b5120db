#include "net/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

namespace sluice::net {
namespace {

constexpr int kGzipOnly = 15 + 16;

/// Ends what it was given.
class Inflater {
 public:
  Inflater() : good_(inflateInit2(&stream_, kGzipOnly) == Z_OK) {}
  ~Inflater() {
    if (good_) inflateEnd(&stream_);
  }
  bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool good_;
};

Error Broken(const char* why) {
  return Error(ErrorCode::kData,
               fmt::format("the body is not valid gzip: {}", why == nullptr ? "it is cut short" : why));
}

}  // namespace

Result<std::string> Gunzip(std::string_view bytes, size_t max_bytes) {
  Inflater inflater;
  if (!inflater.good()) return Error(ErrorCode::kResourceExhausted, "no memory to unpack a body");
  z_stream& in = inflater.stream();
  in.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  in.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::string room(64 * 1024, '\0');
  while (true) {
    in.next_out = reinterpret_cast<Bytef*>(room.data());
    in.avail_out = static_cast<uInt>(room.size());
    const int result = inflate(&in, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) return Broken(in.msg);
    out.append(room, 0, room.size() - in.avail_out);
    if (out.size() > max_bytes) {
      return Error(ErrorCode::kResourceExhausted, fmt::format("the body has more than {} bytes unpacked", max_bytes));
    }
    if (result == Z_STREAM_END && in.avail_in == 0) return out;
    if (result == Z_STREAM_END && inflateReset(&in) != Z_OK) return Broken(in.msg);
  }
}

}  // namespace sluice::net
