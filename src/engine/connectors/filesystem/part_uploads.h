// Parts of objects on their way to S3, sent by threads of their own: the task that writes goes on meanwhile.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/connectors/filesystem/storage_kinds.h"

namespace sluice::net {
class S3Client;
}

namespace sluice::engine::filesystem {

/// The threads of one storage, started when there is work. Run from any thread.
class UploadThreads {
 public:
  /// Parts that wait or are under way; with 5 MiB a part this bounds the memory.
  static constexpr size_t kMostParts = 6;
  /// As many, and a writer had better wait.
  static constexpr size_t kManyParts = 4;
  static constexpr size_t kMostThreads = 3;

  UploadThreads() = default;
  /// All work must have been done.
  ~UploadThreads();
  UploadThreads(const UploadThreads&) = delete;
  UploadThreads& operator=(const UploadThreads&) = delete;

  /// Waits as long as kMostParts are not done.
  void Run(std::function<void()> work);
  bool saturated() const;
  /// See Storage::OnRoom.
  void OnRoom(std::function<void()> call);

 private:
  void Loop();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  size_t running_ = 0;
  bool closing_ = false;
  std::function<void()> on_room_;
  std::vector<std::thread> threads_;
};

/// One object's multipart upload. Used by one thread; client and threads must outlive it.
class PartUploads {
 public:
  PartUploads(const net::S3Client& client, UploadThreads& threads, ObjectName name)
      : client_(client), threads_(threads), name_(std::move(name)) {}
  /// Waits for what is under way.
  ~PartUploads();

  /// The next part. Waits only for room; fails if an earlier part did.
  Status Send(std::string part);
  struct Sent {
    std::string upload;
    std::vector<std::string> etags;
  };
  /// When all parts are there.
  Result<Sent> Wait();
  /// Drops what is not under way and aborts the upload. Fine after a failure.
  void Abort();
  size_t parts() const;

 private:
  void SendNow(size_t number, std::string part);
  Status Begin(std::unique_lock<std::mutex>& lock);

  const net::S3Client& client_;
  UploadThreads& threads_;
  const ObjectName name_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string upload_;  // empty: not begun
  bool beginning_ = false, aborted_ = false;
  std::vector<std::string> etags_;
  size_t under_way_ = 0;
  std::optional<Error> error_;
};

}  // namespace sluice::engine::filesystem
