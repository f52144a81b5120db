#include "engine/state/piece_reader.h"

#include <utility>

namespace sluice::engine {

namespace {

class View final : public PieceBytes {
 public:
  explicit View(std::string_view bytes) : bytes_(bytes) {}
  Result<std::string_view> Part(uint64_t offset, size_t length, std::string&) const override {
    return bytes_.substr(offset, length);
  }

 private:
  std::string_view bytes_;
};

class Held final : public PieceBytes {
 public:
  explicit Held(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::string_view> Part(uint64_t offset, size_t length, std::string&) const override {
    return std::string_view(bytes_).substr(offset, length);
  }

 private:
  std::string bytes_;
};

}  // namespace

std::unique_ptr<PieceBytes> BytesInMemory(std::string_view bytes) { return std::make_unique<View>(bytes); }

Result<std::unique_ptr<PieceBytes>> PieceReader::Open(const StatePiece& piece) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, Read(piece));
  if (bytes.size() != piece.length) {
    return Error(ErrorCode::kCorrupt, "file '" + piece.file + "' is damaged: it has " + std::to_string(bytes.size()) +
                                          " bytes of state instead of " + std::to_string(piece.length));
  }
  return std::unique_ptr<PieceBytes>(std::make_unique<Held>(std::move(bytes)));
}

}  // namespace sluice::engine
