// The credentials that the service accepts: a file in the form of AWS's shared credentials file, one [section] for each
// principal, so that the same file also serves clients as AWS_SHARED_CREDENTIALS_FILE.
//
//   [alice]
//   aws_access_key_id = AKIAEXAMPLE
//   aws_secret_access_key = …
//   aws_session_token = …                  (optional: only requests that carry it are accepted)
//   expiration = 2030-01-31T12:00:00Z      (optional)
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/logging.h"
#include "base/result.h"
#include "net/sigv4.h"

namespace sluice::service {

struct AcceptedKey {
  std::string principal;
  net::AwsCredentials credentials;
};
/// By access key id.
using KeyTable = std::unordered_map<std::string, AcceptedKey>;

/// kInvalidArgument with the line for what cannot be meant: an unknown key, a section without its two parts, a key id
/// that comes twice, no section at all.
Result<KeyTable> ParseCredentials(std::string_view text);

/// Looks after the file: a change is seen by the next request. A file that has become unreadable or broken is reported
/// once to the log, and the keys before the change stay valid. Any thread.
class CredentialsFile {
 public:
  /// Fails if the file cannot be read or is broken.
  static Result<std::unique_ptr<CredentialsFile>> Open(std::string path, Logger logger);

  std::shared_ptr<const KeyTable> Keys();

 private:
  struct Stamp {
    int64_t modified_ns = -1;
    int64_t size = -1;
    uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };

  CredentialsFile(std::string path, Logger logger) : path_(std::move(path)), logger_(std::move(logger)) {}
  Stamp StampNow() const;
  Result<KeyTable> Read() const;

  std::string path_;
  Logger logger_;
  std::mutex mutex_;
  Stamp stamp_;
  std::shared_ptr<const KeyTable> keys_;
};

}  // namespace sluice::service
