// Random operations on keyed state, snapshots in their midst, and every snapshot restored and held against a plain map.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/random.h"
#include "engine/state/keyed_state.h"
#include "engine/state/rocksdb_backend.h"
#include "engine/state/state_for_test.h"

namespace sluice::engine {
namespace {

/// A payload that owns memory.
struct Text {
  std::string text;
  void Save(std::string& out) const { out = text; }
  bool Load(std::string_view bytes) {
    text = bytes;
    return true;
  }
};

enum class Kind { kInline, kNarrow, kEncoded, kObject, kNamespaced };

/// One table of each kind; keys are small numbers, values are numbers.
class StateUnderTest {
 public:
  StateUnderTest(StateBackendFactory make, const StateBackendRequest& request) {
    Result<std::unique_ptr<KeyedStateBackend>> made = make(request);
    EXPECT_TRUE(made.ok());
    backend_ = std::move(made).value();
    inline_ = backend_->OpenTable(NumberTable("inline", {DataType::Bigint()}));
    narrow_ = backend_->OpenTable(NumberTable("narrow", {DataType::Smallint()}));
    encoded_ = backend_->OpenTable(NumberTable("encoded", {DataType::String(), DataType::Integer()}));
    object_ = backend_->OpenTable({.name = "object",
                                   .key_types = {DataType::Bigint()},
                                   .payload = ObjectPayload<Text>(),
                                   .payload_format = "text"});
    spaces_ = backend_->OpenNamespacedTable(NumberTable("spaces", {DataType::Bigint()}));
  }

  static TableSpec NumberTable(const char* name, std::vector<DataType> keys) {
    return {.name = name,
            .key_types = std::move(keys),
            .payload = {.size = 8, .init = [](std::byte* p) { std::memset(p, 0, 8); }},
            .payload_format = "number"};
  }

  KeyedStateBackend& backend() { return *backend_; }
  NamespacedTable& spaces() { return *spaces_; }
  KeyedTable* Table(Kind kind, int64_t space) {
    switch (kind) {
      case Kind::kInline: return inline_;
      case Kind::kNarrow: return narrow_;
      case Kind::kEncoded: return encoded_;
      case Kind::kObject: return object_;
      case Kind::kNamespaced: return &spaces_->Open(space);
    }
    return nullptr;
  }

  static std::vector<ColumnPtr> KeyColumns(Kind kind, const std::vector<int64_t>& keys) {
    std::vector<ColumnPtr> columns;
    if (kind == Kind::kEncoded) {
      columns = {Column::Make(DataType::String(), 0), Column::Make(DataType::Integer(), keys.size())};
      for (size_t i = 0; i < keys.size(); ++i) {
        columns[0]->AppendString(std::string(static_cast<size_t>(keys[i] % 40), 'k') + std::to_string(keys[i]));
        columns[1]->data<int32_t>()[i] = static_cast<int32_t>(keys[i]);
      }
    } else if (kind == Kind::kNarrow) {
      columns = {Column::Make(DataType::Smallint(), keys.size())};
      for (size_t i = 0; i < keys.size(); ++i) columns[0]->data<int16_t>()[i] = static_cast<int16_t>(keys[i]);
    } else {
      columns = {Column::Make(DataType::Bigint(), keys.size())};
      for (size_t i = 0; i < keys.size(); ++i) columns[0]->data<int64_t>()[i] = keys[i];
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == 0) columns[0]->SetNull(i);
    }
    return columns;
  }

  static int64_t KeyOf(Kind kind, const std::vector<ColumnPtr>& columns, size_t i) {
    if (columns[0]->IsNull(i)) return 0;
    if (kind == Kind::kEncoded) return columns[1]->at<int32_t>(i);
    return kind == Kind::kNarrow ? columns[0]->at<int16_t>(i) : columns[0]->at<int64_t>(i);
  }

  static int64_t Get(Kind kind, const std::byte* payload) {
    if (kind == Kind::kObject) return std::stoll("0" + reinterpret_cast<const Text*>(payload)->text);
    return *reinterpret_cast<const int64_t*>(payload);
  }
  static void Set(Kind kind, std::byte* payload, int64_t value) {
    if (kind == Kind::kObject) {
      reinterpret_cast<Text*>(payload)->text =
          std::string(static_cast<size_t>(value % 30), '0') + std::to_string(value);
    } else {
      *reinterpret_cast<int64_t*>(payload) = value;
    }
  }

