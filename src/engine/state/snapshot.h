// What a snapshot of keyed state is: pure data, kept in a checkpoint's manifest. The bytes of the entries stand in
// pieces of files; a piece may belong to several checkpoints (incremental snapshots refer to what earlier ones wrote).
// The formats are written down in docs/formats/checkpoint.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/columnar/hashing.h"

namespace sluice::engine {

/// A run of bytes in a file of a CheckpointStorage.
struct StatePiece {
  std::string file;  // relative to the storage's root; empty: `bytes` is the piece (small ones travel in the manifest)
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t checksum = 0;  // XXH3-64 of the bytes
  std::string bytes;

  bool operator==(const StatePiece&) const = default;
};

/// One keyed table, or one namespace of a namespaced table, that is alive in the snapshot.
struct TableSnapshot {
  std::string name;
  bool namespaced = false;
  int64_t name_space = 0;
  uint64_t table_id = 0;  // what its records in the pieces are known by; never used again after the table is gone
  uint64_t entries = 0;   // entry numbers in the pieces are below it
  std::string key_types;  // as SQL text, e.g. "BIGINT, VARCHAR(10)"; must fit when restored
  std::string payload;    // TableSpec::payload_format; must fit when restored

  bool operator==(const TableSnapshot&) const = default;
};

/// The keyed state of one subtask of one operator.
struct StateSnapshot {
  std::string backend;  // whose pieces these are: "memory" (also every full snapshot of any backend) or "rocksdb"
  KeyGroupRange key_groups;
  uint32_t max_parallelism = 128;
  std::vector<TableSnapshot> tables;
  std::map<std::string, std::string> values;  // OperatorValues
  std::vector<StatePiece> pieces;             // oldest first; a newer record of an entry replaces older ones
};

class PieceReader;  // piece_reader.h

/// What a backend starts from.
struct StateRestore {
  /// Of every subtask of the snapshot whose key groups overlap the backend's, in the order of their subtasks.
  std::vector<StateSnapshot> snapshots;
  PieceReader* reader = nullptr;  // outlives the operator's Open
  /// The pieces stay where they are as long as later checkpoints refer to them, so the first incremental snapshot may.
  /// False for savepoints, which belong to the user: then the first snapshot is a full one.
  bool may_refer = false;
};

}  // namespace sluice::engine
