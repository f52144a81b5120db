#include "engine/connectors/opensearch/opensearch_options.h"

#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::opensearch {
namespace {

Status ReadHosts(const OptionMap& options, SinkOptions& o) {
  const std::string text = options.at("hosts");
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(';', at), text.size());
    const std::string host = text.substr(at, end - at);
    Result<net::Url> url = net::ParseUrl(host);
    if (!url.ok() || host.find(':', host.find("://") + 3) == std::string::npos) {
      return Error(ErrorCode::kOption, "Could not parse host '" + host +
                                           "' in option 'hosts'. It should follow the format 'http://host_name:port'.");
    }
    o.hosts.push_back(std::move(*url));
    at = end + 1;
  }
  return {};
}

Status ReadAccess(const OptionMap& options, SinkOptions& o) {
  const std::string user = text::StringOption(options, "username", "");
  const std::string password = text::StringOption(options, "password", "");
  if (user.empty() != password.empty()) {
    return Error(ErrorCode::kOption, "'username' and 'password' must be set at the same time. Got: username '" + user +
                                         "' and password '" + (password.empty() ? "" : "******") + "'");
  }
  if (!user.empty()) {
    o.authorization = "Basic ";
    text::AppendBase64(o.authorization, user + ":" + password);
  }
  SLUICE_ASSIGN_OR_RETURN(o.allow_insecure, text::BoolOption(options, "allow-insecure", false));
  return {};
}

Status ReadBulk(const OptionMap& options, SinkOptions& o) {
  SLUICE_ASSIGN_OR_RETURN(const int64_t actions, text::IntOption(options, "sink.bulk-flush.max-actions", 1000, 32));
  SLUICE_ASSIGN_OR_RETURN(const int64_t bytes, text::MemoryOption(options, "sink.bulk-flush.max-size", 2 << 20));
  SLUICE_ASSIGN_OR_RETURN(const auto interval, text::DurationOption(options, "sink.bulk-flush.interval"));
  if (actions == 0 || actions < -1) {
    return Error(ErrorCode::kOption,
                 "'sink.bulk-flush.max-actions' must be at least 1. Got: " + std::to_string(actions));
  }
  if (bytes % (1 << 20) != 0) {
    return Error(ErrorCode::kOption,
                 "'sink.bulk-flush.max-size' must be in MB granularity. Got: " + std::to_string(bytes));
  }
  o.limits.batch_entries = actions < 0 ? 10'000 : static_cast<size_t>(actions);
  o.limits.batch_bytes = bytes <= 0 ? 64 << 20 : static_cast<size_t>(bytes);
  o.limits.entry_bytes = 90 << 20;  // the service takes 100 MB
  o.limits.in_flight = 1;           // changes of one document must not overtake each other
  o.limits.buffered = o.limits.batch_entries * 2;
  o.limits.timeout = std::chrono::milliseconds(interval.value_or(1000));
  return {};
}

Status CheckKey(const TableDescription& table) {
  std::string illegal;
  for (const RowField& f : table.physical) {
    bool key = false;
    for (const std::string& name : table.primary_key) key = key || name == f.name;
    if (key && (f.type.is_nested() || f.type.is_binary()))
      illegal += (illegal.empty() ? "" : ", ") + f.type.ToString(false);
  }
  if (illegal.empty()) return {};
  return Error(ErrorCode::kValidation, "The table has a primary key on columns of illegal types: [" + illegal + "].");
}

}  // namespace

std::vector<std::string> OptionNames(const std::string& connector) {
  std::vector<std::string> names = {"connection.path-prefix",
                                    "connection.request-timeout",
                                    "connection.timeout",
                                    "document-id.key-delimiter",
                                    "failure-handler",
                                    "format",
                                    "hosts",
                                    "index",
                                    "password",
                                    "sink.bulk-flush.backoff.delay",
                                    "sink.bulk-flush.backoff.max-retries",
                                    "sink.bulk-flush.backoff.strategy",
                                    "sink.bulk-flush.interval",
                                    "sink.bulk-flush.max-actions",
                                    "sink.bulk-flush.max-size",
                                    "sink.delivery-guarantee",
                                    "sink.flush-on-checkpoint",
                                    "sink.parallelism",
                                    "socket.timeout",
                                    "username"};
  if (connector.starts_with("opensearch")) names.emplace_back("allow-insecure");
  names.insert(names.end(), CommonOptions().begin(), CommonOptions().end());
  return names;
}

Result<SinkOptions> ReadOptions(const std::string& connector, const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(RequireOptions(table.options, {"hosts", "index"}));
  const std::string format = text::StringOption(table.options, "format", "json");
  OptionMap own;
  for (const auto& [name, value] : table.options) {
    if (!name.starts_with(format + ".")) own.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions(connector, own, OptionNames(connector)));
  SinkOptions o;
  SLUICE_RETURN_IF_ERROR(ReadHosts(table.options, o));
  SLUICE_RETURN_IF_ERROR(ReadAccess(table.options, o));
  SLUICE_RETURN_IF_ERROR(ReadBulk(table.options, o));
  SLUICE_RETURN_IF_ERROR(CheckKey(table));
  o.index = table.options.at("index");
  if (o.index.empty()) return Error(ErrorCode::kOption, "'index' must not be empty");
  o.key_delimiter = text::StringOption(table.options, "document-id.key-delimiter", "_");
  o.path_prefix = text::StringOption(table.options, "connection.path-prefix", "");
  SLUICE_ASSIGN_OR_RETURN(const auto timeout, text::DurationOption(table.options, "socket.timeout"));
  if (timeout) o.request_timeout = std::chrono::milliseconds(*timeout);
  const std::string handler = text::StringOption(table.options, "failure-handler", "fail");
  o.ignore_failures = handler == "ignore";
  if (handler != "fail" && handler != "ignore" && handler != "retry-rejected") {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'failure-handler' = '" + handler +
                                               "'; there are fail, ignore and retry-rejected.");
  }
  if (text::StringOption(table.options, "sink.delivery-guarantee", "at-least-once") == "exactly-once") {
    return Error(ErrorCode::kOption, "Only AT_LEAST_ONCE and NONE are supported as 'sink.delivery-guarantee'.");
  }
  return o;
}

}  // namespace sluice::engine::opensearch
