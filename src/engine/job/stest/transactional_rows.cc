#include "engine/job/stest/transactional_rows.h"

#include <charconv>

namespace sluice::engine::stest {

class TransactionalRows::TransactionSink : public Sink {
 public:
  explicit TransactionSink(TransactionalRows& all) : all_(all) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch batch) override {
    for (DisplayedRow& row : all_.display_.Rows(batch)) rows_.push_back(std::move(row));
    return {};
  }
  bool two_phase() const override { return true; }
  Result<std::string> PrepareCommit(int64_t) override { return all_.Prepare(std::exchange(rows_, {})); }
  Status Commit(std::string_view prepared) override { return all_.Commit(prepared); }
  Status Finish() override { return all_.Commit(all_.Prepare(std::exchange(rows_, {}))); }

 private:
  TransactionalRows& all_;
  std::vector<DisplayedRow> rows_;
};

std::unique_ptr<Sink> TransactionalRows::MakeSink() { return std::make_unique<TransactionSink>(*this); }

std::vector<DisplayedRow> TransactionalRows::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(committed_, {});
}

std::string TransactionalRows::Prepare(std::vector<DisplayedRow> rows) {
  std::lock_guard lock(mutex_);
  prepared_.push_back(std::move(rows));
  return std::to_string(prepared_.size() - 1);
}

Status TransactionalRows::Commit(std::string_view number) {
  size_t i = 0;
  std::from_chars(number.data(), number.data() + number.size(), i);
  std::lock_guard lock(mutex_);
  if (i >= prepared_.size()) return Error(ErrorCode::kInternal, "a commit of what was never prepared");
  if (!done_.insert(i).second) return {};
  for (DisplayedRow& row : prepared_[i]) committed_.push_back(std::move(row));
  return {};
}

}  // namespace sluice::engine::stest
