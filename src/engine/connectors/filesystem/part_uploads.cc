#include "engine/connectors/filesystem/part_uploads.h"

#include <memory>
#include <utility>

#include "net/aws/s3.h"

namespace sluice::engine::filesystem {

UploadThreads::~UploadThreads() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void UploadThreads::Run(std::function<void()> work) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() + running_ < kMostParts; });
  waiting_.push_back(std::move(work));
  if (waiting_.size() + running_ > threads_.size() && threads_.size() < kMostThreads) {
    threads_.emplace_back([this] { Loop(); });
  }
  changed_.notify_all();
}

bool UploadThreads::saturated() const {
  std::lock_guard lock(mutex_);
  return waiting_.size() + running_ >= kManyParts;
}

void UploadThreads::OnRoom(std::function<void()> call) {
  std::lock_guard lock(mutex_);
  on_room_ = std::move(call);
}

void UploadThreads::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    --running_;
    if (on_room_) on_room_();
    changed_.notify_all();
  }
}

PartUploads::~PartUploads() {
  std::unique_lock lock(mutex_);
  aborted_ = true;
  changed_.wait(lock, [&] { return under_way_ == 0; });
}

size_t PartUploads::parts() const {
  std::lock_guard lock(mutex_);
  return etags_.size();
}

Status PartUploads::Send(std::string part) {
  size_t number = 0;
  {
    std::lock_guard lock(mutex_);
    if (error_) return *error_;
    etags_.emplace_back();
    number = etags_.size();
    ++under_way_;
  }
  // A std::function can be copied; the part must not be.
  auto held = std::make_shared<std::string>(std::move(part));
  threads_.Run([this, number, held] { SendNow(number, std::move(*held)); });
  return {};
}

void PartUploads::SendNow(size_t number, std::string part) {
  std::unique_lock lock(mutex_);
  Status status = Begin(lock);
  if (status.ok() && !error_ && !aborted_) {
    lock.unlock();
    Result<std::string> etag =
        client_.UploadPart(name_.bucket, name_.key, upload_, static_cast<int>(number), std::move(part));
    lock.lock();
    if (etag.ok()) {
      etags_[number - 1] = std::move(*etag);
    } else {
      status = etag.error();
    }
  }
  if (!status.ok() && !error_) error_ = status.error();
  --under_way_;
  changed_.notify_all();
}

/// The first of the threads asks for the upload's id, the others wait for it.
Status PartUploads::Begin(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return !beginning_; });
  if (!upload_.empty() || error_ || aborted_) return {};
  beginning_ = true;
  lock.unlock();
  Result<std::string> upload = client_.StartUpload(name_.bucket, name_.key);
  lock.lock();
  beginning_ = false;
  changed_.notify_all();
  if (!upload.ok()) return upload.error();
  upload_ = std::move(*upload);
  return {};
}

Result<PartUploads::Sent> PartUploads::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return under_way_ == 0; });
  if (error_) return *error_;
  return Sent{upload_, etags_};
}

void PartUploads::Abort() {
  std::unique_lock lock(mutex_);
  aborted_ = true;
  changed_.wait(lock, [&] { return under_way_ == 0; });
  const std::string upload = std::exchange(upload_, "");
  lock.unlock();
  if (!upload.empty()) (void)client_.AbortUpload(name_.bucket, name_.key, upload);
}

}  // namespace sluice::engine::filesystem
