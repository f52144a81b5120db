#include "service/server/log_endpoint.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>

#include "net/url.h"

namespace sluice::service {
namespace {

constexpr std::string_view kPrefix = "/logs/app-";
constexpr int64_t kMostBytes = 1024 * 1024;

net::HttpResponse Refusal(int status, const std::string& type, const std::string& message) {
  return net::HttpResponse::Json(status,
                                 boost::json::serialize(boost::json::object{{"__type", type}, {"message", message}}));
}

std::string Parameter(const net::HttpRequest& request, const std::string& name) {
  auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

/// -1 if it is not a number of at least 0.
int64_t NumberOf(const std::string& text) {
  int64_t number = -1;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return ec == std::errc() && end == text.data() + text.size() && number >= 0 ? number : -1;
}

/// Up to kMostBytes from `begin` on, whole lines; `next` is the byte after them.
std::string ReadLines(std::ifstream& file, int64_t begin, int64_t size, int64_t* next) {
  std::string text(static_cast<size_t>(std::min(kMostBytes, size - begin)), '\0');
  file.seekg(begin);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  size_t end = text.rfind('\n');
  // A line that is longer than what is read at a time goes out in parts.
  if (end != std::string::npos || static_cast<int64_t>(text.size()) < kMostBytes) {
    text.resize(end == std::string::npos ? 0 : end + 1);
  }
  *next = begin + static_cast<int64_t>(text.size());
  return text;
}

std::string_view LastLines(std::string_view text, int64_t lines) {
  size_t at = text.size();
  for (int64_t line = 0; line < lines && at > 0; ++line) {
    const size_t before = at < 2 ? std::string_view::npos : text.rfind('\n', at - 2);
    at = before == std::string_view::npos ? 0 : before + 1;
  }
  return text.substr(at);
}

net::HttpResponse ReadLog(const std::string& path, int64_t offset, int64_t lines) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const int64_t size = file ? static_cast<int64_t>(file.tellg()) : 0;
  int64_t begin = offset;
  if (offset < 0) begin = std::max<int64_t>(0, size - kMostBytes);
  if (begin > size) begin = 0;  // another file since
  int64_t next = begin;
  std::string text = file ? ReadLines(file, begin, size, &next) : "";
  if (offset < 0) text = LastLines(text, lines);
  net::HttpResponse response = net::HttpResponse::Text(200, std::move(text));
  response.headers.Set("X-Sluice-Next-Offset", std::to_string(next));
  return response;
}

}  // namespace

std::optional<net::HttpResponse> HandleLogRequest(const ServiceContext& context, const net::HttpRequest& request) {
  if (!request.path.starts_with(kPrefix)) return std::nullopt;
  if (request.method != "GET") return Refusal(405, "UnknownOperationException", "Logs are read with GET");
  auto caller = context.authenticator.Authenticate(request);
  if (!caller.ok()) return Refusal(caller.error().status(), caller.error().type(), caller.error().message());
  const std::string name = request.path.substr(kPrefix.size());
  if (!context.store.Find(name).ok()) {
    return Refusal(404, "ResourceNotFoundException", "Application not found: " + name);
  }
  const std::string file = Parameter(request, "file");
  if (!file.empty() && file != "application" && file != "engine") {
    return Refusal(400, "InvalidArgumentException", "file is 'application' or 'engine', not '" + file + "'");
  }
  const std::string offset = Parameter(request, "offset");
  const std::string lines = Parameter(request, "lines");
  if ((!offset.empty() && NumberOf(offset) < 0) || (!lines.empty() && NumberOf(lines) < 0)) {
    return Refusal(400, "InvalidArgumentException", "offset and lines are numbers");
  }
  const std::string path = ApplicationFolder(context.config.data_folder, name) + "/logs/" +
                           (file == "engine" ? "engine.log" : "application.log");
  return ReadLog(path, offset.empty() ? -1 : NumberOf(offset), lines.empty() ? 100 : NumberOf(lines));
}

}  // namespace sluice::service
