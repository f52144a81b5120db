#include "service/server/dashboard_files.h"

#include "base/files.h"

namespace sluice::service {
namespace {

std::string_view TypeOf(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {{".html", "text/html; charset=utf-8"},
                                                                      {".js", "text/javascript; charset=utf-8"},
                                                                      {".css", "text/css; charset=utf-8"},
                                                                      {".json", "application/json"},
                                                                      {".svg", "image/svg+xml"},
                                                                      {".png", "image/png"},
                                                                      {".ico", "image/x-icon"},
                                                                      {".ttf", "font/ttf"},
                                                                      {".woff", "font/woff"},
                                                                      {".woff2", "font/woff2"}};
  for (const auto& [end, type] : kTypes) {
    if (path.ends_with(end)) return type;
  }
  return "application/octet-stream";
}

}  // namespace

std::optional<net::HttpResponse> DashboardFile(const std::string& folder, std::string_view path) {
  if (folder.empty() || !path.starts_with('/') || path.find("..") != std::string_view::npos ||
      path.find('%') != std::string_view::npos || path.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  if (path == "/") path = "/index.html";
  auto text = ReadFile(folder + std::string(path));
  if (!text.ok()) return std::nullopt;
  net::HttpResponse response = net::HttpResponse::Text(200, std::move(*text));
  response.headers.Set("Content-Type", std::string(TypeOf(path)));
  return response;
}

}  // namespace sluice::service
