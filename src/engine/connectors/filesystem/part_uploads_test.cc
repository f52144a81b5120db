// Against a bucket that answers when the test lets it.
#include "engine/connectors/filesystem/part_uploads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "base/clock.h"
#include "net/aws/credentials.h"
#include "net/aws/s3.h"
#include "net/http_server.h"

namespace sluice::engine::filesystem {
namespace {

class PartUploadsTest : public ::testing::Test {
 protected:
  PartUploadsTest() : server_(*net::HttpServer::Start("127.0.0.1", 0, [this](const auto& r) { return Answer(r); })) {
    net::AwsClientOptions options;
    options.endpoint = "http://" + server_->address();
    client_ = std::make_unique<net::S3Client>(options, &keys_, clock_);
  }
  ~PartUploadsTest() override { Open(); }

  net::HttpResponse Answer(const net::HttpRequest& request) {
    std::unique_lock lock(mutex_);
    if (request.method == "DELETE") {
      aborted_ = true;
      return net::HttpResponse::Text(204, "");
    }
    if (request.method == "POST") return net::HttpResponse::Text(200, "<R><UploadId>u</UploadId></R>");
    changed_.wait(lock, [&] { return open_; });
    if (refuse_) return net::HttpResponse::Text(403, "<Error><Code>AccessDenied</Code></Error>");
    net::HttpResponse response = net::HttpResponse::Text(200, "");
    response.headers.Set("ETag", "etag of " + request.body);
    return response;
  }
  void Open(bool refuse = false) {
    std::lock_guard lock(mutex_);
    open_ = true;
    refuse_ = refuse_ || refuse;
    changed_.notify_all();
  }

  SystemClock clock_;
  net::FixedCredentials keys_{{"a", "b", ""}};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false, refuse_ = false, aborted_ = false;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<net::S3Client> client_;
  UploadThreads threads_;
};

TEST_F(PartUploadsTest, TheWriterGoesOnWhilePartsAreSent) {
  PartUploads uploads(*client_, threads_, {"bucket", "key"});
  std::atomic<int> rooms = 0;
  threads_.OnRoom([&] { ++rooms; });
  for (const char* part : {"1", "2", "3", "4"}) ASSERT_TRUE(uploads.Send(part).ok());
  EXPECT_TRUE(threads_.saturated()) << "four are there, none is answered";
  Open();
  const auto sent = uploads.Wait();
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(sent->upload, "u");
  EXPECT_EQ(sent->etags, (std::vector<std::string>{"etag of 1", "etag of 2", "etag of 3", "etag of 4"}));
  threads_.OnRoom(nullptr);
}

TEST_F(PartUploadsTest, MoreThanTheMostWait) {
  PartUploads uploads(*client_, threads_, {"bucket", "key"});
  std::atomic<size_t> added = 0;
  std::thread writer([&] {
    for (size_t k = 0; k < UploadThreads::kMostParts + 3; ++k) {
      EXPECT_TRUE(uploads.Send(std::to_string(k)).ok());
      ++added;
    }
  });
  while (added < UploadThreads::kMostParts) std::this_thread::yield();
  EXPECT_EQ(added, UploadThreads::kMostParts);
  Open();
  writer.join();
  EXPECT_EQ(uploads.Wait()->etags.size(), UploadThreads::kMostParts + 3);
}

TEST_F(PartUploadsTest, ARefusedPartFailsWhatFollows) {
  PartUploads uploads(*client_, threads_, {"bucket", "key"});
  ASSERT_TRUE(uploads.Send("1").ok());
  Open(true);
  const auto sent = uploads.Wait();
  ASSERT_FALSE(sent.ok());
  EXPECT_NE(sent.error().message().find("AccessDenied"), std::string::npos);
  EXPECT_FALSE(uploads.Send("2").ok());
  uploads.Abort();
  EXPECT_TRUE(aborted_);
}

}  // namespace
}  // namespace sluice::engine::filesystem
