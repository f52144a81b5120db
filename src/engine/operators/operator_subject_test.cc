// (named _test so that it belongs to the test program)
#include "engine/operators/operator_subject_test.h"

#include <sstream>

#include "engine/state/piece_reader.h"

namespace sluice::engine {

namespace {

/// Pieces that travel in the snapshot itself.
class InlinePieces final : public PieceReader {
 public:
  Result<std::string> Read(const StatePiece& piece) override { return piece.bytes; }
};

std::string Text(const Value& v) {
  if (v.is_null()) return "_";
  std::ostringstream out;
  std::visit(
      [&](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, bool>) {
          out << (x ? "true" : "false");
        } else if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, double> ||
                             std::is_same_v<T, std::string>) {
          out << x;
        } else if constexpr (std::is_same_v<T, ValueList>) {
          out << "[";
          for (size_t k = 0; k < x.size(); ++k) out << (k > 0 ? "," : "") << Text(x[k]);
          out << "]";
        }
      },
      v.storage());
  return out.str();
}

}  // namespace

void TestSubject::Open(uint32_t parallelism, const std::vector<StateSnapshot>& snapshots) {
  subtasks_.clear();
  InlinePieces reader;
  for (uint32_t s = 0; s < parallelism; ++s) {
    Subtask subtask;
    StateRestore restore;
    restore.reader = &reader;
    restore.may_refer = true;
    const KeyGroupRange own = KeyGroupsOfSubtask(s, 128, parallelism);
    for (const StateSnapshot& snapshot : snapshots) {
      if (snapshot.key_groups.first <= own.last && own.first <= snapshot.key_groups.last) {
        restore.snapshots.push_back(snapshot);
      }
    }
    subtask.state = MakeMemoryStateBackend({.key_groups = own,
                                            .max_parallelism = 128,
                                            .clock = setup_.context.clock,
                                            .restore = snapshots.empty() ? nullptr : &restore,
                                            .small_state_bytes = 0});
    subtask.context = std::make_unique<TaskContext>(setup_.context);
    subtask.context->state = subtask.state.get();
    subtask.context->subtask = static_cast<int>(s);
    subtask.context->parallelism = static_cast<int>(parallelism);
    auto made = setup_.make();
    ASSERT_TRUE(made.ok()) << made.error().ToString();
    subtask.op = std::move(made).value();
    const Status opened = subtask.op->Open(*subtask.context);
    ASSERT_TRUE(opened.ok()) << opened.error().ToString();
    const Status restored = subtask.state->CheckRestored(false);
    ASSERT_TRUE(restored.ok()) << restored.error().ToString();
    subtasks_.push_back(std::move(subtask));
  }
}

void TestSubject::Process(int input, const Batch& batch) {
  auto give = [&](Subtask& s, Batch rows) {
    // As the runtime does it.
    const int64_t now = setup_.context.clock->NowMs();
    if (s.op->NextProcessingTime() <= now) Check(s.op->AdvanceProcessingTime(now, *this));
    Check(s.op->Process(input, std::move(rows), *this));
  };
  if (subtasks_.size() == 1) {
    give(subtasks_[0], batch);
  } else {
    std::vector<ColumnPtr> keys;
    for (const int k : setup_.keys[static_cast<size_t>(input)]) keys.push_back(batch.columns[static_cast<size_t>(k)]);
    std::vector<uint64_t> hashes;
    HashRows(keys, batch.rows(), hashes);
    for (uint32_t s = 0; s < subtasks_.size(); ++s) {
      Batch part = batch;
      part.selected = true;
      part.selection.clear();
      for (size_t k = 0; k < hashes.size(); ++k) {
        if (SubtaskOfKeyGroup(KeyGroupOf(hashes[k], 128), 128, static_cast<uint32_t>(subtasks_.size())) == s) {
          part.selection.push_back(static_cast<uint32_t>(batch.rows()[k]));
        }
      }
      if (!part.selection.empty()) give(subtasks_[s], std::move(part));
    }
  }
  Disturb();
}

void TestSubject::Disturb() {
  if (setup_.disturbance == Disturbance::kNone) return;
  const bool rescale = setup_.disturbance == Disturbance::kRescale;
  ++calls_;
  std::vector<StateSnapshot> snapshots;
  for (Subtask& s : subtasks_) {
    Check(s.op->BeforeSnapshot(*this));
    s.state->BeginSnapshot({.checkpoint_id = calls_, .full = false});
    StatePiece own;
    for (bool done = false; !done;) {
      Result<bool> step = s.state->StepSnapshot(64, own.bytes);
      ASSERT_TRUE(step.ok()) << step.error().ToString();
      done = *step;
    }
    own.length = own.bytes.size();
    StateSnapshot snapshot = s.state->TakeSnapshot();
    if (!own.bytes.empty()) snapshot.pieces.push_back(own);
    s.state->ConfirmSnapshot(calls_, own);
    snapshots.push_back(std::move(snapshot));
    s.state->Maintain();
  }
  if (rescale) {
    Open(subtasks_.size() == 1 && !setup_.keys.empty() ? 2 : 1, snapshots);
  } else if (calls_ % 2 == 0) {
    Open(1, snapshots);
  }
}

Status TestSubject::Emit(Batch batch) {
  batch.rows().ForEach([&](size_t i) {
    std::string row = RowKindText(batch.kind(i));
    for (const ColumnPtr& column : batch.columns) row += " " + Text(column->GetValue(i));
    seen_.push_back(std::move(row));
  });
  return {};
}

}  // namespace sluice::engine
