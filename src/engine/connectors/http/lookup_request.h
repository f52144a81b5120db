// The request that asks for one set of keys.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/columnar/column.h"
#include "engine/connectors/http/http_options.h"
#include "engine/formats/format.h"
#include "engine/types/data_type.h"
#include "net/http_message.h"
#include "net/url.h"

namespace sluice::engine::http {

/// One thread.
class RequestMaker {
 public:
  /// `keys`: name and type of each key column, in the order in which requests have them. Fails if a key's type has no
  /// text, or if the options name a column that is no key.
  static Result<std::unique_ptr<RequestMaker>> Make(const LookupOptions& options, Schema keys, std::string time_zone);

  /// Row `row` of the key columns.
  Status Fill(std::vector<ColumnPtr> keys, size_t row, net::Url& url, net::HttpRequest& request);

 private:
  RequestMaker(const LookupOptions& options, Schema keys) : options_(options), keys_(std::move(keys)) {}
  Result<int> KeyNamed(const std::string& name) const;
  Status PrepareBody(const std::string& time_zone);
  Result<std::string> Query(const std::vector<ColumnPtr>& keys, size_t row);
  Result<std::string> Body(const std::vector<ColumnPtr>& keys, size_t row);
  Result<std::string> UrlText(const std::vector<ColumnPtr>& keys, size_t row) const;

  const LookupOptions options_;
  const Schema keys_;
  std::vector<int> body_keys_;
  std::unique_ptr<Encoder> body_;  // of body_keys_; null: requests have no body
  std::unique_ptr<Encoder> all_;   // of all keys, where texts are those that JSON has
};

}  // namespace sluice::engine::http
