// The JSON of an export's or import's place, as it stands in SnapshotOperationRow::detail, and how the files of a
// snapshot are named in a bucket: <prefix>/<file below the snapshot's folder>, and <prefix>/snapshot.json, written
// last, which says what they are.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "service/store/snapshot_row.h"

namespace sluice::service {

struct TransferPlace {
  std::string bucket_arn;
  std::string prefix;           // as the caller gave it
  std::string exported_prefix;  // where an export's files are: below the prefix
  std::string key_type;         // encryption of the other side, as asked for; empty: not said
  std::string key_id;

  std::string bucket() const;  // the last part of the ARN
  std::string Serialize() const;
  static TransferPlace Parse(const std::string& text);
};

/// snapshot.json.
std::string SnapshotManifest(const SnapshotRow& row, const std::vector<std::string>& files);
struct ReadManifest {
  std::string runtime;
  std::string application;
  int64_t version = 1;
  std::vector<std::string> locations;  // below the snapshot's folder
  std::vector<std::string> files;
};
Result<ReadManifest> ParseSnapshotManifest(const std::string& text);

/// All files below `folder`, by path below it, sorted.
Result<std::vector<std::string>> FilesBelow(const std::string& folder);
/// Bytes of all files below `folder`; 0 if there is none.
int64_t BytesBelow(const std::string& folder);

}  // namespace sluice::service
