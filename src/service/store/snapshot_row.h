// Snapshots of applications' state and what was done with them, as the metadata store keeps them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::service {

struct SnapshotRow {
  int64_t sequence = 0;  // set by the store; later ones are larger
  /// The application's name: the snapshot belongs to it and goes with it. Empty: it stands alone (CreateSnapshot,
  /// ImportSnapshot), and its name is unique among those.
  std::string owner;
  std::string name;
  std::string application;  // whose job it was taken of; empty for an imported one
  int64_t application_created_ms = 0;
  std::string status;  // "CREATING", "READY", "DELETING", "FAILED"
  int64_t version = 1;
  int64_t created_ms = 0;
  std::string runtime;                 // "FLINK-2_3"
  std::string folder;                  // all of its files, below the data folder
  std::vector<std::string> locations;  // the savepoints of the application's jobs, below the data folder
  bool by_system = false;
  std::string origin;  // "CreateSnapshot", "ImportSnapshot", "SystemCreateSnapshot"
  int64_t size_bytes = 0;
  std::string detail;  // JSON of what only descriptions need; the store does not look inside
  std::string error;
};

/// Before which lists begin with the newest.
inline constexpr int64_t kNewest = INT64_MAX;

struct SnapshotFilter {
  bool standing_alone = false;  // else those of `owner`; with an empty owner, all
  std::string owner{};
  std::string application{}, status{}, origin{};  // empty: any
  int by_system = -1;                             // -1: any
};

struct SnapshotOperationRow {
  std::string id;
  int64_t snapshot = 0;   // its sequence
  std::string name;       // and its name
  std::string operation;  // "CreateSnapshot", "DeleteSnapshot", "ImportSnapshot", "ExportSnapshot", …
  std::string status = "IN_PROGRESS";
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  std::string detail;  // JSON; the store does not look inside
  std::string error_code{};
  std::string error{};
  int64_t sequence = 0;  // set by the store; later ones are larger
};

}  // namespace sluice::service
