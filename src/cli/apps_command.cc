#include "cli/apps_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/apps_client.h"
#include "cli/text_table.h"
#include "net/url.h"

namespace sluice::cli {
namespace {

namespace json = boost::json;

struct Flags {
  std::string endpoint;
  std::string region;
  std::string output = "table";
  std::string name;
  std::string operation;
  std::string until;
  bool follow = false;
  int lines = 100;
  int timeout_s = 0;
  bool engine = false;
};

class AppsCommand {
 public:
  AppsCommand(const Flags& flags, AppsClient& client, Clock& clock) : flags_(flags), client_(client), clock_(clock) {}

  int List();
  int Describe();
  int ShowStatus();
  int Logs();
  int Snapshots();
  int Operations();
  int Dashboard();
  int Maintain();

 private:
  using Row = std::vector<std::string>;

  bool AsJson() const { return flags_.output == "json"; }
  int Fail() const {
    std::fprintf(stderr, "sluice apps: %s\n", problem_.message.c_str());
    return problem_.exit_status;
  }
  static int Print(const json::value& value);
  static int Print(const std::vector<Row>& rows);
  bool Detail(json::object* detail);
  int OneOperation();
  bool ReadLog(int64_t offset, net::HttpResponse* response);
  void PrintLogLines(std::string_view text) const;

