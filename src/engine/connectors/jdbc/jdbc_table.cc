#include "engine/connectors/jdbc/jdbc_table.h"

#include <algorithm>

#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine::jdbc {

namespace {

Error BadOption(std::string message) { return Error(ErrorCode::kOption, std::move(message)); }

/// "%41" → "A".
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
      };
      const int high = digit(text[i + 1]), low = digit(text[i + 2]);
      value = high < 0 || low < 0 ? -1 : high * 16 + low;
      if (value >= 0) {
        out += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

/// The driver's URL parameters that mean something to libpq; those that only tune the Java driver are passed over.
Status AddUrlParameter(const std::string& name, const std::string& value, ConnectionParameters& out) {
  static const std::map<std::string, std::string> kSame = {{"user", "user"},
                                                           {"password", "password"},
                                                           {"sslmode", "sslmode"},
                                                           {"sslcert", "sslcert"},
                                                           {"sslkey", "sslkey"},
                                                           {"sslrootcert", "sslrootcert"},
                                                           {"options", "options"},
                                                           {"ApplicationName", "application_name"},
                                                           {"connectTimeout", "connect_timeout"},
                                                           {"targetServerType", ""}};
  static const std::vector<std::string> kTuning = {"tcpKeepAlive",
                                                   "socketTimeout",
                                                   "loginTimeout",
                                                   "prepareThreshold",
                                                   "defaultRowFetchSize",
                                                   "binaryTransfer",
                                                   "reWriteBatchedInserts",
                                                   "stringtype",
                                                   "loggerLevel",
                                                   "preparedStatementCacheQueries",
                                                   "autosave",
                                                   "preferQueryMode",
                                                   "assumeMinServerVersion",
                                                   "cancelSignalTimeout",
                                                   "ssl",
                                                   "sslfactory"};
  if (name == "currentSchema") {
    out["search_path"] = value;
    return {};
  }
  if (name == "ssl" && value != "false") out.emplace("sslmode", "require");
  if (const auto known = kSame.find(name); known != kSame.end() && !known->second.empty()) {
    out[known->second] = value;
    return {};
  }
  if (std::find(kTuning.begin(), kTuning.end(), name) != kTuning.end()) return {};
  return Error(ErrorCode::kNotSupported, "not supported yet: the parameter '" + name + "' in the option 'url'");
}

Status AllOrNone(const OptionMap& options, const std::vector<std::string>& names) {
  const auto present =
      std::count_if(names.begin(), names.end(), [&](const std::string& n) { return options.contains(n); });
  if (present == 0 || present == static_cast<std::ptrdiff_t>(names.size())) return {};
  std::string list;
  for (const std::string& n : names) list += (list.empty() ? "" : "\n") + n;
  return BadOption("Either all or none of the following options should be provided:\n" + list);
}

Result<std::optional<Partitioning>> ReadPartitioning(const OptionMap& options) {
  SLUICE_RETURN_IF_ERROR(AllOrNone(options, {"scan.partition.column", "scan.partition.num",
                                             "scan.partition.lower-bound", "scan.partition.upper-bound"}));
  if (!options.contains("scan.partition.column")) return std::optional<Partitioning>();
  Partitioning out;
  out.column = options.at("scan.partition.column");
  SLUICE_ASSIGN_OR_RETURN(out.count, text::IntOption(options, "scan.partition.num", 1, 32));
  SLUICE_ASSIGN_OR_RETURN(out.lower, text::IntOption(options, "scan.partition.lower-bound", 0, 64));
  SLUICE_ASSIGN_OR_RETURN(out.upper, text::IntOption(options, "scan.partition.upper-bound", 0, 64));
  if (out.lower > out.upper) {
    return BadOption("'scan.partition.lower-bound'='" + std::to_string(out.lower) +
                     "' must not be larger than 'scan.partition.upper-bound'='" + std::to_string(out.upper) + "'.");
  }
  if (out.count <= 0) return BadOption("'scan.partition.num': Batch number must be positive");
  return std::optional(out);
}

Result<int64_t> NotNegative(const OptionMap& options, const char* name, int64_t fallback) {
  SLUICE_ASSIGN_OR_RETURN(const int64_t value, text::IntOption(options, name, fallback, 32));
  if (value >= 0) return value;
  return BadOption("The value of '" + std::string(name) + "' option shouldn't be negative, but is " +
                   std::to_string(value) + ".");
}

}  // namespace

