// The object store that checkpoints in "s3://…" are made of: a narrow interface, so that tests can have one in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

/// Thread-safe; calls block. Errors name "s3://bucket/key".
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// The object is there with all of `bytes`, or not at all.
  virtual Status Put(const std::string& bucket, const std::string& key, std::string bytes) = 0;
  /// At most `length` bytes from `offset`, fewer if the object ends before. kNotFound if there is none.
  virtual Result<std::string> Get(const std::string& bucket, const std::string& key, uint64_t offset,
                                  uint64_t length) = 0;
  virtual Result<uint64_t> Size(const std::string& bucket, const std::string& key) = 0;
  /// Fine if there is none.
  virtual Status Delete(const std::string& bucket, const std::string& key) = 0;
  /// Keys that begin with `prefix`, sorted.
  virtual Result<std::vector<std::string>> List(const std::string& bucket, const std::string& prefix) = 0;

  // --- large objects in parts of at least min_part_bytes() but for the last; numbers ascend from 1
  virtual size_t min_part_bytes() const = 0;
  virtual Result<std::string> BeginUpload(const std::string& bucket, const std::string& key) = 0;
  /// Answers the part's tag, for FinishUpload.
  virtual Result<std::string> UploadPart(const std::string& bucket, const std::string& key, const std::string& upload,
                                         int number, std::string bytes) = 0;
  virtual Status FinishUpload(const std::string& bucket, const std::string& key, const std::string& upload,
                              const std::vector<std::string>& tags) = 0;
  virtual Status AbortUpload(const std::string& bucket, const std::string& key, const std::string& upload) = 0;
};

}  // namespace sluice::engine
