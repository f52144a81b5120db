// StateFileWriter over a blocking sink: the bytes queue up and are written by a few threads, those of one file in
// order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/state/checkpoint_storage.h"

namespace sluice::engine {

/// Threads that start with the first work. The destructor does all that is waiting first; it may be called by the last
/// work itself.
class WriterThreads {
 public:
  explicit WriterThreads(int count);
  ~WriterThreads();
  void Run(std::function<void()> work);

 private:
  struct State;
  static void Loop(const std::shared_ptr<State>& state);
  const std::shared_ptr<State> state_;
};

/// Where a file's bytes go. Calls block and come from one thread at a time.
class PieceSink {
 public:
  /// Without Commit: nothing stays.
  virtual ~PieceSink() = default;
  virtual Status Write(std::string_view bytes) = 0;
  /// All bytes are durable.
  virtual Status Commit() = 0;
};

/// `open` is called on a writer thread once there are more than `inline_bytes`; fewer become an inline piece. The
/// writer and what it has queued hold `threads`.
std::unique_ptr<StateFileWriter> MakeQueuedWriter(std::shared_ptr<WriterThreads> threads, std::string name,
                                                  size_t inline_bytes,
                                                  std::function<Result<std::unique_ptr<PieceSink>>()> open);

}  // namespace sluice::engine
