// Serves /dashboards/app-NAME/…: an engine's REST API and web pages to whoever has a pass
// (service/auth/dashboard_pass.h), for looking only. Nothing that changes a job gets through.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "net/http_message.h"
#include "service/auth/dashboard_pass.h"
#include "service/store/application_store.h"

namespace sluice::service {

struct DashboardProxyOptions {
  int requests_at_a_time = 4;  // an engine that hangs must not take all threads from the API
  std::chrono::milliseconds engine_timeout{10'000};
  std::function<std::string()> pages;  // the folder of Flink's web pages, empty if there is none; may be no function
};

/// Any thread. What it is given must outlive it.
class DashboardProxy {
 public:
  /// The address of an application's engine, "http://127.0.0.1:41234"; nothing while there is none.
  using EngineAddress = std::function<std::optional<std::string>(const std::string& application)>;

  DashboardProxy(DashboardProxyOptions options, ApplicationStore& store, const TokenSigner& tokens,
                 EngineAddress engine_address, const Clock& clock)
      : options_(options), store_(store), tokens_(tokens), engine_address_(std::move(engine_address)), clock_(clock) {}

  /// Nothing if the request is not for a dashboard.
  std::optional<net::HttpResponse> Handle(const net::HttpRequest& request);

 private:
  struct Admission;

  net::HttpResponse Serve(const net::HttpRequest& request, const std::string& application, std::string_view rest);
  std::optional<Admission> Admit(const net::HttpRequest& request, const std::string& application) const;
  bool RunGoesOn(const DashboardPass& pass) const;
  net::HttpResponse AskEngine(const net::HttpRequest& request, const std::string& application, std::string_view rest);

  DashboardProxyOptions options_;
  ApplicationStore& store_;
  const TokenSigner& tokens_;
  EngineAddress engine_address_;
  const Clock& clock_;
  std::atomic<int> under_way_{0};
};

}  // namespace sluice::service
