// AWS's host names: which services they belong to, and which of them one application may call. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/aws/environment.h"
#include "net/url.h"

namespace sluice::service {

/// Where calls of a service go, by its name in AWS_ENDPOINT_URL_<NAME>: "KINESIS", "SECRETS_MANAGER".
using EndpointTable = std::map<std::string, net::Url, std::less<>>;

/// Of every service known here that has an endpoint in the environment. kInvalidArgument for one that is no URL, has a
/// path, or lies at AWS itself.
Result<EndpointTable> EndpointsFromEnvironment(const net::EnvLookup& environment);

/// The service that a host name stands for: "123456789012.data-kinesis.eu-west-1.amazonaws.com" is KINESIS; empty if it
/// is none of those known here.
std::string_view ServiceOfHost(std::string_view host);

/// What of an application decides which names its calls have.
struct HostFacts {
  std::set<std::string> regions;
  std::set<std::string> accounts;
  std::set<std::string> buckets;
};

/// Adds the regions, accounts and buckets that a text (properties, ARNs) names.
void AddHostFacts(std::string_view text, HostFacts* facts);

/// All public regions.
const std::vector<std::string>& AwsRegions();

/// The names by which the services of `endpoints` are called: with the facts' accounts and buckets, in the facts'
/// regions and all public ones, as code may name a region that nobody was told of.
std::vector<std::string> HostsOf(const EndpointTable& endpoints, const HostFacts& facts);

/// A hosts file: the lines of `machine` and then `hosts` at `address`.
std::string HostsFile(std::string_view machine, const std::vector<std::string>& hosts, const std::string& address);

}  // namespace sluice::service