 private:
  std::unique_ptr<KeyedStateBackend> backend_;
  KeyedTable *inline_, *narrow_, *encoded_, *object_;
  NamespacedTable* spaces_;
};

/// (kind, namespace, key) to value.
using Model = std::map<std::tuple<Kind, int64_t, int64_t>, int64_t>;

Model Read(StateUnderTest& state) {
  Model model;
  auto read = [&](Kind kind, int64_t space, KeyedTable& table) {
    size_t cursor = 0, found = 0;
    std::vector<std::byte*> payloads;
    for (table.Scan(cursor, 7, payloads); !payloads.empty(); table.Scan(cursor, 7, payloads)) {
      std::vector<ColumnPtr> columns = StateUnderTest::KeyColumns(kind, {});
      table.ReadKeys(payloads, columns);
      for (size_t i = 0; i < payloads.size(); ++i, ++found) {
        const int64_t key = StateUnderTest::KeyOf(kind, columns, i);
        EXPECT_TRUE(model.emplace(std::tuple(kind, space, key), StateUnderTest::Get(kind, payloads[i])).second);
        EXPECT_EQ(table.HashOf(payloads[i]), HashRow(columns, i));
        const uint64_t hash = table.HashOf(payloads[i]);
        std::byte* again = nullptr;
        const std::vector<ColumnPtr> one = StateUnderTest::KeyColumns(kind, {key});
        table.Find(one, Rows{nullptr, 1}, &hash, &again, Access::kRead);
        EXPECT_EQ(again, payloads[i]);
      }
    }
    EXPECT_EQ(found, table.size());
  };
  for (const Kind kind : {Kind::kInline, Kind::kNarrow, Kind::kEncoded, Kind::kObject})
    read(kind, 0, *state.Table(kind, 0));
  for (const auto& [space, table] : state.spaces().tables()) read(Kind::kNamespaced, space, *table);
  return model;
}

struct Snapshot {
  int64_t id;
  Model model;
  StateSnapshot state;  // with its own piece
  StatePiece own;
  bool full;
};

class ModelRun {
 public:
  ModelRun(StateBackendFactory make, uint64_t seed) : make_(std::move(make)), random_(seed) { Start(nullptr); }

  void Go(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Step();
  }
  size_t longest_chain() const { return longest_chain_; }

 private:
  static constexpr uint32_t kGroups = 16;

  void Start(const StateRestore* restore) {
    state_.reset();
    state_ = std::make_unique<StateUnderTest>(make_, StateBackendRequest{.key_groups = {0, kGroups - 1},
                                                                         .max_parallelism = kGroups,
                                                                         .clock = &clock_,
                                                                         .restore = restore,
                                                                         .small_state_bytes = 1000,
                                                                         .longest_chain = 16});
    const Status fits = state_->backend().CheckRestored(false);
    EXPECT_TRUE(fits.ok()) << (fits.ok() ? "" : fits.error().message());
  }

  void Step() {
    state_->backend().Maintain();
    const uint64_t dice = random_.Below(100);
    if (dice < 55) {
      Write();
    } else if (dice < 75) {
      EraseSome();
    } else if (dice < 77) {
      ClearOrDrop();
    } else if (!running_) {
      if (dice < 90) Begin();
      if (dice == 99) CrashAndRestore();
    } else if (dice == 98) {
      state_->backend().AbandonSnapshot();
      running_.reset();
    } else {
      Copy();
    }
    if (!waiting_.empty() && random_.Below(8) == 0) ConfirmOne();
  }

  Kind RandomKind() { return static_cast<Kind>(random_.Below(5)); }

