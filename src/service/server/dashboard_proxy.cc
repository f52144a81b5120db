#include "service/server/dashboard_proxy.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <vector>

#include "net/http_client.h"
#include "net/url.h"
#include "service/server/dashboard_files.h"
#include "service/server/dashboard_page.h"

namespace sluice::service {
namespace {

namespace json = boost::json;

constexpr std::string_view kTicketParameter = "authToken";
constexpr std::string_view kCookie = "sluice_dashboard";

bool WantsHtml(const net::HttpRequest& request) {
  return request.headers.Get("Accept").find("text/html") != std::string_view::npos;
}

/// In Flink's form, for scripts; as text for people.
net::HttpResponse Refusal(const net::HttpRequest& request, int status, const std::string& message) {
  if (WantsHtml(request)) return net::HttpResponse::Text(status, message + "\n");
  return net::HttpResponse::Json(status, json::serialize(json::object{{"errors", json::array{message}}}));
}

std::vector<std::string_view> CookieValues(const net::HttpRequest& request) {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!net::EqualsIgnoreCase(name, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      size_t end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.starts_with(kCookie) && pair.substr(kCookie.size()).starts_with('=')) {
        out.push_back(pair.substr(kCookie.size() + 1));
      }
    }
  }
  return out;
}

/// "/jobs?authToken=x&a=1" → "/jobs?a=1": the engine has no business with our tokens.
std::string WithoutTicket(std::string_view target) {
  size_t question = target.find('?');
  std::string out(target.substr(0, question));
  if (question == std::string_view::npos) return out;
  std::string_view query = target.substr(question + 1);
  char separator = '?';
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.substr(0, pair.find('=')) == kTicketParameter) continue;
    out += separator;
    out += pair;
    separator = '&';
  }
  return out;
}

/// Old ways to end a job by a GET.
bool ChangesTheJob(std::string_view path) {
  return path.find("/yarn-cancel") != std::string_view::npos || path.find("/yarn-stop") != std::string_view::npos;
}

/// Flink's page asks /config whether to show what submits and cancels.
void SwitchFeaturesOff(net::HttpResponse* response) {
  boost::system::error_code ec;
  json::value value = json::parse(response->body, ec);
  if (ec || !value.is_object()) return;
  json::value& features = value.as_object()["features"];
  if (!features.is_object()) features = json::object();
  for (const char* feature : {"web-submit", "web-cancel", "web-rescale"}) features.as_object()[feature] = false;
  response->body = json::serialize(value);
}

net::HttpResponse ForBrowser(net::HttpResponse engine) {
  net::HttpResponse response;
  response.status = engine.status;
  response.body = std::move(engine.body);
  for (const char* name : {"Content-Type", "Content-Encoding", "Content-Disposition", "Cache-Control", "ETag",
                           "Last-Modified", "Expires", "Vary"}) {
    if (engine.headers.Has(name)) response.headers.Set(name, std::string(engine.headers.Get(name)));
  }
  return response;
}

}  // namespace

struct DashboardProxy::Admission {
  DashboardPass pass;
  bool by_ticket = false;
};

std::optional<net::HttpResponse> DashboardProxy::Handle(const net::HttpRequest& request) {
  std::string_view rest;
  auto application = ApplicationOfDashboard(request.target, &rest);
  if (!application) return std::nullopt;
  return Serve(request, *application, rest);
}

std::optional<DashboardProxy::Admission> DashboardProxy::Admit(const net::HttpRequest& request,
                                                               const std::string& application) const {
  const int64_t now_ms = clock_.NowMs();
  auto ticket = request.query.find(std::string(kTicketParameter));
  if (ticket != request.query.end()) {
    auto pass = ReadTicket(tokens_, ticket->second, now_ms);
    if (pass && pass->application == application) return Admission{*pass, true};
  }
  // A link with a ticket of long ago may be opened again as long as its session lasts.
  for (std::string_view text : CookieValues(request)) {
    auto pass = ReadSession(tokens_, text, now_ms);
    if (pass && pass->application == application) return Admission{*pass, false};
  }
  return std::nullopt;
}

