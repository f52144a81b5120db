// What keyed state costs. Prints figures, asserts nothing: state_bench [keys]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "engine/state/keyed_state.h"
#include "engine/state/piece_reader.h"

namespace sluice::engine {
namespace {

constexpr size_t kBatch = 1024;

/// CPU time of this thread: there is no waiting in here, and other work on the machine does not count.
double Ms() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Restoring uses several threads: time that passes, and CPU time of all of them.
double WallMs() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double ProcessMs() { return static_cast<double>(std::clock()) * 1e3 / CLOCKS_PER_SEC; }

/// A BIGINT key and three BIGINT aggregates.
TableSpec Aggregates() {
  return {.name = "groups",
          .key_types = {DataType::Bigint()},
          .payload = {.size = 24, .init = [](std::byte* p) { std::memset(p, 0, 24); }},
          .payload_format = "3 x BIGINT"};
}

struct Keys {
  ColumnPtr column = Column::Make(DataType::Bigint(), kBatch);
  std::vector<uint64_t> hashes;
  std::vector<std::byte*> payloads = std::vector<std::byte*>(kBatch);
  std::vector<uint8_t> inserted = std::vector<uint8_t>(kBatch);

  void Upsert(KeyedTable& table) {
    const Rows rows{nullptr, kBatch};
    HashRows(std::vector<ColumnPtr>{column}, rows, hashes);
    table.FindOrInsert({column}, rows, hashes.data(), payloads.data(), inserted.data());
    for (std::byte* p : payloads) ++*reinterpret_cast<int64_t*>(p);
  }
};

uint64_t Scatter(uint64_t i) { return i * 0x9E3779B97F4A7C15ull >> 20; }

void Fill(KeyedTable& table, size_t count) {
  Keys keys;
  for (size_t at = 0; at < count; at += kBatch) {
    for (size_t k = 0; k < kBatch; ++k) keys.column->data<int64_t>()[k] = static_cast<int64_t>(at + k);
    keys.Upsert(table);
  }
}

void Update(KeyedTable& table, size_t keys_in_table, size_t count, uint64_t seed) {
  Keys keys;
  for (size_t at = 0; at < count; at += kBatch) {
    for (size_t k = 0; k < kBatch; ++k) {
      keys.column->data<int64_t>()[k] = static_cast<int64_t>(Scatter(seed + at + k) % keys_in_table);
    }
    keys.Upsert(table);
  }
}

void Lookups(KeyedTable& table, size_t keys) {
  for (const size_t range : {size_t{1000}, size_t{100000}, keys}) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      const double start = Ms();
      Update(table, range, 4000000, static_cast<uint64_t>(round) * 77777777);
      best = std::min(best, Ms() - start);
    }
    std::printf("FindOrInsert + add, %9zu keys hit: %6.1f ns a row\n", range, best * 1e6 / 4000000);
  }
}

#ifndef SLUICE_OLD_STATE
class OnePiece final : public PieceReader {
 public:
  std::vector<std::string> files;
  Result<std::string> Read(const StatePiece& piece) override {
    return files[static_cast<size_t>(std::stoi(piece.file))];
  }
};

StateSnapshot Snapshot(KeyedStateBackend& backend, OnePiece& files, int64_t id, bool full, KeyedTable* table,
                       size_t keys) {
  const double start = Ms();
  backend.BeginSnapshot({.checkpoint_id = id, .full = full});
  const double begun = Ms();
  std::string bytes, step_bytes;
  bytes.reserve(2 * keys * 40);
  double longest = 0, copying = 0;
  bool done = false;
  while (!done) {
    const double step = Ms();
    step_bytes.clear();
    done = *backend.StepSnapshot(256 << 10, step_bytes);
    longest = std::max(longest, Ms() - step);
    copying += Ms() - step;
    bytes += step_bytes;
    if (table != nullptr) Update(*table, keys, 4 * kBatch, static_cast<uint64_t>(copying * 1e6));
  }
  StateSnapshot snapshot = backend.TakeSnapshot();
  StatePiece own{.file = std::to_string(files.files.size()), .length = bytes.size()};
  std::printf("snapshot %2lld: pause %6.3f ms, copying %7.1f ms in steps of at most %5.2f ms, %7.1f MB, chain of %zu\n",
              static_cast<long long>(id), begun - start, copying, longest, static_cast<double>(bytes.size()) / 1e6,
              snapshot.pieces.size() + 1);
  files.files.push_back(std::move(bytes));
  snapshot.pieces.push_back(own);
  backend.ConfirmSnapshot(id, own);
  return snapshot;
}

void Restore(const char* what, const StateSnapshot& snapshot, OnePiece& files, bool may_refer, KeyGroupRange groups) {
  StateRestore restore{.snapshots = {snapshot}, .reader = &files, .may_refer = may_refer};
  const double start = WallMs(), used = ProcessMs();
  auto backend = MakeMemoryStateBackend({.key_groups = groups, .max_parallelism = 128, .restore = &restore});
  KeyedTable* table = backend->OpenTable(Aggregates());
  const Status status = backend->CheckRestored(false);
  std::printf("restore %s: %zu keys in %.0f ms, CPU %.0f ms%s\n", what, table->size(), WallMs() - start,
              ProcessMs() - used, status.ok() ? "" : status.error().message().c_str());
}

void Snapshots(size_t keys) {
  OnePiece files;
  auto backend = MakeMemoryStateBackend({.key_groups = {0, 127}, .max_parallelism = 128});
  KeyedTable* table = backend->OpenTable(Aggregates());
  Fill(*table, keys);
  StateSnapshot last = Snapshot(*backend, files, 1, false, nullptr, keys);
  Restore("of one whole piece", last, files, true, {0, 127});
  for (int64_t id = 2; id < 12; ++id) {
    Update(*table, keys, keys / 100, static_cast<uint64_t>(id) * 1234567);
    last = Snapshot(*backend, files, id, false, id % 2 == 0 ? table : nullptr, keys);
  }
  Restore("of a chain", last, files, true, {0, 127});
  Restore("of a chain into 1 of 2 subtasks", last, files, false, {0, 63});
  backend->BeginSnapshot({.checkpoint_id = 99});
  std::string bytes;
  while (!*backend->StepSnapshot(1 << 20, bytes)) {
  }
  Lookups(*table, keys);
}
#endif

int Main(int argc, char** argv) {
  const size_t keys = argc > 1 ? static_cast<size_t>(std::atoll(argv[1])) : 10000000;
  auto table = MakeMemoryTable(Aggregates());
  const double start = Ms();
  Fill(*table, keys);
  std::printf("insert: %.1f ns a key; %.1f bytes a key with 24 bytes of values\n",
              (Ms() - start) * 1e6 / static_cast<double>(keys),
              static_cast<double>(table->memory_bytes()) / static_cast<double>(table->size()));
  Lookups(*table, keys);
  table.reset();
#ifndef SLUICE_OLD_STATE
  Snapshots(keys);
#endif
  return 0;
}

}  // namespace
}  // namespace sluice::engine

int main(int argc, char** argv) { return sluice::engine::Main(argc, argv); }
