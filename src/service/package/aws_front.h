// Stands in for AWS's hosts on this machine: ends TLS for their names and hands the requests on to the endpoints that
// are configured instead. For code that names no endpoint.
//
// HTTP/1.1 is passed on as it comes, over one connection to the endpoint for each of the client's. HTTP/2 is recognised
// by what a connection begins with, as AWS's Java client does not negotiate it; its requests go on as HTTP/1.1, and
// answers come back as they arrive (SubscribeToShard).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/logging.h"
#include "base/result.h"
#include "service/package/aws_hosts.h"
#include "service/package/certificate_authority.h"

namespace sluice::service {

struct AwsFrontOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 443;  // 0: any free one
  EndpointTable endpoints;
  std::string ca_file;  // what https endpoints are checked against; empty: the system's
};

/// A thread of its own; any thread may call.
class AwsFront {
 public:
  static Result<std::unique_ptr<AwsFront>> Start(AwsFrontOptions options, CertificateAuthority authority,
                                                 Logger logger);
  ~AwsFront();

  uint16_t port() const;
  /// Cuts all connections. More than once is fine.
  void Stop();

  class Impl;

 private:
  explicit AwsFront(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::service