bool DashboardProxy::RunGoesOn(const DashboardPass& pass) const {
  auto row = store_.Find(pass.application);
  if (!row.ok()) return false;
  switch (row->status) {
    case ApplicationStatus::kReady:
    case ApplicationStatus::kStopping:
    case ApplicationStatus::kForceStopping:
    case ApplicationStatus::kDeleting: return false;
    default: break;
  }
  auto starts = store_.ListOperations(pass.application, {"StartApplication", ""}, kNewest, 1);
  return starts.ok() && (starts->empty() ? pass.run.empty() : starts->front().id == pass.run);
}

net::HttpResponse DashboardProxy::Serve(const net::HttpRequest& request, const std::string& application,
                                        std::string_view rest) {
  auto admission = Admit(request, application);
  if (!admission) {
    return Refusal(request, 403,
                   "This dashboard needs a URL made by CreateApplicationPresignedUrl, opened within 3 minutes; or the "
                   "session that it began has expired. Ask for a new URL.");
  }
  if (!RunGoesOn(admission->pass)) {
    return Refusal(request, 403,
                   "The application was stopped after this URL was made; ask for a new one when it runs.");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return Refusal(request, 403, "The dashboard is read-only: jobs are changed through the kinesisanalyticsv2 API.");
  }
  if (!rest.starts_with('/')) {
    net::HttpResponse response = net::HttpResponse::Text(308, "");
    response.headers.Set("Location", DashboardPath(application) + std::string(rest));
    return response;
  }
  if (ChangesTheJob(rest)) return Refusal(request, 403, "The dashboard is read-only.");
  net::HttpResponse response = AskEngine(request, application, rest);
  response.headers.Set("Referrer-Policy", "no-referrer");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  if (admission->by_ticket) {
    const bool https = net::EqualsIgnoreCase(request.headers.Get("X-Forwarded-Proto"), "https");
    response.headers.Set(
        "Set-Cookie", fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Lax{}", kCookie,
                                  WriteSession(tokens_, admission->pass), DashboardPath(application),
                                  (admission->pass.session_end_ms - clock_.NowMs()) / 1000, https ? "; Secure" : ""));
  }
  return response;
}

net::HttpResponse DashboardProxy::AskEngine(const net::HttpRequest& request, const std::string& application,
                                            std::string_view rest) {
  struct Counted {
    std::atomic<int>& count;
    ~Counted() { --count; }
  };
  const int before = under_way_++;
  Counted counted{under_way_};
  if (before >= options_.requests_at_a_time) {
    return Refusal(request, 503, "Too many dashboard requests at a time; try again.");
  }
  auto address = engine_address_(application);
  if (!address) return Refusal(request, 503, "The application's engine is not there at the moment; try again.");
  const std::string target = WithoutTicket(rest);
  auto url = net::ParseUrl(*address + target);
  if (!url.ok()) return Refusal(request, 400, "The path of this request cannot be passed on to the engine.");
  net::HttpRequest inner;
  inner.method = request.method;
  for (const char* name : {"Accept", "Accept-Encoding", "Accept-Language", "If-None-Match", "If-Modified-Since"}) {
    if (request.headers.Has(name)) inner.headers.Set(name, std::string(request.headers.Get(name)));
  }
  net::HttpClientOptions client;
  client.total_timeout = options_.engine_timeout;
  auto answer = net::SendHttp(*url, inner, client);
  if (!answer.ok()) {
    return Refusal(request, 502, "The application's engine does not answer: " + answer.error().message());
  }
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  // The native engine has no pages of its own: it gets Flink's where a distribution is there, else a small one of ours.
  if (answer->status == 404 && options_.pages) {
    if (auto file = DashboardFile(options_.pages(), path)) return std::move(*file);
  }
  if (answer->status == 404 && (path == "/" || path == "/index.html")) return DashboardPage();
  net::HttpResponse response = ForBrowser(std::move(*answer));
  if (path == "/config" && response.status == 200) SwitchFeaturesOff(&response);
  return response;
}

}  // namespace sluice::service
