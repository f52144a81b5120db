#include "net/aws/aws_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "net/aws/xml.h"

namespace sluice::net {
namespace {

namespace json = boost::json;

/// "com.amazonaws…#ResourceNotFoundException:http://…" → "ResourceNotFoundException".
std::string ErrorType(std::string text) {
  text = text.substr(0, text.find(':'));
  return text.substr(text.rfind('#') + 1);
}

bool IsThrottle(std::string_view type, int status) {
  constexpr std::string_view kTypes[] = {"ProvisionedThroughputExceededException",
                                         "LimitExceededException",
                                         "KMSThrottlingException",
                                         "ThrottlingException",
                                         "Throttling",
                                         "RequestLimitExceeded",
                                         "TooManyRequestsException",
                                         "SlowDown",
                                         "BandwidthLimitExceeded"};
  return status == 429 || std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

bool HasExpired(const Error& error) {
  const std::string_view type = AwsErrorType(error);
  return type == "ExpiredTokenException" || type == "ExpiredToken" || type == "TokenRefreshRequired";
}

bool MayPass(const Error& error) {
  return error.code() == ErrorCode::kResourceExhausted || error.code() == ErrorCode::kUnavailable ||
         error.code() == ErrorCode::kIo || error.code() == ErrorCode::kTimeout;
}

HttpRequest JsonRequest(std::string_view operation, std::string body, std::string_view version) {
  HttpRequest request;
  request.method = "POST";
  request.body = std::move(body);
  request.headers.Set("Content-Type", fmt::format("application/x-amz-json-{}", version));
  request.headers.Set("X-Amz-Target", std::string(operation));
  return request;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

Error AwsRefusal(const HttpResponse& response) {
  std::string type = ErrorType(std::string(response.headers.Get("x-amzn-ErrorType")));
  std::string message;
  if (response.body.starts_with('<')) {
    type = FirstXmlText(response.body, "Code");
    message = FirstXmlText(response.body, "Message");
  } else {
    boost::system::error_code ec;
    const json::value body = json::parse(response.body, ec);
    auto text = [&](const char* name) -> std::string {
      const auto* object = ec ? nullptr : body.if_object();
      const auto* member = object == nullptr ? nullptr : object->if_contains(name);
      return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
    };
    if (type.empty()) type = ErrorType(text("__type"));
    message = text("message");
    if (message.empty()) message = text("Message");
  }
  const ErrorCode code = type == "ResourceNotFoundException" || response.status == 404 ? ErrorCode::kNotFound
                         : IsThrottle(type, response.status)                           ? ErrorCode::kResourceExhausted
                         : response.status >= 500                                      ? ErrorCode::kUnavailable
                                                                                       : ErrorCode::kInvalidArgument;
  return Error(code, fmt::format("{}: {}", type.empty() ? fmt::format("status {}", response.status) : type, message));
}

std::string_view AwsErrorType(const Error& error) {
  const std::string_view message = error.message();
  return message.substr(0, message.find(':'));
}

AwsClientOptions AwsClientOptions::FromEnvironment(std::string service, const EnvLookup& environment) {
  AwsClientOptions options;
  options.region = FindRegion(environment);
  options.endpoint = FindEndpoint(environment, Upper(service));
  options.ca_file = environment("AWS_CA_BUNDLE");
  options.service = std::move(service);
  return options;
}

std::chrono::milliseconds BackOff(int attempt, std::chrono::milliseconds base, std::chrono::milliseconds limit,
                                  Random& random) {
  const auto most = std::min(limit, base * (int64_t{1} << std::min(attempt - 1, 20)));
  return std::chrono::milliseconds(random.Below(static_cast<uint64_t>(most.count()) + 1));
}

AwsClient::AwsClient(AwsClientOptions options, CredentialsProvider* credentials, Clock& clock, Random* random)
    : options_(std::move(options)),
      credentials_(credentials),
      clock_(clock),
      random_(random),
      http_({.total_timeout = options_.total_timeout,
             .max_response_bytes = options_.max_response_bytes,
             .ca_file = options_.ca_file,
             .trust_all_certificates = options_.trust_all_certificates}) {}

Result<Url> AwsClient::EndpointUrl() const {
  std::string base = options_.endpoint.empty()
                         ? fmt::format("https://{}.{}.amazonaws.com", options_.service, options_.region)
                         : options_.endpoint;
  while (base.ends_with('/')) base.pop_back();
  auto url = ParseUrl(base + "/");
  if (!url.ok()) return url.error().WithContext(fmt::format("the endpoint of {}", options_.service));
  return url;
}

bool AwsClient::WaitBefore(int attempt, bool throttled) {
  const std::chrono::milliseconds base(throttled ? 500 : 100);
  const auto wait = BackOff(attempt, base, std::chrono::seconds(20), *random_);
  std::unique_lock lock(mutex_);
  return !clock_.WaitFor(lock, changed_, wait, [this] { return cancelled_; });
}

void AwsClient::Cancel() {
  {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  changed_.notify_all();
  http_.Cancel();
}

Result<HttpResponse> AwsClient::Send(const Url& url, const HttpRequest& request, const SigV4Scope& scope,
                                     uint64_t max_response_bytes) {
  bool renewed = false;
  for (int attempt = 1;; ++attempt) {
    SLUICE_ASSIGN_OR_RETURN(const AwsCredentials credentials, credentials_->Get());
    HttpRequest signed_request = request;
    SignSigV4(url, credentials, scope, clock_.NowMs(), &signed_request);
    Result<HttpResponse> response = http_.Send(url, signed_request, max_response_bytes);
    if (response.ok() && response->status < 400) return response;
    const Error error = response.ok() ? AwsRefusal(*response) : response.error();
    if (HasExpired(error) && !renewed) {
      renewed = true;
      credentials_->Forget();
      continue;
    }
    const bool again = MayPass(error) && attempt < options_.attempts && random_ != nullptr;
    if (!again) return response;
    if (!WaitBefore(attempt, error.code() == ErrorCode::kResourceExhausted)) {
      return Error(ErrorCode::kCancelled, "the call was cancelled");
    }
  }
}

Result<HttpRequest> AwsClient::SignedJsonRequest(std::string_view operation, std::string body,
                                                 std::string_view version) {
  SLUICE_ASSIGN_OR_RETURN(const Url url, EndpointUrl());
  HttpRequest request = JsonRequest(operation, std::move(body), version);
  SLUICE_ASSIGN_OR_RETURN(const AwsCredentials credentials, credentials_->Get());
  SignSigV4(url, credentials, {options_.region, options_.service}, clock_.NowMs(), &request);
  return request;
}

Result<std::string> AwsClient::CallJson(std::string_view operation, std::string body, std::string_view version) {
  SLUICE_ASSIGN_OR_RETURN(const Url url, EndpointUrl());
  const HttpRequest request = JsonRequest(operation, std::move(body), version);
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send(url, request, {options_.region, options_.service}));
  if (response.status != 200) return AwsRefusal(response);
  return std::move(response.body);
}

}  // namespace sluice::net
