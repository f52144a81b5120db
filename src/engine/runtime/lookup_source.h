// Rows found by key in another system. Connectors implement it, the look-up join asks it.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine {

/// One connection to the peer. Made on the job's thread without touching the network; from then on all calls are of one
/// I/O thread of the look-up join, where they may block as long as the peer takes. Several instances work side by side.
class LookupSource {
 public:
  virtual ~LookupSource() = default;
  /// Appends the rows whose key columns equal row `row` of `keys` (in the order of LookupJoinNode::keys, never NULL) to
  /// `out`, one column a field of LookupJoinNode::row; answers how many. Tries again by itself as its options say; an
  /// error ends the job.
  virtual Result<size_t> Lookup(std::span<const ColumnPtr> keys, size_t row, std::span<const ColumnPtr> out) = 0;
  /// From another thread: the job ends. A call under way, or one still to come, fails soon.
  virtual void Cancel() {}
};

}  // namespace sluice::engine
