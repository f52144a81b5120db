// The transactions of one subtask of an exactly-once sink (docs/design/kafka.md). Each transactional id belongs to one
// attempt of the job and carries one transaction at a time; an id is used again only when no snapshot can name its last
// transaction any more. Used by the sink's thread; producers are made ahead on threads of their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/kafka_producer.h"
#include "engine/connectors/kafka/protocol/transaction_client.h"

namespace sluice::engine::kafka {

/// What a checkpoint keeps of one subtask: a transaction that is written and waits to be committed, or none.
struct PreparedTransaction {
  int64_t attempt = 0;  // whose it is: Setup::first_number
  int64_t checkpoint_id = 0;
  TransactionName name;  // without an id: nothing was written
};
std::string EncodePrepared(const PreparedTransaction& prepared);
Result<PreparedTransaction> DecodePrepared(std::string_view bytes);

/// "prefix-3-1763863322000000": Flink's form, prefix, subtask and a number.
std::string TransactionalId(const std::string& prefix, int subtask, int64_t number);
/// The subtask of an id with this prefix; -1 for other ids.
int SubtaskOfTransactionalId(const std::string& prefix, std::string_view id);

class TransactionPool {
 public:
  struct Setup {
    std::string prefix;
    int subtask = 0, subtasks = 1;
    int64_t first_number = 0;  // larger than any that an earlier attempt used
    OptionMap properties;
    Security security;
    int fixed_subtask = -1;
    std::function<void(const std::string&)> log;  // a line with its level: "WARN …"
  };
  explicit TransactionPool(Setup setup);
  ~TransactionPool();

  /// Makes a producer ahead of its use.
  void MakeSpare();
  /// The producer whose transaction takes what is written now.
  Result<KafkaProducer*> Current();
  /// Everything written since the last call is delivered; its transaction waits for Commit. Empty: there is nothing to
  /// tell the checkpoint.
  Result<std::string> Prepare(int64_t checkpoint_id);
  /// Of this attempt or an earlier one; a transaction that is committed already stays so.
  Status Commit(std::string_view prepared);
  /// Without a checkpoint: what is written now becomes visible.
  Status CommitCurrent();
  /// Aborts what nobody can commit any more.
  void Close();

 private:
  using Made = std::future<Result<std::unique_ptr<KafkaProducer>>>;
  struct Waiting {
    int64_t checkpoint_id;
    std::unique_ptr<KafkaProducer> producer;
  };

  TransactionClient& Client();
  Status CommitOwn(int64_t checkpoint_id, Waiting& waiting);
  Status CommitForeign(const TransactionName& name);
  /// After the first commit of this attempt no snapshot names transactions of earlier attempts that are still open.
  void AbortLeftovers();
  bool IsOwn(const std::string& id) const;

  const Setup setup_;
  const std::shared_ptr<std::atomic<bool>> closing_ = std::make_shared<std::atomic<bool>>(false);
  int64_t next_number_;
  std::vector<std::string> own_ids_;
  std::vector<Made> spares_;
  std::unique_ptr<KafkaProducer> current_;
  std::vector<Waiting> prepared_;   // by the checkpoint they are in
  std::vector<Waiting> committed_;  // by the last checkpoint that may name them
  std::vector<std::unique_ptr<KafkaProducer>> free_;
  std::unique_ptr<TransactionClient> client_;
  int64_t last_prepared_ = 0;
  bool leftovers_gone_ = false;
};

}  // namespace sluice::engine::kafka
