#include "net/aws/s3.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "net/aws/iso_time.h"
#include "net/aws/xml.h"

namespace sluice::net {
namespace {

uint64_t ToNumber(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Error Refused(const HttpResponse& response, const std::string& bucket, const std::string& key) {
  std::string code = FirstXmlText(response.body, "Code");
  std::string message = FirstXmlText(response.body, "Message");
  ErrorCode kind = response.status == 404   ? ErrorCode::kNotFound
                   : response.status >= 500 ? ErrorCode::kUnavailable
                                            : ErrorCode::kInvalidArgument;
  if (code.empty()) code = response.status == 404 ? "NotFound" : fmt::format("status {}", response.status);
  return Error(kind, fmt::format("s3://{}/{}: {}{}{}", bucket, key, code, message.empty() ? "" : ": ", message));
}

S3Object Describe(HttpResponse response) {
  S3Object object;
  object.etag = response.headers.Get("ETag");
  std::erase(object.etag, '"');
  object.version_id = response.headers.Get("x-amz-version-id");
  object.size = ToNumber(response.headers.Get("Content-Length"));
  object.body = std::move(response.body);
  return object;
}

std::string VersionQuery(const std::string& version_id) {
  return version_id.empty() ? "" : "versionId=" + PercentEncode(version_id);
}

}  // namespace

S3Client::S3Client(AwsClientOptions options, CredentialsProvider* credentials, Clock& clock, Random* random)
    : client_((options.total_timeout = std::chrono::minutes(5), std::move(options)), credentials, clock, random) {}

Result<HttpResponse> S3Client::Send(const std::string& method, const std::string& bucket, const std::string& key,
                                    const std::string& query, std::string body, uint64_t max_bytes,
                                    const std::string& range) const {
  const AwsClientOptions& options = client_.options();
  std::string base = options.endpoint;
  std::string path;
  // A dot in the bucket's name does not match the wildcard of S3's certificate.
  if (base.empty() && bucket.find('.') == std::string::npos) {
    base = fmt::format("https://{}.s3.{}.amazonaws.com", bucket, options.region);
  } else {
    if (base.empty()) base = fmt::format("https://s3.{}.amazonaws.com", options.region);
    path = "/" + PercentEncode(bucket);
  }
  while (base.ends_with('/')) base.pop_back();
  path += "/" + PercentEncode(key, true);
  auto url = ParseUrl(base + path + (query.empty() ? "" : "?" + query));
  if (!url.ok()) return url.error().WithContext("the S3 endpoint");
  HttpRequest request;
  request.method = method;
  request.body = std::move(body);
  if (!range.empty()) request.headers.Set("Range", range);
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response,
                          client_.Send(*url, request, {options.region, "s3", false, true}, max_bytes));
  if (response.status < 200 || response.status > 299) return Refused(response, bucket, key);
  return response;
}

Result<S3Object> S3Client::GetObject(const std::string& bucket, const std::string& key, const std::string& version_id,
                                     uint64_t max_bytes) const {
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("GET", bucket, key, VersionQuery(version_id), "", max_bytes));
  S3Object object = Describe(std::move(response));
  object.size = object.body.size();
  return object;
}

Result<std::string> S3Client::GetRange(const std::string& bucket, const std::string& key, uint64_t offset,
                                       uint64_t length) const {
  const std::string range = fmt::format("bytes={}-{}", offset, offset + length - 1);
  auto response = Send("GET", bucket, key, "", "", length + 1024 * 1024, range);
  if (!response.ok() && response.error().message().find(": InvalidRange") != std::string::npos) return std::string();
  if (!response.ok()) return response.error();
  std::string body = std::move(response->body);
  // A server that knows no ranges answers 200 with everything.
  if (response->status == 200) body = offset >= body.size() ? "" : body.substr(offset, length);
  return body;
}

Result<S3Object> S3Client::HeadObject(const std::string& bucket, const std::string& key,
                                      const std::string& version_id) const {
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("HEAD", bucket, key, VersionQuery(version_id), "", 1024 * 1024));
  return Describe(std::move(response));
}

Status S3Client::PutObject(const std::string& bucket, const std::string& key, std::string body) const {
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("PUT", bucket, key, "", std::move(body), 1024 * 1024));
  return {};
}

