// Where AWS credentials come from: the standard chain and single places, with the environment as a parameter.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/aws/environment.h"
#include "net/sigv4.h"

namespace sluice::net {

/// Any thread; Get may block for a few seconds where credentials are fetched.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// kNotFound when there are none; the message says where they were looked for.
  virtual Result<AwsCredentials> Get() = 0;
  /// A service says that what Get answered has expired: the next Get asks anew.
  virtual void Forget() {}
};

/// Asks `Fetch` and keeps the answer until shortly before it expires: five minutes, or a quarter of its life if that is
/// less. While asking anew fails, what is kept goes on being used until it expires.
class KeptCredentials : public CredentialsProvider {
 public:
  /// `clock` must outlive it.
  explicit KeptCredentials(const Clock& clock) : clock_(clock) {}
  Result<AwsCredentials> Get() final;
  void Forget() final;

 protected:
  virtual Result<AwsCredentials> Fetch() = 0;

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<AwsCredentials> kept_;
  int64_t refresh_at_ms_ = 0;
};

/// In this order: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN; the
/// profile (AWS_PROFILE or "default") in the shared credentials file, then in the configuration file;
/// AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI; the role of the EC2 instance. Keys that do not expire are read
/// anew each time.
class CredentialChain : public CredentialsProvider {
 public:
  /// `clock` must outlive the chain.
  CredentialChain(EnvLookup environment, const Clock& clock);
  Result<AwsCredentials> Get() override;
  void Forget() override;

 private:
  EnvLookup environment_;
  std::unique_ptr<CredentialsProvider> web_identity_;
  std::unique_ptr<CredentialsProvider> container_, instance_;
};

/// Always the same ones.
class FixedCredentials : public CredentialsProvider {
 public:
  explicit FixedCredentials(AwsCredentials credentials) : credentials_(std::move(credentials)) {}
  Result<AwsCredentials> Get() override { return credentials_; }

 private:
  const AwsCredentials credentials_;
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN only.
std::unique_ptr<CredentialsProvider> EnvironmentCredentials(EnvLookup environment);
/// One profile of a credentials file; `path` empty: the shared file, then the configuration file; `name` empty: the
/// environment's.
std::unique_ptr<CredentialsProvider> ProfileCredentials(EnvLookup environment, std::string path, std::string name);

/// What the agent of a container platform gives (ECS, EKS): AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI, and
/// AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE. `clock` must outlive it.
std::unique_ptr<CredentialsProvider> ContainerCredentials(EnvLookup environment, const Clock& clock);
/// The role of the EC2 instance, from its metadata service (IMDSv2), unless AWS_EC2_METADATA_DISABLED is "true".
/// AWS_EC2_METADATA_SERVICE_ENDPOINT names another address. Where nothing answers, nobody asks again for a minute.
/// `clock` must outlive it.
std::unique_ptr<CredentialsProvider> InstanceCredentials(EnvLookup environment, const Clock& clock);

/// What STS is asked for.
struct RoleRequest {
  std::string role_arn;
  std::string session_name;  // empty: "sluice"
  std::string external_id;
  std::string token_file;  // web identity only
  std::string region;
  std::string endpoint;  // of STS; empty: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, else AWS
};
/// AssumeRole, with the credentials of `base`. `clock` must outlive it.
std::unique_ptr<CredentialsProvider> AssumedRole(RoleRequest request, std::unique_ptr<CredentialsProvider> base,
                                                 EnvLookup environment, const Clock& clock);
/// AssumeRoleWithWebIdentity: needs no credentials. What the request leaves out comes from AWS_ROLE_ARN,
/// AWS_ROLE_SESSION_NAME and AWS_WEB_IDENTITY_TOKEN_FILE.
std::unique_ptr<CredentialsProvider> WebIdentityRole(RoleRequest request, EnvLookup environment, const Clock& clock);

}  // namespace sluice::net
