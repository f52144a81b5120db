#include "engine/runtime/sink_commits.h"

#include "engine/runtime/interfaces.h"

namespace sluice::engine {

Status SinkCommits::Prepare(Sink& sink, int64_t checkpoint_id) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, sink.PrepareCommit(checkpoint_id));
  if (!bytes.empty()) waiting_.push_back({checkpoint_id, std::move(bytes)});
  return {};
}

std::vector<std::string> SinkCommits::Waiting() const {
  std::vector<std::string> all;
  all.reserve(waiting_.size());
  for (const Prepared& p : waiting_) all.push_back(p.bytes);
  return all;
}

Status SinkCommits::CommitUpTo(Sink& sink, int64_t checkpoint_id) {
  while (!waiting_.empty() && waiting_.front().checkpoint_id <= checkpoint_id) {
    SLUICE_RETURN_IF_ERROR(sink.Commit(waiting_.front().bytes));
    waiting_.pop_front();
  }
  return {};
}

}  // namespace sluice::engine
