#include "engine/connectors/http/http_lookup.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>

#include "base/clock.h"
#include "base/text.h"
#include "engine/connectors/http/access_token.h"
#include "engine/connectors/http/array_elements.h"
#include "engine/connectors/http/http_options.h"
#include "engine/connectors/http/lookup_request.h"
#include "engine/connectors/options/format_options.h"
#include "engine/connectors/splits/record_decoder.h"

namespace sluice::engine::http {
namespace {

/// What came of one look-up, as the metadata columns tell it.
struct Outcome {
  const char* state = "SUCCESS";
  std::optional<std::string> error;
  std::optional<net::HttpResponse> response;
};

Value HeaderMap(const net::HttpResponse& response) {
  std::map<std::string, ValueList> by_name;  // java.net.http tells names in lower case, ordered
  for (const auto& [name, value] : response.headers.fields()) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    by_name[lower].push_back(Value::String(value));
  }
  ValueList list;
  for (auto& [name, values] : by_name) {
    list.push_back(Value::String(name));
    list.push_back(Value::List(std::move(values)));
  }
  return Value::List(std::move(list));
}

Value MetadataOf(const std::string& key, const Outcome& outcome) {
  if (key == "error-string") return outcome.error ? Value::String(*outcome.error) : Value::Null();
  if (key == "http-completion-state") return Value::String(outcome.state);
  if (!outcome.response) return Value::Null();
  return key == "http-status-code" ? Value::Int(outcome.response->status) : HeaderMap(*outcome.response);
}

class HttpLookup final : public LookupSource {
 public:
  HttpLookup(LookupOptions options, const LookupJoinNode& node, std::vector<size_t> order,
             std::unique_ptr<RequestMaker> requests, std::unique_ptr<splits::RecordDecoder> decoder, Clock* clock)
      : options_(std::move(options)),
        metadata_(node.lookup.table.metadata),
        row_(node.row),
        order_(std::move(order)),
        requests_(std::move(requests)),
        decoder_(std::move(decoder)),
        clock_(clock),
        http_(options_.client),
        token_(options_, *clock) {}

  Result<size_t> Lookup(std::span<const ColumnPtr> keys, size_t row, std::span<const ColumnPtr> out) override {
    std::vector<ColumnPtr> ordered;
    for (const size_t k : order_) ordered.push_back(keys[k]);
    net::Url url;
    net::HttpRequest request;
    SLUICE_RETURN_IF_ERROR(requests_->Fill(std::move(ordered), row, url, request));
    Outcome outcome;
    Batch found;
    if (Result<Batch> asked = Ask(url, request, outcome); asked.ok()) {
      found = std::move(*asked);
    } else if (options_.continue_on_error && asked.error().code() != ErrorCode::kCancelled) {
      if (!outcome.error) outcome.error = asked.error().message();
    } else {
      return asked.error().WithContext(request.method + " " + url.ToString());
    }
    return Append(found, outcome, out);
  }

