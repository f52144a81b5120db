// The look-up join with a source whose answers the test lets through one by one.
#include <gmock/gmock.h>

#include <condition_variable>
#include <set>

#include "base/clock.h"
#include "engine/columnar/display.h"
#include "engine/operators/lookup_cache.h"
#include "engine/operators/operator_parts.h"
#include "engine/runtime/async_operator.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Schema kLeft = {{"k", DataType::Integer()}};
const Schema kFound = {{"id", DataType::Integer()}, {"name", DataType::String()}};
const Schema kBoth = {kLeft[0], kFound[0], kFound[1]};

/// Keys wait until they are let through; key 9 has no row, key 8 is an error.
class Peer {
 public:
  Result<size_t> Answer(int32_t key, std::span<const ColumnPtr> out) {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.wait(lock, [&] { return open_ || through_.contains(key); });
    if (key == 8) return Error(ErrorCode::kIo, "the peer says no");
    if (key == 9) return size_t{0};
    out[0]->Append(key);
    out[1]->AppendString("n" + std::to_string(key));
    return size_t{1};
  }
  void Let(int32_t key) {
    std::lock_guard lock(mutex_);
    through_.insert(key);
    changed_.notify_all();
  }
  void LetAll() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Wake() {
    std::lock_guard lock(mutex_);
    ++answered_;
    changed_.notify_all();
  }
  void WaitForAnswers(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answered_ >= count; });
  }
  int asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<int32_t> through_;
  bool open_ = false;
  int answered_ = 0, asked_ = 0;
};

class FakeSource : public LookupSource {
 public:
  explicit FakeSource(Peer& peer) : peer_(peer) {}
  Result<size_t> Lookup(std::span<const ColumnPtr> keys, size_t row, std::span<const ColumnPtr> out) override {
    return peer_.Answer(keys[0]->at<int32_t>(row), out);
  }
  void Cancel() override { peer_.LetAll(); }

 private:
  Peer& peer_;
};

class LookupJoinTest : public testing::Test, public Output {
 protected:
  ~LookupJoinTest() override {
    peer_.LetAll();
    if (operator_) (void)operator_->Close();
  }

  void Make(LookupJoinNode node) {
    node.row = kFound;
    LookupKey key;
    key.column = 0;
    key.left = 0;
    node.keys = {key};
    plan_node_.schema = kBoth;
    environment_ = {&functions_, &facts_, [this](const LookupJoinNode&) -> Result<std::unique_ptr<LookupSource>> {
                      return std::unique_ptr<LookupSource>(std::make_unique<FakeSource>(peer_));
                    }};
    OperatorPlan plan{plan_node_, {&kLeft}, settings_, environment_};
    auto made = MakeLookupJoin(node, plan);
    ASSERT_TRUE(made.ok());
    operator_ = std::move(*made);
    async_ = dynamic_cast<AsyncOperator*>(operator_.get());
    StateBackendRequest request;
    request.key_groups = {0, 127};
    request.max_parallelism = 128;
    request.clock = &clock_;
    state_ = MakeMemoryStateBackend(request);
    context_.state = state_.get();
    context_.clock = &clock_;
    context_.wake = [this] { peer_.Wake(); };
    ASSERT_TRUE(operator_->Open(context_).ok());
  }

  Status Process(const std::vector<int>& keys) {
    Batch batch;
    batch.columns = {Column::Make(DataType::Integer(), 0)};
    for (const int k : keys) {
      if (k < 0) {
        batch.columns[0]->AppendNull();
      } else {
        batch.columns[0]->Append(static_cast<int32_t>(k));
      }
      ++batch.length;
    }
    return operator_->Process(0, std::move(batch), *this);
  }

  Status Emit(Batch batch) override {
    for (size_t k = 0; k < batch.row_count(); ++k) {
      std::string text;
      for (const ColumnPtr& c : batch.columns) {
        if (!text.empty()) text += ' ';
        text += FieldText(*c, batch.rows()[k], *TimeZone::Utc());
      }
      out_.push_back(text);
    }
    if (batch.watermark != kNoWatermark) out_.push_back("@" + std::to_string(batch.watermark));
    return {};
  }

  std::vector<std::string> Take() {
    Result<bool> emitted = async_->EmitReady(*this);
    EXPECT_TRUE(emitted.ok());
    return std::exchange(out_, {});
  }

  Peer peer_;
  FunctionRegistry functions_;
  SessionFacts facts_;
  PlanSettings settings_;
  PlanNode plan_node_;
  OperatorEnvironment environment_;
  ManualClock clock_;
  TaskContext context_;
  std::unique_ptr<KeyedStateBackend> state_;
  std::unique_ptr<Operator> operator_;
  AsyncOperator* async_ = nullptr;
  std::vector<std::string> out_;
};

