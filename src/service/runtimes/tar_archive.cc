#include "service/runtimes/tar_archive.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "base/files.h"

namespace sluice::service {
namespace {

constexpr size_t kBlock = 512;

struct Close {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzFile = std::unique_ptr<std::remove_pointer_t<gzFile>, Close>;

std::string Field(const char* block, size_t at, size_t length) {
  return std::string(block + at, strnlen(block + at, length));
}

int64_t Octal(const char* block, size_t at, size_t length) {
  int64_t out = 0;
  for (size_t i = at; i < at + length && block[i] != '\0'; ++i) {
    if (block[i] >= '0' && block[i] <= '7') out = out * 8 + (block[i] - '0');
  }
  return out;
}

/// The value of "LENGTH path=VALUE\n" among a pax header's records; empty if there is none.
std::string PaxPath(const std::string& records) {
  for (size_t at = 0; at < records.size();) {
    const size_t blank = records.find(' ', at);
    if (blank == std::string::npos) return "";
    const size_t length = static_cast<size_t>(std::strtoul(records.c_str() + at, nullptr, 10));
    if (length == 0 || at + length > records.size()) return "";
    const std::string record = records.substr(blank + 1, at + length - blank - 2);
    if (record.starts_with("path=")) return record.substr(5);
    at += length;
  }
  return "";
}

class Unpacker {
 public:
  Unpacker(const std::string& archive, GzFile file, const std::function<std::string(const std::string&)>& place)
      : archive_(archive), file_(std::move(file)), place_(place), buffer_(256 * 1024) {}

  Status Run() {
    char header[kBlock];
    std::string long_name;
    while (true) {
      SLUICE_RETURN_IF_ERROR(Read(header, kBlock));
      if (header[0] == '\0') return {};  // two empty blocks end the archive
      const int64_t size = Octal(header, 124, 12);
      const char type = header[156];
      if (type == 'L' || type == 'x') {
        std::string text;
        SLUICE_RETURN_IF_ERROR(Take(size, [&](const char* bytes, size_t n) { text.append(bytes, n); }));
        long_name = type == 'L' ? std::string(text.c_str()) : PaxPath(text);
        continue;
      }
      std::string name = long_name.empty() ? Name(header) : long_name;
      long_name.clear();
      const std::string place = type == '0' || type == '\0' ? place_(name) : "";
      SLUICE_RETURN_IF_ERROR(place.empty() ? Take(size, [](const char*, size_t) {}) : Write(place, size));
    }
  }

 private:
  static std::string Name(const char* header) {
    const std::string prefix = std::memcmp(header + 257, "ustar", 5) == 0 ? Field(header, 345, 155) : "";
    return prefix.empty() ? Field(header, 0, 100) : prefix + "/" + Field(header, 0, 100);
  }

  Status Read(char* to, size_t size) {
    const int got = gzread(file_.get(), to, static_cast<unsigned>(size));
    if (got == static_cast<int>(size)) return {};
    return Error(ErrorCode::kCorrupt, fmt::format("{} is no sound .tar.gz file", archive_));
  }

  /// Hands on `size` bytes and skips what fills up the last block.
  Status Take(int64_t size, const std::function<void(const char*, size_t)>& sink) {
    for (int64_t left = size; left > 0;) {
      const size_t n = std::min<size_t>(buffer_.size(), static_cast<size_t>(left));
      SLUICE_RETURN_IF_ERROR(Read(buffer_.data(), n));
      sink(buffer_.data(), n);
      left -= static_cast<int64_t>(n);
    }
    if (const size_t rest = static_cast<size_t>(size) % kBlock; rest != 0) {
      SLUICE_RETURN_IF_ERROR(Read(buffer_.data(), kBlock - rest));
    }
    return {};
  }

  Status Write(const std::string& place, int64_t size) {
    SLUICE_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(place).parent_path().string()));
    std::ofstream out(place, std::ios::binary);
    SLUICE_RETURN_IF_ERROR(
        Take(size, [&](const char* bytes, size_t n) { out.write(bytes, static_cast<std::streamsize>(n)); }));
    out.close();
    return out ? Status() : Status(Error(ErrorCode::kIo, "cannot write " + place));
  }

  const std::string& archive_;
  GzFile file_;
  const std::function<std::string(const std::string&)>& place_;
  std::vector<char> buffer_;
};

}  // namespace

Status UnpackTarGz(const std::string& archive, const std::function<std::string(const std::string& name)>& place) {
  GzFile file(gzopen(archive.c_str(), "rb"));
  if (!file) return Error(ErrorCode::kIo, "cannot open " + archive);
  gzbuffer(file.get(), 256 * 1024);
  return Unpacker(archive, std::move(file), place).Run();
}

}  // namespace sluice::service
