#include "service/package/aws_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "service/package/certificate_authority.h"

namespace sluice::service {
namespace {

/// Names before ".amazonaws.com"; {r} is a region, {a} an account, {b} a bucket.
struct HostPattern {
  std::string_view service;
  std::string_view pattern;
};
constexpr HostPattern kPatterns[] = {
    {"KINESIS", "kinesis.{r}"},
    {"KINESIS", "{a}.control-kinesis.{r}"},
    {"KINESIS", "{a}.data-kinesis.{r}"},
    {"FIREHOSE", "firehose.{r}"},
    {"DYNAMODB", "dynamodb.{r}"},
    {"DYNAMODB", "{a}.ddb.{r}"},
    {"DYNAMODB_STREAMS", "streams.dynamodb.{r}"},
    {"S3", "s3.{r}"},
    {"S3", "s3"},
    {"S3", "{b}.s3.{r}"},
    {"S3", "{b}.s3"},
    {"SQS", "sqs.{r}"},
    {"SQS", "{r}.queue"},
    {"SNS", "sns.{r}"},
    {"SECRETS_MANAGER", "secretsmanager.{r}"},
    {"GLUE", "glue.{r}"},
    {"STS", "sts.{r}"},
    {"STS", "sts"},
    {"CLOUDWATCH_LOGS", "logs.{r}"},
    {"CLOUDWATCH", "monitoring.{r}"},
    {"KAFKA", "kafka.{r}"},
    {"LAMBDA", "lambda.{r}"},
    {"SSM", "ssm.{r}"},
    {"KMS", "kms.{r}"},
    {"EVENTBRIDGE", "events.{r}"},
    {"AMP", "aps-workspaces.{r}"},
};

constexpr std::string_view kDomain = ".amazonaws.com";
constexpr std::string_view kChineseDomain = ".amazonaws.com.cn";

bool IsAccount(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "eu-west-1", "us-gov-east-1".
bool IsRegion(std::string_view text) {
  const size_t dash = text.rfind('-');
  if (text.size() < 7 || text[2] != '-' || dash == 2 || dash + 2 != text.size()) return false;
  if (text[dash + 1] < '0' || text[dash + 1] > '9') return false;
  return std::all_of(text.begin(), text.begin() + static_cast<long>(dash),
                     [](char c) { return c == '-' || (c >= 'a' && c <= 'z'); });
}

/// The last label of both is compared first: what is left of a bucket's name may have dots.
bool Matches(std::string_view name, std::string_view pattern) {
  while (true) {
    if (pattern == "{b}") return !name.empty();
    const size_t dot = pattern.rfind('.');
    const size_t name_dot = name.rfind('.');
    const std::string_view want = dot == pattern.npos ? pattern : pattern.substr(dot + 1);
    const std::string_view label = name_dot == name.npos ? name : name.substr(name_dot + 1);
    const bool fits = want == "{r}" ? IsRegion(label) : want == "{a}" ? IsAccount(label) : want == label;
    if (!fits || (dot == pattern.npos) != (name_dot == name.npos)) return false;
    if (dot == pattern.npos) return true;
    pattern = pattern.substr(0, dot);
    name = name.substr(0, name_dot);
  }
}

std::string Filled(std::string_view pattern, std::string_view variable, std::string_view value) {
  std::string out(pattern);
  if (const size_t at = out.find(variable); at != std::string::npos) out.replace(at, variable.size(), value);
  return out;
}

}  // namespace

Result<EndpointTable> EndpointsFromEnvironment(const net::EnvLookup& environment) {
  EndpointTable out;
  for (const HostPattern& pattern : kPatterns) {
    std::string endpoint = net::FindEndpoint(environment, pattern.service);
    if (endpoint.empty() || out.contains(pattern.service)) continue;
    while (endpoint.ends_with('/')) endpoint.pop_back();
    auto url = net::ParseUrl(endpoint);
    if (!url.ok()) return url.error().WithContext(fmt::format("the endpoint of {}", pattern.service));
    if (url->target != "/" || IsAwsHost(url->host)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("calls to {} cannot be redirected to {}: the endpoint must be a URL without a path, and "
                               "not one of AWS",
                               pattern.service, endpoint));
    }
    out.emplace(pattern.service, std::move(*url));
  }
  return out;
}

std::string_view ServiceOfHost(std::string_view host) {
  const std::string_view domain = host.ends_with(kChineseDomain) ? kChineseDomain : kDomain;
  if (!host.ends_with(domain)) return {};
  host.remove_suffix(domain.size());
  for (const HostPattern& pattern : kPatterns) {
    if (Matches(host, pattern.pattern)) return pattern.service;
  }
  return {};
}

void AddHostFacts(std::string_view text, HostFacts* facts) {
  static const std::regex kArn("arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):([0-9]{12})");
  static const std::regex kBucketArn("arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,62})");
  static const std::regex kBucketUrl("s3[an]?://([a-z0-9][a-z0-9.-]{1,62})");
  static const std::regex kRegion("[a-z]{2}(-[a-z]{2,9}){1,3}-[0-9]");
  const auto each = [&](const std::regex& pattern, const auto& use) {
    for (std::cregex_iterator it(text.data(), text.data() + text.size(), pattern), end; it != end; ++it) use(*it);
  };
  each(kArn, [&](const std::cmatch& match) { facts->accounts.insert(match[2].str()); });
  each(kBucketArn, [&](const std::cmatch& match) { facts->buckets.insert(match[1].str()); });
  each(kBucketUrl, [&](const std::cmatch& match) { facts->buckets.insert(match[1].str()); });
  each(kRegion, [&](const std::cmatch& match) {
    if (IsRegion(match.str())) facts->regions.insert(match.str());
  });
}

const std::vector<std::string>& AwsRegions() {
  static const std::vector<std::string> kRegions = {
      "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
      "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
      "ap-southeast-5", "ap-southeast-7", "ca-central-1",   "ca-west-1",      "eu-central-1",   "eu-central-2",
      "eu-north-1",     "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",      "eu-west-3",
      "il-central-1",   "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",      "us-east-1",
      "us-east-2",      "us-gov-east-1",  "us-gov-west-1",  "us-west-1",      "us-west-2",      "cn-north-1",
      "cn-northwest-1",
  };
  return kRegions;
}

std::vector<std::string> HostsOf(const EndpointTable& endpoints, const HostFacts& facts) {
  std::set<std::string> regions = facts.regions;
  regions.insert(AwsRegions().begin(), AwsRegions().end());
  std::set<std::string> out;
  for (const HostPattern& pattern : kPatterns) {
    if (!endpoints.contains(pattern.service)) continue;
    std::vector<std::string> names = {std::string(pattern.pattern)};
    const auto fill = [&](std::string_view variable, const std::set<std::string>& values) {
      if (pattern.pattern.find(variable) == std::string_view::npos) return;
      std::vector<std::string> filled;
      for (const std::string& name : names) {
        for (const std::string& value : values) filled.push_back(Filled(name, variable, value));
      }
      names = std::move(filled);
    };
    fill("{a}", facts.accounts);
    fill("{b}", facts.buckets);
    fill("{r}", regions);
    for (const std::string& name : names) {
      const bool chinese = name.find("cn-north") != std::string::npos;
      out.insert(name + std::string(chinese ? kChineseDomain : kDomain));
    }
  }
  return {out.begin(), out.end()};
}

std::string HostsFile(std::string_view machine, const std::vector<std::string>& hosts, const std::string& address) {
  std::string out(machine);
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  // Readers of this file take the first line that has the name; lines have a limited length.
  for (const std::string& host : hosts) out += fmt::format("{} {}\n", address, host);
  return out;
}

}  // namespace sluice::service
