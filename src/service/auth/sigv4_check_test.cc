#include "service/auth/sigv4_check.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "net/sigv4.h"

namespace sluice::service {
namespace {

constexpr int64_t kNowMs = 1440938160'000;  // 2015-08-30T12:36:00Z
constexpr int64_t kMinute = 60'000;

const KeyTable& Keys() {
  static const KeyTable keys = *ParseCredentials(
      "# comment\n[alice]\naws_access_key_id=AKIDEXAMPLE\naws_secret_access_key = "
      "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n"
      "region = us-east-1\n\n[session]\naws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = T\n"
      "expiration = 2015-08-30T12:40:00Z\n");
  return keys;
}

net::HttpRequest Request() {
  net::HttpRequest request;
  request.method = "POST";
  request.body = "{}";
  request.headers.Set("Content-Type", "application/x-amz-json-1.1");
  request.headers.Set("X-Amz-Target", "KinesisAnalytics_20180523.ListApplications");
  return request;
}

net::HttpRequest Signed(int64_t signed_ms = kNowMs, const std::string& key = "AKIDEXAMPLE",
                        const net::SigV4Scope& scope = {"us-east-1", "kinesisanalytics"},
                        const std::string& token = "") {
  net::HttpRequest request = Request();
  auto found = Keys().find(key);
  net::AwsCredentials credentials{key, found == Keys().end() ? "x" : found->second.credentials.secret_access_key,
                                  token};
  net::SignSigV4(*net::ParseUrl("http://localhost:4599"), credentials, scope, signed_ms, &request);
  return request;
}

Answer<Principal> Check(const net::HttpRequest& request, int64_t now_ms = kNowMs) {
  return CheckSigV4(request, Keys(), {.region = "us-east-1"}, now_ms);
}

/// "Type: message", or "ok NAME".
std::string Outcome(const net::HttpRequest& request, int64_t now_ms = kNowMs) {
  auto answer = Check(request, now_ms);
  return answer.ok() ? "ok " + answer->name : answer.error().type() + ": " + answer.error().message();
}

TEST(SigV4CheckTest, AcceptsWhatItsKeySigned) {
  auto principal = Check(Signed());
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->name, "alice");
  EXPECT_EQ(principal->access_key_id, "AKIDEXAMPLE");
  EXPECT_TRUE(principal->known());
}

TEST(SigV4CheckTest, AcceptsTheClockSkewAwsAccepts) {
  EXPECT_EQ(Outcome(Signed(kNowMs - 15 * kMinute)), "ok alice");
  EXPECT_EQ(Outcome(Signed(kNowMs + 15 * kMinute)), "ok alice");
  EXPECT_EQ(Outcome(Signed(kNowMs - 15 * kMinute - 1000)),
            "InvalidSignatureException: Signature expired: 20150830T122059Z is now earlier than 20150830T122100Z "
            "(20150830T123600Z - 15 min.)");
  EXPECT_EQ(Outcome(Signed(kNowMs + 15 * kMinute + 1000)),
            "InvalidSignatureException: Signature not yet current: 20150830T125101Z is still later than "
            "20150830T125100Z (20150830T123600Z + 15 min.)");
}

TEST(SigV4CheckTest, EveryPartOfTheRequestIsCovered) {
  const std::string mismatch = "InvalidSignatureException: The request signature we calculated does not match";
  auto body = Signed();
  body.body = "{\"Limit\":1}";
  EXPECT_TRUE(Outcome(body).starts_with(mismatch));
  body.headers.Set("X-Amz-Content-Sha256", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_FALSE(Check(body).ok());
  auto target = Signed();
  target.headers.Set("X-Amz-Target", "KinesisAnalytics_20180523.DeleteApplication");
  EXPECT_TRUE(Outcome(target).starts_with(mismatch));
  auto path = Signed();
  path.target = "/?a=1";
  EXPECT_TRUE(Outcome(path).starts_with(mismatch));
  auto method = Signed();
  method.method = "PUT";
  EXPECT_TRUE(Outcome(method).starts_with(mismatch));
  auto host = Signed();
  host.headers.Set("Host", "elsewhere");
  EXPECT_TRUE(Outcome(host).starts_with(mismatch));
  auto added = Signed();
  added.headers.Add("X-Amz-Security-Token", "T");
  EXPECT_FALSE(Check(added).ok());
  auto unsigned_header = Signed();
  unsigned_header.headers.Add("X-Amz-Meta", "1");
  EXPECT_EQ(Outcome(unsigned_header),
            "InvalidSignatureException: 'X-Amz-Meta' must be a 'SignedHeader' in the AWS Authorization.");
  auto foreign = Signed();
  foreign.headers.Add("X-Forwarded-For", "10.0.0.1");
  EXPECT_EQ(Outcome(foreign), "ok alice");
}

TEST(SigV4CheckTest, KeysAndTokens) {
  const std::string unknown = "UnrecognizedClientException: The security token included in the request is invalid.";
  EXPECT_EQ(Outcome(Signed(kNowMs, "AKIDOTHER")), unknown);
  EXPECT_EQ(Outcome(Signed(kNowMs, "ASIA1", {"us-east-1", "kinesisanalytics"}, "T")), "ok session");
  EXPECT_EQ(Outcome(Signed(kNowMs, "ASIA1", {"us-east-1", "kinesisanalytics"}, "U")), unknown);
  EXPECT_EQ(Outcome(Signed(kNowMs, "ASIA1")), unknown);
  EXPECT_EQ(Outcome(Signed(kNowMs, "AKIDEXAMPLE", {"us-east-1", "kinesisanalytics"}, "T")), unknown);
  EXPECT_EQ(Outcome(Signed(kNowMs, "ASIA1", {"us-east-1", "kinesisanalytics"}, "T"), kNowMs + 4 * kMinute),
            "ExpiredTokenException: The security token included in the request is expired");
}

TEST(SigV4CheckTest, TheScopeIsThisServiceHereToday) {
  EXPECT_TRUE(Outcome(Signed(kNowMs, "AKIDEXAMPLE", {"eu-west-1", "kinesisanalytics"}))
                  .starts_with("InvalidSignatureException: Credential should be scoped to a valid region"));
  EXPECT_TRUE(Outcome(Signed(kNowMs, "AKIDEXAMPLE", {"us-east-1", "kinesis"}))
                  .starts_with("InvalidSignatureException: Credential should be scoped to correct service"));
  auto other_day = Signed();
  std::string authorization(other_day.headers.Get("Authorization"));
  authorization.replace(authorization.find("/20150830/"), 10, "/20150829/");
  other_day.headers.Set("Authorization", authorization);
  EXPECT_TRUE(Outcome(other_day).starts_with("InvalidSignatureException: Date in Credential scope does not match"));
}

TEST(SigV4CheckTest, NothingOrHalfASignature) {
  EXPECT_EQ(Outcome(Request()), "MissingAuthenticationTokenException: Missing Authentication Token");
  for (const char* text :
       {"Basic YTpi", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential",
        "AWS4-HMAC-SHA512 Credential=a", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=1",
        "AWS4-HMAC-SHA256 Credential=,Signature=,",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesisanalytics/aws4_request, "
        "SignedHeaders=host"}) {
    auto request = Signed();
    request.headers.Set("Authorization", text);
    EXPECT_TRUE(Outcome(request).starts_with("IncompleteSignatureException: ")) << text << ": " << Outcome(request);
  }
  auto no_date = Signed();
  no_date.headers.Remove("X-Amz-Date");
  EXPECT_TRUE(Outcome(no_date).starts_with("IncompleteSignatureException: Authorization header requires existence of"));
  for (const char* date : {"20150830", "20150230T123600Z", "2015-08-30T12:36:00Z", "99999999T999999Z", "\xff"}) {
    auto request = Signed();
    request.headers.Set("X-Amz-Date", date);
    EXPECT_TRUE(Outcome(request).starts_with("IncompleteSignatureException: Date must be in ISO-8601")) << date;
  }
}

/// A request whose signature stands in its query, as botocore's SigV4QueryAuth makes it.
net::HttpRequest Presigned(const std::string& expires) {
  net::HttpRequest request = Request();
  request.headers.Set("Host", "localhost:4599");
  request.target =
      "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fkinesisanalytics%2F"
      "aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=" +
      expires + "&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-target";
  const std::string signature =
      net::SigV4Signature({.method = request.method,
                           .target = request.target,
                           .headers = request.headers,
                           .signed_headers = {"content-type", "host", "x-amz-target"},
                           .payload_hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                           .date_time = "20150830T123600Z",
                           .region = "us-east-1",
                           .service = "kinesisanalytics"},
                          "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  request.target += "&X-Amz-Signature=" + signature;
  request.query = net::ParseQuery(std::string_view(request.target).substr(2));
  return request;
}

TEST(SigV4CheckTest, PresignedRequestsLastAsLongAsTheySay) {
  EXPECT_EQ(Outcome(Presigned("3600"), kNowMs + 60 * kMinute), "ok alice");
  EXPECT_EQ(Outcome(Presigned("3600"), kNowMs + 60 * kMinute + 1000),
            "InvalidSignatureException: Signature expired: 20150830T133600Z is now earlier than 20150830T133601Z "
            "(20150830T123600Z + 3600 sec.)");
  EXPECT_TRUE(Outcome(Presigned("604801")).starts_with("IncompleteSignatureException: X-Amz-Expires"));
  EXPECT_TRUE(Outcome(Presigned("-1")).starts_with("IncompleteSignatureException: X-Amz-Expires"));
  EXPECT_TRUE(Outcome(Presigned("x")).starts_with("IncompleteSignatureException: X-Amz-Expires"));
  EXPECT_TRUE(Outcome(Presigned("")).starts_with("IncompleteSignatureException: AWS query-string parameters"));
  auto changed = Presigned("3600");
  changed.body = "{ }";
  EXPECT_FALSE(Check(changed).ok());
}

/// Neither crashes nor accepts, whatever the bytes.
TEST(SigV4CheckTest, MangledHeadersAreNeverAccepted) {
  SeededRandom random(7);
  const std::string good(Signed().headers.Get("Authorization"));
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    const uint64_t changes = 1 + random.Below(4);
    for (uint64_t change = 0; change < changes && !text.empty(); ++change) {
      const size_t at = random.Below(text.size());
      switch (random.Below(4)) {
        case 0: text[at] = static_cast<char>(random.Below(256)); break;
        case 1: text.erase(at, 1 + random.Below(20)); break;
        case 2: text.insert(at, 1 + random.Below(3), "=,;/ \t"[random.Below(6)]); break;
        default: text.resize(at);
      }
    }
    auto request = Signed();
    request.headers.Set("Authorization", text);
    auto answer = Check(request);
    // Blanks around the commas do not matter; everything else does.
    std::string squeezed;
    for (char c : text) {
      if (c != ' ' && c != '\t') squeezed += c;
    }
    std::string good_squeezed;
    for (char c : good) {
      if (c != ' ') good_squeezed += c;
    }
    while (squeezed.ends_with(',')) squeezed.pop_back();
    if (answer.ok()) {
      EXPECT_TRUE(squeezed.find(good_squeezed.substr(16, 60)) != std::string::npos) << text;
    }
  }
}

TEST(ParseCredentialsTest, SaysWhatIsWrongAndWhere) {
  auto problem = [](std::string_view text) {
    auto keys = ParseCredentials(text);
    return keys.ok() ? "ok" : keys.error().message();
  };
  EXPECT_EQ(problem("[a]\naws_access_key_id = A\naws_secret_access_key = S"), "ok");
  EXPECT_EQ(problem("[a]\naws_access_key_id = A\n"), "line 1: [a] lacks aws_secret_access_key");
  EXPECT_EQ(problem("x\n"), "line 1: expected [PRINCIPAL] or NAME = VALUE");
  EXPECT_EQ(problem("a = b\n"), "line 1: a [PRINCIPAL] must come first");
  EXPECT_EQ(problem("[]\n"), "line 1: a section is [PRINCIPAL]");
  EXPECT_EQ(problem("[a]\nkey = A\n"), "line 2: unknown name 'key'");
  EXPECT_EQ(problem("[a]\naws_access_key_id = A\naws_secret_access_key = S\n[a]\n"),
            "line 4: the principal 'a' comes twice");
  EXPECT_TRUE(problem("[a]\naws_access_key_id = A\naws_secret_access_key = S\n[b]\naws_access_key_id = A\n"
                      "aws_secret_access_key = S\n")
                  .ends_with("belongs to another principal already"));
  EXPECT_TRUE(problem("").starts_with("there are no credentials"));
}

}  // namespace
}  // namespace sluice::service