  void Write() {
    const Kind kind = RandomKind();
    const auto space = static_cast<int64_t>(kind == Kind::kNamespaced ? random_.Below(4) : 0);
    const bool many = random_.Below(20) == 0;
    std::vector<int64_t> keys(1 + random_.Below(many ? 600 : 12));
    const uint64_t range = many ? 2000 : 150;
    for (int64_t& key : keys) key = static_cast<int64_t>(random_.Below(range));
    const std::vector<ColumnPtr> columns = StateUnderTest::KeyColumns(kind, keys);
    std::vector<uint64_t> hashes;
    const Rows rows{nullptr, keys.size()};
    HashRows(columns, rows, hashes);
    std::vector<std::byte*> payloads(keys.size());
    KeyedTable& table = *state_->Table(kind, space);
    const bool insert = random_.Below(3) > 0;
    std::vector<uint8_t> inserted(keys.size());
    if (insert) {
      table.FindOrInsert(columns, rows, hashes.data(), payloads.data(), inserted.data());
    } else {
      table.Find(columns, rows, hashes.data(), payloads.data());
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto at = model_.find({kind, space, keys[i]});
      ASSERT_EQ(at != model_.end(), insert ? inserted[i] == 0 : payloads[i] != nullptr);
      if (payloads[i] == nullptr) continue;
      if (at != model_.end()) {
        ASSERT_EQ(StateUnderTest::Get(kind, payloads[i]), at->second);
      }
      const auto value = static_cast<int64_t>(random_.Below(1u << 30));
      StateUnderTest::Set(kind, payloads[i], value);
      model_[{kind, space, keys[i]}] = value;
    }
    if (kind == Kind::kNamespaced && table.size() == 0) state_->spaces().Drop(space);
  }

  void EraseSome() {
    const Kind kind = RandomKind();
    const auto space = static_cast<int64_t>(kind == Kind::kNamespaced ? random_.Below(4) : 0);
    for (uint64_t n = random_.Below(15); n > 0; --n) {
      const auto key = static_cast<int64_t>(random_.Below(150));
      const std::vector<ColumnPtr> columns = StateUnderTest::KeyColumns(kind, {key});
      const uint64_t hash = HashRow(columns, 0);
      std::byte* payload = nullptr;
      KeyedTable& table = *state_->Table(kind, space);
      table.Find(columns, Rows{nullptr, 1}, &hash, &payload, Access::kRead);
      ASSERT_EQ(payload != nullptr, model_.erase({kind, space, key}) > 0);
      if (payload != nullptr) table.Erase(payload);
    }
  }

  void ClearOrDrop() {
    if (random_.Below(8) > 0) return;
    const Kind kind = RandomKind();
    const auto space = static_cast<int64_t>(kind == Kind::kNamespaced ? random_.Below(4) : 0);
    if (kind == Kind::kNamespaced) {
      state_->spaces().Drop(space);
    } else {
      state_->Table(kind, space)->Clear();
    }
    std::erase_if(model_, [&](const auto& entry) {
      return std::get<0>(entry.first) == kind && std::get<1>(entry.first) == space;
    });
  }

  void Begin() {
    running_.emplace();
    running_->id = next_id_++;
    running_->full = random_.Below(6) == 0;
    running_->model = model_;
    state_->backend().OpenValues()->Put("count", std::to_string(model_.size()));
    state_->backend().BeginSnapshot({.checkpoint_id = running_->id, .full = running_->full});
    bytes_.clear();
    ASSERT_EQ(Read(*state_), model_);
  }

  void Copy() {
    const Result<bool> done = state_->backend().StepSnapshot(1 + random_.Below(8000), bytes_);
    ASSERT_TRUE(done.ok());
    if (!*done) return;
    running_->state = state_->backend().TakeSnapshot();
    if (!bytes_.empty()) {
      running_->own = files_.Write(std::move(bytes_));
      running_->state.pieces.push_back(running_->own);
    }
    bytes_.clear();
    if (running_->full) {
      EXPECT_LE(running_->state.pieces.size(), 1u);
    }
    longest_chain_ = std::max(longest_chain_, running_->state.pieces.size());
    Check(*running_);
    waiting_.push_back(std::move(*running_));
    running_.reset();
  }

  void ConfirmOne() {
    const size_t n = random_.Below(waiting_.size());
    state_->backend().ConfirmSnapshot(waiting_[n].id, waiting_[n].own);
    if (!waiting_[n].full) confirmed_ = waiting_[n];
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<long>(n) + 1);
  }

