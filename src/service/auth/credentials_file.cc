#include "service/auth/credentials_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/text.h"

namespace sluice::service {
namespace {

/// Takes the lines one by one; a section is complete when the next begins.
class CredentialsParser {
 public:
  Result<KeyTable> Parse(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      size_t end = text.find('\n');
      SLUICE_RETURN_IF_ERROR(TakeLine(Trim(text.substr(0, end))));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    SLUICE_RETURN_IF_ERROR(EndSection());
    if (keys_.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   "there are no credentials: add a [section] for each principal, with aws_access_key_id and "
                   "aws_secret_access_key");
    }
    return std::move(keys_);
  }

 private:
  Error Wrong(std::string_view what) const {
    return Error(ErrorCode::kInvalidArgument, fmt::format("line {}: {}", line_, what));
  }

  Status TakeLine(std::string_view line) {
    if (line.empty() || line[0] == '#' || line[0] == ';') return {};
    if (line[0] == '[') return BeginSection(line);
    size_t equals = line.find('=');
    if (equals == std::string_view::npos) return Wrong("expected [PRINCIPAL] or NAME = VALUE");
    if (!section_) return Wrong("a [PRINCIPAL] must come first");
    return TakeSetting(Trim(line.substr(0, equals)), std::string(Trim(line.substr(equals + 1))));
  }

  Status BeginSection(std::string_view line) {
    SLUICE_RETURN_IF_ERROR(EndSection());
    std::string name(line.ends_with(']') ? Trim(line.substr(1, line.size() - 2)) : std::string_view());
    if (name.empty()) return Wrong("a section is [PRINCIPAL]");
    if (!names_.insert(name).second) return Wrong(fmt::format("the principal '{}' comes twice", name));
    section_ = AcceptedKey{name, {}};
    section_line_ = line_;
    return {};
  }

  Status TakeSetting(std::string_view name, std::string value) {
    net::AwsCredentials& credentials = section_->credentials;
    if (name == "aws_access_key_id") {
      credentials.access_key_id = std::move(value);
    } else if (name == "aws_secret_access_key") {
      credentials.secret_access_key = std::move(value);
    } else if (name == "aws_session_token") {
      credentials.session_token = std::move(value);
    } else if (name == "expiration") {
      std::tm utc{};
      const char* end = strptime(value.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
      if (end == nullptr || *end != '\0') return Wrong("expiration must be like 2030-01-31T12:00:00Z");
      credentials.expires_at_ms = static_cast<int64_t>(timegm(&utc)) * 1000;
    } else if (name != "region" && name != "output") {  // what clients keep in the same file
      return Wrong(fmt::format("unknown name '{}'", name));
    }
    return {};
  }

  Status EndSection() {
    if (!section_) return {};
    const net::AwsCredentials& credentials = section_->credentials;
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
      line_ = section_line_;
      return Wrong(fmt::format("[{}] lacks {}", section_->principal,
                               credentials.access_key_id.empty() ? "aws_access_key_id" : "aws_secret_access_key"));
    }
    if (!keys_.emplace(credentials.access_key_id, *section_).second) {
      return Wrong(fmt::format("the access key id of [{}] belongs to another principal already", section_->principal));
    }
    section_.reset();
    return {};
  }

  KeyTable keys_;
  std::set<std::string> names_;
  std::optional<AcceptedKey> section_;
  int line_ = 0;
  int section_line_ = 0;
};

}  // namespace

Result<KeyTable> ParseCredentials(std::string_view text) { return CredentialsParser().Parse(text); }

Result<std::unique_ptr<CredentialsFile>> CredentialsFile::Open(std::string path, Logger logger) {
  std::unique_ptr<CredentialsFile> file(new CredentialsFile(std::move(path), std::move(logger)));
  file->stamp_ = file->StampNow();
  SLUICE_ASSIGN_OR_RETURN(KeyTable keys, file->Read());
  file->keys_ = std::make_shared<const KeyTable>(std::move(keys));
  return file;
}

CredentialsFile::Stamp CredentialsFile::StampNow() const {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return {};
  return {info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_size, info.st_ino};
}

Result<KeyTable> CredentialsFile::Read() const {
  SLUICE_ASSIGN_OR_RETURN(std::string text, ReadFile(path_));
  auto keys = ParseCredentials(text);
  if (!keys.ok()) return keys.error().WithContext(path_);
  return keys;
}

std::shared_ptr<const KeyTable> CredentialsFile::Keys() {
  const Stamp now = StampNow();
  std::lock_guard lock(mutex_);
  if (now != stamp_) {
    stamp_ = now;
    auto keys = Read();
    if (keys.ok()) {
      logger_.Info("credentials read anew", {{"file", path_}, {"keys", keys->size()}});
      keys_ = std::make_shared<const KeyTable>(std::move(*keys));
    } else {
      logger_.Error("the credentials file has changed and cannot be used; the keys from before stay valid",
                    {{"file", path_}, {"error", keys.error().message()}});
    }
  }
  return keys_;
}

}  // namespace sluice::service
