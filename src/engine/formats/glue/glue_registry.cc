#include "engine/formats/glue/glue_registry.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "engine/formats/text/option_text.h"
#include "net/aws/aws_client.h"
#include "net/aws/credentials.h"
#include "net/url.h"

namespace sluice::engine::glue {
namespace {

namespace json = boost::json;

constexpr int kAttempts = 5;       // of a request
constexpr int kStatusLooks = 100;  // while the registry checks a new version
constexpr auto kStatusPause = std::chrono::milliseconds(300);

Error Bad(std::string message) { return Error(ErrorCode::kOption, std::move(message)); }

template <size_t n>
Status CheckChoice(const std::string& option, const std::string& value, const std::array<std::string_view, n>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return {};
  std::string list;
  for (const std::string_view k : known) list += (list.empty() ? "" : ", ") + std::string(k);
  return text::InvalidOption(option, "Could not parse value '" + value + "'. Expected one of: [" + list + "]");
}

std::string TextOf(const json::value& answer, std::string_view key) {
  const auto* object = answer.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
}

class GlueRegistry final : public SchemaRegistry {
 public:
  explicit GlueRegistry(const RegistryOptions& options)
      : options_(options),
        credentials_(net::ProcessEnvironment(), clock_),
        client_(ClientOptions(options), &credentials_, clock_, &random_) {}

  Result<std::string> DefinitionOf(const std::string& schema_version) override {
    SLUICE_ASSIGN_OR_RETURN(const json::value answer, Call("GetSchemaVersion", {{"SchemaVersionId", schema_version}}));
    const std::string format = TextOf(answer, "DataFormat");
    if (format != options_.data_format) {
      return Error(ErrorCode::kData, "The schema version " + schema_version + " is of the data format " + format +
                                         ", not " + options_.data_format + ".");
    }
    return TextOf(answer, "SchemaDefinition");
  }

  Result<std::pair<std::string, std::string>> Latest() override {
    SLUICE_ASSIGN_OR_RETURN(const json::value answer,
                            Call("GetSchemaVersion", {{"SchemaId", SchemaId()},
                                                      {"SchemaVersionNumber", json::object{{"LatestVersion", true}}}}));
    return std::pair(TextOf(answer, "SchemaVersionId"), TextOf(answer, "SchemaDefinition"));
  }

  Result<std::string> VersionOf(const std::string& definition) override {
    const json::object by_definition = {{"SchemaId", SchemaId()}, {"SchemaDefinition", definition}};
    const Result<json::value> found = Call("GetSchemaByDefinition", by_definition);
    if (found.ok()) return Available(*found);
    if (found.error().code() != ErrorCode::kNotFound) return found.error();
    if (!options_.auto_registration) {
      return found.error().WithContext(
          "Failed to auto-register schema. Auto registration of schema is not enabled ('schema.autoRegistration').");
    }
    const Result<json::value> created =
        Call("CreateSchema", {{"RegistryId", json::object{{"RegistryName", options_.registry}}},
                              {"SchemaName", options_.schema},
                              {"DataFormat", options_.data_format},
                              {"Compatibility", options_.compatibility},
                              {"SchemaDefinition", definition}});
    if (created.ok()) return TextOf(*created, "SchemaVersionId");
    if (net::AwsErrorType(created.error()) != "AlreadyExistsException") return created.error();
    SLUICE_ASSIGN_OR_RETURN(const json::value version, Call("RegisterSchemaVersion", by_definition));
    return Available(version);
  }

 private:
  static net::AwsClientOptions ClientOptions(const RegistryOptions& options) {
    auto client = net::AwsClientOptions::FromEnvironment("glue", net::ProcessEnvironment());
    client.region = options.region;
    if (!options.endpoint.empty()) client.endpoint = options.endpoint;
    client.attempts = kAttempts;
    return client;
  }

  json::object SchemaId() const { return {{"RegistryName", options_.registry}, {"SchemaName", options_.schema}}; }