  const Flags& flags_;
  AppsClient& client_;
  Clock& clock_;
  CallProblem problem_;
};

std::string Text(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return "-";
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

std::string Time(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return FormatSeconds(value != nullptr && value->is_number() ? value->to_number<double>() : 0);
}

/// Two blanks of indentation, as people read it and tools do not mind.
void Indent(const json::value& value, const std::string& before, std::string* out) {
  const std::string inner = before + "  ";
  if (value.is_object() && !value.as_object().empty()) {
    *out += "{\n";
    size_t left = value.as_object().size();
    for (const auto& member : value.as_object()) {
      *out += inner + json::serialize(member.key()) + ": ";
      Indent(member.value(), inner, out);
      *out += --left > 0 ? ",\n" : "\n";
    }
    *out += before + "}";
  } else if (value.is_array() && !value.as_array().empty()) {
    *out += "[\n";
    size_t left = value.as_array().size();
    for (const json::value& element : value.as_array()) {
      *out += inner;
      Indent(element, inner, out);
      *out += --left > 0 ? ",\n" : "\n";
    }
    *out += before + "]";
  } else {
    *out += json::serialize(value);
  }
}

int AppsCommand::Print(const json::value& value) {
  std::string text;
  Indent(value, "", &text);
  std::puts(text.c_str());
  return 0;
}

int AppsCommand::Print(const std::vector<Row>& rows) {
  std::fputs(FormatTable(rows).c_str(), stdout);
  return 0;
}

int AppsCommand::List() {
  json::array rows;
  if (!client_.CallAll("ListApplications", {}, "ApplicationSummaries", &rows, &problem_)) return Fail();
  if (flags_.output == "names") {
    for (const json::value& row : rows) std::puts(Text(row.as_object(), "ApplicationName").c_str());
    return 0;
  }
  if (AsJson()) return Print(rows);
  std::vector<Row> table{{"NAME", "STATUS", "VERSION", "RUNTIME", "MODE"}};
  for (const json::value& row : rows) {
    const json::object& one = row.as_object();
    table.push_back({Text(one, "ApplicationName"), Text(one, "ApplicationStatus"), Text(one, "ApplicationVersionId"),
                     Text(one, "RuntimeEnvironment"), Text(one, "ApplicationMode")});
  }
  return Print(table);
}

bool AppsCommand::Detail(json::object* detail) {
  json::object answer;
  if (!client_.Call("DescribeApplication", {{"ApplicationName", flags_.name}}, &answer, &problem_)) return false;
  *detail = answer["ApplicationDetail"].is_object() ? answer["ApplicationDetail"].as_object() : json::object();
  return true;
}

int AppsCommand::Describe() {
  json::object detail;
  if (!Detail(&detail)) return Fail();
  if (AsJson()) return Print(detail);
  std::vector<Row> table{
      {"Name", Text(detail, "ApplicationName")},          {"Status", Text(detail, "ApplicationStatus")},
      {"Version", Text(detail, "ApplicationVersionId")},  {"Runtime", Text(detail, "RuntimeEnvironment")},
      {"Mode", Text(detail, "ApplicationMode")},          {"ARN", Text(detail, "ApplicationARN")},
      {"Role", Text(detail, "ServiceExecutionRole")},     {"Description", Text(detail, "ApplicationDescription")},
      {"Created (UTC)", Time(detail, "CreateTimestamp")}, {"Updated (UTC)", Time(detail, "LastUpdateTimestamp")}};
  const json::value none = json::object();
  auto inner = [&](const json::value& of, const char* key) -> const json::value& {
    const json::value* found = of.is_object() ? of.as_object().if_contains(key) : nullptr;
    return found != nullptr ? *found : none;
  };
  const json::value whole = detail;
  const json::value& configuration = inner(whole, "ApplicationConfigurationDescription");
  const json::value& flink = inner(configuration, "FlinkApplicationConfigurationDescription");
  for (const char* part : {"ParallelismConfigurationDescription", "CheckpointConfigurationDescription"}) {
    for (const auto& member : inner(flink, part).get_object()) {
      table.push_back({std::string(member.key()), json::serialize(member.value())});
    }
  }
  const json::value& groups =
      inner(inner(configuration, "EnvironmentPropertyDescriptions"), "PropertyGroupDescriptions");
  if (groups.is_array()) {
    for (const json::value& group : groups.as_array()) {
      for (const auto& member : inner(group, "PropertyMap").get_object()) {
        table.push_back(
            {fmt::format("{}:{}", Text(group.as_object(), "PropertyGroupId"), std::string_view(member.key())),
             Text(inner(group, "PropertyMap").get_object(), std::string(member.key()).c_str())});
      }
    }
  }
  return Print(table);
}

bool IsSteady(const std::string& status) { return status == "READY" || status == "RUNNING" || status == "ROLLED_BACK"; }

int AppsCommand::ShowStatus() {
  const int64_t begin_ns = clock_.MonotonicNs();
  std::string last;
  while (true) {
    json::object detail;
    if (!Detail(&detail)) {
      // What was followed to its end is gone, as somebody has asked for.
      if (problem_.exit_status == kExitNotFound && last == "DELETING") return 0;
      return Fail();
    }
    const std::string status = Text(detail, "ApplicationStatus");
    if (status != last) {
      if (AsJson()) {
        std::puts(json::serialize(json::object{{"ApplicationName", flags_.name},
                                               {"ApplicationStatus", status},
                                               {"ApplicationVersionId", detail["ApplicationVersionId"]}})
                      .c_str());
      } else {
        std::puts(status.c_str());
      }
      std::fflush(stdout);
      last = status;
    }
    if (!flags_.until.empty() && status == flags_.until) return 0;
    if (!flags_.follow && flags_.until.empty()) return 0;
    if (IsSteady(status) && flags_.follow && flags_.until.empty()) return 0;
    if (flags_.timeout_s > 0 && clock_.MonotonicNs() - begin_ns > flags_.timeout_s * int64_t{1'000'000'000}) {
      std::fprintf(stderr, "sluice apps: %s is still %s after %d s\n", flags_.name.c_str(), status.c_str(),
                   flags_.timeout_s);
      return kExitTimeout;
    }
    clock_.Sleep(std::chrono::milliseconds(500));
  }
}

bool AppsCommand::ReadLog(int64_t offset, net::HttpResponse* response) {
  std::string target =
      fmt::format("/logs/app-{}?file={}", net::PercentEncode(flags_.name), flags_.engine ? "engine" : "application");
  target += offset < 0 ? fmt::format("&lines={}", flags_.lines) : fmt::format("&offset={}", offset);
  return client_.Get(target, response, &problem_);
}

void AppsCommand::PrintLogLines(std::string_view text) const {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string line(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    boost::system::error_code ec;
    const json::value value = AsJson() ? json::value() : json::parse(line, ec);
    const json::object* record = ec ? nullptr : value.if_object();
    if (record == nullptr || !record->contains("message")) {
      std::puts(line.c_str());
      continue;
    }
    const char* level = record->contains("messageType") ? "messageType" : "level";
    const char* time = record->contains("timestamp") ? "timestamp" : "time";
    std::puts(
        fmt::format("{}  {:<5}  {}", Text(*record, time), Text(*record, level), Text(*record, "message")).c_str());
    if (const json::value* trace = record->if_contains("throwableInformation"); trace != nullptr && trace->is_array()) {
      for (const json::value& part : trace->as_array()) {
        if (part.is_string()) std::puts(("    " + std::string(part.as_string())).c_str());
      }
    }
  }
  std::fflush(stdout);
}

int AppsCommand::Logs() {
  int64_t offset = -1;
  while (true) {
    net::HttpResponse response;
    if (!ReadLog(offset, &response)) return Fail();
    PrintLogLines(response.body);
    offset = std::atoll(std::string(response.headers.Get("X-Sluice-Next-Offset")).c_str());
    if (!flags_.follow) return 0;
    if (response.body.empty()) clock_.Sleep(std::chrono::milliseconds(500));
  }
}

int AppsCommand::Snapshots() {
  json::array rows;
  if (!client_.CallAll("ListApplicationSnapshots", {{"ApplicationName", flags_.name}}, "SnapshotSummaries", &rows,
                       &problem_)) {
    return Fail();
  }
  if (AsJson()) return Print(rows);
  std::vector<Row> table{{"NAME", "STATUS", "APPLICATION VERSION", "RUNTIME", "CREATED (UTC)"}};
  for (const json::value& row : rows) {
    const json::object& one = row.as_object();
    table.push_back({Text(one, "SnapshotName"), Text(one, "SnapshotStatus"), Text(one, "ApplicationVersionId"),
                     Text(one, "RuntimeEnvironment"), Time(one, "SnapshotCreationTimestamp")});
  }
  return Print(table);
}

int AppsCommand::OneOperation() {
  json::object answer;
  if (!client_.Call("DescribeApplicationOperation",
                    {{"ApplicationName", flags_.name}, {"OperationId", flags_.operation}}, &answer, &problem_)) {
    return Fail();
  }
  const json::object detail = answer["ApplicationOperationInfoDetails"].as_object();
  if (AsJson()) return Print(detail);
  std::vector<Row> table{{"Operation", Text(detail, "Operation")},
                         {"Status", Text(detail, "OperationStatus")},
                         {"Started (UTC)", Time(detail, "StartTime")},
                         {"Ended (UTC)", Time(detail, "EndTime")}};
  Print(table);
  if (const json::value* failure = detail.if_contains("OperationFailureDetails")) {
    const json::value* info = failure->as_object().if_contains("ErrorInfo");
    if (info != nullptr) std::puts(("Error\n" + Text(info->as_object(), "ErrorString")).c_str());
  }
  return 0;
}

int AppsCommand::Operations() {
  if (!flags_.operation.empty()) return OneOperation();
  json::array rows;
  if (!client_.CallAll("ListApplicationOperations", {{"ApplicationName", flags_.name}}, "ApplicationOperationInfoList",
                       &rows, &problem_)) {
    return Fail();
  }
  if (AsJson()) return Print(rows);
  std::vector<Row> table{{"OPERATION", "STATUS", "STARTED (UTC)", "ENDED (UTC)", "ID"}};
  for (const json::value& row : rows) {
    const json::object& one = row.as_object();
    table.push_back({Text(one, "Operation"), Text(one, "OperationStatus"), Time(one, "StartTime"), Time(one, "EndTime"),
                     Text(one, "OperationId")});
  }
  return Print(table);
}

int AppsCommand::Dashboard() {
  json::object answer;
  if (!client_.Call("CreateApplicationPresignedUrl",
                    {{"ApplicationName", flags_.name}, {"UrlType", "FLINK_DASHBOARD_URL"}}, &answer, &problem_)) {
    return Fail();
  }
  if (AsJson()) return Print(answer);
  std::puts(Text(answer, "AuthorizedUrl").c_str());
  return 0;
}

int AppsCommand::Maintain() {
  net::HttpResponse response;
  if (!client_.Post("/maintenance/app-" + net::PercentEncode(flags_.name), &response, &problem_)) return Fail();
  boost::system::error_code ec;
  const json::value answer = json::parse(response.body, ec);
  if (AsJson()) return Print(answer);
  std::puts(ec || !answer.is_object() ? "-" : Text(answer.as_object(), "OperationId").c_str());
  return 0;
}

struct SubCommand {
  const char* name;
  const char* help;
  int (AppsCommand::*run)();
};

constexpr SubCommand kSubCommands[] = {
    {"list", "all applications", &AppsCommand::List},
    {"describe", "one application: status, version, settings", &AppsCommand::Describe},
    {"status", "one application's status; --follow waits until it is steady", &AppsCommand::ShowStatus},
    {"logs", "what the service and the job have logged", &AppsCommand::Logs},
    {"snapshots", "an application's snapshots", &AppsCommand::Snapshots},
    {"operations", "what was done to an application, or one operation with its error", &AppsCommand::Operations},
    {"dashboard", "a URL that opens the application's dashboard; use it within 3 minutes", &AppsCommand::Dashboard},
    {"maintain", "restart the engine behind a snapshot, as maintenance does; prints the operation's id",
     &AppsCommand::Maintain},
};

void Declare(CLI::App& app, Flags& flags) {
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 done, 1 the service refused, 2 wrong usage, 3 no such application, 4 no service there,\n"
      "6 the time of --timeout is over.");
  for (const SubCommand& command : kSubCommands) {
    const std::string name = command.name;
    CLI::App* sub = app.add_subcommand(name, command.help);
    sub->add_option("--endpoint", flags.endpoint,
                    "the service's URL (default: SLUICE_ENDPOINT, else http://127.0.0.1:4599)");
    sub->add_option("--region", flags.region, "region in signatures (default: AWS_REGION, else us-east-1)");
    const std::vector<std::string> outputs =
        name == "list" ? std::vector<std::string>{"table", "json", "names"} : std::vector<std::string>{"table", "json"};
    sub->add_option("--output,-o", flags.output, "form of the output")
        ->capture_default_str()
        ->check(CLI::IsMember(outputs));
    if (name != "list") sub->add_option("APPLICATION", flags.name, "the application's name")->required();
    if (name == "operations") sub->add_option("OPERATION", flags.operation, "an operation's id, for its details");
    if (name == "status") {
      sub->add_flag("--follow,-f", flags.follow, "print each change until it is READY, RUNNING or ROLLED_BACK");
      sub->add_option("--until", flags.until, "wait for this status")
          ->check(CLI::IsMember({"READY", "RUNNING", "ROLLED_BACK", "STOPPING", "STARTING", "UPDATING"}));
      sub->add_option("--timeout", flags.timeout_s, "give up after so many seconds, with exit status 6");
    }
    if (name == "logs") {
      sub->add_flag("--follow,-f", flags.follow, "go on with what is logged from now on");
      sub->add_option("--lines,-n", flags.lines, "so many of the last lines")
          ->capture_default_str()
          ->check(CLI::NonNegativeNumber);
      sub->add_flag("--engine", flags.engine, "the engine process's own output instead");
    }
  }
}

/// Owns what its options point to.
class DeclaredApp : public CLI::App {
 public:
  DeclaredApp() : CLI::App("Applications of a service: what runs, how it is, what it says", "sluice apps") {
    Declare(*this, flags);
  }
  Flags flags;
};

std::string EndpointOf(const Flags& flags, const net::EnvLookup& environment) {
  if (!flags.endpoint.empty()) return flags.endpoint;
  for (const char* name : {"SLUICE_ENDPOINT", "AWS_ENDPOINT_URL_KINESIS_ANALYTICS_V2"}) {
    if (std::string value = environment(name); !value.empty()) return value;
  }
  return "http://127.0.0.1:4599";
}

}  // namespace

std::unique_ptr<CLI::App> DeclareAppsCommand() { return std::make_unique<DeclaredApp>(); }

int RunAppsCommand(int argc, char** argv) {
  DeclaredApp app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const net::EnvLookup environment = net::ProcessEnvironment();
  auto endpoint = net::ParseUrl(EndpointOf(app.flags, environment));
  if (!endpoint.ok()) {
    std::fprintf(stderr, "sluice apps: %s\n", endpoint.error().message().c_str());
    return kExitUsage;
  }
  SystemClock clock;
  const std::string region = app.flags.region.empty() ? net::FindRegion(environment) : app.flags.region;
  AppsClient client(*endpoint, region, environment, clock);
  AppsCommand command(app.flags, client, clock);
  const std::string name = app.get_subcommands().front()->get_name();
  for (const SubCommand& one : kSubCommands) {
    if (name == one.name) return (command.*one.run)();
  }
  return kExitUsage;
}

}  // namespace sluice::cli
