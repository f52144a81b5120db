#include "service/auth/dashboard_pass.h"

#include <gtest/gtest.h>

namespace sluice::service {
namespace {

constexpr int64_t kNowMs = 1'000'000;

DashboardPass Pass() { return {"orders..v1", "run-7", kNowMs, kNowMs + 1'800'000}; }

TEST(DashboardPassTest, TicketsMustBeUsedWithinThreeMinutes) {
  TokenSigner signer(std::string(32, 'k'));
  const std::string ticket = WriteTicket(signer, Pass());
  EXPECT_EQ(ticket.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
            std::string::npos);
  auto read = ReadTicket(signer, ticket, kNowMs + 179'999);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->application, "orders..v1");
  EXPECT_EQ(read->run, "run-7");
  EXPECT_EQ(read->session_end_ms, kNowMs + 1'800'000);
  EXPECT_FALSE(ReadTicket(signer, ticket, kNowMs + 180'000));
}

TEST(DashboardPassTest, SessionsEndWhenTheySay) {
  TokenSigner signer(std::string(32, 'k'));
  const std::string session = WriteSession(signer, Pass());
  EXPECT_TRUE(ReadSession(signer, session, kNowMs + 1'799'999));
  EXPECT_FALSE(ReadSession(signer, session, kNowMs + 1'800'000));
}

TEST(DashboardPassTest, OnlyOurOwnTextsAndForTheirPurpose) {
  TokenSigner signer(std::string(32, 'k'));
  const std::string ticket = WriteTicket(signer, Pass());
  EXPECT_FALSE(ReadSession(signer, ticket, kNowMs));
  EXPECT_FALSE(ReadTicket(signer, WriteSession(signer, Pass()), kNowMs));
  EXPECT_FALSE(ReadTicket(TokenSigner(std::string(32, 'l')), ticket, kNowMs));
  for (size_t at = 0; at < ticket.size(); ++at) {
    std::string changed = ticket;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    auto read = ReadTicket(signer, changed, kNowMs);
    // The last digit of a Base64 text has bits that do not count.
    if (read) {
      EXPECT_EQ(read->run, "run-7");
    }
    EXPECT_FALSE(ReadTicket(signer, ticket.substr(0, at), kNowMs));
  }
  for (const char* text : {"", ".", "..", "a.b", "\xff\xff.\xff", "=.="})
    EXPECT_FALSE(ReadTicket(signer, text, kNowMs));
}

TEST(DashboardPassTest, Paths) {
  std::string_view rest;
  EXPECT_EQ(DashboardPath(".."), "/dashboards/app-../");
  EXPECT_EQ(ApplicationOfDashboard("/dashboards/app-a.b/jobs?x=1", &rest), "a.b");
  EXPECT_EQ(rest, "/jobs?x=1");
  EXPECT_EQ(ApplicationOfDashboard("/dashboards/app-a?x", &rest), "a");
  EXPECT_EQ(rest, "?x");
  EXPECT_FALSE(ApplicationOfDashboard("/", &rest));
}

}  // namespace
}  // namespace sluice::service
