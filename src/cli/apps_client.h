// Talks to a service as its own command line does. One thread.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/aws/credentials.h"
#include "net/http_message.h"
#include "net/url.h"

namespace sluice::cli {

/// Exit statuses of `sluice apps`, beside 0.
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitNoService = 4;
inline constexpr int kExitTimeout = 6;

/// Why a call failed, and the exit status that says so.
struct CallProblem {
  std::string message;
  int exit_status = kExitFailed;
};

class AppsClient {
 public:
  /// Requests are signed if the environment has credentials. `clock` must outlive it.
  AppsClient(net::Url endpoint, std::string region, net::EnvLookup environment, const Clock& clock)
      : endpoint_(std::move(endpoint)),
        region_(std::move(region)),
        credentials_(std::move(environment), clock),
        clock_(clock) {}

  /// The answer of an operation; false with `problem` filled in.
  bool Call(const std::string& operation, const boost::json::object& input, boost::json::object* output,
            CallProblem* problem);
  /// All pages of a list: the elements of `member`.
  bool CallAll(const std::string& operation, boost::json::object input, const char* member, boost::json::array* out,
               CallProblem* problem);
  /// One of the service's own paths.
  bool Get(const std::string& target, net::HttpResponse* response, CallProblem* problem);
  bool Post(const std::string& target, net::HttpResponse* response, CallProblem* problem);

 private:
  bool Send(net::HttpRequest request, const std::string& target, net::HttpResponse* response, CallProblem* problem);

  net::Url endpoint_;
  std::string region_;
  net::CredentialChain credentials_;
  const Clock& clock_;
};

}  // namespace sluice::cli