  /// The answer's version, once the registry has checked it.
  Result<std::string> Available(const json::value& answer) {
    const std::string id = TextOf(answer, "SchemaVersionId");
    std::string status = TextOf(answer, "Status");
    for (int look = 0; status == "PENDING" && look < kStatusLooks; ++look) {
      clock_.Sleep(kStatusPause);
      SLUICE_ASSIGN_OR_RETURN(const json::value again, Call("GetSchemaVersion", {{"SchemaVersionId", id}}));
      status = TextOf(again, "Status");
    }
    if (status == "AVAILABLE") return id;
    return Error(ErrorCode::kData, "The version " + id + " of the schema '" + options_.schema +
                                       "' is not available; its status is " + status +
                                       ". FAILURE means that it does not fit the schema's compatibility mode.");
  }

  Result<json::value> Call(const std::string& operation, const json::object& request) {
    Result<std::string> body = client_.CallJson("AWSGlue." + operation, json::serialize(request));
    const std::string place =
        operation + " of the Glue schema registry '" + options_.registry + "', schema '" + options_.schema + "'";
    if (!body.ok()) {
      // Glue has its own name for what is not there.
      const bool missing = net::AwsErrorType(body.error()) == "EntityNotFoundException";
      if (missing) return Error(ErrorCode::kNotFound, body.error().message() + " (" + place + ")");
      return body.error();
    }
    boost::system::error_code ec;
    json::value answer = json::parse(*body, ec);
    if (ec) return Error(ErrorCode::kData, "the answer to " + place + " is no JSON");
    return answer;
  }

  const RegistryOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  net::CredentialChain credentials_;
  net::AwsClient client_;
};

}  // namespace

Result<RegistryOptions> ReadRegistryOptions(const OptionMap& options, const std::string& data_format) {
  RegistryOptions out;
  std::string missing;
  for (const char* name : {"aws.region", "registry.name", "schema.name"}) {
    if (!options.contains(name)) missing += "\n" + std::string(name);
  }
  if (!missing.empty()) {
    return Bad("One or more required options are missing.\n\nMissing required options are:\n" + missing);
  }
  out.region = options.at("aws.region");
  out.registry = options.at("registry.name");
  out.schema = options.at("schema.name");
  out.data_format = data_format;
  out.endpoint = text::StringOption(options, "aws.endpoint", "");
  if (!out.endpoint.empty()) {
    const Result<net::Url> url = net::ParseUrl(out.endpoint);
    if (!url.ok()) return url.error().WithContext("aws.endpoint");
  }
  const bool avro = data_format == "AVRO";
  out.compatibility = text::StringOption(options, "schema.compatibility", avro ? "NONE" : "BACKWARD");
  static constexpr std::array<std::string_view, 8> kModes = {"NONE",    "DISABLED",    "BACKWARD", "BACKWARD_ALL",
                                                             "FORWARD", "FORWARD_ALL", "FULL",     "FULL_ALL"};
  SLUICE_RETURN_IF_ERROR(CheckChoice("schema.compatibility", out.compatibility, kModes));
  const std::string compression = text::StringOption(options, "schema.compression", "NONE");
  SLUICE_RETURN_IF_ERROR(
      CheckChoice("schema.compression", compression, std::array<std::string_view, 2>{"NONE", "ZLIB"}));
  out.compressed = compression == "ZLIB";
  const std::string type = text::StringOption(options, "schema.type", "GENERIC_RECORD");
  SLUICE_RETURN_IF_ERROR(
      CheckChoice("schema.type", type, std::array<std::string_view, 2>{"GENERIC_RECORD", "SPECIFIC_RECORD"}));
  SLUICE_ASSIGN_OR_RETURN(out.auto_registration, text::BoolOption(options, "schema.autoRegistration", false));
  SLUICE_ASSIGN_OR_RETURN(out.fetch_schema, text::BoolOption(options, "schema.fetchFromRegistry", false));
  SLUICE_ASSIGN_OR_RETURN(const int64_t size, text::IntOption(options, "cache.size", 200, 32));
  // Versions never change, so they need not be asked for again.
  SLUICE_RETURN_IF_ERROR(text::IntOption(options, "cache.ttlMs", 86'400'000, 64));
  out.cache_size = static_cast<size_t>(std::max<int64_t>(size, 1));
  out.record = text::StringOption(options, "avro.namespace", "org.apache.flink.avro.generated") + "." +
               text::StringOption(options, "avro.record-name", "record");
  return out;
}

std::unique_ptr<SchemaRegistry> OpenGlueRegistry(const RegistryOptions& options) {
  return std::make_unique<GlueRegistry>(options);
}

}  // namespace sluice::engine::glue
