#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/files.h"
#include "service/package/aws_hosts.h"
#include "service/package/certificate_authority.h"
#include "service/package/trust_store.h"

namespace sluice::service {
namespace {

constexpr int64_t kNowMs = 1'795'000'000'000;  // 2026-11-18

net::EnvLookup Environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    auto it = variables.find(name);
    return it == variables.end() ? std::string() : it->second;
  };
}

bool Has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

class Folder : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("package-test"); }
  void TearDown() override { (void)RemoveTree(folder_); }
  std::string folder_;
};
using AuthorityTest = Folder;

X509* Read(const std::string& pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* out = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
  BIO_free(memory);
  return out;
}

/// As a client of `host` at that time would see it.
int Verify(const std::string& authority, const std::string& leaf, const std::string& host, int64_t now_ms) {
  X509* root = Read(authority);
  X509* certificate = Read(leaf);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, root);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate, nullptr);
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
  X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_time(wanted, now_ms / 1000);
  X509_verify_cert(context);
  const int result = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(certificate);
  X509_free(root);
  return result;
}

TEST_F(AuthorityTest, IsMadeOnceAndVouchesForTheHostOnly) {
  auto authority = CertificateAuthority::Open(folder_, kNowMs);
  ASSERT_TRUE(authority.ok());
  auto again = CertificateAuthority::Open(folder_, kNowMs);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(authority->certificate(), again->certificate());
  auto issued = again->Issue("123456789012.data-kinesis.eu-west-1.amazonaws.com");
  ASSERT_TRUE(issued.ok());
  EXPECT_EQ(X509_V_OK, Verify(authority->certificate(), issued->certificate,
                              "123456789012.data-kinesis.eu-west-1.amazonaws.com", kNowMs));
  EXPECT_EQ(X509_V_ERR_HOSTNAME_MISMATCH,
            Verify(authority->certificate(), issued->certificate, "kinesis.eu-west-1.amazonaws.com", kNowMs));
}

TEST_F(AuthorityTest, RefusesHostsThatAreNotAws) {
  auto authority = CertificateAuthority::Open(folder_, kNowMs);
  ASSERT_TRUE(authority.ok());
  for (const char* host :
       {"example.com", "amazonaws.com", "evilamazonaws.com", "x.amazonaws.com,DNS:example.com", ""}) {
    EXPECT_FALSE(authority->Issue(host).ok()) << host;
  }
}

TEST_F(AuthorityTest, IsMadeAnewBeforeItExpiresAndWhenBroken) {
  auto first = CertificateAuthority::Open(folder_, kNowMs);
  auto later = CertificateAuthority::Open(folder_, kNowMs + 10LL * 365 * 24 * 3600 * 1000);
  ASSERT_TRUE(first.ok() && later.ok());
  EXPECT_NE(first->certificate(), later->certificate());
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/authority.pem", "rubbish").ok());
  auto mended = CertificateAuthority::Open(folder_, kNowMs);
  ASSERT_TRUE(mended.ok());
  EXPECT_TRUE(mended->Issue("sts.amazonaws.com").ok());
}

TEST_F(AuthorityTest, TrustStoreHasEveryCertificate) {
  auto authority = CertificateAuthority::Open(folder_, kNowMs);
  ASSERT_TRUE(authority.ok());
  auto issued = authority->Issue("sts.amazonaws.com");
  ASSERT_TRUE(issued.ok());  // two certificates: its own and the authority's
  auto store = TrustStore(issued->certificate + "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n" +
                              authority->certificate(),
                          "changeit");
  ASSERT_TRUE(store.ok());
  const auto* bytes = reinterpret_cast<const unsigned char*>(store->data());
  PKCS12* read = d2i_PKCS12(nullptr, &bytes, static_cast<long>(store->size()));
  ASSERT_NE(nullptr, read);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  EXPECT_EQ(1, PKCS12_parse(read, "changeit", &key, &certificate, &others));
  EXPECT_EQ(3, sk_X509_num(others));
  sk_X509_pop_free(others, X509_free);
  PKCS12_free(read);
  EXPECT_FALSE(TrustStore("no certificate", "changeit").ok());
}

