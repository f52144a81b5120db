// The sink around an AsyncWriter: rows become entries; a checkpoint waits until all of them were taken (at least once).
#pragma once

#include <functional>
#include <memory>

#include "engine/connectors/aws/async_writer.h"
#include "engine/connectors/connector.h"

namespace sluice::engine::aws {

/// Makes entries of rows. One thread.
class EntryMaker {
 public:
  virtual ~EntryMaker() = default;
  virtual Status Open(const TaskContext& context) {
    (void)context;
    return {};
  }
  /// The entry of row `position`; nothing if the row needs none.
  virtual Result<std::optional<WriteEntry>> Make(const Batch& batch, size_t position) = 0;
};

struct AsyncSinkParts {
  std::unique_ptr<EntryMaker> entries;
  AsyncWriterLimits limits;
  /// Called when the sink opens.
  std::function<Result<std::unique_ptr<AsyncTarget>>()> make_target;
};

std::unique_ptr<Sink> MakeAsyncSink(AsyncSinkParts parts, const ConnectorEnvironment& environment);

}  // namespace sluice::engine::aws
