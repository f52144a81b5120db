// How a manifest's fields become bytes: LEB128 numbers (signed ones zigzag), strings with their length before them, and
// records, whose length stands before them so that a reader can skip fields that a later release appended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::engine {

class FieldWriter {
 public:
  void Number(uint64_t value);
  void Signed(int64_t value) { Number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }
  /// Eight bytes, little end first.
  void Fixed(uint64_t value);
  void Text(std::string_view bytes);
  void Record(const FieldWriter& record) { Text(record.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what FieldWriter wrote. After the first thing that does not fit, everything answers 0 or "" and ok() is false;
/// the caller asks once at the end.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  uint64_t Number();
  int64_t Signed();
  uint64_t Fixed();
  std::string_view Text();
  FieldReader Record() { return FieldReader(Text()); }
  /// A number of elements that follow, each at least one byte long: more than there are bytes is not ok.
  uint64_t Count();
  /// A number within [0, limit].
  uint64_t Bounded(uint64_t limit);

  void Fail() { ok_ = false, rest_ = {}; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace sluice::engine
