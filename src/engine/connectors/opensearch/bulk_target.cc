#include "engine/connectors/opensearch/bulk_target.h"

#include <boost/json.hpp>
#include <set>

#include "net/http_client.h"

namespace sluice::engine::opensearch {
namespace {

namespace json = boost::json;

net::HttpClientOptions ClientOptions(const SinkOptions& options) {
  net::HttpClientOptions client;
  client.total_timeout = options.request_timeout;
  client.trust_all_certificates = options.allow_insecure;
  return client;
}

class BulkTarget final : public aws::AsyncTarget {
 public:
  explicit BulkTarget(const SinkOptions& options) : options_(options), http_(ClientOptions(options)) {}

  Result<aws::LeftOver> Send(const std::vector<aws::WriteEntry>& entries) override {
    net::HttpRequest request;
    request.method = "POST";
    request.headers.Set("Content-Type", "application/x-ndjson");
    if (!options_.authorization.empty()) request.headers.Set("Authorization", options_.authorization);
    for (const aws::WriteEntry& entry : entries) request.body += entry.data;
    // After a failure the next host is asked.
    net::Url url = options_.hosts[next_host_ % options_.hosts.size()];
    url.target = options_.path_prefix + "/_bulk";
    if (!url.target.starts_with('/')) url.target = "/" + url.target;
    Result<net::HttpResponse> response = http_.Send(url, request);
    if (!response.ok()) {
      ++next_host_;
      return response.error().WithContext(url.ToString());
    }
    if (response->status >= 200 && response->status < 300) return ReadAnswer(response->body, entries);
    ++next_host_;
    const ErrorCode code = response->status == 429   ? ErrorCode::kResourceExhausted
                           : response->status >= 500 ? ErrorCode::kUnavailable
                                                     : ErrorCode::kInvalidArgument;
    return Error(
        code, url.ToString() + " answered " + std::to_string(response->status) + ": " + response->body.substr(0, 500));
  }

  void Cancel() override { http_.Cancel(); }
  std::string name() const override { return "writing to the index '" + options_.index + "'"; }

 private:
  /// What was refused for want of capacity is sent again, with all that follows it for the same document.
  Result<aws::LeftOver> ReadAnswer(const std::string& body, const std::vector<aws::WriteEntry>& entries) const {
    boost::system::error_code ec;
    const json::value answer = json::parse(body, ec);
    const auto* object = ec ? nullptr : answer.if_object();
    const auto* member = object == nullptr ? nullptr : object->if_contains("items");
    const auto* items = member == nullptr ? nullptr : member->if_array();
    if (items == nullptr || items->size() != entries.size()) {
      return Error(ErrorCode::kUnavailable, "the answer to a bulk request is none");
    }
    aws::LeftOver left;
    std::set<std::string> again;
    for (size_t i = 0; i < items->size(); ++i) {
      const auto* item = (*items)[i].if_object();
      const auto* outcome = item == nullptr || item->empty() ? nullptr : item->begin()->value().if_object();
      const auto* number = outcome == nullptr ? nullptr : outcome->if_contains("status");
      const int64_t status = number != nullptr && number->is_int64() ? number->as_int64() : 500;
      const auto* error = outcome == nullptr ? nullptr : outcome->if_contains("error");
      const bool refused = status == 429 || status >= 500;
      if (refused || (!entries[i].key.empty() && again.contains(entries[i].key))) {
        if (refused) left.reason = Error(ErrorCode::kResourceExhausted, Reason(error, status));
        if (!entries[i].key.empty()) again.insert(entries[i].key);
        left.entries.push_back(entries[i]);
      } else if (error != nullptr && !options_.ignore_failures) {
        return Error(ErrorCode::kData, "A document was refused: " + Reason(error, status));
      }
    }
    return left;
  }

  static std::string Reason(const json::value* error, int64_t status) {
    return "status " + std::to_string(status) + (error == nullptr ? "" : " " + json::serialize(*error).substr(0, 500));
  }

  const SinkOptions options_;
  net::HttpClient http_;
  size_t next_host_ = 0;  // one request at a time
};

}  // namespace

std::unique_ptr<aws::AsyncTarget> MakeBulkTarget(const SinkOptions& options) {
  return std::make_unique<BulkTarget>(options);
}

}  // namespace sluice::engine::opensearch
