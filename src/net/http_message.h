// HTTP/1.1 requests and responses as plain values, for the server (http_server.h) and the client (http_client.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::net {

/// Header fields in their order; names compare without case.
class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  /// The first field of that name, or empty.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  /// Replaces all fields of that name.
  void Set(std::string name, std::string value);
  /// Adds a field beside those of the same name.
  void Add(std::string name, std::string value);
  void Remove(std::string_view name);

  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method = "GET";                // upper case, as sent
  std::string target = "/";                  // path and query as sent, percent-encoded
  std::string path = "/";                    // decoded path (the server fills it in; the client uses target)
  std::map<std::string, std::string> query;  // decoded; the last one wins when a key comes twice (server only)
  HttpHeaders headers;
  std::string body;
  std::string remote_address;  // "127.0.0.1:50412" (server only)
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;

  static HttpResponse Json(int status, std::string body);
  static HttpResponse Text(int status, std::string body);
};

/// True if both are equal but for ASCII case.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace sluice::net
