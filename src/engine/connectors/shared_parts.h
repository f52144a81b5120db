// What the subtasks of one operator share inside the process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::engine {

/// One a job. A part lives as long as somebody holds it: the subtasks of the next attempt begin with a new one. Any
/// thread.
class SharedParts {
 public:
  /// The part of that name that there is, else a new one. A name always comes with the same type.
  template <typename T>
  std::shared_ptr<T> Get(const std::string& name) {
    std::lock_guard lock(mutex_);
    std::weak_ptr<void>& kept = parts_[name];
    if (std::shared_ptr<void> part = kept.lock()) return std::static_pointer_cast<T>(part);
    auto part = std::make_shared<T>();
    kept = part;
    return part;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<void>> parts_;
};

}  // namespace sluice::engine