TEST_F(LookupJoinTest, RowsLeaveInTheOrderInWhichTheyCame) {
  LookupJoinNode node;
  node.left_outer = true;
  Make(node);
  ASSERT_TRUE(Process({1, 2, -1, 9}).ok());
  ASSERT_TRUE(operator_->AdvanceWatermark(5, *this).ok());
  peer_.Let(2);
  peer_.Let(9);
  peer_.WaitForAnswers(2);
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_FALSE(async_->idle());
  peer_.Let(1);
  peer_.WaitForAnswers(3);
  EXPECT_THAT(Take(), ElementsAre("1 1 n1", "2 2 n2", "<NULL> <NULL> <NULL>", "9 <NULL> <NULL>", "@5"));
  EXPECT_TRUE(async_->idle());
}

TEST_F(LookupJoinTest, OutOfOrderUpToTheNextWatermark) {
  LookupJoinNode node;
  node.ordered = false;
  Make(node);
  ASSERT_TRUE(Process({1, 2}).ok());
  ASSERT_TRUE(operator_->AdvanceWatermark(5, *this).ok());
  ASSERT_TRUE(Process({3}).ok());
  peer_.Let(2);
  peer_.Let(3);
  peer_.WaitForAnswers(2);
  EXPECT_THAT(Take(), ElementsAre("2 2 n2"));
  peer_.Let(1);
  peer_.WaitForAnswers(3);
  EXPECT_THAT(Take(), ElementsAre("1 1 n1", "@5", "3 3 n3"));
}

TEST_F(LookupJoinTest, TakesNoMoreThanItsCapacity) {
  LookupJoinNode node;
  node.capacity = 2;
  Make(node);
  ASSERT_TRUE(Process({1}).ok());
  EXPECT_FALSE(async_->saturated());
  ASSERT_TRUE(Process({2}).ok());
  EXPECT_TRUE(async_->saturated());
  peer_.LetAll();
  peer_.WaitForAnswers(2);
  EXPECT_THAT(Take(), ElementsAre("1 1 n1", "2 2 n2"));
  EXPECT_FALSE(async_->saturated());
}

TEST_F(LookupJoinTest, ErrorsAndTimeOutsEndTheJob) {
  LookupJoinNode node;
  node.timeout_ms = 100;
  Make(node);
  ASSERT_TRUE(Process({1}).ok());
  clock_.SetNowMs(clock_.NowMs() + 99);
  ASSERT_TRUE(async_->EmitReady(*this).ok());
  clock_.SetNowMs(clock_.NowMs() + 1);
  EXPECT_EQ(async_->EmitReady(*this).error().code(), ErrorCode::kTimeout);
  peer_.Let(1);
  peer_.WaitForAnswers(1);
  ASSERT_TRUE(Process({8}).ok());
  peer_.Let(8);
  peer_.WaitForAnswers(2);
  EXPECT_EQ(async_->EmitReady(*this).error().message(), "the peer says no");
}

TEST_F(LookupJoinTest, AMissIsAskedAgain) {
  LookupJoinNode node;
  node.left_outer = true;
  node.retry_on_miss = true;
  node.max_attempts = 2;
  Make(node);
  peer_.LetAll();
  ASSERT_TRUE(Process({9}).ok());
  peer_.WaitForAnswers(1);
  EXPECT_THAT(Take(), ElementsAre("9 <NULL> <NULL>"));
  EXPECT_EQ(peer_.asked(), 3);
}

TEST_F(LookupJoinTest, WithACacheAKeyIsAskedOnce) {
  LookupJoinNode node;
  node.lookup.table.options = {{"lookup.cache", "PARTIAL"}, {"lookup.partial-cache.max-rows", "10"}};
  Make(node);
  ASSERT_TRUE(Process({1, 1, 1}).ok());
  peer_.LetAll();
  peer_.WaitForAnswers(1);
  EXPECT_THAT(Take(), ElementsAre("1 1 n1", "1 1 n1", "1 1 n1"));
  ASSERT_TRUE(Process({1}).ok());
  EXPECT_THAT(Take(), ElementsAre("1 1 n1"));
  EXPECT_EQ(peer_.asked(), 1);
}

TEST(LookupCacheTest, RowsGoByAgeAndByUse) {
  LookupCacheSettings settings;
  settings.on = true;
  settings.max_rows = 2;
  settings.expire_after_write_ms = 100;
  settings.cache_missing_key = false;
  LookupCache cache(settings);
  cache.Put("a", {"1"}, 0);
  cache.Put("b", {"2"}, 50);
  EXPECT_NE(cache.Find("a", 60), nullptr);
  cache.Put("c", {"3"}, 60);
  EXPECT_EQ(cache.Find("b", 60), nullptr);  // the least recently used
  EXPECT_EQ(cache.Find("a", 100), nullptr);
  EXPECT_NE(cache.Find("c", 100), nullptr);
  cache.Put("d", {}, 100);
  EXPECT_EQ(cache.Find("d", 100), nullptr);
}

}  // namespace
}  // namespace sluice::engine
