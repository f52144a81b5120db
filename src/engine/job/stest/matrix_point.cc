#include "engine/job/stest/matrix_point.h"

namespace sluice::engine::stest {

std::string MatrixPoint::ToString() const {
  std::string text = "batches of " + std::to_string(batch_rows) + ", parallelism " + std::to_string(parallelism);
  if (rocksdb) text += ", rocksdb";
  if (disturbance == Disturbance::kNone) return text;
  text += disturbance == Disturbance::kRestore ? ", restore" : ", rescale";
  return text + ", seed " + std::to_string(seed);
}

uint64_t SeededHash(uint64_t seed, std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ull ^ seed * 0x9e3779b97f4a7c15ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ull;
  return hash ^ hash >> 31;
}

}  // namespace sluice::engine::stest
