// What the package inside sees beside Flink: its runtime properties, the credentials of its execution role, its region,
// and AWS's services at the endpoints that this service is told of. docs/design/packages.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "base/result.h"
#include "net/aws/credentials.h"
#include "service/auth/signed_token.h"
#include "service/package/aws_hosts.h"
#include "service/package/credentials_endpoint.h"
#include "service/runner/package_view.h"

namespace sluice::service {

class AwsFront;

struct PackageEdgeOptions {
  std::string data_folder;
  std::string region;
  std::string account;
  std::vector<std::string> enter;  // {"…/sluice", "enter"}; empty: processes are started without a view of their own
  bool assume_roles = false;       // credentials of execution roles by STS, instead of the service's own
  bool redirect_aws = false;       // AWS's host names lead to the configured endpoints
  uint16_t front_port = 443;       // for tests; AWS's hosts are called at 443
  net::EnvLookup environment;
};

/// One for a service, made before any engine is started. Its files are in <data>/package: the port of the credentials,
/// the front's address, authority.{pem,key}, certificates.pem and truststore.p12 (the machine's and ours). Any thread.
class PackageEdge : public PackageViewSource {
 public:
  /// Fails when AWS is to be redirected and that cannot be done. `own` are the service's credentials; it, `tokens` and
  /// `clock` must outlive the edge.
  static Result<std::unique_ptr<PackageEdge>> Start(PackageEdgeOptions options, net::CredentialsProvider& own,
                                                    CredentialsEndpoint::RoleOf role_of, const TokenSigner& tokens,
                                                    const Clock& clock, Logger logger);
  ~PackageEdge() override;

  /// Writes package_hosts into `folder` if AWS is redirected.
  Result<PackageView> ViewFor(const std::string& folder, const JobSpec& spec) override;

  void Stop();

 private:
  PackageEdge(PackageEdgeOptions options, Logger logger);
  Status StartFront(int64_t now_ms);
  Status WriteTrust(const std::string& authority);
  Status AddRedirection(const std::string& folder, const JobSpec& spec, PackageView* view) const;
  void AddS3(PackageView* view) const;

  PackageEdgeOptions options_;
  Logger logger_;
  std::string own_folder_;
  EndpointTable endpoints_;
  std::string front_address_;
  std::unique_ptr<CredentialsEndpoint> credentials_;
  std::unique_ptr<AwsFront> front_;
};

}  // namespace sluice::service
