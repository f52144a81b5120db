#include "service/auth/dashboard_pass.h"

#include <fmt/format.h>

#include <charconv>

namespace sluice::service {
namespace {

constexpr std::string_view kTicket = "dashboard-ticket";
constexpr std::string_view kSession = "dashboard-session";
// A name may be "..", which browsers would resolve in a path if it stood alone between slashes.
constexpr std::string_view kPathPrefix = "/dashboards/app-";

std::string Write(const TokenSigner& signer, std::string_view purpose, const DashboardPass& pass) {
  return signer.Sign(purpose,
                     fmt::format("{} {} {} {}", pass.issued_ms, pass.session_end_ms, pass.run, pass.application));
}

std::string_view NextWord(std::string_view* text) {
  size_t blank = text->find(' ');
  std::string_view word = text->substr(0, blank);
  *text = blank == std::string_view::npos ? std::string_view() : text->substr(blank + 1);
  return word;
}

int64_t Number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<DashboardPass> Read(const TokenSigner& signer, std::string_view purpose, std::string_view text) {
  auto payload = signer.Verify(purpose, text);
  if (!payload) return std::nullopt;
  std::string_view rest = *payload;
  DashboardPass pass;
  pass.issued_ms = Number(NextWord(&rest));
  pass.session_end_ms = Number(NextWord(&rest));
  pass.run = NextWord(&rest);
  pass.application = NextWord(&rest);
  return pass;
}

}  // namespace

std::string WriteTicket(const TokenSigner& signer, const DashboardPass& pass) { return Write(signer, kTicket, pass); }
std::string WriteSession(const TokenSigner& signer, const DashboardPass& pass) { return Write(signer, kSession, pass); }

std::optional<DashboardPass> ReadTicket(const TokenSigner& signer, std::string_view text, int64_t now_ms) {
  auto pass = Read(signer, kTicket, text);
  const int64_t life_ms = std::chrono::milliseconds(kTicketLife).count();
  if (!pass || now_ms >= pass->issued_ms + life_ms || now_ms >= pass->session_end_ms) return std::nullopt;
  return pass;
}

std::optional<DashboardPass> ReadSession(const TokenSigner& signer, std::string_view text, int64_t now_ms) {
  auto pass = Read(signer, kSession, text);
  if (!pass || now_ms >= pass->session_end_ms) return std::nullopt;
  return pass;
}

std::string DashboardPath(std::string_view application) { return fmt::format("{}{}/", kPathPrefix, application); }

std::optional<std::string> ApplicationOfDashboard(std::string_view target, std::string_view* rest) {
  if (!target.starts_with(kPathPrefix)) return std::nullopt;
  target.remove_prefix(kPathPrefix.size());
  size_t end = target.find_first_of("/?");
  *rest = end == std::string_view::npos ? std::string_view() : target.substr(end);
  return std::string(target.substr(0, end));
}

}  // namespace sluice::service