  void Cancel() override {
    {
      std::lock_guard lock(mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
    http_.Cancel();
  }

 private:
  /// The rows of the answer. On an error `outcome` says what the metadata columns show if the job goes on.
  Result<Batch> Ask(const net::Url& url, net::HttpRequest& request, Outcome& outcome) {
    Result<net::HttpResponse> response = Send(url, request);
    if (!response.ok()) {
      outcome.state = "EXCEPTION";
      return response.error();
    }
    outcome.response = std::move(*response);
    const auto status = static_cast<size_t>(std::clamp(outcome.response->status, 0, 599));
    if (!options_.success.test(status)) {
      outcome.state = "HTTP_ERROR_STATUS";
      outcome.error = outcome.response->body;
      return Error(ErrorCode::kIo,
                   "Incorrect response code: " + std::to_string(status) + " " + outcome.response->body.substr(0, 500));
    }
    if (options_.ignored.test(status)) {
      outcome.state = "IGNORE_STATUS_CODE";
      return Batch();
    }
    if (Trim(outcome.response->body).empty()) return Batch();
    Result<Batch> rows = Decode(outcome.response->body);
    if (!rows.ok()) {
      outcome.state = "UNABLE_TO_DESERIALIZE_RESPONSE";
      outcome.error = outcome.response->body;
    }
    return rows;
  }

  Result<net::HttpResponse> Send(const net::Url& url, net::HttpRequest& request) {
    for (int64_t retry = 0;; ++retry) {
      Result<net::HttpResponse> response = SendOnce(url, request);
      const bool passing = response.ok()
                               ? options_.retry.test(static_cast<size_t>(std::clamp(response->status, 0, 599)))
                               : IsTransient(response.error());
      if (!passing || retry >= options_.max_retries) return response;
      if (!Wait(options_.delays.Before(retry))) return Error(ErrorCode::kCancelled, "the look-up was cancelled");
    }
  }

  Result<net::HttpResponse> SendOnce(const net::Url& url, net::HttpRequest& request) {
    if (!options_.token_endpoint.empty()) {
      SLUICE_ASSIGN_OR_RETURN(const std::string token, token_.Get(http_));
      request.headers.Set("Authorization", "Bearer " + token);
    }
    return http_.Send(url, request);
  }

  static bool IsTransient(const Error& error) {
    return error.code() == ErrorCode::kIo || error.code() == ErrorCode::kTimeout;
  }

  /// False: cancelled.
  bool Wait(int64_t delay_ms) {
    std::unique_lock lock(mutex_);
    return !clock_->WaitFor(lock, changed_, std::chrono::milliseconds(delay_ms), [this] { return cancelled_; });
  }

  Result<Batch> Decode(const std::string& body) {
    std::vector<splits::Record> records;
    if (!options_.array) {
      records.push_back({std::nullopt, body});
    } else {
      const auto elements = ArrayElements(body);
      if (!elements) return Error(ErrorCode::kData, "The answer is no JSON array: " + body.substr(0, 500));
      for (const std::string_view element : *elements) records.push_back({std::nullopt, element});
    }
    if (records.empty()) return Batch();
    const auto nothing = [&](size_t which, const splits::RowOrigins& origins) -> Result<ColumnPtr> {
      return Column::MakeConstant(metadata_[which].type.Nullable(), Value::Null(), origins.rows);
    };
    size_t failed = 0;
    return decoder_->Decode(records, nothing, &failed);
  }

  Result<size_t> Append(const Batch& found, const Outcome& outcome, std::span<const ColumnPtr> out) {
    const size_t fields = row_.size() - metadata_.size();
    // With metadata there is always a row that tells what happened.
    const size_t rows = found.length > 0 ? found.length : metadata_.empty() ? 0 : 1;
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < fields; ++c) {
        if (found.length == 0 || found.columns[c]->IsNull(r)) {
          out[c]->AppendNull();
        } else {
          out[c]->AppendFrom(*found.columns[c], r);
        }
      }
      for (size_t m = 0; m < metadata_.size(); ++m) {
        const Value value = MetadataOf(metadata_[m].key, outcome);
        if (value.is_null()) {
          out[fields + m]->AppendNull();
        } else {
          out[fields + m]->AppendValue(value);
        }
      }
    }
    return rows;
  }

  const LookupOptions options_;
  const std::vector<TableDescription::Metadata> metadata_;
  const Schema row_;
  const std::vector<size_t> order_;  // of requests' keys, in those of the join
  const std::unique_ptr<RequestMaker> requests_;
  const std::unique_ptr<splits::RecordDecoder> decoder_;
  Clock* const clock_;
  net::HttpClient http_;
  AccessToken token_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
};

}  // namespace

std::vector<MetadataKey> ReadableMetadata() {
  const DataType headers = DataType::Map(DataType::String(), DataType::Array(DataType::String()));
  return {{"error-string", DataType::String()},
          {"http-status-code", DataType::Integer()},
          {"http-headers", headers},
          {"http-headers-map", headers},
          {"http-completion-state", DataType::String()}};
}

Result<std::unique_ptr<LookupSource>> MakeHttpLookup(const LookupJoinNode& node,
                                                     const ConnectorEnvironment& environment) {
  const TableDescription& table = node.lookup.table;
  SLUICE_ASSIGN_OR_RETURN(LookupOptions options, ReadLookupOptions(table, *environment.formats));
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, *environment.formats));
  const std::string zone = environment.settings == nullptr ? "UTC" : environment.settings->time_zone;
  // Requests have the keys in the order of the table's columns.
  std::vector<size_t> order(node.keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return node.keys[a].column < node.keys[b].column; });
  Schema keys;
  for (const size_t k : order) keys.push_back(node.row[static_cast<size_t>(node.keys[k].column)]);
  SLUICE_ASSIGN_OR_RETURN(auto requests, RequestMaker::Make(options, std::move(keys), zone));
  const splits::RecordLayout layout =
      splits::PlainLayout(table, *format, FormatOptions(table.options, format->descriptor.name));
  SLUICE_ASSIGN_OR_RETURN(auto decoder, splits::RecordDecoder::Make(node.lookup, node.row, layout, zone));
  return std::unique_ptr<LookupSource>(std::make_unique<HttpLookup>(
      std::move(options), node, std::move(order), std::move(requests), std::move(decoder), environment.clock));
}

}  // namespace sluice::engine::http
