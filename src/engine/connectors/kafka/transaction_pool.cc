#include "engine/connectors/kafka/transaction_pool.h"

#include <algorithm>
#include <cctype>

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::kafka {
namespace {

constexpr uint64_t kVersion = 1;
constexpr int64_t kProtocolMs = 60'000;
constexpr int kAbortMs = 2'000;

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::string EncodePrepared(const PreparedTransaction& prepared) {
  PositionWriter w;
  w.Number(kVersion);
  w.Number(static_cast<uint64_t>(prepared.attempt));
  w.Number(static_cast<uint64_t>(prepared.checkpoint_id));
  w.Text(prepared.name.transactional_id);
  w.Number(static_cast<uint64_t>(prepared.name.producer_id));
  w.Number(static_cast<uint64_t>(prepared.name.epoch));
  return w.Take();
}

Result<PreparedTransaction> DecodePrepared(std::string_view bytes) {
  PositionReader r(bytes);
  if (const uint64_t version = r.Number(); r.ok() && version != kVersion) {
    return Error(ErrorCode::kData, "A prepared Kafka transaction has the version " + std::to_string(version) +
                                       "; this engine reads version " + std::to_string(kVersion) + ".");
  }
  PreparedTransaction out;
  out.attempt = static_cast<int64_t>(r.Number());
  out.checkpoint_id = static_cast<int64_t>(r.Number());
  out.name.transactional_id = r.Text();
  out.name.producer_id = static_cast<int64_t>(r.Number());
  out.name.epoch = static_cast<int16_t>(r.Number());
  if (!r.ok()) return Error(ErrorCode::kData, "A prepared Kafka transaction is cut off.");
  return out;
}

std::string TransactionalId(const std::string& prefix, int subtask, int64_t number) {
  return prefix + "-" + std::to_string(subtask) + "-" + std::to_string(number);
}

int SubtaskOfTransactionalId(const std::string& prefix, std::string_view id) {
  if (!id.starts_with(prefix + "-")) return -1;
  id.remove_prefix(prefix.size() + 1);
  const size_t dash = id.find('-');
  if (dash == std::string_view::npos || !IsNumber(id.substr(0, dash)) || !IsNumber(id.substr(dash + 1)) || dash > 6) {
    return -1;
  }
  return std::stoi(std::string(id.substr(0, dash)));
}

TransactionPool::TransactionPool(Setup setup) : setup_(std::move(setup)), next_number_(setup_.first_number) {}
TransactionPool::~TransactionPool() { Close(); }

void TransactionPool::MakeSpare() {
  KafkaProducer::Setup producer;
  producer.properties = setup_.properties;
  producer.security = setup_.security;
  producer.fixed_subtask = setup_.fixed_subtask;
  producer.cancelled = closing_;
  producer.transactional_id = TransactionalId(setup_.prefix, setup_.subtask, next_number_++);
  own_ids_.push_back(producer.transactional_id);
  spares_.push_back(std::async(std::launch::async, [producer] { return KafkaProducer::Make(producer); }));
}

Result<KafkaProducer*> TransactionPool::Current() {
  if (current_) return current_.get();
  if (!free_.empty()) {
    current_ = std::move(free_.back());
    free_.pop_back();
    return current_.get();
  }
  if (spares_.empty()) MakeSpare();
  Made made = std::move(spares_.front());
  spares_.erase(spares_.begin());
  SLUICE_ASSIGN_OR_RETURN(current_, made.get());
  // Three take turns: one is written to, one waits for its checkpoint, one for the checkpoint after its commit.
  if (free_.empty() && spares_.empty() && own_ids_.size() < 3) MakeSpare();
  return current_.get();
}

Result<std::string> TransactionPool::Prepare(int64_t checkpoint_id) {
  PreparedTransaction prepared;
  prepared.attempt = setup_.first_number;
  prepared.checkpoint_id = last_prepared_ = checkpoint_id;
  if (current_ == nullptr || !current_->in_transaction()) {
    // Until leftovers are gone the checkpoint has to call us back.
    return leftovers_gone_ ? std::string() : EncodePrepared(prepared);
  }
  SLUICE_RETURN_IF_ERROR(current_->Flush());
  SLUICE_ASSIGN_OR_RETURN(const TransactionClient::Description found, Client().Describe(current_->transactional_id()));
  if (!found.open) {
    return Error(ErrorCode::kIo, "The Kafka transaction of '" + current_->transactional_id() +
                                     "' is gone: it took longer than 'properties.transaction.timeout.ms', or another "
                                     "sink uses the same 'sink.transactional-id-prefix'.");
  }
  prepared.name = found.name;
  prepared_.push_back({checkpoint_id, std::move(current_)});
  return EncodePrepared(prepared);
}

bool TransactionPool::IsOwn(const std::string& id) const {
  return std::find(own_ids_.begin(), own_ids_.end(), id) != own_ids_.end();
}

Status TransactionPool::Commit(std::string_view bytes) {
  SLUICE_ASSIGN_OR_RETURN(const PreparedTransaction prepared, DecodePrepared(bytes));
  const std::string& id = prepared.name.transactional_id;
  const auto waiting = std::find_if(prepared_.begin(), prepared_.end(),
                                    [&](const Waiting& w) { return w.producer->transactional_id() == id; });
  const bool of_us = prepared.attempt == setup_.first_number;
  if (waiting != prepared_.end()) {
    SLUICE_RETURN_IF_ERROR(CommitOwn(prepared.checkpoint_id, *waiting));
    prepared_.erase(waiting);
  } else if (!id.empty() && !of_us) {
    SLUICE_RETURN_IF_ERROR(CommitForeign(prepared.name));
  }
  if (of_us && !leftovers_gone_) AbortLeftovers();
  return {};
}

Status TransactionPool::CommitOwn(int64_t checkpoint_id, Waiting& waiting) {
  SLUICE_RETURN_IF_ERROR(waiting.producer->Commit());
  // What was prepared after those had been committed is now in force: nobody restores a snapshot that names them.
  for (Waiting& w : committed_) {
    if (w.checkpoint_id < checkpoint_id) free_.push_back(std::move(w.producer));
  }
  std::erase_if(committed_, [](const Waiting& w) { return w.producer == nullptr; });
  committed_.push_back({last_prepared_, std::move(waiting.producer)});
  return {};
}

Status TransactionPool::CommitForeign(const TransactionName& name) {
  SLUICE_ASSIGN_OR_RETURN(const TransactionClient::Outcome outcome, Client().Commit(name));
  if (outcome == TransactionClient::Outcome::kDone) {
    setup_.log("INFO The Kafka transaction of '" + name.transactional_id +
               "', prepared before the restart, is committed.");
  } else {
    // As Flink: the job goes on, and says what it lost.
    setup_.log("ERROR Unable to commit the Kafka transaction of '" + name.transactional_id +
               "' because it has been aborted or fenced: recovery took longer than "
               "'properties.transaction.timeout.ms', or another job uses the same 'sink.transactional-id-prefix'. Its "
               "records are lost.");
  }
  return {};
}

void TransactionPool::AbortLeftovers() {
  leftovers_gone_ = true;
  const Result<std::vector<std::string>> open = Client().ListOpen();
  if (!open.ok()) {
    setup_.log(
        "WARN Open Kafka transactions of earlier attempts cannot be listed; those that there are end by their "
        "timeout: " +
        open.error().message());
    return;
  }
  for (const std::string& id : *open) {
    const int subtask = SubtaskOfTransactionalId(setup_.prefix, id);
    if (subtask < 0 || subtask % setup_.subtasks != setup_.subtask || IsOwn(id)) continue;
    if (Status aborted = Client().Abort(id); !aborted.ok()) setup_.log("WARN " + aborted.error().message());
  }
}

Status TransactionPool::CommitCurrent() {
  if (current_ == nullptr || !current_->in_transaction()) return {};
  SLUICE_RETURN_IF_ERROR(current_->Flush());
  return current_->Commit();
}

void TransactionPool::Close() {
  // Threads that make producers end soon; their answers are not wanted.
  closing_->store(true);
  for (Made& made : spares_) {
    if (made.valid()) made.wait();
  }
  spares_.clear();
  if (current_) current_->Abort(kAbortMs);
  current_.reset();
  prepared_.clear();
  committed_.clear();
  free_.clear();
}

TransactionClient& TransactionPool::Client() {
  if (!client_) {
    const auto servers = setup_.properties.find("bootstrap.servers");
    client_ = std::make_unique<TransactionClient>(servers == setup_.properties.end() ? "" : servers->second,
                                                  setup_.security, kProtocolMs);
  }
  return *client_;
}

}  // namespace sluice::engine::kafka