Result<std::vector<S3ListEntry>> S3Client::List(const std::string& bucket, const std::string& prefix) const {
  std::vector<S3ListEntry> out;
  std::string token;
  do {
    std::string query = "list-type=2&prefix=" + PercentEncode(prefix);
    if (!token.empty()) query += "&continuation-token=" + PercentEncode(token);
    SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("GET", bucket, "", query, "", 64 * 1024 * 1024));
    size_t at = 0;
    while (auto entry = XmlText(response.body, "Contents", &at)) {
      out.push_back({FirstXmlText(*entry, "Key"), ToNumber(FirstXmlText(*entry, "Size")),
                     IsoTimeMs(FirstXmlText(*entry, "LastModified")).value_or(0)});
    }
    token = FirstXmlText(response.body, "NextContinuationToken");
  } while (!token.empty());
  return out;
}

Status S3Client::DeleteObject(const std::string& bucket, const std::string& key) const {
  auto response = Send("DELETE", bucket, key, "", "", 1024 * 1024);
  if (!response.ok() && response.error().code() != ErrorCode::kNotFound) return response.error();
  return {};
}

Result<std::string> S3Client::StartUpload(const std::string& bucket, const std::string& key) const {
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("POST", bucket, key, "uploads=", "", 1024 * 1024));
  std::string id = FirstXmlText(response.body, "UploadId");
  if (id.empty()) return Error(ErrorCode::kIo, fmt::format("s3://{}/{}: no upload id in the answer", bucket, key));
  return id;
}

Result<std::string> S3Client::UploadPart(const std::string& bucket, const std::string& key, const std::string& upload,
                                         int number, std::string body) const {
  const std::string query = fmt::format("partNumber={}&uploadId={}", number, PercentEncode(upload));
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("PUT", bucket, key, query, std::move(body), 1024 * 1024));
  return std::string(response.headers.Get("ETag"));
}

Status S3Client::FinishUpload(const std::string& bucket, const std::string& key, const std::string& upload,
                              const std::vector<std::string>& etags) const {
  std::string body = "<CompleteMultipartUpload>";
  for (size_t k = 0; k < etags.size(); ++k) {
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", k + 1, etags[k]);
  }
  body += "</CompleteMultipartUpload>";
  const std::string query = "uploadId=" + PercentEncode(upload);
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("POST", bucket, key, query, std::move(body), 1024 * 1024));
  // S3 may answer 200 first and fail afterwards.
  if (response.body.find("<Error>") != std::string::npos) return Refused(response, bucket, key);
  return {};
}

Status S3Client::AbortUpload(const std::string& bucket, const std::string& key, const std::string& upload) const {
  auto response = Send("DELETE", bucket, key, "uploadId=" + PercentEncode(upload), "", 1024 * 1024);
  if (!response.ok() && response.error().code() != ErrorCode::kNotFound) return response.error();
  return {};
}

Result<std::vector<S3PendingUpload>> S3Client::ListUploads(const std::string& bucket, const std::string& prefix) const {
  std::vector<S3PendingUpload> out;
  std::string key_marker, id_marker;
  while (true) {
    std::string query = "";
    if (!key_marker.empty()) query += "key-marker=" + PercentEncode(key_marker) + "&";
    query += "prefix=" + PercentEncode(prefix);
    if (!id_marker.empty()) query += "&upload-id-marker=" + PercentEncode(id_marker);
    SLUICE_ASSIGN_OR_RETURN(HttpResponse response, Send("GET", bucket, "", query + "&uploads=", "", 64 * 1024 * 1024));
    size_t at = 0;
    while (auto entry = XmlText(response.body, "Upload", &at)) {
      S3PendingUpload upload{FirstXmlText(*entry, "Key"), FirstXmlText(*entry, "UploadId")};
      if (upload.key.starts_with(prefix)) out.push_back(std::move(upload));
    }
    if (FirstXmlText(response.body, "IsTruncated") != "true") return out;
    key_marker = FirstXmlText(response.body, "NextKeyMarker");
    id_marker = FirstXmlText(response.body, "NextUploadIdMarker");
    if (key_marker.empty()) return out;
  }
}

}  // namespace sluice::net
