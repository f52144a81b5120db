// multipart/form-data bodies (RFC 7578), as Flink's /jars/upload takes them. Pure; any bytes are accepted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace sluice::net {

struct MultipartPart {
  std::string name;          // of the form field
  std::string filename;      // empty when the part is not a file; the last component only
  std::string content_type;  // empty when not given
  std::string body;
};

/// The parts of `request`'s body; an error if its Content-Type is not multipart/form-data or the body breaks the
/// format.
Result<std::vector<MultipartPart>> ParseMultipart(const HttpRequest& request);
Result<std::vector<MultipartPart>> ParseMultipart(std::string_view content_type, std::string_view body);

/// Body and Content-Type of a form with the parts; `boundary` must not occur in any part.
struct MultipartBody {
  std::string content_type;
  std::string body;
};
MultipartBody BuildMultipart(const std::vector<MultipartPart>& parts, std::string_view boundary);

}  // namespace sluice::net