Result<ConnectionParameters> ParseUrl(const std::string& url) {
  static constexpr std::string_view kPrefix = "jdbc:postgresql:";
  if (!url.starts_with(kPrefix)) {
    if (url.starts_with("jdbc:")) {
      const std::string database = url.substr(5, url.find(':', 5) - 5);
      return Error(ErrorCode::kNotSupported, "not supported yet: the database '" + database + "' of 'url' = '" + url +
                                                 "'; the jdbc connector speaks to PostgreSQL (jdbc:postgresql://…)");
    }
    return BadOption("Could not find any jdbc dialect factory that can handle url '" + url +
                     "' that implements 'org.apache.flink.connector.jdbc.core.database.JdbcFactory' in the classpath.");
  }
  ConnectionParameters out;
  std::string rest = url.substr(kPrefix.size());
  if (const size_t query = rest.find('?'); query != std::string::npos) {
    std::string parameters = rest.substr(query + 1);
    rest.resize(query);
    while (!parameters.empty()) {
      const std::string pair = parameters.substr(0, parameters.find('&'));
      parameters.erase(0, pair.size() + 1);
      const size_t equals = pair.find('=');
      if (pair.empty()) continue;
      const std::string value = equals == std::string::npos ? "" : Unescape(pair.substr(equals + 1));
      SLUICE_RETURN_IF_ERROR(AddUrlParameter(pair.substr(0, equals), value, out));
    }
  }
  out["host"] = "localhost";
  if (rest.starts_with("//")) {
    const size_t slash = rest.find('/', 2);
    std::string hosts = rest.substr(2, slash == std::string::npos ? slash : slash - 2);
    rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    std::string names, ports;
    while (!hosts.empty()) {
      const std::string host = hosts.substr(0, hosts.find(','));
      hosts.erase(0, host.size() + 1);
      const size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
      std::string name = host.substr(0, colon);
      if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
      names += (names.empty() ? "" : ",") + name;
      ports += (ports.empty() ? "" : ",") + (colon == std::string::npos ? std::string("5432") : host.substr(colon + 1));
    }
    if (!names.empty()) {
      out["host"] = names;
      out["port"] = ports;
    }
  }
  if (!rest.empty()) out["dbname"] = Unescape(rest);
  return out;
}

int64_t Partitioning::ranges() const {
  // As JdbcNumericBetweenParametersProvider: at most one range a value.
  const uint64_t values = static_cast<uint64_t>(upper) - static_cast<uint64_t>(lower) + 1;
  return values != 0 && values < static_cast<uint64_t>(count) ? static_cast<int64_t>(values) : count;
}

std::pair<int64_t, int64_t> Partitioning::Range(int64_t k) const {
  // The first `larger` ranges have one value more.
  const auto values = static_cast<uint64_t>(upper) - static_cast<uint64_t>(lower) + 1;
  const auto parts = static_cast<uint64_t>(ranges());
  const uint64_t size = (values + parts - 1) / parts;
  const uint64_t larger = values - (size - 1) * parts;
  const auto before = static_cast<uint64_t>(k);
  const uint64_t start = before < larger ? before * size : larger * size + (before - larger) * (size - 1);
  const uint64_t length = before < larger ? size : size - 1;
  return {lower + static_cast<int64_t>(start), lower + static_cast<int64_t>(start + length - 1)};
}