  void CrashAndRestore() {
    if (!confirmed_) return;
    StateRestore restore{.snapshots = {confirmed_->state}, .reader = &files_, .may_refer = random_.Below(3) > 0};
    Start(&restore);
    model_ = confirmed_->model;
    waiting_.clear();
    ASSERT_EQ(Read(*state_), model_);
  }

  /// Restores into 1 to 4 subtasks, then those into 1 to 4 others.
  void Check(const Snapshot& snapshot) {
    std::vector<StateSnapshot> states = {snapshot.state};
    for (int round = 0; round < 2; ++round) {
      const auto parallelism = static_cast<uint32_t>(1 + random_.Below(4));
      Model all;
      std::vector<StateSnapshot> next;
      for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
        const KeyGroupRange groups = KeyGroupsOfSubtask(subtask, kGroups, parallelism);
        StateRestore restore{.snapshots = Overlapping(states, groups), .reader = &files_};
        StateUnderTest part(make_,
                            {.key_groups = groups, .max_parallelism = kGroups, .clock = &clock_, .restore = &restore});
        const Status fits = part.backend().CheckRestored(false);
        ASSERT_TRUE(fits.ok()) << fits.error().message();
        const std::vector<std::string> values = part.backend().OpenValues()->Restored("count");
        ASSERT_EQ(values.size(), restore.snapshots.size());
        for (const std::string& value : values) ASSERT_EQ(value, std::to_string(snapshot.model.size()));
        for (const auto& entry : Read(part)) ASSERT_TRUE(all.insert(entry).second);
        part.backend().OpenValues()->Put("count", std::to_string(snapshot.model.size()));
        next.push_back(TakeWhole(part.backend(), files_));
      }
      ASSERT_EQ(all, snapshot.model);
      states = std::move(next);
    }
  }

  static std::vector<StateSnapshot> Overlapping(const std::vector<StateSnapshot>& states, KeyGroupRange groups) {
    std::vector<StateSnapshot> some;
    for (const StateSnapshot& state : states) {
      if (state.key_groups.first <= groups.last && groups.first <= state.key_groups.last) some.push_back(state);
    }
    return some;
  }

  StateBackendFactory make_;
  SeededRandom random_;
  ManualClock clock_;
  MemoryPieces files_;
  std::unique_ptr<StateUnderTest> state_;
  Model model_;
  int64_t next_id_ = 1;
  std::optional<Snapshot> running_;
  std::string bytes_;
  std::vector<Snapshot> waiting_;
  std::optional<Snapshot> confirmed_;
  size_t longest_chain_ = 0;
};

class MemoryStateModel : public ::testing::TestWithParam<uint64_t> {};

TEST_P(MemoryStateModel, AgreesWithAMap) {
  ModelRun run(
      [](const StateBackendRequest& request) -> Result<std::unique_ptr<KeyedStateBackend>> {
        return MakeMemoryStateBackend(request);
      },
      GetParam());
  run.Go(1500);
  EXPECT_GT(run.longest_chain(), 2u);
  EXPECT_LT(run.longest_chain(), 64u);
}

class RocksDbStateModel : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RocksDbStateModel, AgreesWithAMap) {
  const std::filesystem::path root = std::filesystem::path(::testing::TempDir()) /
                                     ("rocksdb-state-" + std::to_string(GetParam()) + "-" + std::to_string(getpid()));
  std::filesystem::create_directories(root);
  {
    int backends = 0;
    ModelRun run(
        [&](const StateBackendRequest& request) {
          // The smallest budgets: entries come and go all the time.
          return MakeRocksDbStateBackend(request, (root / std::to_string(backends++)).string(), 200 << 10);
        },
        GetParam());
    run.Go(400);
    EXPECT_GT(run.longest_chain(), 2u);
    EXPECT_LT(run.longest_chain(), 64u);
  }
  std::filesystem::remove_all(root);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MemoryStateModel, ::testing::Range<uint64_t>(1, 7));
INSTANTIATE_TEST_SUITE_P(Seeds, RocksDbStateModel, ::testing::Range<uint64_t>(1, 4));

}  // namespace
}  // namespace sluice::engine
