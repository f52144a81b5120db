// Files in memory, for the tests of formats that read and write whole files.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/formats/file_format.h"

namespace sluice::engine::test {

class MemoryFile : public RandomAccessFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<size_t> ReadAt(uint64_t offset, char* to, size_t size) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t n = std::min(size, bytes_.size() - static_cast<size_t>(offset));
    std::memcpy(to, bytes_.data() + offset, n);
    return n;
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  const std::string bytes_, name_ = "memory";
};

class MemorySink : public ByteSink {
 public:
  Status Append(std::string_view bytes) override {
    out += bytes;
    return {};
  }
  std::string out;
};

}  // namespace sluice::engine::test
