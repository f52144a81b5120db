#include "engine/formats/avro_confluent/schema_registry.h"

#include <charconv>

#include "engine/formats/json/json_tree.h"
#include "engine/formats/text/option_text.h"
#include "engine/formats/text/scalar_text.h"
#include "net/http_client.h"

namespace sluice::engine::avro {
namespace {

constexpr int kAttempts = 3;
constexpr const char* kMediaType = "application/vnd.schemaregistry.v1+json";

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

class HttpRegistry : public SchemaRegistry {
 public:
  HttpRegistry(std::string url, std::string authorization)
      : url_(std::move(url)), authorization_(std::move(authorization)), http_(net::HttpClientOptions()) {}

  Result<std::string> SchemaOf(int32_t id) override {
    const std::string path = "/schemas/ids/" + std::to_string(id);
    SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("GET", path, ""));
    SLUICE_ASSIGN_OR_RETURN(std::string schema, FieldOf(body, "schema", path));
    json::Document document;
    const json::Node* type = document.Parse(body) ? document.Get(document.root(), "schemaType") : nullptr;
    if (type != nullptr && type->text != "AVRO") {
      return Error(ErrorCode::kData, "Schema " + std::to_string(id) + " of the registry " + url_ + " is of the type " +
                                         std::string(type->text) + ", not AVRO.");
    }
    return schema;
  }

  Result<int32_t> Register(const std::string& subject, const std::string& schema) override {
    const std::string path = "/subjects/" + net::PercentEncode(subject) + "/versions";
    SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("POST", path, "{\"schema\":" + Quoted(schema) + "}"));
    SLUICE_ASSIGN_OR_RETURN(const std::string text, FieldOf(body, "id", path));
    int32_t id = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), id).ec != std::errc()) {
      return Error(ErrorCode::kIo, url_ + path + " answered no id: " + body);
    }
    return id;
  }

 private:
  Result<std::string> FieldOf(const std::string& body, std::string_view name, const std::string& path) const {
    json::Document document;
    const json::Node* field = document.Parse(body) ? document.Get(document.root(), name) : nullptr;
    if (field != nullptr && !field->is_container()) return std::string(field->text);
    return Error(ErrorCode::kIo, url_ + path + " answered no '" + std::string(name) + "'.");
  }

  /// What may pass is tried again at once: a registry behind a balancer has other instances.
  Result<std::string> Call(const std::string& method, const std::string& path, const std::string& body) {
    SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(url_ + path));
    net::HttpRequest request;
    request.method = method;
    request.body = body;
    request.headers.Set("Accept", kMediaType);
    if (!body.empty()) request.headers.Set("Content-Type", kMediaType);
    if (!authorization_.empty()) request.headers.Set("Authorization", authorization_);
    for (int attempt = 1;; ++attempt) {
      Result<net::HttpResponse> response = http_.Send(url, request);
      const bool passing = !response.ok() || response->status >= 500 || response->status == 429;
      if (passing && attempt < kAttempts) continue;
      if (!response.ok()) return response.error().WithContext("the schema registry " + url_);
      if (response->status >= 200 && response->status < 300) return std::move(response->body);
      const std::string status = std::to_string(response->status);
      return Error(response->status == 404 ? ErrorCode::kNotFound : ErrorCode::kIo,
                   "The schema registry answered " + status + " to " + method + " " + url_ + path + ": " +
                       response->body.substr(0, 500));
    }
  }

  const std::string url_, authorization_;
  net::HttpClient http_;
};

}  // namespace

Result<std::unique_ptr<SchemaRegistry>> OpenSchemaRegistry(const OptionMap& options) {
  for (const auto& [name, value] : options) {
    if (name.starts_with("ssl.") || name.starts_with("properties.") || name == "properties") {
      return Error(ErrorCode::kNotSupported, "not supported yet: the option '" + name + "' of a schema registry");
    }
  }
  std::string url = text::StringOption(options, "url", text::StringOption(options, "schema-registry.url", ""));
  while (url.ends_with('/')) url.pop_back();
  const Result<net::Url> parsed = net::ParseUrl(url);
  if (!parsed.ok()) return parsed.error().WithContext("the option 'url' of the schema registry");
  std::string authorization;
  const std::string basic = text::StringOption(options, "basic-auth.user-info", "");
  const std::string source = text::StringOption(options, "basic-auth.credentials-source", "USER_INFO");
  const std::string token = text::StringOption(options, "bearer-auth.token", "");
  if (source != "USER_INFO") {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'basic-auth.credentials-source' = '" + source +
                                               "'; use USER_INFO with 'basic-auth.user-info'.");
  }
  if (!basic.empty()) {
    authorization = "Basic ";
    text::AppendBase64(authorization, basic);
  } else if (!token.empty()) {
    authorization = "Bearer " + token;
  }
  return std::unique_ptr<SchemaRegistry>(std::make_unique<HttpRegistry>(std::move(url), std::move(authorization)));
}

}  // namespace sluice::engine::avro
