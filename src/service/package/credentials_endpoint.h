// Hands the credentials of its execution role to each application, as AWS's SDKs ask for them in containers:
// AWS_CONTAINER_CREDENTIALS_FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "base/result.h"
#include "net/aws/credentials.h"
#include "net/http_message.h"
#include "service/auth/signed_token.h"

namespace sluice::net {
class HttpServer;
}

namespace sluice::service {

struct CredentialsEndpointOptions {
  std::string port_file;       // keeps the port, so that processes that outlive the service find the next one
  bool assume_roles = false;   // by STS; otherwise every application gets the service's own credentials
  net::EnvLookup environment;  // for STS's endpoint
};

/// Listens on loopback only. Any thread.
class CredentialsEndpoint {
 public:
  /// The ARN of an application's execution role; kNotFound if there is no such application.
  using RoleOf = std::function<Result<std::string>(const std::string& application)>;

  /// All but `options` and the logger must outlive it.
  static Result<std::unique_ptr<CredentialsEndpoint>> Start(CredentialsEndpointOptions options,
                                                            net::CredentialsProvider& own, RoleOf role_of,
                                                            const TokenSigner& tokens, const Clock& clock,
                                                            Logger logger);
  ~CredentialsEndpoint();

  /// "NAME=value" for the processes of an application. The token is good for as long as the data folder's key is.
  std::vector<std::string> EnvironmentFor(const std::string& application) const;

  void Stop();

 private:
  CredentialsEndpoint(CredentialsEndpointOptions options, net::CredentialsProvider& own, RoleOf role_of,
                      const TokenSigner& tokens, const Clock& clock, Logger logger);
  Status Listen();
  net::HttpResponse Handle(const net::HttpRequest& request);
  Result<net::AwsCredentials> CredentialsOf(const std::string& application);
  std::shared_ptr<net::CredentialsProvider> ProviderFor(const std::string& role, const std::string& application);

  CredentialsEndpointOptions options_;
  net::CredentialsProvider& own_;
  RoleOf role_of_;
  const TokenSigner& tokens_;
  const Clock& clock_;
  Logger logger_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<net::CredentialsProvider>> roles_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace sluice::service
