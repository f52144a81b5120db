// Rows in order of arrival, as bytes: the payload of operators that hold rows back.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

inline void PutBytes(std::string_view bytes, std::string& out) {
  const auto size = static_cast<uint32_t>(bytes.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(bytes);
}
inline bool TakeBytes(std::string_view& in, std::string_view& bytes) {
  uint32_t size = 0;
  if (in.size() < sizeof(size)) return false;
  std::memcpy(&size, in.data(), sizeof(size));
  in.remove_prefix(sizeof(size));
  if (in.size() < size) return false;
  bytes = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}
template <typename T>
void PutFixed(const T& v, std::string& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&v), sizeof(T));
}
template <typename T>
bool TakeFixed(std::string_view& in, T& v) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (in.size() < sizeof(T)) return false;
  std::memcpy(&v, in.data(), sizeof(T));
  in.remove_prefix(sizeof(T));
  return true;
}

struct RowList {
  std::vector<std::string> rows;

  void Save(std::string& out) const {
    for (const std::string& row : rows) PutBytes(row, out);
  }
  bool Load(std::string_view in) {
    std::string_view row;
    while (!in.empty()) {
      if (!TakeBytes(in, row)) return false;
      rows.emplace_back(row);
    }
    return true;
  }
};

}  // namespace sluice::engine