TEST(AwsHostsTest, HostsBelongToServices) {
  EXPECT_EQ("KINESIS", ServiceOfHost("kinesis.us-east-1.amazonaws.com"));
  EXPECT_EQ("KINESIS", ServiceOfHost("123456789012.control-kinesis.eu-central-1.amazonaws.com"));
  EXPECT_EQ("KINESIS", ServiceOfHost("kinesis.cn-north-1.amazonaws.com.cn"));
  EXPECT_EQ("DYNAMODB_STREAMS", ServiceOfHost("streams.dynamodb.us-gov-west-1.amazonaws.com"));
  EXPECT_EQ("S3", ServiceOfHost("my.dotted.bucket.s3.us-west-2.amazonaws.com"));
  EXPECT_EQ("S3", ServiceOfHost("bucket.s3.amazonaws.com"));
  EXPECT_EQ("STS", ServiceOfHost("sts.amazonaws.com"));
  for (const char* host : {"kinesis.amazonaws.com", "kinesis.us-east.amazonaws.com", "kinesis.us-east-1.example.com",
                           "12345.data-kinesis.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com", ""}) {
    EXPECT_EQ("", ServiceOfHost(host)) << host;
  }
}

TEST(AwsHostsTest, EndpointsComeFromTheEnvironment) {
  auto some = EndpointsFromEnvironment(Environment({{"AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:4567/"}}));
  ASSERT_TRUE(some.ok());
  ASSERT_EQ(1u, some->size());
  EXPECT_EQ(4567, some->find("KINESIS")->second.port);
  auto all = EndpointsFromEnvironment(
      Environment({{"AWS_ENDPOINT_URL", "http://127.0.0.1:5000"}, {"AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000"}}));
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(9000, all->find("S3")->second.port);
  EXPECT_EQ(5000, all->find("SECRETS_MANAGER")->second.port);
  for (const char* bad : {"http://127.0.0.1:4567/path", "https://kinesis.us-east-1.amazonaws.com", "nonsense"}) {
    EXPECT_FALSE(EndpointsFromEnvironment(Environment({{"AWS_ENDPOINT_URL_KINESIS", bad}})).ok()) << bad;
  }
}

TEST(AwsHostsTest, HostsOfAnApplication) {
  HostFacts facts{{"us-east-1"}, {"111122223333"}, {}};
  AddHostFacts(R"([{"PropertyGroupId":"in","PropertyMap":{"stream.arn":
      "arn:aws:kinesis:xx-test-9:012345678901:stream/in","aws.region":"yy-made-up-1","path":"s3a://data.bucket/x"}}])",
               &facts);
  EXPECT_EQ((std::set<std::string>{"012345678901", "111122223333"}), facts.accounts);
  EXPECT_EQ((std::set<std::string>{"data.bucket"}), facts.buckets);
  EXPECT_TRUE(facts.regions.contains("xx-test-9"));
  EXPECT_TRUE(facts.regions.contains("yy-made-up-1"));
  const net::Url url{"http", "127.0.0.1", 4567, "/"};
  const auto kinesis = HostsOf({{"KINESIS", url}}, facts);
  EXPECT_TRUE(Has(kinesis, "012345678901.data-kinesis.xx-test-9.amazonaws.com"));
  EXPECT_TRUE(Has(kinesis, "kinesis.us-west-2.amazonaws.com"));  // a region that only code names
  EXPECT_TRUE(Has(kinesis, "kinesis.cn-north-1.amazonaws.com.cn"));
  EXPECT_FALSE(Has(kinesis, "sts.us-east-1.amazonaws.com"));
  const auto s3 = HostsOf({{"S3", url}}, facts);
  EXPECT_TRUE(Has(s3, "data.bucket.s3.us-east-1.amazonaws.com"));
  EXPECT_TRUE(Has(s3, "s3.amazonaws.com"));
  for (const auto& hosts : {kinesis, s3}) {
    for (const std::string& host : hosts) EXPECT_NE("", ServiceOfHost(host)) << host;
  }
  EXPECT_EQ("127.0.0.1 localhost\n127.9.9.9 a\n127.9.9.9 b\n",
            HostsFile("127.0.0.1 localhost", {"a", "b"}, "127.9.9.9"));
}

}  // namespace
}  // namespace sluice::service