const std::vector<std::string>& JdbcOptions() {
  static const std::vector<std::string> kOptions = {"compatible-mode",
                                                    "connection.max-retry-timeout",
                                                    "connector",
                                                    "driver",
                                                    "filter.handling.policy",
                                                    "lookup.cache",
                                                    "lookup.cache.caching-missing-key",
                                                    "lookup.cache.max-rows",
                                                    "lookup.cache.ttl",
                                                    "lookup.full-cache.periodic-reload.interval",
                                                    "lookup.full-cache.periodic-reload.schedule-mode",
                                                    "lookup.full-cache.reload-strategy",
                                                    "lookup.full-cache.timed-reload.interval-in-days",
                                                    "lookup.full-cache.timed-reload.iso-time",
                                                    "lookup.max-retries",
                                                    "lookup.partial-cache.cache-missing-key",
                                                    "lookup.partial-cache.expire-after-access",
                                                    "lookup.partial-cache.expire-after-write",
                                                    "lookup.partial-cache.max-rows",
                                                    "password",
                                                    "property-version",
                                                    "scan.auto-commit",
                                                    "scan.fetch-size",
                                                    "scan.parallelism",
                                                    "scan.partition.column",
                                                    "scan.partition.lower-bound",
                                                    "scan.partition.num",
                                                    "scan.partition.upper-bound",
                                                    "sink.buffer-flush.interval",
                                                    "sink.buffer-flush.max-rows",
                                                    "sink.max-retries",
                                                    "sink.parallelism",
                                                    "table-name",
                                                    "url",
                                                    "username"};
  return kOptions;
}

Result<JdbcTable> ReadJdbcTable(const TableDescription& table) {
  const OptionMap& options = table.options;
  SLUICE_RETURN_IF_ERROR(RequireOptions(options, {"table-name", "url"}));
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("jdbc", options, JdbcOptions()));
  JdbcTable out;
  SLUICE_ASSIGN_OR_RETURN(out.connection, ParseUrl(options.at("url")));
  out.name = options.at("table-name");
  SLUICE_RETURN_IF_ERROR(AllOrNone(options, {"username", "password"}));
  if (options.contains("username")) {
    out.connection["user"] = options.at("username");
    out.connection["password"] = options.at("password");
  }
  SLUICE_ASSIGN_OR_RETURN(out.partitioning, ReadPartitioning(options));
  SLUICE_RETURN_IF_ERROR(AllOrNone(options, {"lookup.cache.max-rows", "lookup.cache.ttl"}));
  SLUICE_ASSIGN_OR_RETURN(out.lookup_retries, NotNegative(options, "lookup.max-retries", 3));
  SLUICE_ASSIGN_OR_RETURN(out.sink_retries, NotNegative(options, "sink.max-retries", 3));
  SLUICE_ASSIGN_OR_RETURN(out.flush_rows, text::IntOption(options, "sink.buffer-flush.max-rows", 100, 32));
  SLUICE_ASSIGN_OR_RETURN(const auto interval, text::DurationOption(options, "sink.buffer-flush.interval"));
  out.flush_interval_ms = interval.value_or(1000);
  SLUICE_RETURN_IF_ERROR(text::BoolOption(options, "scan.auto-commit", true));
  SLUICE_ASSIGN_OR_RETURN(const int64_t fetch, text::IntOption(options, "scan.fetch-size", 0, 32));
  (void)fetch;  // rows are streamed whatever it says
  SLUICE_ASSIGN_OR_RETURN(const auto timeout, text::DurationOption(options, "connection.max-retry-timeout"));
  if (timeout && *timeout < 1000) {
    return BadOption(
        "The value of 'connection.max-retry-timeout' option must be in second granularity and shouldn't be "
        "smaller than 1 second, but is " +
        options.at("connection.max-retry-timeout") + ".");
  }
  out.connection.emplace("connect_timeout", std::to_string(timeout.value_or(60000) / 1000));
  const std::string policy = text::StringOption(options, "filter.handling.policy", "always");
  out.push_filters = policy != "never" && policy != "NEVER";
  return out;
}

}  // namespace sluice::engine::jdbc
