#include "service/runner/application_log.h"

#include <boost/json.hpp>
#include <ctime>
#include <fstream>

namespace sluice::service {
namespace {

namespace json = boost::json;

std::string Iso(int64_t ms) {
  std::time_t seconds = ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + length, sizeof(text) - length, ".%03dZ", static_cast<int>(ms % 1000));
  return text;
}

json::array Lines(std::string_view text) {
  json::array out;
  while (!text.empty()) {
    size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

}  // namespace

void ApplicationLog::Write(std::string_view level, int64_t version, std::string_view message,
                           std::string_view exception) {
  json::object record{{"timestamp", Iso(clock_.NowMs())},
                      {"locationInformation", "sluice.service.Supervisor"},
                      {"logger", "sluice.service"},
                      {"message", message},
                      {"threadName", "supervisor"},
                      {"applicationARN", arn_},
                      {"applicationVersionId", std::to_string(version)},
                      {"messageSchemaVersion", "1"},
                      {"messageType", level}};
  if (!exception.empty()) record["throwableInformation"] = Lines(exception);
  std::lock_guard lock(mutex_);
  std::ofstream(path_, std::ios::app) << json::serialize(record) << '\n';
}

}  // namespace sluice::service
